"""Where two texts differ: whole sentences that came, went or moved, and words changed inside the others.

Ties are broken the same way in both directions: the texts are always compared in one canonical order and the
result is turned round if need be, so the differences from new to old mirror those from old to new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from services.normalizer.alignment import Pair, align_sentences
from services.normalizer.sentences import Reading, Sentence
from services.normalizer.word_changes import Span, word_changes
from services.normalizer.wording import without_spaces


class DifferenceKind(Enum):
    """What a difference is made of."""

    WORDS = auto()
    SENTENCES_ADDED = auto()
    SENTENCES_REMOVED = auto()
    MOVED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Tokens `old` that became tokens `new`, both first and last (exclusive)."""

    kind: DifferenceKind
    old: tuple[int, int]
    new: tuple[int, int]
    landing: int
    """Old token before which the new tokens come in."""
    continues: bool
    """The new tokens go on in the paragraph of the token before, rather than in that of the landing."""
    group: int
    """Differences with one number stand in one rewritten sentence."""


@dataclass(frozen=True, slots=True)
class _Rewritten:
    pair: Pair
    spans: tuple[Span, ...]


def differences(old: Reading, new: Reading) -> list[Difference]:
    """Return the differences between two texts in the reading order of the new one."""
    visible_old, visible_new = without_spaces(old.text), without_spaces(new.text)
    if visible_old == visible_new:
        return []
    if visible_old <= visible_new:
        rewritten, moves = _compared(old, new)
    else:
        mirrored, mirrored_moves = _compared(new, old)
        rewritten = [
            _Rewritten(_turned_pair(one.pair), tuple(map(_turned_span, one.spans))) for one in mirrored
        ]
        moves = sorted(((j, i) for i, j in mirrored_moves), key=lambda move: move[1])
    return list(_in_reading_order(old, new, rewritten=rewritten, sources={j: i for i, j in moves}))


def _compared(old: Reading, new: Reading) -> tuple[list[_Rewritten], list[tuple[int, int]]]:
    alignment = align_sentences(old.sentences, new.sentences)
    rewritten = []
    for pair in alignment.pairs:
        old_first, old_last = _token_range(old.sentences, pair.old_first, pair.old_last)
        new_first, new_last = _token_range(new.sentences, pair.new_first, pair.new_last)
        before, after = old.tokens[old_first:old_last], new.tokens[new_first:new_last]
        spans = () if before == after else word_changes(before, after)
        shifted = (
            Span(
                span.old_first + old_first,
                span.old_last + old_first,
                span.new_first + new_first,
                span.new_last + new_first,
                span.equal,
            )
            for span in spans
        )
        rewritten.append(_Rewritten(pair, tuple(shifted)))
    return rewritten, list(alignment.moves)


def _turned_pair(pair: Pair) -> Pair:
    return Pair(
        old_first=pair.new_first, old_last=pair.new_last, new_first=pair.old_first, new_last=pair.old_last
    )


def _turned_span(span: Span) -> Span:
    return Span(span.new_first, span.new_last, span.old_first, span.old_last, span.equal)


def _token_range(sentences: Sequence[Sentence], first: int, last: int) -> tuple[int, int]:
    return sentences[first].first, sentences[last - 1].last


def _in_reading_order(
    old: Reading, new: Reading, *, rewritten: Sequence[_Rewritten], sources: dict[int, int]
) -> Iterator[Difference]:
    """Yield what stands between the pairs, and in each pair. `sources` gives a moved sentence's old place."""
    gone = set(sources.values())
    i = j = 0
    for one in rewritten:
        yield from _removed(old, range(i, one.pair.old_first), gone)
        landing = old.sentences[one.pair.old_first].first
        yield from _arrived(old, new, range(j, one.pair.new_first), sources=sources, landing=landing)
        first = landing
        for span in one.spans:
            yield Difference(
                kind=DifferenceKind.WORDS,
                old=(span.old_first, span.old_last),
                new=(span.new_first, span.new_last),
                landing=span.old_first,
                continues=span.old_first > first,
                group=one.pair.old_first,
            )
        i, j = one.pair.old_last, one.pair.new_last
    yield from _removed(old, range(i, len(old.sentences)), gone)
    yield from _arrived(old, new, range(j, len(new.sentences)), sources=sources, landing=len(old.tokens))


def _removed(old: Reading, places: range, moved: set[int]) -> Iterator[Difference]:
    """Yield removed sentences, those of one paragraph that stood together as one difference."""
    run: list[int] = []
    for i in [*places, -1]:
        if run and (i < 0 or i in moved or old.sentences[i].paragraph != old.sentences[run[0]].paragraph):
            first, last = _token_range(old.sentences, run[0], run[-1] + 1)
            yield Difference(
                kind=DifferenceKind.SENTENCES_REMOVED,
                old=(first, last),
                new=(0, 0),
                landing=first,
                continues=False,
                group=run[0],
            )
            run = []
        if i not in moved:
            run.append(i)


def _arrived(
    old: Reading, new: Reading, places: range, *, sources: dict[int, int], landing: int
) -> Iterator[Difference]:
    """Yield added and moved sentences, joined where they stand together: moved ones on both sides."""
    run: list[int] = []
    for j in [*places, -1]:
        if run and (j < 0 or not _goes_on(new, run[-1], j, sources)):
            yield _arrival(old, new, run, sources=sources, landing=landing)
            run = []
        run.append(j)


def _goes_on(new: Reading, last: int, j: int, sources: dict[int, int]) -> bool:
    if last in sources or j in sources:
        return sources.get(j, -1) == sources.get(last, -3) + 1
    return new.sentences[last].paragraph == new.sentences[j].paragraph


def _arrival(
    old: Reading, new: Reading, run: Sequence[int], *, sources: dict[int, int], landing: int
) -> Difference:
    first, last = run[0], run[-1] + 1
    moved = first in sources
    sentences = new.sentences
    return Difference(
        kind=DifferenceKind.MOVED if moved else DifferenceKind.SENTENCES_ADDED,
        old=_token_range(old.sentences, sources[first], sources[last - 1] + 1)
        if moved
        else (landing, landing),
        new=_token_range(sentences, first, last),
        landing=landing,
        continues=first > 0 and sentences[first - 1].paragraph == sentences[first].paragraph,
        group=first,
    )
