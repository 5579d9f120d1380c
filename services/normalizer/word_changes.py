"""What changed between two runs of words, told as a person would tell it.

The longest common subsequence keeps every `the` and `of` that two rewritten sentences happen to share, and
shreds them into islands of one word. So after it, changes are shifted to meet each other where that is free, short
islands between larger changes are given up, and what differs in spacing only is no change.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from services.normalizer.alignment import rising_matches
from services.normalizer.wording import is_word

MAX_TABLE_BITS = 1 << 26
"""Product of two lengths up to which they are compared in full: 8 MB and about 20 ms for 8,192 words a side."""

_MAX_ISLAND_WORDS = 4
_MIN_KEPT_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens `old_first` to `old_last` became `new_first` to `new_last` (both exclusive); `equal` if unchanged.

    Equal spans may differ in number of tokens: `ComradeKim` and `Comrade Kim` are equal.
    """

    old_first: int
    old_last: int
    new_first: int
    new_last: int
    equal: bool


def word_changes(old: Sequence[str], new: Sequence[str]) -> list[Span]:
    """Return the changed spans between two token sequences, in order, made readable."""
    sides = _Sides(old, new)
    spans = sides.with_glued_words_equal(_spans(_common(old, new), len(old), len(new)))
    spans = sides.without_islands(sides.met(spans))
    if sides.kept_share(spans) < _MIN_KEPT_SHARE:
        spans = [Span(0, len(old), 0, len(new), equal=False)]
    changed = [sides.trimmed(span) for span in spans if not span.equal]
    return [span for span in changed if not sides.reads_equal(span)]


def common_subsequence(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return a longest common subsequence as rising (i, j), by bit vectors.

    One row of the table is one integer (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"), so two
    texts of n words cost n additions of n bits. Memory is len(old) * len(new) bits.
    """
    where: dict[str, int] = {}
    for i, token in enumerate(old):
        where[token] = where.get(token, 0) | 1 << i
    full = (1 << len(old)) - 1
    row, rows = full, []
    for token in new:
        held = row & where.get(token, 0)
        row = ((row + held) | (row - held)) & full
        rows.append(row)
    found = []
    i, j = len(old), len(new)
    while i and j:
        if rows[j - 1] >> (i - 1) & 1:
            i -= 1
        elif j > 1 and not rows[j - 2] >> (i - 1) & 1:
            j -= 1
        else:
            i, j = i - 1, j - 1
            found.append((i, j))
    return found[::-1]


def _common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return common tokens; where two runs are too long for a table, only those that anchor it."""
    if len(old) * len(new) <= MAX_TABLE_BITS:
        return common_subsequence(old, new)
    anchors = rising_matches(old, new)
    found: list[tuple[int, int]] = []
    left = (0, 0)
    for i, j in [*anchors, (len(old), len(new))]:
        gap = (i - left[0]) * (j - left[1])
        if 0 < gap <= MAX_TABLE_BITS:
            inner = common_subsequence(old[left[0] : i], new[left[1] : j])
            found.extend((left[0] + x, left[1] + y) for x, y in inner)
        if i < len(old):
            found.append((i, j))
        left = (i + 1, j + 1)
    return found


def _spans(common: Sequence[tuple[int, int]], old_length: int, new_length: int) -> list[Span]:
    """Return spans that cover both sides, equal and changed in turn."""
    spans: list[Span] = []
    i = j = 0
    for at_i, at_j in [*common, (old_length, new_length)]:
        _append(spans, Span(i, at_i, j, at_j, equal=False))
        if at_i < old_length and at_j < new_length:
            _append(spans, Span(at_i, at_i + 1, at_j, at_j + 1, equal=True))
        i, j = at_i + 1, at_j + 1
    return spans


def _append(spans: list[Span], span: Span) -> None:
    """Append a span that is not empty, as part of the one before if it is of its kind."""
    if span.old_first == span.old_last and span.new_first == span.new_last:
        return
    if spans and spans[-1].equal == span.equal:
        last = spans.pop()
        span = Span(last.old_first, span.old_last, last.new_first, span.new_last, span.equal)
    spans.append(span)


def _weight(token: str) -> int:
    """Return what a token kept is worth to a reader: nothing for marks, little for short small words."""
    if not is_word(token):
        return 0
    return 1 if len(token) <= 3 and token.isascii() and token.islower() else len(token)


class _Sides:
    """Both token sequences, with running sums of weights so that a span's weight costs one subtraction."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        self._old, self._new = old, new
        self._old_weight = [0, *accumulate(map(_weight, old))]
        self._new_weight = [0, *accumulate(map(_weight, new))]

    def reads_equal(self, span: Span) -> bool:
        """Tell whether a span differs in spacing at most."""
        before = self._old[span.old_first : span.old_last]
        return "".join(before) == "".join(self._new[span.new_first : span.new_last])

    def with_glued_words_equal(self, spans: Sequence[Span]) -> list[Span]:
        """Mark changed spans as equal that differ in spacing only."""
        marked: list[Span] = []
        for span in spans:
            _append(marked, replace(span, equal=span.equal or self.reads_equal(span)))
        return marked

    def met(self, spans: Sequence[Span]) -> list[Span]:
        """Shift pure insertions and deletions along repeated words until they meet a change beside them.

        `informing → declaring`, `the`, `+ DPRK's will to the` becomes `informing → declaring the DPRK's will to`.
        """
        met: list[Span] = []
        for span in spans:
            _append(met, span)
            if len(met) < 3 or met[-1].equal:
                continue
            island, change = met[-2:]
            shifted = self._shifted_left(island, change)
            if shifted:
                del met[-2:]
                for part in shifted:
                    _append(met, part)
        return met

    def _shifted_left(self, island: Span, change: Span) -> tuple[Span, ...]:
        """Return the change and then the island, if the change ends with the words of the island."""
        width = island.old_last - island.old_first
        if width != island.new_last - island.new_first:
            return ()
        tail_of_old = max(change.old_first, change.old_last - width)
        tail_of_new = max(change.new_first, change.new_last - width)
        if change.old_first == change.old_last:
            tail, cut_old, cut_new = self._new[tail_of_new : change.new_last], island.old_first, tail_of_new
        elif change.new_first == change.new_last:
            tail, cut_old, cut_new = self._old[tail_of_old : change.old_last], tail_of_old, island.new_first
        else:
            return ()
        if list(tail) != list(self._old[island.old_first : island.old_last]):
            return ()
        return (
            Span(island.old_first, cut_old, island.new_first, cut_new, equal=False),
            Span(cut_old, change.old_last, cut_new, change.new_last, equal=True),
        )

    def _size(self, span: Span) -> int:
        return max(
            self._old_weight[span.old_last] - self._old_weight[span.old_first],
            self._new_weight[span.new_last] - self._new_weight[span.new_first],
        )

    def without_islands(self, spans: Sequence[Span]) -> list[Span]:
        """Give up equal runs of a few words that weigh no more than the change on either side."""
        kept: list[Span] = []
        for span in spans:
            kept.append(span)
            while len(kept) >= 3 and not kept[-1].equal and self._is_island(*kept[-3:]):
                left, _, right = kept[-3:]
                kept[-3:] = [
                    Span(left.old_first, right.old_last, left.new_first, right.new_last, equal=False)
                ]
        return kept

    def _is_island(self, left: Span, middle: Span, right: Span) -> bool:
        length = middle.old_last - middle.old_first
        if length > 3 * _MAX_ISLAND_WORDS:
            return False
        held = sum(map(is_word, self._old[middle.old_first : middle.old_last]))
        return held <= _MAX_ISLAND_WORDS and self._size(middle) <= min(self._size(left), self._size(right))

    def kept_share(self, spans: Sequence[Span]) -> float:
        """Return how much of the longer side stands in equal spans, by weight: 0 to 1."""
        kept = sum(self._size(span) for span in spans if span.equal)
        whole = max(self._old_weight[-1], self._new_weight[-1])
        return kept / whole if whole else 1.0

    def trimmed(self, span: Span) -> Span:
        """Leave out words that a joined change has in common at its ends."""
        old, new = self._old, self._new
        i1, i2, j1, j2 = span.old_first, span.old_last, span.new_first, span.new_last
        while i1 < i2 and j1 < j2 and old[i1] == new[j1]:
            i1, j1 = i1 + 1, j1 + 1
        while i1 < i2 and j1 < j2 and old[i2 - 1] == new[j2 - 1]:
            i2, j2 = i2 - 1, j2 - 1
        return Span(i1, i2, j1, j2, equal=False)
