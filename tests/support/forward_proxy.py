"""A small forward proxy on loopback: plain requests and tunnels, with or without a password."""

import base64
import contextlib
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

REFUSED = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CLOSES = b"Connection: close\r\n"
WANTS_PASSWORD = (
    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


@dataclass(slots=True, kw_only=True)
class ForwardProxy:
    """Serves one connection a thread. It alone knows where a host is; a host it does not know it refuses."""

    routes: Mapping[str, tuple[str, int]]
    """Address and port of a server on loopback by `host:port`."""
    user: str = ""
    password: str = ""
    heads: list[bytes] = field(default_factory=list)
    """What it was asked, head by head."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url_with_password(self) -> str:
        return f"http://{self.user}:{self.password}@127.0.0.1:{self.port}"

    def asked(self) -> list[str]:
        """Method and target of every request."""
        return [" ".join(head.split(b" ", 2)[i].decode() for i in (0, 1)) for head in self.heads]

    def serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = _head(connection)
            if not head:
                return
            self.heads.append(head)
            method, aim = head.split(b" ", 2)[0].decode(), head.split(b" ", 2)[1].decode()
            if self.user and self._token() not in head:
                connection.sendall(WANTS_PASSWORD)
                return
            parts = urlsplit(aim)
            place = self.routes.get(aim if method == "CONNECT" else f"{parts.hostname}:{parts.port or 80}")
            if place is None:
                connection.sendall(REFUSED)
                return
            with socket.create_connection(place, timeout=10) as host:
                if method == "CONNECT":
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: told\r\n\r\n")
                else:
                    path = parts.path + (f"?{parts.query}" if parts.query else "")
                    host.sendall(f"GET {path or '/'} HTTP/1.1\r\n".encode() + _passed_on(head))
                    # The connection ends with this answer, and a proxy says so (RFC 9110 §7.6.1).
                    status_line, _, rest = _head(host).partition(b"\r\n")
                    connection.sendall(status_line + b"\r\n" + CLOSES + rest)
                _relay(connection, host)

    def _token(self) -> bytes:
        return b"Basic " + base64.b64encode(f"{self.user}:{self.password}".encode())


def _head(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    return received


def _passed_on(head: bytes) -> bytes:
    """The fields of a request without those for the proxy; one request a connection is enough here."""
    lines = head.split(b"\r\n")[1:-2]
    kept = [line for line in lines if not line.lower().startswith(b"proxy-")]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""])


def _relay(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [], 30)[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


@contextlib.contextmanager
def forward_proxy(
    routes: Mapping[str, tuple[str, int]], *, user: str = "", password: str = ""
) -> Iterator[ForwardProxy]:
    """Run a proxy for the length of a with block."""
    proxy = ForwardProxy(routes=routes, user=user, password=password)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    proxy.port = listener.getsockname()[1]

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=proxy.serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
