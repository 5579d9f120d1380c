"""Which sentences of an old text became which of the new one.

Equal sentences are paired first, in the way of a patience diff (sentences that occur once on each side, in rising
order, then again inside each gap). What stands between them is paired by shared words, one to one or as a sentence
split or joined. Sentences that stand on both sides in another order have moved. The work is bounded: a gap is
searched in full only up to `MAX_GAP_PAIRS` pairs, and larger ones are cut first, at sentences that share rare
words.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.normalizer.sentences import Sentence

MAX_GAP_PAIRS = 4_000
"""Pairs of sentences tried in one gap: about 20 ms. Larger gaps are cut, or not paired at all."""

_MAX_DEPTH = 8
_MIN_MOVED_WORDS = 4
_MIN_LIKENESS = 0.35
"""Share of words in common from which two sentences are one sentence rewritten. On eleven rewritten articles of
one agency .25 paired sentences of different matters, and .5 called rewritten sentences removed and added."""
_SHAPES = ((1, 1), (1, 2), (2, 1), (1, 3), (3, 1), (2, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Sentences `old_first` to `old_last` (exclusive) that became `new_first` to `new_last`."""

    old_first: int
    old_last: int
    new_first: int
    new_last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """Pairs rising on both sides, and moved sentences as (old, new), by new. All others were removed or added."""

    pairs: tuple[Pair, ...]
    moves: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Gap:
    old: tuple[int, ...]
    new: tuple[int, ...]


def align_sentences(old: Sequence[Sentence], new: Sequence[Sentence]) -> Alignment:
    """Pair the sentences of two texts."""
    anchors = rising_matches([one.key for one in old], [one.key for one in new])
    moves = _moved(old, new, anchors)
    moved_old, moved_new = {i for i, _ in moves}, {j for _, j in moves}
    pairs: list[Pair] = []
    left = (0, 0)
    for i, j in [*anchors, (len(old), len(new))]:
        gap = _Gap(
            tuple(at for at in range(left[0], i) if at not in moved_old),
            tuple(at for at in range(left[1], j) if at not in moved_new),
        )
        pairs.extend(_pair_gap(gap, old, new))
        if i < len(old):
            pairs.append(Pair(old_first=i, old_last=i + 1, new_first=j, new_last=j + 1))
        left = (i + 1, j + 1)
    return Alignment(pairs=tuple(pairs), moves=moves)


def rising_matches(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return pairs (i, j) of equal elements, both rising: shared ends, then elements unique in each gap."""
    found: list[tuple[int, int]] = []
    gaps = [(0, len(old), 0, len(new), 0)]
    while gaps:
        i1, i2, j1, j2, depth = gaps.pop()
        while i1 < i2 and j1 < j2 and old[i1] == new[j1]:
            found.append((i1, j1))
            i1, j1 = i1 + 1, j1 + 1
        while i1 < i2 and j1 < j2 and old[i2 - 1] == new[j2 - 1]:
            i2, j2 = i2 - 1, j2 - 1
            found.append((i2, j2))
        if i1 == i2 or j1 == j2 or depth == _MAX_DEPTH:
            continue
        unique = _unique_matches(old, new, (i1, i2, j1, j2))
        found.extend(unique)
        if unique:
            gaps.extend((*bounds, depth + 1) for bounds in _between(unique, (i1, i2, j1, j2)))
    return sorted(found)


def _between(
    matches: Iterable[tuple[int, int]], bounds: tuple[int, int, int, int]
) -> Iterator[tuple[int, int, int, int]]:
    left_i, end_i, left_j, end_j = bounds
    for i, j in [*matches, (end_i, end_j)]:
        yield left_i, i, left_j, j
        left_i, left_j = i + 1, j + 1


def _unique_matches(
    old: Sequence[Hashable], new: Sequence[Hashable], bounds: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    i1, i2, j1, j2 = bounds
    old_count, new_count = Counter(old[i1:i2]), Counter(new[j1:j2])
    home = {new[j]: j for j in range(j1, j2) if new_count[new[j]] == 1}
    return longest_rising(
        [(i, home[old[i]]) for i in range(i1, i2) if old_count[old[i]] == 1 and old[i] in home]
    )


def longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest run of pairs whose second numbers rise, from pairs whose first numbers rise."""
    tails: list[int] = []
    tail_at: list[int] = []
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        rank = bisect_left(tails, j)
        before.append(tail_at[rank - 1] if rank else -1)
        tails[rank : rank + 1] = [j]
        tail_at[rank : rank + 1] = [at]
    run: list[tuple[int, int]] = []
    at = tail_at[-1] if tail_at else -1
    while at >= 0:
        run.append(pairs[at])
        at = before[at]
    return run[::-1]


def _moved(
    old: Sequence[Sentence], new: Sequence[Sentence], anchors: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """Return equal sentences out of order. Only those that stand once on each side: others may be repeated."""
    old_count = Counter(one.key for one in old)
    new_count = Counter(one.key for one in new)
    anchored = {j for _, j in anchors}
    home = {one.key: i for i, one in enumerate(old) if old_count[one.key] == 1}
    return tuple(
        (home[one.key], j)
        for j, one in enumerate(new)
        if j not in anchored
        and new_count[one.key] == 1
        and one.key in home
        and len(one.vocabulary) >= _MIN_MOVED_WORDS
    )


def _pair_gap(gap: _Gap, old: Sequence[Sentence], new: Sequence[Sentence], depth: int = 0) -> list[Pair]:
    """Pair rewritten sentences between two equal ones."""
    if not gap.old or not gap.new:
        return []
    if len(gap.old) * len(gap.new) <= MAX_GAP_PAIRS:
        return _best_pairs(gap, old, new)
    cuts = _needed_cuts(_rare_word_matches(gap, old, new), gap)
    if not cuts or depth == _MAX_DEPTH:
        return []
    pairs: list[Pair] = []
    left = (0, 0)
    # Each part starts with a match, so that the match may still be found to be a split or joined sentence.
    for i, j in [*cuts, (len(gap.old), len(gap.new))]:
        part = _Gap(gap.old[left[0] : i], gap.new[left[1] : j])
        pairs.extend(_pair_gap(part, old, new, depth + 1) if part != gap else [])
        left = (i, j)
    return pairs


def _needed_cuts(cuts: Sequence[tuple[int, int]], gap: _Gap) -> list[tuple[int, int]]:
    """Leave out cuts between parts that are small enough together: a sentence split at a cut is not seen."""
    needed: list[tuple[int, int]] = []
    left_i = left_j = 0
    for (i, j), (next_i, next_j) in pairwise([*cuts, (len(gap.old), len(gap.new))]):
        if (next_i - left_i) * (next_j - left_j) > MAX_GAP_PAIRS:
            needed.append((i, j))
            left_i, left_j = i, j
    return needed


def _rare_word_matches(gap: _Gap, old: Sequence[Sentence], new: Sequence[Sentence]) -> list[tuple[int, int]]:
    """Return (position in gap.old, position in gap.new) of sentences that share words found nowhere else."""
    old_home, new_home = _only_homes(gap.old, old), _only_homes(gap.new, new)
    votes = Counter((old_home[word], new_home[word]) for word in old_home.keys() & new_home.keys())
    ranked = sorted(((count, i, j) for (i, j), count in votes.items() if count > 1), reverse=True)
    best: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in ranked:
        if i not in best and j not in taken:
            best[i] = j
            taken.add(j)
    return longest_rising(sorted(best.items()))


def _only_homes(positions: Sequence[int], sentences: Sequence[Sentence]) -> dict[str, int]:
    seen = Counter(word for at in positions for word in sentences[at].vocabulary)
    return {
        word: place
        for place, at in enumerate(positions)
        for word in sentences[at].vocabulary
        if seen[word] == 1
    }


class _Likeness:
    """Shared words of the sentences of a gap, as sets of bits, so that a pair costs one `&` and a count.

    Words that stand in many sentences of the gap (the, of, a leader's name) say nothing about which sentence
    became which and are left out, unless a sentence has no others.
    """

    def __init__(self, gap: _Gap, old: Sequence[Sentence], new: Sequence[Sentence]) -> None:
        both = [old[at].vocabulary for at in gap.old] + [new[at].vocabulary for at in gap.new]
        seen = Counter(word for vocabulary in both for word in vocabulary)
        limit = max(4, len(both) * 0.15)
        bit = {word: 1 << number for number, word in enumerate(sorted(seen))}
        masks = []
        for vocabulary in both:
            telling = [word for word in vocabulary if seen[word] <= limit]
            masks.append(sum(bit[word] for word in (telling or vocabulary)))
        self.old, self.new = masks[: len(gap.old)], masks[len(gap.old) :]

    def score(self, old: slice, new: slice) -> float:
        """Return how much more than enough two groups of sentences share, in words; not above 0 for no pair."""
        left, right = _union(self.old[old]), _union(self.new[new])
        shared = (left & right).bit_count()
        return 2 * shared - _MIN_LIKENESS * (left.bit_count() + right.bit_count())

    def are_kin(self, i: int, j: int) -> bool:
        """Tell whether a good part of the shorter sentence stands in the other."""
        left, right = self.old[i], self.new[j]
        shared = (left & right).bit_count()
        return shared > 0 and shared >= _MIN_LIKENESS * min(left.bit_count(), right.bit_count())


def _union(masks: Sequence[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _best_pairs(gap: _Gap, old: Sequence[Sentence], new: Sequence[Sentence]) -> list[Pair]:
    """Find the pairing of a gap with the most shared words, by dynamic programming over both sides."""
    likeness = _Likeness(gap, old, new)
    rows, columns = len(gap.old), len(gap.new)
    kin = [[likeness.are_kin(i, j) for j in range(columns)] for i in range(rows)]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    step = [[(1, 0)] * (columns + 1) for _ in range(rows + 1)]
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            if best[i][j - 1] > best[i - 1][j]:
                best[i][j], step[i][j] = best[i][j - 1], (0, 1)
            else:
                best[i][j] = best[i - 1][j]
            if not kin[i - 1][j - 1]:
                continue
            for height, width in _SHAPES:
                if not _fits(gap, kin, (i - height, i), (j - width, j)):
                    continue
                gain = likeness.score(slice(i - height, i), slice(j - width, j))
                if gain > 0 and best[i - height][j - width] + gain > best[i][j]:
                    best[i][j], step[i][j] = best[i - height][j - width] + gain, (height, width)
    return list(_walk_back(gap, step))


def _fits(gap: _Gap, kin: list[list[bool]], rows: tuple[int, int], columns: tuple[int, int]) -> bool:
    """Tell whether a group is one run of sentences on both sides, each of them kin to one across."""
    (i1, i2), (j1, j2) = rows, columns
    if i1 < 0 or j1 < 0:
        return False
    if gap.old[i2 - 1] - gap.old[i1] != i2 - 1 - i1 or gap.new[j2 - 1] - gap.new[j1] != j2 - 1 - j1:
        return False
    return all(any(kin[i][j1:j2]) for i in range(i1, i2)) and all(
        any(kin[i][j] for i in range(i1, i2)) for j in range(j1, j2)
    )


def _walk_back(gap: _Gap, step: list[list[tuple[int, int]]]) -> Iterator[Pair]:
    pairs: list[Pair] = []
    i, j = len(gap.old), len(gap.new)
    while i and j:
        height, width = step[i][j]
        i, j = i - height, j - width
        if height and width:
            pairs.append(
                Pair(
                    old_first=gap.old[i],
                    old_last=gap.old[i + height - 1] + 1,
                    new_first=gap.new[j],
                    new_last=gap.new[j + width - 1] + 1,
                )
            )
    return reversed(pairs)
