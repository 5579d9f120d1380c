"""The pages of coverage: what was looked at, so that a claim of absence can be judged."""

from fastapi import APIRouter, Request, Response

from services.reader.asking import source_id_of
from services.reader.choosing import program_words
from services.reader.coverage_view import SeenOfSource, coverage_view, day_views, look_up
from services.reader.errors import NoSuchPageError
from services.reader.remembered import Remembered
from services.reader.rendering import Renderer
from shared.ledger.coverage import Coverage
from shared.ledger.records import SourceSummary

__all__ = ["DAYS_IN_OVERVIEW", "CoveragePages"]

DAYS_IN_OVERVIEW = 30
_DAYS_OF_A_SOURCE = 90
_GET = ["GET", "HEAD"]


class CoveragePages:
    """Serves the coverage of all sources, and of each."""

    def __init__(
        self,
        ledger: Coverage,
        *,
        render: Renderer,
        sources: Remembered[tuple[SourceSummary, ...]],
        seen: Remembered[tuple[SeenOfSource, ...]],
    ) -> None:
        self._ledger = ledger
        self._render = render
        self._sources = sources
        self._seen = seen

    def router(self) -> APIRouter:
        """Return the addresses of the pages and of their exports."""
        router = APIRouter()
        for path, page in (
            ("/coverage", self.overview),
            ("/coverage.json", self.overview_json),
            ("/coverage/{source_id}.json", self.source_json),
            ("/coverage/{source_id}", self.source),
        ):
            router.add_api_route(path, page, methods=_GET, response_model=None)
        return router

    def overview(self, request: Request) -> Response:
        """The last month of every source."""
        words = self._render.words(request)
        return self._render.page(
            request,
            "coverage.html",
            coverage=[coverage_view(one, words) for one in self._seen.get()],
            span=DAYS_IN_OVERVIEW,
        )

    def overview_json(self, request: Request) -> Response:
        """The verdicts on the last month of every source."""
        words = program_words(request)
        items = [one.as_json(words) for one in self._seen.get()]
        return self._render.json(request, {"items": items, "next": None})

    def source(self, request: Request, source_id: str) -> Response:
        """Each of the last days of one source."""
        seen, words = self._look_up(source_id), self._render.words(request)
        return self._render.page(
            request,
            "coverage_source.html",
            source_id=seen.source.source_id,
            coverage=coverage_view(seen, words),
            days=day_views(seen.days, words),
        )

    def source_json(self, request: Request, source_id: str) -> Response:
        """Each of the last days of one source."""
        told = self._look_up(source_id)
        items = [day.as_json() for day in reversed(told.days)]
        return self._render.json(
            request, {"items": items, "next": None, **told.as_json(program_words(request))}
        )

    def _look_up(self, source_id: str) -> SeenOfSource:
        wanted = source_id_of(source_id)
        for source in self._sources.get():
            if source.source_id == wanted:
                return look_up(self._ledger, source, days=_DAYS_OF_A_SOURCE)
        raise NoSuchPageError("No source of this name is followed. The page of sources lists them all.")
