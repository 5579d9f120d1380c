"""When a page says its article was published and last changed: which witnesses are asked, and in which order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from services.normalizer.addresses import host_of
from services.normalizer.blocks import Flow
from services.normalizer.body import Body
from services.normalizer.date_orders import order_of_place, order_of_texts
from services.normalizer.dates import AmbiguousDate, DateValue, written_dates
from services.normalizer.fallback import guessed_date, scripted_date
from services.normalizer.fields import PageContext, Provenance
from services.normalizer.page import Page
from services.normalizer.published import (
    Publication,
    choose_published,
    foreign_dates,
    modified_date,
    modified_moment,
    structured_dates,
    url_date,
)
from services.normalizer.ruled import ruled_dates
from services.normalizer.shown_dates import FoundDate, ShownDates, dates_elsewhere, shown_dates, time_elements
from services.normalizer.surroundings import Surroundings
from shared.sources import DateOrder

_SAME_STAMP = timedelta(minutes=2)
_SAME_TIME = timedelta(minutes=15)
_SERVER_CLOCK = timedelta(minutes=15)
_ZONE_DOUBT = timedelta(hours=12)
_ORDERED_CHARS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDates:
    """What a page says of the time of its article."""

    published: Publication | None
    modified: Provenance | None


def find_dates(
    page: Page, context: PageContext, *, flow: Flow, place: Surroundings, body: Body, language: str | None
) -> PageDates:
    """Find when the article was published, and when it was changed.

    Args:
        page: The parsed page.
        context: What is known besides; its rule comes first, and nothing is later than its capture.
        flow: The page's text.
        place: What stands around the headline.
        body: The article's text; its first lines may hold a dateline.
        language: Primary tag of the language.
    """
    order = context.rules.date_order if context.rules else None
    shown = shown_dates(flow, place, order=order, language=language)
    title = flow.blocks[place.headline].text if place.headline is not None else None
    candidates = [*ruled_dates(page, context.rules, language), *_by_trust(page, context, shown, title)]
    if order is None and any(isinstance(found.reading, AmbiguousDate) for found in candidates):
        order = _page_order(page, flow, context, language) or _spelled_order(candidates, flow, language)
    search = _Search(page=page, context=context, body=body, shown=shown, order=order)
    published = search.choose(candidates)
    if published is None or published.value.precision == "month":
        lines = dates_elsewhere(flow, place, order=order, language=language)
        published = search.further(lines) or published
    return PageDates(published=published, modified=modified_date(page.structured, shown.updated))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """One page with what all choices among its dates share."""

    page: Page
    context: PageContext
    body: Body
    shown: ShownDates
    order: DateOrder | None

    def choose(self, candidates: Sequence[FoundDate]) -> Publication | None:
        return choose_published(
            candidates,
            paragraphs=self.body.paragraphs,
            captured_at=self.context.captured_at,
            timezone=self.context.timezone,
            updated=self.shown.updated,
            order=self.order,
        )

    def further(self, lines: Iterator[FoundDate]) -> Publication | None:
        """Look where the day of an article stands on few pages, from the surest place to the least sure."""
        address = _address(self.page, self.context)
        for candidates in (self._scripted(), [*lines, *address]):
            found = self.choose(candidates) if candidates else None
            if found is not None and found.value.day is not None:
                return found
        return self._guessed()

    def _scripted(self) -> list[FoundDate]:
        found = scripted_date(self.page.markup)
        if found is None or found[0].day in self._foreign_days():
            return []
        return [FoundDate(reading=found[0], raw=found[1], method="script")]

    def _foreign_days(self) -> frozenset[date]:
        """Return the days of changes, and of the comments and pictures that the page describes for machines."""
        changed = modified_moment(self.page.structured, self.shown.updated)
        days = {changed.day} if changed and changed.day else set()
        days |= {day for found in foreign_dates(self.page.structured) if (day := _day_of(found))}
        return frozenset(days)

    def _guessed(self) -> Publication | None:
        guess = guessed_date(
            self.page.markup,
            self.context.url,
            captured_at=self.context.captured_at,
            updated=self._foreign_days(),
        )
        changed = modified_moment(self.page.structured, self.shown.updated)
        if guess is None or (changed and changed.day and guess.moment.date() > changed.day):
            # What was last changed on a day was not published after it: the guess read another date.
            return None
        return Publication(value=guess, provenance=Provenance(value=guess.iso(), raw=None, method="htmldate"))


def _address(page: Page, context: PageContext) -> list[FoundDate]:
    found = url_date(context.url or page.structured.canonical, context.timezone)
    return [found] if found else []


def _by_trust(page: Page, context: PageContext, shown: ShownDates, title: str | None) -> list[FoundDate]:
    """Return the candidates of a page in order of trust.

    A `time` element says for machines what stands beside it: one whose day is shown as that of a change is none of
    ours, and one far from what the page shows by the headline may belong to another article.
    """
    stated = list(structured_dates(page.structured, title=title))
    days = {day for found in shown.published if not found.needs_witness and (day := _day_of(found))}
    changes = {day for found in shown.updated if (day := _day_of(found))} - days
    times = [found for found in time_elements(page.marked) if _day_of(found) not in changes]
    far = [found for found in times if days and found.method == "time" and _day_of(found) not in days]
    near = [found for found in times if found not in far]
    stamps = _stamps(stated, page, context, shown)
    refused = [replace(found, refused="a machine's time: the page shows an earlier date") for found in stamps]
    sure = [found for found in stated if found not in stamps]
    # A page that gave one false publication to machines is believed for the others after the line that says so.
    named = [found for found in shown.published if stamps and found.method == "labelled_line"]
    other = [found for found in shown.published if found not in named]
    return [*named, *sure, *near, *other, *far, *_address(page, context), *refused]


def _stamps(
    stated: Sequence[FoundDate], page: Page, context: PageContext, shown: ShownDates
) -> list[FoundDate]:
    """Return the stated publications that are times of a machine, where the page shows an earlier date.

    Some systems put the time of the last change, or of the answer itself, in place of the publication.
    """
    shown_values = [
        found.reading
        for found in (*shown.published, *shown.updated)
        if isinstance(found.reading, DateValue) and found.reading.day and not found.needs_witness
    ]
    change = modified_moment(page.structured, shown.updated)
    earliest = min(map(_latest_instant, shown_values), default=None)
    if earliest is None:
        return []
    return [
        found
        for found in stated
        if isinstance(found.reading, DateValue)
        and _is_stamp(found.reading, change, context.captured_at)
        and _instant(found.reading) > earliest + _SAME_TIME
    ]


def _is_stamp(value: DateValue, change: DateValue | None, captured_at: datetime | None) -> bool:
    if value.precision not in {"minute", "second"}:
        return False
    moment = _instant(value)
    if captured_at is not None and abs(moment - captured_at.astimezone(UTC)) <= _SERVER_CLOCK:
        return True
    if change is None or change.precision not in {"minute", "second"}:
        return False
    return moment >= _instant(change) - _SAME_STAMP


def _instant(value: DateValue) -> datetime:
    zone = value.moment.tzinfo
    return value.moment.replace(tzinfo=UTC) if zone is None else value.moment.astimezone(UTC)


def _latest_instant(value: DateValue) -> datetime:
    """Return the last instant that a shown date can mean, whatever zone it is written in."""
    if value.precision in {"minute", "second"}:
        doubt = timedelta(0) if value.moment.tzinfo is not None else _ZONE_DOUBT
        return _instant(value) + doubt
    return _instant(value) + timedelta(days=1) + _ZONE_DOUBT


def _day_of(found: FoundDate) -> date | None:
    return found.reading.day if isinstance(found.reading, DateValue) else None


def _spelled_order(candidates: Sequence[FoundDate], flow: Flow, language: str | None) -> DateOrder | None:
    """Return the order in which two numbers name a day that the page also writes out, when only one does."""
    texts = (block.text for block in flow.blocks if len(block.text) <= _ORDERED_CHARS)
    written = (found.reading for text in texts for found in written_dates(text, language=language))
    days = {reading.day for reading in written if isinstance(reading, DateValue)}
    orders = {
        DateOrder.DMY if day_first else DateOrder.MDY
        for found in candidates
        if isinstance(reading := found.reading, AmbiguousDate)
        and (day_first := reading.day_first.day in days) != (reading.month_first.day in days)
    }
    return orders.pop() if len(orders) == 1 else None


def _page_order(page: Page, flow: Flow, context: PageContext, language: str | None) -> DateOrder | None:
    texts = (block.text for block in flow.blocks if len(block.text) <= _ORDERED_CHARS)
    return order_of_texts(texts) or order_of_place(language, host_of(context.url or page.base))
