"""Dates that a page shows to its readers: near the headline, in `time` elements, at the foot.

The same pages show other dates: today's in the header, those of related cards, those of comments. So a date counts
only near the headline and outside such parts; one above the headline, or in plain prose, needs a witness.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from selectolax.lexbor import LexborNode

from services.normalizer.blocks import Block, Element, Flow
from services.normalizer.dates import DateReading, DateValue, folded, read_date, written_dates
from services.normalizer.marked import Marked
from services.normalizer.surroundings import FRAME, Surroundings, label_before
from services.normalizer.text import cut
from services.normalizer.vocabulary import (
    CHANGE_LABEL,
    DATE_LABEL,
    MAX_LABEL_CHARS,
    is_foreign_label,
    is_related_heading,
)
from shared.sources import DateOrder

_OPENING_REACH = 3
_SHORT_REST = 20
_LONG_REST = 45
_MAX_TIMES = 12
_MAX_TIMES_SEEN = 60
_MAX_CLIMB = 40
_HOLDERS = 3
_LONE_CHARS = 80

_UPDATED = re.compile(
    r"(?:updated?|modified|last\s+(?:edited|reviewed|update)|reviewed|edited|revised|aktualisiert|zuletzt|stand|mis\s+à\s+jour"
    r"|actualizad[oa]|atualizado|aggiornato|bijgewerkt|uppdaterad|opdateret|oppdatert|обновлено|изменено|수정|更新|最終更新"
    r"|güncelleme|ažuriran\w*|zaktualizowan\w*|expires?|deadline|valid\s+until)\W*(?:\w+\W+){0,3}$"
)
_PUBLISHED = re.compile(
    r"(?:\bdate\b|\bcalendar\b|publi[sc]\w*|posted|released?|issued|created|written|first\s+published|veröffentlicht|erstellt|datum|fecha|data\b"
    r"|дата|опубликован\w*|등록|입력|승인|작성|기사입력|发布|發布|发表|公開|掲載|配信|tarih|ngày\s+đăng)\W*(?:\w+\W+){0,3}$"
)
_DIGIT = re.compile(r"\d")
_FOOT = re.compile(r"^\W*(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+\W*\(?[\d.\s/-]+\)?\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDate:
    """A date of the page.

    Attributes:
        reading: The date.
        raw: The characters it was read from.
        method: Where it stands.
        needs_witness: It counts only when another source agrees.
        refused: Why it is not believed; empty when it is.
    """

    reading: DateReading
    raw: str
    method: str
    needs_witness: bool = False
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDates:
    """What the page shows: publication dates, best first, and dates of later changes."""

    published: tuple[FoundDate, ...]
    updated: tuple[FoundDate, ...]


def shown_dates(
    flow: Flow, place: Surroundings, *, order: DateOrder | None = None, language: str | None = None
) -> ShownDates:
    """Read the dates around the headline and at the foot of the article."""
    ranked: list[tuple[int, FoundDate]] = []
    updated: list[FoundDate] = []
    for index in place.region:
        block = flow.blocks[index]
        if not _DIGIT.search(block.text) or is_related_heading(block.text):
            continue
        for date, before, rest in _written_in(block, order=order, language=language):
            words = before if before.strip() else folded(label_before(flow, index))
            found = FoundDate(reading=date, raw=cut(block.text, 160), method="updated_line")
            if _is_change(words, index, place):
                updated.append(found)
            else:
                # A date that opens a line under the headline speaks for the article, whatever follows it.
                opens = (
                    not before and place.headline is not None and 0 < index - place.headline <= _OPENING_REACH
                )
                labelled = bool(_PUBLISHED.search(words))
                pair = _ranked(found, index, place, labelled=labelled, rest=rest // 2 if opens else rest)
                ranked += [pair] if pair else []
    ranked.sort(key=lambda pair: pair[0])
    published = [found for _, found in ranked if not found.needs_witness]
    doubtful = [found for _, found in ranked if found.needs_witness]
    return ShownDates(published=(*published, *_foot(flow, place), *doubtful), updated=tuple(updated))


def dates_elsewhere(
    flow: Flow, place: Surroundings, *, order: DateOrder | None = None, language: str | None = None
) -> Iterator[FoundDate]:
    """Yield dates of lines far from the headline, on pages that say nothing near it.

    A line that names its date (`Datum 28.04.2023`) counts when all such lines of the page name one day; one
    that is only a date needs a witness. Lines of cards, comments and the frame do not count.
    """
    labelled: list[FoundDate] = []
    alone: list[FoundDate] = []
    skipped = {index for start, end in _foreign(flow.top) for index in range(start, end)}
    for index, block in enumerate(flow.blocks):
        if (
            len(block.text) > _LONE_CHARS
            or index in skipped
            or block.of_card
            or not _DIGIT.search(block.text)
        ):
            continue
        for date, before, rest in _written_in(block, order=order, language=language):
            words = before if before.strip() else folded(label_before(flow, index))
            if rest > _SHORT_REST or _is_change(words, index, place) or not isinstance(date, DateValue):
                continue
            found = FoundDate(reading=date, raw=block.text, method="labelled_line_elsewhere")
            if _PUBLISHED.search(words):
                labelled.append(found)
            elif index < place.first:
                alone.append(replace(found, method="line_elsewhere", needs_witness=True))
    if len({found.reading.day for found in labelled if isinstance(found.reading, DateValue)}) == 1:
        yield labelled[0]
    yield from alone


def _is_change(words: str, index: int, place: Surroundings) -> bool:
    """Tell whether a date is that of a change: by the words before it, else by the name of its element."""
    if _UPDATED.search(words):
        return True
    return place.is_labelled(index, CHANGE_LABEL) and not _PUBLISHED.search(words)


def _foreign(parent: Element) -> Iterator[tuple[int, int]]:
    for child in parent.children:
        if child.tag in FRAME or is_foreign_label(child.label):
            yield child.start, child.end
        else:
            yield from _foreign(child)


def _ranked(
    found: FoundDate, index: int, place: Surroundings, *, labelled: bool, rest: int
) -> tuple[int, FoundDate] | None:
    """Rank a date by what speaks for it; None when it is only a date in a sentence."""
    if labelled:
        rank, method = 0, "labelled_line"
    elif index >= place.stop:
        return None
    elif place.is_labelled(index, DATE_LABEL):
        rank, method = 1, "labelled_element"
    elif rest <= _LONG_REST:
        rank, method = (2 if rest <= _SHORT_REST else 3), "line_by_headline"
    else:
        return None
    apart = not labelled and place.stands_apart(index)
    method = "above_headline" if apart else method
    return rank, replace(found, method=method, needs_witness=apart)


def time_elements(marked: Marked) -> Iterator[FoundDate]:
    """Yield the `time` elements and microdata that stand neither in the frame of the page nor in a card."""
    for node in marked.dated[:_MAX_TIMES]:
        attributes = node.attributes
        raw = attributes.get("content") or attributes.get("datetime") or node.text(strip=True)
        yield from _machine(raw, "microdata.datePublished")
    yield from islice(_own_times(marked.times), _MAX_TIMES)


def _own_times(times: Sequence[LexborNode]) -> Iterator[FoundDate]:
    for node in times[:_MAX_TIMES_SEEN]:
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
    """Tell whether an element stands in a part of the site or of other articles, or is named as a change."""
    parent = node.parent
    for level in range(_MAX_CLIMB):
        if parent is None or parent.tag in {"body", "main", "html"}:
            return False
        if parent.tag in FRAME:
            return True
        attributes = parent.attributes
        label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".strip()[:MAX_LABEL_CHARS]
        if label and (is_foreign_label(label) or (level < _HOLDERS and CHANGE_LABEL.search(label))):
            return True
        if parent.tag == "article":
            return False
        parent = parent.parent
    return False


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


def _foot(flow: Flow, place: Surroundings) -> list[FoundDate]:
    """Read `www.kcna.kp (2025.03.18.)` under an article."""
    for block in flow.blocks[place.last : place.last + 3]:
        if len(block.text) < 60 and _FOOT.match(block.text):
            reading = read_date(block.text)
            if isinstance(reading, DateValue) and reading.precision == "day":
                return [FoundDate(reading=reading, raw=block.text, method="foot_line")]
    return []
