"""A small HTTP/1.1 server on loopback for sites that are functions from request to response."""

from __future__ import annotations

import http
import http.server
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

IDLE_SECONDS: Final = 30.0
"""A kept connection on which nobody asks anything for so long is closed by the server."""

MAX_BODY_BYTES: Final = 65_536
"""No request to these sites has a larger body; what is longer is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asked: `target` is path and query as sent, header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What the site answers; `Content-Length`, `Date` and `Connection` are the server's to add."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first header of that name in any case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One line of the request log; `at` is monotonic seconds when the request had been read."""

    at: float
    method: str
    target: str
    status: int
    connection: int
    user_agent: str


Responder = Callable[[Request], Response]


class LoopbackSite:
    """Serves a responder on 127.0.0.1 from a thread of its own until it is closed.

    Connections are kept (HTTP/1.1), each has its own thread, and every request is in the log.

    Args:
        respond: What answers.
        port: The TCP port; 0 takes a free one.
        address: Another address of this machine, such as that of a network of containers.
    """

    def __init__(self, respond: Responder, *, port: int = 0, address: str = "127.0.0.1") -> None:
        self._respond = respond
        self._address = address
        self._visits: list[Visit] = []
        self._lock = threading.Lock()
        self._server = _Server((address, port), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The TCP port the site listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base address without a slash at its end, such as `http://127.0.0.1:40123`."""
        return f"http://{self._address}:{self.port}"

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Every request answered so far, in the order of their answers."""
        with self._lock:
            return tuple(self._visits)

    def forget_visits(self) -> None:
        """Empty the request log."""
        with self._lock:
            self._visits.clear()

    def close(self) -> None:
        """Stop listening and end every kept connection."""
        self._server.shutdown()
        self._server.server_close()
        self._server.end_connections()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def answer(self, request: Request, *, connection: int) -> Response:
        """Ask the responder and note the visit."""
        asked_at = time.monotonic()
        response = self._respond(request)
        visit = Visit(
            at=asked_at,
            method=request.method,
            target=request.target,
            status=response.status,
            connection=connection,
            user_agent=request.headers.get("user-agent", ""),
        )
        with self._lock:
            self._visits.append(visit)
        return response


class _Server(http.server.ThreadingHTTPServer):
    """Keeps its open connections in sight, so that closing the site ends them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[http.server.BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, handler)

    def finish_request(self, request: object, client_address: object) -> None:
        connection = _as_socket(request)
        with self._open_lock:
            self._open.add(connection)
        try:
            super().finish_request(connection, client_address)
        finally:
            with self._open_lock:
                self._open.discard(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Print what a responder raised; a client that went away in the middle is no news."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(_as_socket(request), client_address)

    def end_connections(self) -> None:
        with self._open_lock:
            still_open = tuple(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # The client had closed it already.


def _as_socket(request: object) -> socket.socket:
    if not isinstance(request, socket.socket):
        raise TypeError("the loopback site speaks TCP only")
    return request


def _handler_for(site: LoopbackSite) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(_Handler):
        served_site = site

    return Handler


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "harbour/1"
    sys_version = ""
    timeout = IDLE_SECONDS
    # One write per answer: headers and body sent apart meet the client's delayed acknowledgement (40 ms).
    wbufsize = -1
    disable_nagle_algorithm = True
    served_site: LoopbackSite

    def do_GET(self) -> None:
        self._reply(with_body=True)

    def do_HEAD(self) -> None:
        self._reply(with_body=False)

    def do_POST(self) -> None:
        self._reply(with_body=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing: the log is `LoopbackSite.visits`."""

    def _reply(self, *, with_body: bool) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(min(length, MAX_BODY_BYTES)),
        )
        response = self.served_site.answer(request, connection=self.client_address[1])
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status != http.HTTPStatus.NOT_MODIFIED:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if with_body and response.status != http.HTTPStatus.NOT_MODIFIED:
            self.wfile.write(response.body)
        self.wfile.flush()
