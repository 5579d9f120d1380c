"""The lists of the archive, each with its records, its filters and its place: what pages and exports both show."""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from services.reader import references, tables
from services.reader.feed_forms import Entry
from services.reader.references import Reference
from services.reader.tables import Column
from services.reader.words import Words
from shared.ledger.catalogue import Catalogue
from shared.ledger.cursor import Cursor, Page
from shared.ledger.filters import Filters
from shared.ledger.records import ArticleSummary, Edit, Json, Removal, SearchHit, SourceSummary
from shared.ledger.watches import Alarm, Watch
from shared.phrases import message
from shared.search_query import SearchQuery

__all__ = [
    "Listing",
    "alarms_of_watch",
    "all_sources",
    "all_watches",
    "articles_of_day",
    "articles_of_source",
    "edits",
    "found",
    "latest",
    "removals",
]

Item = TypeVar("Item")
_READ_AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Generic[Item]):
    """How one kind of record is written."""

    columns: tuple[Column, ...]
    row: Callable[[Item], Json]
    json: Callable[[Item], Json]
    cite: Callable[[Item, Words], Reference]


ARTICLES: Shape[ArticleSummary] = Shape(
    columns=tables.ARTICLE_COLUMNS,
    row=tables.article_row,
    json=ArticleSummary.as_json,
    cite=references.of_article,
)
HITS: Shape[SearchHit] = Shape(
    columns=tables.HIT_COLUMNS, row=tables.hit_row, json=SearchHit.as_json, cite=references.of_hit
)
EDITS: Shape[Edit] = Shape(
    columns=tables.EDIT_COLUMNS, row=tables.edit_row, json=Edit.as_json, cite=references.of_edit
)
REMOVALS: Shape[Removal] = Shape(
    columns=tables.REMOVAL_COLUMNS, row=tables.removal_row, json=Removal.as_json, cite=references.of_removal
)
SOURCES: Shape[SourceSummary] = Shape(
    columns=tables.SOURCE_COLUMNS,
    row=tables.source_row,
    json=SourceSummary.as_json,
    cite=references.of_source,
)
WATCHES: Shape[Watch] = Shape(
    columns=tables.WATCH_COLUMNS, row=tables.watch_row, json=Watch.as_json, cite=references.of_watch
)
ALARMS: Shape[Alarm] = Shape(
    columns=tables.ALARM_COLUMNS, row=tables.alarm_row, json=Alarm.as_json, cite=references.of_alarm
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[Item]):
    """One list as it was asked for."""

    path: str
    """Of the list without its format, such as /edits."""
    title: str
    """A sentence of the catalogue."""
    asked: tuple[tuple[str, str], ...]
    """The filters as they stand in the address, without the place."""
    shape: Shape[Item]
    read: Callable[[int, Cursor | None], Page[Item]]
    """Reads so many from this place on."""
    title_values: Mapping[str, str] = field(default_factory=dict)
    source_ids: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    is_claim: bool = False
    """An empty list claims that there is nothing: it says what could be seen."""

    @property
    def query(self) -> str:
        """Return the filters as the query of an address."""
        return _query_of(self.asked)

    @property
    def page(self) -> str:
        """Return the path and query of the page of this list."""
        address = self.address()
        return address.replace("/latest", "/", 1) if self.path == "/latest" else address

    def every(self, before: Cursor | None = None) -> Iterator[Item]:
        """Yield all items from a place on, in short reads: an export holds no transaction open."""
        while True:
            page = self.read(_READ_AT_ONCE, before)
            yield from page.items
            if page.next is None:
                return
            before = page.next

    def address(self, suffix: str = "", *, before: Cursor | None = None) -> str:
        """Return the path and query of this list in a format, at a place."""
        query = self.query
        asked = [query] if query else []
        asked += [urlencode({"before": before.text})] if before else []
        return f"{self.path}{suffix}{'?' if asked else ''}{'&'.join(asked)}"

    def entry(self, item: Item, base: str, words: Words) -> Entry:
        """Return an item as feeds tell it."""
        one = self.shape.cite(item, words)
        return Entry(
            urn=one.urn,
            title=one.title or words.say("(no title)"),
            text=f"{one.what}. {one.text}" if one.what else one.text,
            address=f"{base}{one.path}",
            original=one.original,
            at=one.updated_at,
            author=one.source or one.source_id,
            language=one.language,
            tags=tuple(tag for tag in (one.kind, one.source_id) if tag),
        )


@functools.lru_cache(maxsize=128)  # a page names its list in ten forms, each of them twice
def _query_of(asked: tuple[tuple[str, str], ...]) -> str:
    return urlencode(asked, errors="replace")


def latest(catalogue: Catalogue, *, language: str | None) -> Listing[ArticleSummary]:
    """Return all articles by date."""
    return Listing(
        path="/latest",
        title=message("Latest articles"),
        asked=_given(lang=language),
        shape=ARTICLES,
        read=lambda limit, before: catalogue.latest(limit, before=before, language=language),
        languages=(language,) if language else (),
    )


def articles_of_source(
    catalogue: Catalogue, source_id: str, *, language: str | None
) -> Listing[ArticleSummary]:
    """Return the articles of one source by date."""
    return Listing(
        path=f"/source/{source_id}",
        title=message("Articles of %(name)s"),
        title_values={"name": source_id},
        asked=_given(lang=language),
        shape=ARTICLES,
        read=lambda limit, before: catalogue.latest(
            limit, before=before, source_id=source_id, language=language
        ),
        source_ids=(source_id,),
        languages=(language,) if language else (),
    )


def articles_of_day(
    catalogue: Catalogue, day: date, *, source_id: str | None, language: str | None
) -> Listing[ArticleSummary]:
    """Return the articles of one day of UTC, by date; those without a date by when they were first seen."""
    begins = datetime.combine(day, time(), UTC)
    last = Cursor(at=begins + timedelta(days=1) - timedelta(microseconds=1), key="")

    def read(limit: int, before: Cursor | None) -> Page[ArticleSummary]:
        start = before if before is not None and before.at <= last.at else last
        page = catalogue.latest(limit, before=start, source_id=source_id, language=language)
        within = tuple(one for one in page.items if one.published_at >= begins)
        return Page(items=within, next=page.next if len(within) == len(page.items) else None)

    return Listing(
        path=f"/day/{day.isoformat()}",
        title=message("Articles of %(name)s"),
        title_values={"name": day.isoformat()},
        asked=_given(source=source_id, lang=language),
        shape=ARTICLES,
        read=read,
        source_ids=(source_id,) if source_id else (),
        languages=(language,) if language else (),
    )


def edits(
    catalogue: Catalogue, *, source_id: str | None, only: Filters, asked: tuple[tuple[str, str], ...]
) -> Listing[Edit]:
    """Return what was reworded, the last seen first."""
    return Listing(
        path="/edits",
        title=message("Edits"),
        asked=asked,
        shape=EDITS,
        is_claim=True,
        read=lambda limit, before: catalogue.edits(limit, before=before, source_id=source_id, only=only),
        source_ids=(source_id,) if source_id else (),
        languages=(only.language,) if only.language else (),
    )


def removals(
    catalogue: Catalogue, *, source_id: str | None, only: Filters, asked: tuple[tuple[str, str], ...]
) -> Listing[Removal]:
    """Return what was taken down, the last seen first."""
    return Listing(
        path="/removals",
        title=message("Removals"),
        asked=asked,
        shape=REMOVALS,
        is_claim=True,
        read=lambda limit, before: catalogue.removals(limit, before=before, source_id=source_id, only=only),
        source_ids=(source_id,) if source_id else (),
        languages=(only.language,) if only.language else (),
    )


def found(catalogue: Catalogue, query: SearchQuery) -> Listing[SearchHit]:
    """Return articles by their words and what else was asked, by date."""

    def read(limit: int, before: Cursor | None) -> Page[SearchHit]:
        page = catalogue.search(query, limit, before=before)
        return Page(items=page.items, next=page.next)

    return Listing(
        path="/search",
        title=message("Search: %(name)s") if query.text else message("Search"),
        title_values={"name": query.text} if query.text else {},
        asked=_given(q=query.text),
        shape=HITS,
        is_claim=True,
        read=read,
        source_ids=query.narrowing.source_ids,
        languages=query.narrowing.languages,
    )


def all_sources(sources: Callable[[], Iterable[SourceSummary]]) -> Listing[SourceSummary]:
    """Return what is followed: a list that is never long."""
    read = _whole(lambda: list(sources()))
    return Listing(path="/sources", title=message("Sources"), asked=(), shape=SOURCES, read=read)


def all_watches(watches: list[Watch]) -> Listing[Watch]:
    """Return what is watched for: a list that is never long."""
    return Listing(
        path="/watches", title=message("Watches"), asked=(), shape=WATCHES, read=_whole(lambda: watches)
    )


def alarms_of_watch(watch: Watch, alarms: Callable[[], Iterator[Alarm]]) -> Listing[Alarm]:
    """Return what one watch has noticed, the last first."""
    return Listing(
        path=f"/watches/{watch.watch_id}",
        title=message("Alarms of %(name)s"),
        title_values={"name": watch.name},
        asked=(),
        shape=ALARMS,
        read=_whole(lambda: list(alarms())),
    )


def _whole(make: Callable[[], list[Any]]) -> Callable[[int, Cursor | None], Page[Any]]:
    """Return how a list is read that has no places in it: all of it at once."""
    return lambda _limit, _before: Page(items=tuple(make()), next=None)


def _given(**asked: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in asked.items() if value)
