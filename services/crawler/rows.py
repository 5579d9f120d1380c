"""The date that stands beside a link in a list, as it is written there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborNode

# Juche113.12.14., [2026.7.19.], 2018年3月18日, 18/03/2018, 3 May 2024, May 3, 2024.
_DATE = re.compile(
    r"Juche\s?\d{2,3}\s?[.-]\s?\d{1,2}\s?[.-]\s?\d{1,2}"
    r"|(?<!\d)(?:19|20)\d{2}\s?[.\-/年년]\s?\d{1,2}\s?[.\-/月월]\s?\d{1,2}(?!\d)(?:[T ]\d{2}:\d{2}[0-9:.Z+-]*)?"
    r"|(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}(?!\d)"
    r"|(?<!\d)\d{1,2}\.? [A-Z][a-z]{2,8}\.?,? (?:19|20)\d{2}(?!\d)"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d{2}(?!\d)"
)
_MAX_ROW_CHARS: Final = 2400
_MAX_CLIMB: Final = 3
_MAX_ANCESTORS: Final = 30
_NO_ROW: Final = frozenset({"body", "html"})


@dataclass(frozen=True, slots=True)
class LinkPlace:
    """A link's element and where it leads, as written."""

    node: LexborNode
    target: str


def dates_beside(places: Sequence[LinkPlace]) -> list[str | None]:
    """Return for each link, in document order, the date in its row.

    A row is the largest element around a link, at most three levels up, that holds no link elsewhere.
    Of all links only the nearest before and after that lead elsewhere are asked whether they are in
    it, which keeps the search linear in the number of links.
    """
    above = [_ancestors(place.node) for place in places]
    before = _nearest_others(places)
    after = [len(places) - 1 - other for other in reversed(_nearest_others(places[::-1]))]
    known: dict[int, str | None] = {}
    dates = []
    for number, place in enumerate(places):
        foreign: set[int] = set()
        for other in (before[number], after[number]):
            if 0 <= other < len(places):
                foreign.update(above[other])
        row = _row(place.node, foreign)
        if row.mem_id not in known:
            known[row.mem_id] = _date_in(row)
        dates.append(known[row.mem_id])
    return dates


def _ancestors(node: LexborNode) -> list[int]:
    ids: list[int] = []
    parent = node.parent
    while parent is not None and len(ids) < _MAX_ANCESTORS:
        ids.append(parent.mem_id)
        parent = parent.parent
    return ids


def _nearest_others(places: Sequence[LinkPlace]) -> list[int]:
    """Return for each link the number of the last one before it that leads elsewhere, or -1."""
    nearest: list[int] = []
    for number, place in enumerate(places):
        if number == 0:
            nearest.append(-1)
        elif places[number - 1].target != place.target:
            nearest.append(number - 1)
        else:
            nearest.append(nearest[-1])
    return nearest


def _row(node: LexborNode, foreign: set[int]) -> LexborNode:
    row = node
    for _ in range(_MAX_CLIMB):
        parent = row.parent
        if parent is None or parent.tag in _NO_ROW or parent.mem_id in foreign:
            break
        row = parent
    return row


def _date_in(row: LexborNode) -> str | None:
    for time in row.css("time[datetime]")[:1]:
        return time.attributes.get("datetime")
    text = row.text(separator=" ")
    match = _DATE.search(text) if len(text) <= _MAX_ROW_CHARS else None
    return match[0] if match else None
