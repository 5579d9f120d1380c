"""A server on loopback that says exactly the bytes a test wants, right or wrong as HTTP."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

Answer = bytes | Callable[[socket.socket], None]
"""The bytes to send, or a function that speaks on the connection itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRequest:
    """A request as it reached the server."""

    at: float
    """`time.monotonic()` when its first byte was here."""
    connection: int
    raw: bytes

    @property
    def path(self) -> str:
        return self.raw.split(b" ", 2)[1].decode("latin-1")


class RawServer:
    """Answers GET requests by path. The connection is kept, unless the answer was registered to close it."""

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._tls = tls
        self._host = host
        self.answers: dict[str, Answer] = {}
        self.closing: set[str] = set()
        self.seen: list[SeenRequest] = []
        self.open_now = 0
        self.most_open = 0
        self.connections = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._listener = socket.create_server((host, 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}"

    def url(self, path: str, answer: Answer, *, close: bool = False) -> str:
        """Serve an answer under a path and return its URL."""
        self.answers[path] = answer
        if close:
            self.closing.add(path)
        return self.origin + path

    def stop(self) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=2)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with self._lock:
            self.open_now += 1
            self.most_open = max(self.most_open, self.open_now)
        with connection, contextlib.suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            spoken = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with spoken:
                while self._answer_one(spoken, number):
                    pass
        with self._lock:
            self.open_now -= 1

    def _answer_one(self, connection: socket.socket, number: int) -> bool:
        received = connection.recv(65536)
        at = time.monotonic()
        while received and b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        if not received:
            return False
        request = SeenRequest(at=at, connection=number, raw=received)
        self.seen.append(request)
        answer = self.answers.get(request.path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        if callable(answer):
            answer(connection)
        else:
            connection.sendall(answer)
        if request.path in self.closing:
            # An orderly end: what was sent is read before the connection is reset.
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(1)
            while connection.recv(65536):
                pass
            return False
        return True


@contextlib.contextmanager
def running_raw_server(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[RawServer]:
    """Run a server for the length of a with block."""
    server = RawServer(tls, host)
    try:
        yield server
    finally:
        server.stop()


def page(body: bytes, *fields: bytes) -> bytes:
    """Write an ordinary answer."""
    head = b"".join(field + b"\r\n" for field in fields)
    return b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def source_of(server: RawServer, source_id: str) -> str:
    """Return the source file of a site whose page /list links its articles, all of them below /news/."""
    return f"""id = "{source_id}"
name = "Harbour Wire"
language = "en"
home = "{server.origin}/"
[[lists]]
url = "{server.origin}/list"
kind = "listing"
every = "1d"
[links]
accept = ['/news/']
[politeness]
delay = "0s"
concurrency = 2
"""


def linking(paths: Iterable[str]) -> bytes:
    """Write such a list."""
    return "".join(f'<li><a href="{path}">Report</a></li>' for path in paths).encode()
