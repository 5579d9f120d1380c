"""Many hosts on loopback addresses and ports of their own, served by one event loop that logs every request.

What a host answers follows from its number and the page's, so that a test can tell what should have become of
each address. The log tells when a request was read, and the last moment before at which the loop looked at its
sockets: the request came in between.
"""

import asyncio
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

TICK_SECONDS = 0.002
"""How often the loop looks at its sockets when nothing happens."""
TURNS = 5
"""A request on a new connection is read up to so many turns of the loop after it came: the tolerance of the
log, which is 10 ms on an idle machine and as long as its loop takes on a busy one."""
REASONS = {200: "OK", 404: "Not Found", 500: "Internal Server Error", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request."""

    path: str
    status: int
    """0: the connection was reset in place of an answer."""
    read_at: float
    came_after: float
    """It was not there yet at this moment. Both are monotonic seconds."""


@dataclass(slots=True, kw_only=True)
class Host:
    """One server. Its number decides about its robots.txt, its connections and its delay."""

    number: int
    pages: int
    delay: timedelta
    concurrency: int
    url: str = ""
    log: list[Asked] = field(default_factory=list)
    connected: int = 0
    most_connected: int = 0
    answering: int = 0
    most_answering: int = 0
    links: tuple[str, ...] = ()

    @property
    def keeps_connections(self) -> bool:
        return self.number % 2 == 1

    @property
    def shortest_gap(self) -> timedelta:
        """What it asks for itself, by robots.txt, or what the source says."""
        return max(self.delay, timedelta(milliseconds=200) if self.number % 5 == 3 else self.delay)

    def paths(self) -> Iterator[str]:
        """The addresses of its pages, one in thirty of them excluded by those robots.txt that exist."""
        for number in range(self.pages):
            yield f"/private/{number}" if number % 30 == 7 else f"/news/{number}"

    def is_excluded(self, path: str) -> bool:
        return path.startswith("/private/") and self.number % 5 not in (1, 4)

    def answer(self, path: str) -> tuple[int, str]:
        """Return status and body; 0 for a reset."""
        if path == "/robots.txt":
            return self._robots()
        if path.startswith("/list"):
            items = "".join(f'<li><a href="{link}">Report</a></li>' for link in self.links)
            return 200, f"<!doctype html><title>List</title><ul>{items}</ul>"
        number = int(path.rpartition("/")[2]) + self.number
        status = {11: 404, 17: 500, 23: 0}.get(number % 29, 200)
        return status, f"<!doctype html><title>{path}</title><p>Page {path} of host {self.number}.</p>"

    def _robots(self) -> tuple[int, str]:
        match self.number % 5:
            case 1:
                return 404, "none"
            case 2 if not any(asked.path == "/robots.txt" for asked in self.log):
                return 503, "later"
            case 3:
                return 200, "User-agent: *\nCrawl-delay: 0.2\nDisallow: /private/\n"
            case 4:
                return 200, "User-agent: *\nDisallow:\n"
            case _:
                return 200, "User-agent: *\nDisallow: /private/\n"

    def gaps_too_short(self) -> list[tuple[float, str, str]]:
        """Requests that surely came sooner after the one before than the delay allows: seconds, and both.

        The longest time that can have passed between two is from the last moment at which the first was not
        there yet to when the second was read. Only when that is too short is anything proved.
        """
        wanted = self.shortest_gap.total_seconds()
        log = sorted(self.log, key=lambda asked: asked.read_at)
        known = next((place for place, asked in enumerate(log) if _is_robots_answer(asked)), len(log))
        return [
            (after.read_at - before.came_after, before.path, after.path)
            for place, (before, after) in enumerate(pairwise(log))
            if after.read_at - before.came_after < (wanted if place > known else self.delay.total_seconds())
        ]

    def times_asked(self) -> Counter[str]:
        return Counter(asked.path for asked in self.log)

    def statuses(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for asked in self.log:
            found[asked.path].add(asked.status)
        return found


def _is_robots_answer(asked: Asked) -> bool:
    return asked.path == "/robots.txt" and asked.status == 200


class ManyHosts:
    """The hosts, their pages in lists on the first few of them, and the loop that serves them."""

    def __init__(self, hosts: list[Host]) -> None:
        self.hosts = hosts
        self._loop = asyncio.new_event_loop()
        self._looks = deque([time.monotonic()], maxlen=TURNS)
        self._writers: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(20)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        servers = self._loop.run_until_complete(self._listen())
        self._look()
        self._ready.set()
        self._loop.run_forever()
        for server in servers:
            server.close()
        for writer in self._writers:
            writer.transport.abort()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _look(self) -> None:
        """Note that everything which was there at the last look has been read by now."""
        self._looks.append(time.monotonic())
        self._loop.call_later(TICK_SECONDS, self._look)

    async def _listen(self) -> list[asyncio.Server]:
        servers = []
        for host in self.hosts:
            address = f"127.0.{1 + host.number // 100}.{1 + host.number % 100 // 2}"  # two to an address
            server = await asyncio.start_server(
                lambda reader, writer, host=host: self._serve(host, reader, writer), address, 0
            )
            host.url = f"http://{address}:{server.sockets[0].getsockname()[1]}"
            servers.append(server)
        return servers

    async def _serve(self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        host.connected += 1
        host.most_connected = max(host.most_connected, host.connected)
        try:
            while await self._one(host, reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            host.connected -= 1
            self._writers.discard(writer)
            writer.close()

    async def _one(self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode("ascii")
        status, body = host.answer(path)
        host.log.append(Asked(path=path, status=status, read_at=time.monotonic(), came_after=self._looks[0]))
        host.answering += 1
        host.most_answering = max(host.most_answering, host.answering)
        await asyncio.sleep(0.005)
        host.answering -= 1
        if status == 0:
            writer.transport.abort()
            return False
        keep = host.keeps_connections
        writer.write(
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
            f"Connection: {'keep-alive' if keep else 'close'}\r\n\r\n{body}".encode()
        )
        await writer.drain()
        return keep


@contextmanager
def many_hosts(*, hosts: int, pages: int, delays: tuple[int, ...]) -> Iterator[ManyHosts]:
    """Serve so many pages on so many hosts until the context ends.

    Args:
        hosts: how many; a multiple of the number of delays.
        pages: on all hosts together.
        delays: in milliseconds. Host n has delay n modulo their number, which is also its source.
    """
    made = [
        Host(
            number=number,
            pages=pages // hosts,
            delay=timedelta(milliseconds=delays[number % len(delays)]),
            concurrency=1 + number % len(delays) % 2,
        )
        for number in range(hosts)
    ]
    site = ManyHosts(made)
    for first in range(len(delays)):
        _put_links(made[first :: len(delays)])
    try:
        yield site
    finally:
        site.close()


def _put_links(hosts: list[Host]) -> None:
    """The first two hosts list everything: twice with a fragment, and once more each other."""
    links = [
        f"{host.url}{path}"
        for path in dict.fromkeys(_all_paths(hosts))
        for host in hosts
        if path in host.paths()
    ]
    hosts[0].links = (*links, *(f"{link}#top" for link in links[::3]), f"{hosts[1].url}/list")
    hosts[1].links = (*reversed(links), f"{hosts[0].url}/list")


def _all_paths(hosts: list[Host]) -> Iterator[str]:
    for host in hosts:
        yield from host.paths()


def source_text(site: ManyHosts, *, source: int, of: int) -> str:
    """Return the source file of every host whose number leaves `source` when divided by `of`."""
    hosts = site.hosts[source::of]
    milliseconds = hosts[0].delay // timedelta(milliseconds=1)
    named = "|".join(host.url.replace(".", r"\.") for host in hosts)
    return f"""id = "many-{source}"
name = "Many Hosts {source}"
language = "en"
home = "{hosts[0].url}/"

[[lists]]
url = "{hosts[0].url}/list"
kind = "listing"
every = "1d"

[[lists]]
url = "{hosts[1].url}/list"
kind = "listing"
every = "1d"

[links]
accept = ['^({named})/(news|private)/\\d+$']

[politeness]
delay = "{milliseconds}ms"
concurrency = {hosts[0].concurrency}
"""
