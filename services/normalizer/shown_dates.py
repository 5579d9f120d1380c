"""Dates that a page shows to its readers: near the headline, in `time` elements, at the foot.

The same pages show other dates: today's in the header, those of related cards, those of comments. So a date counts
only near the headline and outside such parts; one above the headline, or in plain prose, needs a witness.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.normalizer.blocks import Block, Element, Flow
from services.normalizer.body import Body
from services.normalizer.dates import DateReading, DateValue, folded, read_date, written_dates
from services.normalizer.fields import DateOrder
from services.normalizer.text import cut
from services.normalizer.vocabulary import (
    MAX_LABEL_CHARS,
    is_frame_label,
    is_never_article,
    is_related_heading,
    is_related_label,
)

_ABOVE = 6
_REACH = 40
_INSIDE = 2
_AFTER = 6
_GROUP_BLOCKS = 14
_LINE_CHARS = 220
_SHORT_REST = 20
_LONG_REST = 45
_MAX_TIMES = 12
_MAX_CLIMB = 40

_UPDATED = re.compile(
    r"(?:updated?|modified|last\s+(?:edited|reviewed|update)|reviewed|edited|revised|aktualisiert|zuletzt|stand|mis\s+à\s+jour"
    r"|actualizad[oa]|atualizado|aggiornato|bijgewerkt|uppdaterad|opdateret|oppdatert|обновлено|изменено|수정|更新|最終更新"
    r"|güncelleme|ažuriran\w*|zaktualizowan\w*|expires?|deadline|valid\s+until)\W*(?:\w+\W+){0,3}$"
)
_PUBLISHED = re.compile(
    r"(?:\bdate\b|publi[sc]\w*|posted|released?|issued|created|written|first\s+published|veröffentlicht|erstellt|datum|fecha|data\b"
    r"|дата|опубликован\w*|등록|입력|승인|작성|기사입력|发布|發布|发表|公開|掲載|配信|tarih|ngày\s+đăng)\W*(?:\w+\W+){0,3}$"
)
_FOOT = re.compile(r"^\W*(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+\W*\(?[\d.\s/-]+\)?\W*$", re.IGNORECASE)
_DATE_LABEL = re.compile(r"(?:^|[\s_-])(?:date\w*|publish\w*|pubdate|posted\w*|time|timestamp)(?:$|[\s_-])|[a-z]Date\b", re.IGNORECASE)
_FRAME = frozenset({"aside", "nav", "footer", "form", "dialog"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDate:
    """A date of the page. One that `needs_witness` counts only when another source agrees."""

    reading: DateReading
    raw: str
    method: str
    needs_witness: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDates:
    """What the page shows: publication dates, best first, and dates of later changes."""

    published: tuple[FoundDate, ...]
    updated: tuple[FoundDate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where dates are looked for: the blocks around the headline and the start of the text."""

    headline: int | None
    first: int
    last: int
    group: Element | None
    foreign: tuple[tuple[int, int], ...]
    dated: frozenset[int]

    def is_foreign(self, index: int) -> bool:
        return any(start <= index < end for start, end in self.foreign)

    def region(self, length: int) -> list[int]:
        start = (self.headline if self.headline is not None else self.first) - _ABOVE
        stop = min(self.first + _INSIDE, length)
        near = range(max(0, start, stop - _REACH), stop)
        return [*near, *range(max(self.last, stop), min(self.last + _AFTER, length))]


def shown_dates(
    flow: Flow, body: Body, title: str | None, *, order: DateOrder | None = None, language: str | None = None
) -> ShownDates:
    """Read the dates around the headline and at the foot of the article."""
    place = _place(flow, body, title)
    ranked: list[tuple[int, FoundDate]] = []
    updated: list[FoundDate] = []
    for index in place.region(len(flow.blocks)):
        block = flow.blocks[index]
        if len(block.text) > _LINE_CHARS or place.is_foreign(index) or is_related_heading(block.text):
            continue
        if not any(character.isdigit() for character in block.text):
            continue
        label = flow.blocks[index - 1].text if index and len(flow.blocks[index - 1].text) < 30 else ""
        for date, before, rest in _written_in(block, order=order, language=language):
            heading = before if before.strip() else folded(label)
            if _UPDATED.search(heading):
                updated.append(FoundDate(reading=date, raw=cut(block.text, 160), method="updated_line"))
            elif ranked_date := _ranked(index, place, date, block.text, labelled=bool(_PUBLISHED.search(heading)), rest=rest):
                ranked.append(ranked_date)
    ranked.sort(key=lambda pair: pair[0])
    published = [found for _, found in ranked if not found.needs_witness]
    doubtful = [found for _, found in ranked if found.needs_witness]
    return ShownDates(published=(*published, *_foot(flow, body), *doubtful), updated=tuple(updated))


def _ranked(
    index: int, place: _Place, date: DateReading, text: str, *, labelled: bool, rest: int
) -> tuple[int, FoundDate] | None:
    """Rank a date by what speaks for it; None when it is only a date in a sentence."""
    if labelled:
        rank, method = 0, "labelled_line"
    elif index in place.dated:
        rank, method = 1, "labelled_element"
    elif rest <= _SHORT_REST:
        rank, method = 2, "line_by_headline"
    elif rest <= _LONG_REST:
        rank, method = 3, "line_by_headline"
    else:
        return None
    if index >= place.first + _INSIDE and not labelled:
        return None
    above = place.headline is not None and index < place.headline
    apart = above and not labelled and not (place.group is not None and place.group.holds(index))
    method = "above_headline" if apart else method
    return rank, FoundDate(reading=date, raw=cut(text, 160), method=method, needs_witness=apart)


def time_elements(tree: LexborHTMLParser) -> Iterator[FoundDate]:
    """Yield the `time` elements and microdata that stand neither in the frame of the page nor in a card."""
    for node in tree.css('[itemprop="datePublished"]')[:_MAX_TIMES]:
        attributes = node.attributes
        raw = attributes.get("content") or attributes.get("datetime") or node.text(strip=True)
        yield from _machine(raw, "microdata.datePublished")
    for node in tree.css("time[datetime]")[:_MAX_TIMES]:
        attributes = node.attributes
        names = f"{attributes.get('itemprop') or ''} {attributes.get('class') or ''}".lower()
        if "modif" in names or "updated" in names.split() or _stands_aside(node):
            continue
        yield from _machine(attributes.get("datetime"), "time")


def _machine(raw: str | None, method: str) -> Iterator[FoundDate]:
    reading = read_date(raw) if raw else None
    if reading is not None and raw:
        yield FoundDate(reading=reading, raw=cut(raw, 120), method=method)


def _stands_aside(node: LexborNode) -> bool:
    parent = node.parent
    for _ in range(_MAX_CLIMB):
        if parent is None or parent.tag in {"body", "main", "html"}:
            return False
        if parent.tag in _FRAME:
            return True
        attributes = parent.attributes
        label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".strip()[:MAX_LABEL_CHARS]
        if label and (is_never_article(label) or is_related_label(label) or is_frame_label(label)):
            return True
        if parent.tag == "article":
            return False
        parent = parent.parent
    return False


def _place(flow: Flow, body: Body, title: str | None) -> _Place:
    indexes = body.indexes or ((body.element.start,) if body.element else (0,))
    first = indexes[0]
    if body.element is not None and indexes[0] < body.element.start <= indexes[-1]:
        first = body.element.start  # a standfirst above the container
    wanted = (title or "").casefold()
    headline: int | None = None
    exact: int | None = None
    for index, block in enumerate(flow.blocks[: first + 1]):
        if wanted and block.text.casefold() == wanted:
            exact = index if exact is None or block.tag == "h1" else exact
        elif block.tag == "h1":
            headline = index
    headline = exact if exact is not None else headline
    return _Place(
        headline=headline,
        first=first,
        last=indexes[-1],
        group=_headline_group(flow.top, headline) if headline is not None else None,
        foreign=tuple(_foreign_ranges(flow.top, headline)),
        dated=frozenset(_dated_blocks(flow.top)),
    )


def _headline_group(top: Element, headline: int) -> Element | None:
    """Return the largest small element that holds the headline: what stands in it belongs to the article."""
    current = top
    while current.end - current.start > _GROUP_BLOCKS:
        inner = next((child for child in current.children if child.holds(headline)), None)
        if inner is None:
            return None
        current = inner
    return current if current is not top else None


def _dated_blocks(top: Element) -> Iterator[int]:
    for element in top.descendants():
        if element.end - element.start <= 2 and element.label and _DATE_LABEL.search(element.label):
            yield from range(element.start, element.end)


def _foreign_ranges(top: Element, headline: int | None) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []

    def visit(parent: Element) -> None:
        for child in parent.children:
            alien = is_never_article(child.label) or is_related_label(child.label) or is_frame_label(child.label)
            frame = child.tag in _FRAME or child.tag == "header"
            if (alien or frame) and not (headline is not None and child.holds(headline)):
                found.append((child.start, child.end))
            else:
                visit(child)

    visit(top)
    return found


def _written_in(
    block: Block, *, order: DateOrder | None, language: str | None
) -> Iterator[tuple[DateReading, str, int]]:
    """Yield each date of a line, the words before it, and how many letters the line has besides its dates."""
    line = folded(block.text)
    written = written_dates(block.text, order=order, language=language)
    inside = sum(character.isalpha() for date in written for character in line[date.start : date.end])
    rest = sum(map(str.isalpha, line)) - inside
    end = 0
    for date in written:
        exact = not isinstance(date.reading, DateValue) or date.reading.precision != "month"
        if exact:
            yield date.reading, line[max(end, date.start - 40) : date.start], rest
        end = date.end


def _foot(flow: Flow, body: Body) -> list[FoundDate]:
    """Read `www.kcna.kp (2025.03.18.)` under an article."""
    last = body.indexes[-1] + 1 if body.indexes else 0
    for block in flow.blocks[last : last + 3]:
        if len(block.text) < 60 and _FOOT.match(block.text):
            reading = read_date(block.text)
            if isinstance(reading, DateValue) and reading.precision == "day":
                return [FoundDate(reading=reading, raw=block.text, method="foot_line")]
    return []
