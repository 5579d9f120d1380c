"""A TCP proxy on loopback that can be made to behave like a server that is down, or whose answers are lost."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from typing import Self

LoseReply = Callable[[bytes, bytes], bool]
"""Told the last request line of a connection (empty unless it speaks HTTP) and a piece of an answer."""

LoseRequest = Callable[[bytes], bool]
"""Told a piece of what is asked."""

_REQUEST_LINE = re.compile(rb"[A-Z]+ /[^\r\n]* HTTP/1\.1\r\n")


class FaultProxy:
    """Forwards connections to another port until it is told to be down, and again when it is healed."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_down = False
        self.refused = 0
        self.lose_reply: LoseReply = _lose_nothing
        """Says which answers never arrive: the connection is cut instead, after the server has done its part."""
        self.lose_request: LoseRequest = _lose_no_request
        """Says which requests never arrive: the connection is cut, and the server knows nothing of them."""
        self.lost: list[bytes] = []
        """The requests whose answers were lost; for what is not HTTP, the answers."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def break_down(self) -> None:
        """End every connection and refuse new ones, as a server does that is restarted."""
        with self._lock:
            self._is_down = True
            broken, self._open = self._open, set()
        for connection in broken:
            _end(connection)

    def heal(self) -> None:
        with self._lock:
            self._is_down = False

    def close(self) -> None:
        self.break_down()
        _end(self._listener)
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.refused += self._is_down
                if self._is_down:
                    client.close()
                    continue
            try:
                server = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            asked = _Asked()
            for source, sink, cuts in (
                (client, server, self._hears(asked)),
                (server, client, self._loses(asked)),
            ):
                threading.Thread(target=self._pump, args=(source, sink, cuts), daemon=True).start()

    def _hears(self, asked: "_Asked") -> Callable[[bytes], bool]:
        def hears(piece: bytes) -> bool:
            asked.hear(piece)
            with self._lock:
                return self.lose_request(piece)

        return hears

    def _loses(self, asked: "_Asked") -> Callable[[bytes], bool]:
        def loses(reply: bytes) -> bool:
            with self._lock:
                lost = self.lose_reply(asked.line, reply)
                if lost:
                    self.lost.append(asked.line or reply)
            return lost

        return loses

    def _pump(self, source: socket.socket, sink: socket.socket, cuts: Callable[[bytes], bool]) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if cuts(piece):
                    break
                sink.sendall(piece)
            else:
                sink.shutdown(socket.SHUT_WR)
                return
        _end(source)
        _end(sink)


class _Asked:
    """What was asked last on a connection."""

    def __init__(self) -> None:
        self.line = b""

    def hear(self, piece: bytes) -> None:
        if found := _REQUEST_LINE.match(piece):
            self.line = found[0]


def _lose_nothing(_line: bytes, _reply: bytes) -> bool:
    return False


def _lose_no_request(_piece: bytes) -> bool:
    return False


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
