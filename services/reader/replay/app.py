"""The replay server: stored pages under `/20260309120000/https://outlet.example/1`, and records as stored.

It sets no cookie, knows no session, answers nothing that acts, and shares its origin with nothing else.
"""

import re
from collections.abc import Callable

import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from services.reader.errors import BadAddressError, NoSuchPageError
from services.reader.instants import http_date, instant_of
from services.reader.memento import links_around, memento_address, original_links, url_in_path
from services.reader.rendering import tagged
from services.reader.replay.answers import is_page, is_style, replay_headers, safe_type
from services.reader.replay.pages import base_of_page, rewritten_html
from services.reader.replay.records import RecordFiles
from services.reader.replay.rewriting import Rewriting
from services.reader.replay.settings import ReplaySettings
from services.reader.replay.stored import StoredAnswer, read_answer
from services.reader.replay.stylesheets import rewritten_css
from services.reader.security import SecurityHeaders
from shared.errors import PressmarkError, TryAgainError
from shared.evidence import EvidenceMissingError, EvidenceStore
from shared.exposition import show_metrics
from shared.http_message import DecodeError
from shared.http_metrics import TimedAnswers
from shared.ledger import Database
from shared.ledger.captured_urls import CapturedUrls, Memento, key_of
from shared.ledger.evidence_index import EvidenceIndex
from shared.logs import set_up_logs
from shared.settings import LedgerSettings, ProcessSettings, StoreSettings, load
from shared.warc_reading import WarcReadError

__all__ = ["create_app", "serve"]

log = structlog.get_logger(__name__)

_GET = ["GET", "HEAD"]
_INSTANT = re.compile(r"([0-9]{4,14})(id_)?", re.ASCII)
_CACHE = "public, max-age=86400"
_RETRY_SECONDS = 10


class Replay:
    """Answers for stored pages."""

    def __init__(self, captures: CapturedUrls, evidence: EvidenceStore, *, settings: ReplaySettings) -> None:
        self._captures = captures
        self._evidence = evidence
        self._settings = settings

    def page(self, request: Request, instant: str) -> Response:
        """Return what a URL showed at a second; lead to the closest second where it has none of this one."""
        found = _INSTANT.fullmatch(instant)
        at = instant_of(found[1]) if found else None
        if found is None or at is None:
            raise BadAddressError("The address begins with a time of 4 to 14 digits, such as 20260309120000.")
        url = url_in_path(request, f"/{instant}/")
        key = key_of(url)
        exact = self._captures.in_second(key, at) if len(found[1]) == 14 else None
        if exact is not None:
            return self._memento(request, exact, is_raw=found[2] is not None)
        closest = next(iter(self._captures.closest(key, at)), None)
        if closest is None:
            raise NoSuchPageError("Nothing of this address is kept.")
        location = memento_address("", closest, raw=found[2] is not None)
        return Response(status_code=302, headers={"location": location, "cache-control": "no-store"})

    def _memento(self, request: Request, memento: Memento, *, is_raw: bool) -> Response:
        links = [
            *original_links(memento.url, self._settings.reader_url),
            *links_around(self._captures, memento, replay_url=str(request.base_url).rstrip("/")),
        ]
        headers = {"memento-datetime": http_date(memento.fetched_at), "link": ", ".join(links)}
        if memento.redirect_to is not None and 300 <= memento.status < 400 and not is_raw:
            headers["location"] = Rewriting(memento.url, memento.fetched_at).address_of(memento.redirect_to)
            return Response(status_code=302, headers=headers)
        answer = read_answer(self._evidence, memento, limit=self._settings.max_page_bytes)
        response = _file(answer) if is_raw else _shown(answer, memento)
        response.headers.update(headers)
        tagged_response = tagged(request, response, cache=_CACHE)
        tagged_response.headers.update(headers)
        return tagged_response


def create_app(
    captures: CapturedUrls, evidence: EvidenceStore, index: EvidenceIndex, *, settings: ReplaySettings
) -> ASGIApp:
    """Return the application over the captures and what they hold."""
    app = FastAPI(
        title="Pressmark replay", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    replay = Replay(captures, evidence, settings=settings)
    records = RecordFiles(captures, evidence, index)

    def healthz() -> Response:
        captures.by_id(0)
        return Response("ok\n", media_type="text/plain", headers={"cache-control": "no-store"})

    app.add_api_route("/healthz", healthz, methods=_GET, response_model=None)
    app.add_api_route("/warc/{key:path}", records.record, methods=_GET, response_model=None)
    app.add_api_route("/{instant}/{url:path}", replay.page, methods=_GET, response_model=None)
    _add_errors(app)
    return TimedAnswers(SecurityHeaders(app, replay_headers(settings.reader_url)), service="replay")


def serve() -> None:
    """Serve the replay as the settings say, until the process is told to stop.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    process = load(ProcessSettings)
    set_up_logs("replay", form=process.log_format, level=process.log_level)
    show_metrics(process)
    settings = load(ReplaySettings)
    url = load(LedgerSettings).database_url.get_secret_value()
    database = Database(url, max_connections=settings.connections, patience=2.0)
    evidence = EvidenceStore(load(StoreSettings).evidence())
    app = create_app(CapturedUrls(database), evidence, EvidenceIndex(database), settings=settings)
    log.info("replay_started", host=settings.host, port=settings.port)
    try:
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    finally:
        database.close()


def _shown(answer: StoredAnswer, memento: Memento) -> Response:
    """Return a stored answer as a frame may show it. No status of a server that was out of order is repeated."""
    media_type = safe_type(answer.content_type)
    if media_type is None:
        return _file(answer)
    body = answer.body
    if is_page(answer.content_type) or is_style(answer.content_type):
        body = _rewritten(answer, memento)
        media_type = (
            media_type
            if not body.startswith(b"\xef\xbb\xbf")
            else f"{media_type.partition(';')[0]}; charset=utf-8"
        )
    status = answer.status if 400 <= answer.status < 500 else 200
    return Response(body, status_code=status, headers={"content-type": media_type})


def _rewritten(answer: StoredAnswer, memento: Memento) -> bytes:
    """Rewrite addresses over the bytes as Latin-1; of UTF-16, which is no ASCII with more, over UTF-8."""
    body = answer.body
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            body = b"\xef\xbb\xbf" + body[2:].decode(codec, "replace").encode("utf-8", "replace")
    text = body.decode("latin-1")
    rewriting = Rewriting(memento.url, memento.fetched_at)
    if is_page(answer.content_type):
        rewriting = rewriting.based_on(base_of_page(text))
        return rewritten_html(text, rewriting).encode("latin-1", "xmlcharrefreplace")
    return rewritten_css(text, rewriting).encode("latin-1", "replace")


def _file(answer: StoredAnswer) -> Response:
    headers = {"content-type": "application/octet-stream", "content-disposition": "attachment"}
    return Response(answer.body, headers=headers)


def _add_errors(app: FastAPI) -> None:
    def handler(status: int, sentence: str | None = None) -> Callable[[Request, Exception], Response]:
        def answer(request: Request, error: Exception) -> Response:
            if status >= 500:
                log.warning("replay_failed", path=request.scope["path"], reason=str(error))
            headers = {"cache-control": "no-store"}
            if status == 503:
                headers["retry-after"] = str(_RETRY_SECONDS)
            text = f"{sentence or error}\n".encode("utf-8", "replace")
            return Response(text, status_code=status, media_type="text/plain; charset=utf-8", headers=headers)

        return answer

    def on_http_error(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return handler(status, "Nothing here.")(request, error)

    damaged = "What is kept of this cannot be shown. Its record can be had as it is stored."
    app.add_exception_handler(BadAddressError, handler(400))
    app.add_exception_handler(NoSuchPageError, handler(404))
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(DecodeError, handler(422, damaged))
    app.add_exception_handler(WarcReadError, handler(422, damaged))
    app.add_exception_handler(
        EvidenceMissingError, handler(404, "The record of this page is not in the store.")
    )
    app.add_exception_handler(TryAgainError, handler(503, "The archive does not answer just now."))
    app.add_exception_handler(PressmarkError, handler(500, "A fault on our side."))
    app.add_exception_handler(Exception, handler(500, "A fault on our side."))
