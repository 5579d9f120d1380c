"""The same lists and articles for programs: JSON under the address of the page with .json at its end."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from services.reader.asking import (
    article_id_of,
    counts_wanted,
    cursor_of,
    language_of,
    query_of,
    source_id_of,
    start_of,
)
from services.reader.coverage_view import SeenOfSource, seen_in
from services.reader.errors import NoSuchPageError
from services.reader.remembered import Remembered
from services.reader.rendering import Renderer
from services.reader.search_view import notices_of
from services.reader.settings import ReaderSettings
from shared.ledger.catalogue import Catalogue
from shared.ledger.cursor import Cursor
from shared.ledger.records import SourceSummary
from shared.search_query import query_tokens

__all__ = ["Exports"]

_GET = ["GET", "HEAD"]


class Exports:
    """Serves JSON over a catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        settings: ReaderSettings,
        render: Renderer,
        sources: Remembered[tuple[SourceSummary, ...]],
        seen: Remembered[tuple[SeenOfSource, ...]],
    ) -> None:
        self._catalogue = catalogue
        self._sources = sources
        self._seen = seen
        self._settings = settings
        self._render = render

    def router(self) -> APIRouter:
        """Return the addresses of the exports."""
        router = APIRouter()
        for path, export in (
            ("/latest.json", self.latest),
            ("/source/{source_id}.json", self.source),
            ("/article/{article_id}.json", self.article),
            ("/search.json", self.search),
            ("/edits.json", self.edits),
            ("/removals.json", self.removals),
        ):
            router.add_api_route(path, export, methods=_GET, response_model=None)
        return router

    def latest(self, request: Request) -> Response:
        """All articles by date."""
        language = language_of(request)
        page = self._catalogue.latest(
            self._settings.articles_on_page, before=cursor_of(request), language=language
        )
        following = _next("/latest.json", page.next, lang=language or "")
        return self._list(request, [one.as_json() for one in page.items], following)

    def source(self, request: Request, source_id: str) -> Response:
        """The articles of one source by date."""
        source_id = source_id_of(source_id)
        page = self._catalogue.latest(
            self._settings.articles_on_page, before=cursor_of(request), source_id=source_id
        )
        following = _next(f"/source/{source_id}.json", page.next)
        return self._list(request, [one.as_json() for one in page.items], following)

    def article(self, request: Request, article_id: str) -> Response:
        """One article with every revision of it and the captures that show them."""
        article = self._catalogue.article(article_id_of(article_id))
        if article is None:
            raise NoSuchPageError("No article is kept under this address.")
        return self._render.json(request, article.as_json())

    def search(self, request: Request) -> Response:
        """Articles by their words and what else was asked, in either order, with counts on the first page."""
        query, start = query_tokens(query_of(request)), start_of(request)
        page = self._catalogue.search(
            query,
            self._settings.results_on_page,
            before=cursor_of(request),
            start=start,
            counted=counts_wanted(request),
        )
        order = {"q": query.text, "sort": "" if start is None else "relevance"}
        following = _next("/search.json", page.next, **order)
        if page.next_start is not None:
            following = f"/search.json?{urlencode({**order, 'start': page.next_start})}"
        notices = notices_of(query, self._sources.get())
        found: dict[str, object] = {"items": [hit.as_json() for hit in page.items], "next": following}
        found |= {"notices": [{"part": one.part, "sentence": one.sentence} for one in notices]}
        if page.counts is not None:
            found["counts"] = page.counts.as_json()
        if not page.items:
            asked = query.narrowing
            seen = seen_in(self._seen.get(), source_ids=asked.source_ids, languages=asked.languages)
            found["coverage"] = [one.as_json() for one in seen]
        return self._render.json(request, found)

    def edits(self, request: Request) -> Response:
        """What was reworded, the last seen first."""
        page = self._catalogue.edits(self._settings.entries_on_page, before=cursor_of(request))
        items = [one.as_json() for one in page.items]
        return self._claim(request, items, _next("/edits.json", page.next))

    def removals(self, request: Request) -> Response:
        """What was taken down, the last seen first."""
        page = self._catalogue.removals(self._settings.entries_on_page, before=cursor_of(request))
        items = [one.as_json() for one in page.items]
        return self._claim(request, items, _next("/removals.json", page.next))

    def _claim(self, request: Request, items: list[dict[str, object]], following: str | None) -> Response:
        """Return a list; where it is empty, with the coverage of the sources."""
        if items:
            return self._list(request, items, following)
        coverage = [one.as_json() for one in seen_in(self._seen.get())]
        return self._render.json(request, {"items": [], "next": following, "coverage": coverage})

    def _list(self, request: Request, items: list[dict[str, object]], following: str | None) -> Response:
        return self._render.json(request, {"items": items, "next": following})


def _next(path: str, cursor: Cursor | None, **more: str) -> str | None:
    """Return the address of the next page, or None at the end."""
    if cursor is None:
        return None
    return f"{path}?{urlencode({**{name: value for name, value in more.items() if value}, 'before': cursor.text})}"
