"""Batches: who holds which targets, until when, and what came back."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.encoding import dump_json
from shared.errors import RejectError
from shared.ledger import batches_sql as sql
from shared.ledger.database import Database, Row
from shared.ledger.frontier import TargetKind, free_asked_hosts, free_hosts, keep_rest, lock_held_hosts
from shared.ledger.frontier_sql import ADAPT

__all__ = [
    "Batches",
    "CaptureRow",
    "LeasedTarget",
    "OpenBatch",
    "OverdueBells",
    "PreviousLook",
    "StaleLeaseError",
    "StoredBatch",
    "StoredCapture",
    "capture_columns",
]

MAX_LOST_LEASES = 5
"""Leases that a target may lose with its worker before it is set aside as quarantined."""


class StaleLeaseError(RejectError):
    """The lease was lost meanwhile: another worker has the targets, so nothing of this look counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousLook:
    """The last capture of a target that holds a whole payload."""

    capture_id: int
    record_id: str
    url: str
    fetched_at: datetime
    payload_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedTarget:
    """What a fetcher needs to know of a target."""

    target_id: int
    source_id: str
    url: str
    host: str
    kind: TargetKind
    delay: timedelta
    concurrency: int
    etag: str | None
    last_modified: str | None
    via: str | None
    hops: int
    previous: PreviousLook | None
    robots: str = "obey"
    """The robots policy of its source: `obey`, or `ignore: ` and why."""
    proxy: str | None = None
    """What requests of its source go through: an address, or a name the fetcher knows."""
    found_title: str | None = None
    """What the list that it was found on calls it."""
    found_date: str | None = None
    wait: timedelta = timedelta(0)
    """How long its host must still be left alone, from `OpenBatch.opened_at` on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBatch:
    """A batch that this worker alone may fetch while it renews the lease."""

    batch_id: str
    trace_id: str
    targets: tuple[LeasedTarget, ...]
    opened_at: float = 0.0
    """The moment, in `time.monotonic()`, from which the waits of its targets count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureRow:
    """One look at one target, and where its evidence lies. `None` as status: no response came."""

    target_id: int
    fetched_at: datetime
    status: int | None
    reason: str | None
    content_type: str | None
    redirect_to: str | None
    etag: str | None
    last_modified: str | None
    payload_digest: str | None
    record_id: str
    warc_offset: int
    warc_length: int
    revisit_of: int | None
    truncated: str | None
    ip: str | None
    seconds: float
    is_good: bool
    """Whether the host gave a whole answer that is no error: the target counts as archived."""
    retry_after: timedelta | None = None
    """How long the host asked to be left alone (RFC 9110 §10.2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCapture:
    """A capture as the later stages read it."""

    capture_id: int
    target_id: int
    source_id: str
    kind: TargetKind
    host: str
    url: str
    via: str | None
    hops: int
    fetched_at: datetime
    status: int | None
    reason: str | None
    redirect_to: str | None
    content_type: str | None
    record_id: str
    warc_offset: int
    warc_length: int
    revisit_of: int | None
    truncated: str | None
    attempts: int
    archived_at: datetime | None
    found_title: str | None
    found_date: str | None
    article_tries: int
    article_outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBatch:
    """A batch whose evidence is in the object store."""

    batch_id: str
    trace_id: str
    warc_key: str
    links_done: bool
    articles_done: bool
    articles_tries: int
    captures: tuple[StoredCapture, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueBells:
    """Batches that wait for a stage without anyone at work: (batch id, trace id)."""

    fetch: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    articles: tuple[tuple[str, str], ...]


class Batches:
    """Opens, renews, records, reaps and reads batches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, batch_id: str, *, lease: timedelta) -> OpenBatch | None:
        """Take a batch that is ready. Targets that were paused meanwhile are given back.

        Returns:
            The batch; None when it is unknown, already taken or done (a second bell), or all of it is paused.
        """
        arguments = {"batch": batch_id, "lease": lease}
        with self._database.transaction() as transaction:
            taken = transaction.row(sql.TAKE, arguments)
            if taken is None:
                return None
            if transaction.run(sql.RETURN_PAUSED, arguments) and not keep_rest(transaction, batch_id):
                return None
            opened_at = time.monotonic()  # Not before the transaction's own time, which the waits are from.
            rows = transaction.rows(sql.LEASED_TARGETS, arguments)
        targets = tuple(_leased_target(row) for row in rows)
        return OpenBatch(batch_id=batch_id, trace_id=taken["trace_id"], targets=targets, opened_at=opened_at)

    def renew(self, batch_id: str, *, lease: timedelta) -> None:
        """Keep a batch a while longer.

        Raises:
            StaleLeaseError: the reaper has taken it back.
        """
        with self._database.transaction() as transaction:
            if not transaction.run(sql.RENEW, {"batch": batch_id, "lease": lease}):
                raise StaleLeaseError(f"the lease of batch {batch_id} was lost before it was renewed")

    def record(
        self,
        batch_id: str,
        captures: Sequence[CaptureRow],
        *,
        warc_key: str,
        warc_bytes: int,
    ) -> None:
        """Record what a batch brought, in one transaction: captures, states, hosts, the batch itself.

        Targets of the batch without a capture were not begun; they are due again at once.

        Raises:
            StaleLeaseError: the lease was lost; nothing is recorded.
            TryAgainError: the ledger does not answer.
        """
        arguments = {"batch": batch_id, "key": warc_key, "bytes": warc_bytes, **capture_columns(captures)}
        with self._database.transaction() as transaction:
            if not transaction.run(sql.CLOSE, arguments):
                raise StaleLeaseError(
                    f"the lease of batch {batch_id} was lost before its captures were recorded"
                )
            if captures:
                transaction.run(sql.ADD_CAPTURES, arguments)
                transaction.run(sql.MOVE_TARGETS, arguments)
            transaction.run(sql.RETURN_UNTOUCHED, arguments)
            lock_held_hosts(transaction, batch_id)
            if captures:
                transaction.run(ADAPT, arguments)
            free_hosts(transaction, batch_id)

    def free_asked(self, batch_id: str, hosts: Mapping[str, timedelta]) -> None:
        """Let other batches ask hosts of which this one wants nothing more, and that answered well.

        Args:
            batch_id: The batch, which is still fetching or storing.
            hosts: By host, how long ago its last request left.

        Raises:
            TryAgainError: the ledger does not answer; they are freed with the batch.
        """
        with self._database.transaction() as transaction:
            free_asked_hosts(transaction, batch_id, hosts)

    def stored(self, batch_id: str) -> StoredBatch | None:
        """Read a stored batch with its captures in the order they were made."""
        with self._database.transaction() as transaction:
            batch = transaction.row(sql.STORED, {"batch": batch_id})
            if batch is None:
                return None
            rows = transaction.rows(sql.STORED_CAPTURES, {"batch": batch_id})
        return StoredBatch(
            batch_id=batch_id,
            trace_id=batch["trace_id"],
            warc_key=batch["warc_key"],
            links_done=batch["links_done_at"] is not None,
            articles_done=batch["articles_done_at"] is not None,
            articles_tries=batch["articles_tries"],
            captures=tuple(StoredCapture(**row | {"kind": TargetKind(row["kind"])}) for row in rows),
        )

    def give_back(self, batch_id: str) -> None:
        """Return the targets of a batch that could not be stored. They are due again in a while."""
        arguments = {"batch": batch_id}
        with self._database.transaction() as transaction:
            if transaction.run(sql.GIVE_BACK_BATCH, arguments):
                transaction.run(sql.GIVE_BACK_TARGETS, arguments)
                free_hosts(transaction, batch_id)

    def count_open(self) -> tuple[int, int]:
        """Return how many batches are made and not stored yet, and how many of them no fetcher has taken."""
        with self._database.transaction() as transaction:
            row = transaction.row(sql.COUNT_OPEN)
        return (0, 0) if row is None else (int(row["open"]), int(row["untaken"]))

    @contextmanager
    def alone_at(self, stage: str, batch_id: str) -> Iterator[bool]:
        """Be the only worker at one stage of a batch; False when another is at it already.

        The right ends with the context, or with the worker's connection when it dies.
        """
        arguments = {"name": f"{stage}:{batch_id}"}
        with self._database.transaction() as transaction:
            row = transaction.row(sql.LOCK_STAGE, arguments)
            yield row is not None and bool(row["taken"])

    def links_done(self, batch_id: str) -> None:
        """Note that the links of a batch are accepted and its next looks planned."""
        with self._database.transaction() as transaction:
            transaction.run(sql.LINKS_DONE, {"batch": batch_id})

    def unread_before(self, batch_id: str) -> list[str]:
        """Return the batches stored before this one that nobody has made articles of yet, the oldest first."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.UNREAD_BEFORE, {"batch": batch_id})
        return [row["batch_id"] for row in rows]

    def begin_articles(self, batch_id: str) -> int:
        """Count one more try at normalizing a batch, before the work, and return which try this is."""
        with self._database.transaction() as transaction:
            row = transaction.row(sql.BEGIN_ARTICLES, {"batch": batch_id})
        return 0 if row is None else int(row["articles_tries"])

    def begin_capture(self, capture_id: int) -> None:
        """Count one more try at a single capture, before the work."""
        with self._database.transaction() as transaction:
            transaction.run(sql.BEGIN_CAPTURE, {"capture": capture_id})

    def articles_done(self, batch_id: str) -> None:
        """Note that every capture of a batch is decided."""
        with self._database.transaction() as transaction:
            transaction.run(sql.ARTICLES_DONE, {"batch": batch_id})

    def reap(self) -> list[str]:
        """Take back the batches whose lease ran out and return their ids."""
        with self._database.transaction() as transaction:
            lost = [row["batch_id"] for row in transaction.rows(sql.LOSE)]
            for batch_id in lost:
                transaction.run(sql.RETURN_LOST, {"batch": batch_id, "most": MAX_LOST_LEASES})
                free_hosts(transaction, batch_id)
        return lost

    def overdue(self, *, silence: timedelta) -> OverdueBells:
        """Find what nobody has worked on for a while, and note that its bell is rung now."""
        arguments = {"silence": silence}
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.OVERDUE, arguments)
        return OverdueBells(
            fetch=_bells(rows, "fetch"), links=_bells(rows, "links"), articles=_bells(rows, "articles")
        )


def _bells(rows: Sequence[Row], stage: str) -> tuple[tuple[str, str], ...]:
    return tuple((row["batch_id"], row["trace_id"]) for row in rows if row[stage])


def _leased_target(row: Row) -> LeasedTarget:
    values: dict[str, Any] = {key: row[key] for key in _LEASED_FIELDS}
    previous = None
    if row["previous_id"] is not None and row["previous_digest"] is not None:
        previous = PreviousLook(
            capture_id=row["previous_id"],
            record_id=row["previous_record"],
            url=row["previous_url"],
            fetched_at=row["previous_at"],
            payload_digest=row["previous_digest"],
        )
    return LeasedTarget(**values | {"kind": TargetKind(row["kind"]), "previous": previous})


_LEASED_FIELDS = (
    "target_id",
    "source_id",
    "url",
    "host",
    "kind",
    "delay",
    "wait",
    "concurrency",
    "etag",
    "last_modified",
    "via",
    "hops",
    "robots",
    "proxy",
    "found_title",
    "found_date",
)


def capture_columns(captures: Sequence[CaptureRow]) -> dict[str, object]:
    """Return captures as arguments: what makes rows of each look as JSON, what hosts adapt to as arrays."""
    return {
        "looks": dump_json([_look(capture) for capture in captures]).decode("utf-8"),
        "target_ids": [capture.target_id for capture in captures],
        "times": [capture.fetched_at for capture in captures],
        "statuses": [capture.status for capture in captures],
        "seconds": [capture.seconds for capture in captures],
        "retries": [capture.retry_after for capture in captures],
    }


def _look(capture: CaptureRow) -> dict[str, object]:
    return {
        "target_id": capture.target_id,
        "fetched_at": capture.fetched_at,
        "status": capture.status,
        "reason": capture.reason,
        "content_type": capture.content_type,
        "redirect_to": capture.redirect_to,
        "etag": capture.etag,
        "last_modified": capture.last_modified,
        "payload_digest": capture.payload_digest,
        "record_id": capture.record_id,
        "warc_offset": capture.warc_offset,
        "warc_length": capture.warc_length,
        "revisit_of": capture.revisit_of,
        "truncated": capture.truncated,
        "ip": capture.ip,
        "seconds": capture.seconds,
        "good": capture.is_good,
    }
