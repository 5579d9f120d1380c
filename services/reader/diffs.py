"""How a wording differs from the one before: by word, or by character where a script has no spaces."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

__all__ = ["DiffParagraph", "Piece", "changed_passages", "diff_of_texts"]

_TOKEN = re.compile(
    "[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]|[ \t]+|\\w+|[^\\w \t]",
    re.UNICODE,
)
_COSTLIEST_PAIR = 400_000
"""Most comparisons for one pair of paragraphs; above it they are shown as one replaced by the other.

SequenceMatcher needs about that many steps for texts that repeat one word, which a hostile page may do.
"""
_COSTLIEST_TEXT = 2_000_000
_GLUE = 2
"""Unchanged tokens between two changes that are too short to help a reader, such as one space."""

Op = Literal["same", "del", "ins", "moved-from", "moved-to"]
"""A word that stayed, went, came, or stands elsewhere now. Only recorded changes know of moves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffParagraph:
    """A paragraph with its changes, or a number of paragraphs in which nothing changed."""

    pieces: tuple[Piece, ...] = ()
    unchanged: int = 0


def diff_of_texts(
    before: Sequence[str], after: Sequence[str], *, budget: int = _COSTLIEST_TEXT
) -> tuple[DiffParagraph, ...]:
    """Return the changes between two texts, paragraph by paragraph.

    Args:
        before: the paragraphs of the earlier text.
        after: the paragraphs of the later text.
        budget: comparisons to be spent; paragraphs beyond it are shown as replaced whole.
    """
    if len(before) * len(after) > _COSTLIEST_PAIR:
        before, after = ["\n".join(before)], ["\n".join(after)]
    found: list[DiffParagraph] = []
    for op, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if op == "equal":
            found.append(DiffParagraph(unchanged=j - i))
            continue
        for old, new in _paired(before[i:j], after[k:m]):
            cost = len(old) * len(new)
            pieces = _diff_of_paragraphs(old, new, precise=cost <= budget)
            budget -= min(cost, _COSTLIEST_PAIR)
            found.append(DiffParagraph(pieces=pieces))
    return tuple(found)


def changed_passages(paragraphs: Sequence[DiffParagraph], *, context: int = 60) -> tuple[DiffParagraph, ...]:
    """Return the paragraphs with changes, each cut to the changes and `context` letters around them."""
    return tuple(
        DiffParagraph(
            pieces=tuple(
                _near_change(piece, position=at, last=len(one.pieces) - 1, context=context)
                for at, piece in enumerate(one.pieces)
            )
        )
        for one in paragraphs
        if one.pieces
    )


def _near_change(piece: Piece, *, position: int, last: int, context: int) -> Piece:
    text = piece.text
    if piece.op != "same" or len(text) <= 2 * context:
        return piece
    head = "" if position == 0 else text[:context].rpartition(" ")[0] or text[:context]
    tail = "" if position == last else text[-context:].partition(" ")[2] or text[-context:]
    return Piece(op="same", text=f"{head} … {tail}" if head and tail else f"{head}…{tail}")


def _paired(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pair paragraphs that replaced each other in order; the rest came or went alone."""
    both = min(len(before), len(after))
    yield from zip(before[:both], after[:both], strict=True)
    yield from ((gone, "") for gone in before[both:])
    yield from (("", new) for new in after[both:])


def _diff_of_paragraphs(before: str, after: str, *, precise: bool) -> tuple[Piece, ...]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    start, end = _common_ends(old, new)
    head, tail = old[:start], old[len(old) - end :]
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    if not precise or len(old) * len(new) > _COSTLIEST_PAIR:
        middle: list[tuple[Op, list[str]]] = [("del", old), ("ins", new)]
    else:
        middle = _middle(old, new)
    stretches: list[tuple[Op, list[str]]] = [("same", head), *middle, ("same", tail)]
    return tuple(Piece(op=op, text="".join(tokens)) for op, tokens in stretches if tokens)


def _middle(old: list[str], new: list[str]) -> list[tuple[Op, list[str]]]:
    """Return the stretches between the first change and the last, small islands of sameness joined in."""
    stretches: list[tuple[Op, list[str]]] = []
    gone: list[str] = []
    come: list[str] = []
    for op, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal" and not _is_island(old[i:j]):
            stretches += [("del", gone), ("ins", come), ("same", old[i:j])]
            gone, come = [], []
        else:
            gone, come = gone + old[i:j], come + new[k:m]
    return [*stretches, ("del", gone), ("ins", come)]


def _is_island(tokens: list[str]) -> bool:
    return len(tokens) <= _GLUE and not any(token.isalnum() for token in tokens)


def _common_ends(old: list[str], new: list[str]) -> tuple[int, int]:
    """Return how many tokens at the beginning and at the end are the same."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end
