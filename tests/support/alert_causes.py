"""What each alert is about, brought about in a real archive, and mended again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import redis

from tests.support.watched_ground import SOURCE_ID, Watched

Press = Callable[[], object]
"""Done twice a second while a cause lasts and after it is mended: what makes the trouble, or its end, be noticed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that goes wrong."""

    name: str
    alerts: tuple[str, ...]
    by: Callable[[Watched], AbstractContextManager[Press]]
    """Brings it about, and mends it when the context ends."""
    seconds: float = 90
    """How long firing, and clearing, may take on a busy machine."""


def nothing() -> None:
    """Press nothing: the archive notices by itself."""


@contextmanager
def killed_worker(watched: Watched) -> Iterator[Press]:
    """The normalizer is killed while pages come in. Its waiting batch is made 15 minutes older by hand."""
    watched.archive.kill("normalizer")
    watched.outlet.pages += 2
    unread = "select from batches where state = 'stored' and articles_done_at is null"
    watched.archive.wait_until(lambda: bool(watched.archive.rows(unread)), seconds=30)
    watched.change_ledger(
        "update batches set stored_at = stored_at - interval '15 minutes' where articles_done_at is null"
    )
    yield nothing
    watched.start("normalizer")


@contextmanager
def changed_evidence(watched: Watched) -> Iterator[Press]:
    """A byte of a stored WARC object is changed in the store; it is restored from a copy."""
    (row,) = watched.archive.rows(
        "select warc_key from batches where warc_bytes > 0 order by stored_at limit 1"
    )
    kept = watched.archive.evidence.get(row["warc_key"])
    middle = len(kept) // 2
    put_by_hand(watched, row["warc_key"], kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1 :])
    yield nothing
    put_by_hand(watched, row["warc_key"], kept)


def put_by_hand(watched: Watched, key: str, data: bytes) -> None:
    """Write an object past our own store, which would refuse another content under a key."""
    from tests.support.servers import s3_client

    store = watched.archive.servers.store
    client = s3_client(store)
    client.put_object(Bucket=store.bucket, Key=key, Body=data)
    client.close()


@contextmanager
def forgetful_broker(watched: Watched) -> Iterator[Press]:
    """The broker is told to keep no append-only file."""
    with redis.Redis.from_url(watched.ground.broker.url) as client:
        client.config_set("appendonly", "no")
        yield nothing
        client.config_set("appendonly", "yes")


CAUSES = (
    Cause(
        name="a worker is killed",
        alerts=(
            "PressmarkWorkerIdle",
            "PressmarkTargetDown",
            "PressmarkQueueOld",
            "PressmarkUnreadBatches",
        ),
        by=killed_worker,
    ),
    Cause(name="the evidence changes", alerts=("PressmarkFixityWrong",), by=changed_evidence),
    Cause(name="the broker keeps no log", alerts=("PressmarkBrokerForgets",), by=forgetful_broker),
)
