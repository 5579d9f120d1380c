"""A fast server of pages in a process of its own: unique HTML of 16 KB, as text is, on many loopback hosts."""

import asyncio
import multiprocessing
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

PAGE_BYTES = 16 * 1024
_TEMPLATES = 64
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


class _Pages(asyncio.Protocol):
    """Answers one request after the other; whatever is asked exists."""

    def __init__(self, templates: Sequence[bytes], latency: float) -> None:
        self._templates = templates
        self._latency = latency

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        # A request of this size comes in one piece on loopback.
        path = data.partition(b" ")[2].partition(b" ")[0]
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


def _serve(tell: Connection, hosts: Sequence[str], latency: float) -> None:
    templates = [_template(seed) for seed in range(_TEMPLATES)]

    async def run() -> None:
        loop = asyncio.get_running_loop()
        port = 0
        for host in hosts:
            server = await loop.create_server(lambda: _Pages(templates, latency), host, port, backlog=1024)
            port = server.sockets[0].getsockname()[1]
        tell.send(port)
        await asyncio.Event().wait()

    asyncio.run(run())


@contextmanager
def serving_pages(hosts: int, *, latency: float = 0.0) -> Iterator[list[str]]:
    """Serve pages under `/news/<number>` and yield the origins of so many hosts."""
    names = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(hosts)]
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, names, latency))
    server.start()
    try:
        port = ours.recv()
        yield [f"http://{name}:{port}" for name in names]
    finally:
        server.terminate()
        server.join()
