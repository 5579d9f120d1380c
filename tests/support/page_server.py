"""A fast server of pages in a process of its own: unique HTML of 16 KB, as text is, on many loopback hosts.

It can keep a log of what it was asked: when a request was read, and the last moment before at which it surely was
not there yet.
"""

import asyncio
import multiprocessing
import random
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TextIO

PAGE_BYTES = 16 * 1024
_TEMPLATES = 64
_TICK_SECONDS = 0.002
_TURNS = 5
_SYLLABLES = (
    "ha",
    "bour",
    "ton",
    "la",
    "mer",
    "vi",
    "ka",
    "ro",
    "min",
    "est",
    "ur",
    "pol",
    "sen",
    "da",
    "ri",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request in the log of the server. Both times are seconds of this machine's monotonic clock."""

    host: str
    """The address that was asked."""
    path: str
    came_after: float
    read_at: float


def read_log(path: Path) -> list[Asked]:
    """Read the log of a server that has ended."""
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return [Asked(host, asked, float(after), float(read)) for host, asked, after, read in lines]


class _Log:
    """Writes a line for each request."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        # What comes on a new connection is read some turns of the loop after it came.
        self._looks = deque([time.monotonic()], maxlen=_TURNS)

    def look(self) -> None:
        """Note that everything which was there some turns ago has been read by now."""
        self._looks.append(time.monotonic())
        asyncio.get_running_loop().call_later(_TICK_SECONDS, self.look)

    def note(self, host: str, path: bytes) -> None:
        now = time.monotonic()
        self._file.write(f"{host} {path.decode('ascii')} {self._looks[0]:.6f} {now:.6f}\n")


class _Pages(asyncio.Protocol):
    """Answers one request after the other; whatever is asked exists."""

    def __init__(self, templates: Sequence[bytes], latency: float, log: "_Log | None" = None) -> None:
        self._templates = templates
        self._latency = latency
        self._log = log

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        # A request of this size comes in one piece on loopback.
        path = data.partition(b" ")[2].partition(b" ")[0]
        if self._log is not None:
            self._log.note(self._transport.get_extra_info("sockname")[0], path)
        number = int(path.rpartition(b"/")[2]) if path.rpartition(b"/")[2].isdigit() else 0
        unique = b"%012d" % number
        answer = self._templates[number % len(self._templates)].replace(b"#" * 12, unique)
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)
        else:
            self._transport.write(answer)


def _template(seed: int) -> bytes:
    """Return an answer whose body is prose in made-up words; a dozen number signs stand for what is unique."""
    draw = random.Random(seed)
    words = ["".join(draw.choices(_SYLLABLES, k=draw.randint(1, 4))) for _ in range(1500)]
    weights = [1 / place for place in range(1, len(words) + 1)]
    body = "<!doctype html><html><head><title>Report ############</title></head><body>\n"
    while len(body) < PAGE_BYTES:
        body += f'<p class="text">{" ".join(draw.choices(words, weights, k=60))}. ############</p>\n'
    page = body.encode()[: PAGE_BYTES - 15] + b"</body></html>\n"
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
    return (head % len(page)).encode() + page


def _serve(tell: Connection, hosts: Sequence[str], latency: float, log: Path | None) -> None:
    templates = [_template(seed) for seed in range(_TEMPLATES)]

    async def run() -> None:
        loop = asyncio.get_running_loop()
        port = 0
        with ExitStack() as open_files:
            kept = None
            if log is not None:
                # Line by line: the server ends by a signal.
                kept = _Log(open_files.enter_context(log.open("w", encoding="ascii", buffering=1)))
                kept.look()
            for host in hosts:
                server = await loop.create_server(
                    lambda: _Pages(templates, latency, kept), host, port, backlog=1024
                )
                port = server.sockets[0].getsockname()[1]
            tell.send(port)
            await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def serving_pages(hosts: int, *, latency: float = 0.0, log: Path | None = None) -> Iterator[list[str]]:
    """Serve pages under `/news/<number>` and yield the origins of so many hosts.

    Args:
        hosts: How many, each with an address of its own.
        latency: Seconds before an answer.
        log: Where to keep what is asked, for `read_log`.
    """
    names = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(hosts)]
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, names, latency, log))
    server.start()
    try:
        port = ours.recv()
        yield [f"http://{name}:{port}" for name in names]
    finally:
        server.terminate()
        server.join()
