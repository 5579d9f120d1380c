"""The search, as a page and as JSON."""

from fastapi import APIRouter, Request, Response

from services.reader.asked_lists import AskedLists
from services.reader.asking import counts_wanted, cursor_of, query_of, start_of
from services.reader.choosing import program_words
from services.reader.coverage_view import CoverageView, SeenOfSource, coverage_view, seen_in
from services.reader.highlighting import pattern_of_words
from services.reader.remembered import Remembered
from services.reader.rendering import Renderer
from services.reader.search_view import facets_of, notices_of, search_address
from services.reader.settings import ReaderSettings
from services.reader.views import hit_card
from services.reader.words import Words
from shared.ledger.catalogue import Catalogue, SearchPage
from shared.ledger.records import SourceSummary
from shared.search_query import SearchQuery, query_tokens

__all__ = ["SearchPages"]


class SearchPages:
    """Serves the search over a catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        lists: AskedLists,
        settings: ReaderSettings,
        render: Renderer,
        sources: Remembered[tuple[SourceSummary, ...]],
        seen: Remembered[tuple[SeenOfSource, ...]],
    ) -> None:
        self._catalogue = catalogue
        self._lists = lists
        self._settings = settings
        self._render = render
        self._sources = sources
        self._seen = seen

    def router(self) -> APIRouter:
        """Return the addresses of the search."""
        router = APIRouter()
        router.add_api_route("/search", self.search, methods=["GET", "HEAD"], response_model=None)
        router.add_api_route("/search.json", self.as_json, methods=["GET", "HEAD"], response_model=None)
        return router

    def search(self, request: Request) -> Response:
        """Articles by their words and what else was asked."""
        query, before, start = query_tokens(query_of(request)), cursor_of(request), start_of(request)
        order = "" if start is None else "relevance"
        counted = counts_wanted(request)
        page = self._catalogue.search(
            query, self._settings.results_on_page, before=before, start=start, counted=counted
        )
        pattern, sources = pattern_of_words(query.words), self._sources.get()
        words = self._render.words(request)
        return self._render.page(
            request,
            "search.html",
            query=query,
            listing=self._lists.search(request),
            cards=[hit_card(hit, words, pattern=pattern) for hit in page.items],
            counts=page.counts,
            facets=facets_of(query, page.counts, sources, order=order, words=words) if page.counts else (),
            notices=notices_of(query, sources, words=words),
            order=order,
            address_counted=search_address(query.text, counts="1"),
            is_counted=counted,
            address_by_date=search_address(query.text),
            address_by_relevance=search_address(query.text, sort="relevance"),
            address_earlier=None
            if query.narrowing.only_earlier
            else search_address(f"{query.text} in:earlier", sort=order),
            next_address=_next_address(query, page),
            is_first=before is None and not start,
            example_source=sources[0].source_id if sources else "kcna-en",
            coverage=self._coverage(query, page, words),
        )

    def as_json(self, request: Request) -> Response:
        """Articles by their words and what else was asked, in either order, with counts on the first page."""
        query, start, words = query_tokens(query_of(request)), start_of(request), program_words(request)
        page = self._catalogue.search(
            query,
            self._settings.results_on_page,
            before=cursor_of(request),
            start=start,
            counted=counts_wanted(request),
        )
        following = _next_address(query, page)
        found: dict[str, object] = {
            "items": [hit.as_json() for hit in page.items],
            "next": following and following.replace("/search?", "/search.json?", 1),
            "notices": [
                {"part": one.part, "sentence": one.sentence}
                for one in notices_of(query, self._sources.get(), words=words)
            ],
        }
        if page.counts is not None:
            found["counts"] = page.counts.as_json()
        if not page.items:
            asked = query.narrowing
            seen = seen_in(self._seen.get(), source_ids=asked.source_ids, languages=asked.languages)
            found["coverage"] = [one.as_json(words) for one in seen]
        return self._render.json(request, found)

    def _coverage(self, query: SearchQuery, page: SearchPage, words: Words) -> list[CoverageView]:
        """Return what was seen of what was asked about, where nothing was found in it."""
        if page.items or not query.text or query.is_empty:
            return []
        asked = query.narrowing
        seen = seen_in(self._seen.get(), source_ids=asked.source_ids, languages=asked.languages)
        return [coverage_view(one, words) for one in seen]


def _next_address(query: SearchQuery, page: SearchPage) -> str | None:
    if page.next is not None:
        return search_address(query.text, before=page.next.text)
    if page.next_start is not None:
        return search_address(query.text, sort="relevance", start=str(page.next_start))
    return None
