"""From a request to the list it asks for: pages, exports and feeds of one list understand the same filters."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from fastapi import Request

from services.reader import listings
from services.reader.asking import language_of, narrowing_of, query_of, source_id_of
from services.reader.errors import BadAddressError, NoSuchPageError
from services.reader.listings import Listing
from shared.ledger.catalogue import Catalogue
from shared.ledger.records import ArticleSummary, Edit, Removal, SearchHit, SourceSummary
from shared.ledger.watches import Alarm, Watch, Watches
from shared.search_query import query_tokens

__all__ = ["AskedLists", "watch_named"]

_LONGEST_NAME = 400


class AskedLists:
    """Makes the lists of one ledger. Each method may raise `BadAddressError`: the filters cannot mean anything."""

    def __init__(
        self, catalogue: Catalogue, watches: Watches, sources: Callable[[], Iterable[SourceSummary]]
    ) -> None:
        self._catalogue = catalogue
        self._sources = sources
        self._watches = watches

    def by_path(self) -> dict[str, Callable[[Request], Listing[Any]]]:
        """Return every list by its path: whoever adds a list here gives it all formats."""
        return {
            "/latest": self.latest,
            "/sources": self.sources,
            "/source/{source_id}": self.source,
            "/day/{day}": self.day,
            "/edits": self.edits,
            "/removals": self.removals,
            "/search": self.search,
            "/watches": self.watches,
            "/watches/{name}": self.watch,
        }

    def latest(self, request: Request) -> Listing[ArticleSummary]:
        """All articles by date."""
        return listings.latest(self._catalogue, language=language_of(request))

    def sources(self, request: Request) -> Listing[SourceSummary]:  # noqa: ARG002  (there is nothing to ask)
        """What is followed, by name."""
        return listings.all_sources(self._sources)

    def source(self, request: Request) -> Listing[ArticleSummary]:
        """The articles of one source by date."""
        source_id = source_id_of(request.path_params["source_id"])
        return listings.articles_of_source(self._catalogue, source_id, language=language_of(request))

    def day(self, request: Request) -> Listing[ArticleSummary]:
        """The articles of one day of UTC by date."""
        try:
            day = date.fromisoformat(request.path_params["day"])
        except ValueError:
            raise BadAddressError("A day is written as 2026-03-09.") from None
        if not 1 < day.year < 9999:
            raise BadAddressError("This day is outside the calendar.")
        source = request.query_params.get("source", "")
        return listings.articles_of_day(
            self._catalogue,
            day,
            source_id=source_id_of(source) if source else None,
            language=language_of(request),
        )

    def edits(self, request: Request) -> Listing[Edit]:
        """What was reworded, the last seen first."""
        asked = narrowing_of(request)
        return listings.edits(
            self._catalogue, source_id=asked.source_id, only=asked.filters, asked=asked.given
        )

    def removals(self, request: Request) -> Listing[Removal]:
        """What was taken down, the last seen first."""
        asked = narrowing_of(request)
        return listings.removals(
            self._catalogue, source_id=asked.source_id, only=asked.filters, asked=asked.given
        )

    def search(self, request: Request) -> Listing[SearchHit]:
        """Articles by their words."""
        return listings.found(self._catalogue, query_tokens(query_of(request)))

    def watches(self, request: Request) -> Listing[Watch]:  # noqa: ARG002  (there is nothing to ask)
        """What is watched for."""
        return listings.all_watches(self._watches.all())

    def watch(self, request: Request) -> Listing[Alarm]:
        """What one watch has noticed, the last first."""
        watch = watch_named(self._watches, request.path_params["name"])
        return listings.alarms_of_watch(watch, lambda: self._watches.alarms(watch_id=watch.watch_id))


def watch_named(ledger: Watches, name: str) -> Watch:
    """Return a watch by its id, or by what it watches for.

    Raises:
        NoSuchPageError: nobody watches for this.
    """
    wanted = name[:_LONGEST_NAME].casefold()
    for watch in ledger.all():
        if wanted == watch.watch_id or wanted in {one.casefold() for one in (watch.name, *watch.spellings)}:
            return watch
    raise NoSuchPageError("Nobody watches for this. The page of watches lists what is watched for.")
