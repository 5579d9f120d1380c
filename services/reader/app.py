"""Joins pages, exports, static files and error pages into one application."""

import time
from collections.abc import Callable, Iterable

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from services.reader.asked_lists import AskedLists
from services.reader.asking import base_of
from services.reader.calendar_pages import CalendarPages
from services.reader.capture_pages import CapturePages
from services.reader.cdx_pages import CdxPages
from services.reader.coverage_pages import DAYS_IN_OVERVIEW, CoveragePages
from services.reader.coverage_view import look_up
from services.reader.errors import NoSuchPageError, ToldError
from services.reader.evidence_pages import EVIDENCE, EvidencePages
from services.reader.exports import Exports
from services.reader.feeds import Feeds
from services.reader.memento import MementoPages
from services.reader.openapi import describe
from services.reader.pages import Pages
from services.reader.remembered import Remembered
from services.reader.rendering import Renderer
from services.reader.search_pages import SearchPages
from services.reader.security import SecurityHeaders, security_headers
from services.reader.settings import ReaderSettings
from services.reader.site_files import MOST_IN_MAP, SiteFiles
from services.reader.watch_pages import WatchPages
from services.reader.words import ENGLISH
from shared.encoding import dump_json
from shared.errors import TryAgainError
from shared.exposition import show_metrics
from shared.http_metrics import TimedAnswers
from shared.ledger.article_days import article_days
from shared.ledger.captured_urls import CapturedUrls
from shared.ledger.catalogue import Catalogue
from shared.ledger.coverage import Coverage
from shared.ledger.database import Database
from shared.ledger.days import Days
from shared.ledger.source_zones import source_zones
from shared.ledger.telling import Telling
from shared.ledger.watches import Watches
from shared.logs import set_up_logs
from shared.phrases import message
from shared.settings import LedgerSettings, ProcessSettings, load

__all__ = ["create_app", "serve"]

log = structlog.get_logger(__name__)

_RETRY_SECONDS = 10
_COVERAGE_SECONDS = 300
"""How old the overview of coverage may be: it reads a month of every source."""
_SENTENCES = {
    404: (
        message("Nothing here"),
        message("No page has this address. The latest articles and the search are a good place to go on."),
    ),
    405: (
        message("Not that way"),
        message("These pages are for reading: they can be asked for, and nothing can be sent to them."),
    ),
}
_GENERAL = (message("This did not work"), message("The request could not be answered."))


def create_app(
    catalogue: Catalogue, *, settings: ReaderSettings, monotonic: Callable[[], float] = time.monotonic
) -> ASGIApp:
    """Return the application over a catalogue."""
    zones = Remembered(
        lambda: source_zones(catalogue.database), seconds=_COVERAGE_SECONDS, monotonic=monotonic
    )
    render = Renderer(
        cache_seconds=settings.cache_seconds,
        public_url=settings.public_url,
        zone_of=lambda source_id: zones.get().get(source_id),
    )
    sources = Remembered(catalogue.sources, seconds=settings.cache_seconds, monotonic=monotonic)
    ledger = Coverage(catalogue.database)
    seen = Remembered(
        lambda: tuple(look_up(ledger, source, days=DAYS_IN_OVERVIEW) for source in sources.get()),
        seconds=max(settings.cache_seconds, _COVERAGE_SECONDS),
        monotonic=monotonic,
    )
    lists = AskedLists(catalogue, Watches(catalogue.database), sources.get)
    captures = CapturedUrls(catalogue.database)
    search = SearchPages(catalogue, lists=lists, settings=settings, render=render, sources=sources, seen=seen)
    exports = Exports(catalogue, lists=lists, settings=settings, render=render, seen=seen)
    pages = Pages(catalogue, lists=lists, settings=settings, render=render, sources=sources, seen=seen)
    days = Remembered(
        lambda: tuple(article_days(catalogue.database, most=MOST_IN_MAP)),
        seconds=max(settings.cache_seconds, _COVERAGE_SECONDS),
        monotonic=monotonic,
    )
    routers = (
        # Before the exports: the search says more in its JSON than a list does.
        search.router(),
        exports.router(),
        # Before the pages, whose addresses are the beginnings of these.
        EvidencePages(catalogue, captures, settings=settings).router(),
        pages.router(),
        CalendarPages(Days(catalogue.database), render=render).router(),
        CoveragePages(ledger, render=render, sources=sources, seen=seen).router(),
        WatchPages(Watches(catalogue.database), lists=lists, render=render).router(),
        Feeds(Telling(catalogue.database), settings=settings).router(),
        SiteFiles(lists, settings=settings, days=days).router(),
        CapturePages(captures, settings=settings, render=render).router(),
        CdxPages(captures, cache_seconds=settings.cache_seconds).router(),
        MementoPages(captures, settings=settings).router(),
    )
    app = FastAPI(title="Pressmark", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for router in routers:
        app.include_router(router)
    _add_description(app, routers, settings=settings, render=render)
    _add_plain_routes(app, catalogue, render)
    _add_error_pages(app, render)
    return TimedAnswers(SecurityHeaders(app, security_headers(settings.replay_url)), service="reader")


def serve() -> None:
    """Serve the pages as the settings say, until the process is told to stop.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    process = load(ProcessSettings)
    set_up_logs("reader", form=process.log_format, level=process.log_level)
    show_metrics(process)
    settings = load(ReaderSettings)
    database = Database(
        load(LedgerSettings).database_url.get_secret_value(),
        max_connections=settings.connections,
        patience=2.0,
        only_reads=True,
    )
    log.info("reader_started", host=settings.host, port=settings.port)
    try:
        uvicorn.run(
            create_app(Catalogue(database), settings=settings),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    finally:
        database.close()


def _add_plain_routes(app: FastAPI, catalogue: Catalogue, render: Renderer) -> None:
    def static(request: Request, name: str) -> Response:
        if name not in render.static:
            raise HTTPException(404)
        return render.static[name].response(request)

    def healthz() -> Response:
        catalogue.check()
        return Response("ok\n", media_type="text/plain", headers={"cache-control": "no-store"})

    app.add_api_route("/static/{name}", static, methods=["GET", "HEAD"], response_model=None)
    app.add_api_route("/healthz", healthz, methods=["GET", "HEAD"], response_model=None)


def _add_description(
    app: FastAPI, routers: Iterable[APIRouter], *, settings: ReaderSettings, render: Renderer
) -> None:
    """Describe every address of these routers."""
    routes = (route for router in routers for route in router.routes)
    paths = [route.path for route in routes if isinstance(route, APIRoute)]

    def openapi(request: Request) -> Response:
        return render.json(request, describe(paths, base=base_of(request, settings.public_url)))

    app.add_api_route("/openapi.json", openapi, methods=["GET", "HEAD"], response_model=None)


def _is_of_a_program(request: Request) -> bool:
    """Tell whether JSON is understood better than a page; files of evidence are asked for by both."""
    path = request.scope["path"]
    is_file = any(path.endswith(form.suffix) for form in EVIDENCE)
    return path.endswith(".json") or (is_file and "text/html" not in request.headers.get("accept", ""))


def _add_error_pages(app: FastAPI, render: Renderer) -> None:
    def answer(request: Request, status: int, title: str, sentence: str, **values: object) -> Response:
        if _is_of_a_program(request):
            told = render.error_words(request) if "hl" in request.query_params else ENGLISH
            body = dump_json({"error": told.say(sentence, **values), "status": status})
            headers = {"cache-control": "no-store"}
            return Response(body, status_code=status, media_type="application/json", headers=headers)
        words = render.error_words(request)
        title, sentence = words.say(title), words.say(sentence, **values)
        return render.error_page(request, status, title=title, sentence=sentence)

    def on_told(request: Request, error: Exception) -> Response:
        assert isinstance(error, ToldError)
        if isinstance(error, NoSuchPageError):
            return answer(request, 404, message("Not kept here"), error.message, **error.values)
        return answer(request, 400, message("Not an address"), error.message, **error.values)

    def on_http_error(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        response = answer(request, status, *_SENTENCES.get(status, _GENERAL))
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    def on_try_again(request: Request, error: Exception) -> Response:
        log.warning("page_postponed", path=request.scope["path"], reason=str(error))
        sentence = message(
            "The catalogue does not answer just now. The archive itself is safe; try again in a moment."
        )
        response = answer(request, 503, message("One moment"), sentence)
        response.headers["retry-after"] = str(_RETRY_SECONDS)
        return response

    def on_fault(request: Request, error: Exception) -> Response:
        log.error("page_failed", path=request.scope["path"], exc_info=error)
        sentence = message("A fault on our side kept this page from being made. It has been noted.")
        return answer(request, 500, message("Our fault"), sentence)

    app.add_exception_handler(ToldError, on_told)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(TryAgainError, on_try_again)
    app.add_exception_handler(Exception, on_fault)
