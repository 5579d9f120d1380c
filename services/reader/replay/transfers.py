"""Sends composed files: whole or one range, a bounded number at once, and never as if whole when they are not.

RFC 9110 §13 (conditions) and §14 (ranges). What fails after the first byte breaks the connection, so that a file
that ends early is never taken for one that ended.
"""

import asyncio
import base64
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

import structlog
from fastapi import Request, Response
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from services.reader.replay.problems import ProblemError, problem_of
from shared.composed_files import PIECE_BYTES, ComposedFile
from shared.errors import PressmarkError

__all__ = ["Download", "Slots", "answer_with"]

log = structlog.get_logger(__name__)

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})", re.ASCII)
_SENT_BYTES = 256 * 1024
_CACHE = "public, max-age=60"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to be sent."""

    file: ComposedFile
    name: str
    media_type: str
    tag: str
    """Its entity tag, with quotation marks."""
    sha256: str | None = None
    """Of all its bytes, in hexadecimal, where that is known."""


class Slots:
    """So many may do something at once, and so many more may wait for it."""

    def __init__(self, count: int, *, waiting: int = 0, patience_seconds: float = 0) -> None:
        self._free = threading.Semaphore(count)
        self._places = threading.Semaphore(count + waiting)
        self._patience_seconds = patience_seconds

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take one for the time of the context.

        Raises:
            ProblemError: None is free, or none becomes free in time.
        """
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            is_mine = self._free.acquire(timeout=self._patience_seconds)
            if not is_mine:
                raise _busy()
            try:
                yield
            finally:
                self._free.release()
        finally:
            self._places.release()


class BrokenOffError(Exception):
    """A transfer that was begun and cannot be ended. No handler is for it: the server closes the connection."""


class Transfer(StreamingResponse):
    """An answer that takes a slot while it is sent, and breaks off when nobody takes it or it cannot be read."""

    def __init__(
        self,
        pieces: Iterator[bytes],
        *,
        status: int,
        headers: dict[str, str],
        slots: Slots,
        stall_seconds: float,
    ) -> None:
        super().__init__((), status_code=status, headers=headers)
        self._pieces = pieces
        self._slots = slots
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it.

        Raises:
            ProblemError: No slot is free, or not even the first megabyte can be read.
            BrokenOffError: The transfer could not be ended.
        """

        async def send_in_time(message: Message) -> None:
            try:
                await asyncio.wait_for(send(message), self._stall_seconds)
            except TimeoutError:
                raise BrokenOffError("the reader took nothing for too long") from None

        with self._slots.one():
            try:
                begun = await run_in_threadpool(_begun, self._pieces)
            except PressmarkError as error:
                raise problem_of(error) from error
            self.body_iterator = iterate_in_threadpool(_parted(chain(begun, self._pieces)))
            try:
                await super().__call__(scope, receive, send_in_time)
            except PressmarkError as error:
                log.warning("download_broken_off", path=scope["path"], reason=str(error))
                raise BrokenOffError(str(error)) from error


def answer_with(request: Request, download: Download, *, slots: Slots, stall_seconds: float) -> Response:
    """Return the answer to a request for a file.

    Raises:
        ProblemError: The range lies outside of the file.
    """
    size = download.file.size
    headers = _headers(download)
    if download.tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers={name: headers[name] for name in ("etag", "cache-control")})
    begin, end, status = 0, size, 200
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is not None and (asked[1] or asked[2]) and _is_of_this_file(request, download):
        begin, end = _bounds(asked[1], asked[2], size)
        headers["content-range"] = f"bytes {begin}-{end - 1}/{size}"
        status = 206
    headers["content-length"] = str(end - begin)
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    pieces = download.file.pieces(begin, end)
    return Transfer(pieces, status=status, headers=headers, slots=slots, stall_seconds=stall_seconds)


def _headers(download: Download) -> dict[str, str]:
    headers = {
        "content-type": download.media_type,
        "content-disposition": f'attachment; filename="{download.name}"',
        "accept-ranges": "bytes",
        "etag": download.tag,
        "cache-control": _CACHE,
    }
    if download.sha256 is not None:
        digest = base64.b64encode(bytes.fromhex(download.sha256)).decode()
        headers["repr-digest"] = f"sha-256=:{digest}:"
    return headers


def _tags(text: str) -> set[str]:
    return {one.strip().removeprefix("W/") for one in text.split(",")}


def _is_of_this_file(request: Request, download: Download) -> bool:
    """Tell whether a range is meant of the file as it is now (RFC 9110 §13.1.5). Of a date we know nothing."""
    return request.headers.get("if-range", download.tag) == download.tag


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Return where a range begins and where it has ended (RFC 9110 §14.1.2).

    Raises:
        ProblemError: It is outside of the file.
    """
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
    if begin >= end:
        raise ProblemError(416, f"The file has {size} bytes.", size=size)
    return begin, end


def _begun(pieces: Iterator[bytes]) -> list[bytes]:
    """Return the first pieces: all of a small file, whose faults then have an answer of their own."""
    begun: list[bytes] = []
    while sum(map(len, begun)) < PIECE_BYTES and (piece := next(pieces, b"")):
        begun.append(piece)
    return begun


def _parted(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield smaller pieces, each of which is waited for by itself."""
    for piece in pieces:
        for begin in range(0, len(piece), _SENT_BYTES):
            yield piece[begin : begin + _SENT_BYTES]


def _busy() -> ProblemError:
    """Return what is told to who comes when no slot is free."""
    detail = "As many files as are given out at once are under way. Try again in a moment."
    return ProblemError(503, detail)
