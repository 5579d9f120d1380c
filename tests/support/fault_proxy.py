"""A TCP proxy on loopback that can be made to behave like a server that is down."""

import contextlib
import socket
import threading
from typing import Self


class FaultProxy:
    """Forwards connections to another port until it is told to be down, and again when it is healed."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._is_down = False
        self.refused = 0
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
            server = socket.create_connection(("127.0.0.1", self._target_port))
            with self._lock:
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
            return
        _end(source)
        _end(sink)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
