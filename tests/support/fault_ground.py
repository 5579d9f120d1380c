"""Servers for one archive that can be hurt: a broker to kill, the broker and the store behind proxies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.archive import NewServers, Servers
from tests.support.fault_proxy import FaultProxy
from tests.support.mortal_broker import MortalBroker, running_broker

BELLS = (
    b'"task": "fetcher.fetch_batch"',
    b'"task": "crawler.accept_links"',
    b'"task": "normalizer.normalize_batch"',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultGround:
    """The servers as the archive knows them, and the hands on them."""

    servers: Servers
    broker: MortalBroker
    broker_proxy: FaultProxy
    store_proxy: FaultProxy


@contextmanager
def fault_ground(new_servers: NewServers, folder: Path) -> Iterator[FaultGround]:
    servers = new_servers()
    store_port = urlsplit(servers.store.endpoint).port
    assert store_port is not None
    with (
        running_broker(folder) as broker,
        FaultProxy(broker.port) as broker_proxy,
        FaultProxy(store_port) as store_proxy,
    ):
        yield FaultGround(
            servers=replace(
                servers,
                broker_url=broker.url.replace(f":{broker.port}/", f":{broker_proxy.port}/"),
                store=replace(servers.store, endpoint=f"http://127.0.0.1:{store_proxy.port}"),
            ),
            broker=broker,
            broker_proxy=broker_proxy,
            store_proxy=store_proxy,
        )


class LostDeliveries:
    """Loses every nth message that the broker gives away: it has forgotten it, and nobody has received it."""

    def __init__(self, nth: int, *, most: int, words: tuple[bytes, ...]) -> None:
        self._nth = nth
        self._most = most
        self._words = words
        self._seen = 0
        self._lost = 0

    def __call__(self, _line: bytes, reply: bytes) -> bool:
        is_delivery = reply.startswith(b"*2\r\n") and any(word in reply for word in self._words)
        self._seen += is_delivery
        loses = is_delivery and self._lost < self._most and self._seen % self._nth == 0
        self._lost += loses
        return loses


class LostUploads:
    """Loses the answers to the first uploads of WARC objects that the store has taken."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lost = 0

    def __call__(self, line: bytes, reply: bytes) -> bool:
        is_upload = line.startswith(b"PUT ") and b".warc.gz" in line and reply.startswith(b"HTTP/1.1 200")
        loses = is_upload and self._lost < self._most
        self._lost += loses
        return loses
