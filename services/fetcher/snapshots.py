"""Takes the snapshot of one batch: fetch, write, validate, store, record. Announcing it is another step."""

import errno
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import structlog

from services.fetcher.client import HttpClient
from services.fetcher.fetching import fetch_all
from services.fetcher.outcomes import FetchTarget, HostsAsked, NotStarted, PreviousCapture
from services.fetcher.settings import FetcherSettings
from services.fetcher.traced_looks import trace_look
from services.fetcher.warc import RecordedExchange, WarcInfo, WarcSpool
from shared import traces
from shared.cdxj import CONTENT_TYPE as CDXJ_TYPE
from shared.cdxj import CdxjEntry, cdxj_file, cdxj_key, mime_of
from shared.clock import Clock
from shared.errors import TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger.batches import Batches, CaptureRow, LeasedTarget, OpenBatch
from shared.looks import is_good_look, redirect_of, short_field, trouble_of
from shared.media_types import WARC_TYPE
from shared.metrics import CAPTURES, FETCH_SECONDS, PAYLOAD_BYTES, PAYLOADS, STORED_BYTES
from shared.scratch import mapped
from shared.warc_validation import validate_warc

__all__ = ["Snapshots"]

log = structlog.get_logger(__name__)

_UPLOAD_TRIES = 6
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENOENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """What it takes to turn a batch into evidence."""

    batches: Batches
    evidence: EvidenceStore
    client: HttpClient
    settings: FetcherSettings
    clock: Clock
    software: str
    spool: Path | None = None
    """Where WARC objects are written before they are stored; None for the system's own place."""

    def take(self, batch: OpenBatch, *, on_fetched: Callable[[], None] = lambda: None) -> int:
        """Fetch all targets of a batch, store the evidence, record the captures, and return their number.

        Args:
            batch: What to fetch.
            on_fetched: Called when no host is asked any more, before what came is stored.

        Raises:
            StaleLeaseError: the lease was lost; whatever was stored is an orphan and nothing is recorded.
            TryAgainError: the evidence could not be written or stored; the targets are due again.
        """
        lease = self.settings.lease
        with (
            self._room_to_write(batch),
            tempfile.TemporaryDirectory(prefix="pressmark-", dir=self.spool) as folder,
        ):
            path = Path(folder) / f"{batch.batch_id}.warc.gz"
            with traces.span("fetch targets", attributes={"pressmark.targets": len(batch.targets)}):
                recorded = self._fetch(batch, path, on_tick=_renewals(self.batches, batch.batch_id, lease))
            on_fetched()
            key = warc_key(batch.batch_id, self.clock.now())
            size = path.stat().st_size
            if recorded:
                index = cdxj_file(_index_entries(recorded), key)
                with traces.span("store evidence", attributes={"pressmark.warc_bytes": size}):
                    self._store(batch, key, path, index=index)
        targets = {target.target_id: target for target in batch.targets}
        captures = [_capture_row(exchange, targets[exchange.target_id]) for exchange in recorded]
        with traces.span("record captures", attributes={"pressmark.captures": len(captures)}):
            self.batches.record(batch.batch_id, captures, warc_key=key, warc_bytes=size if recorded else 0)
        for exchange in recorded:
            _count(exchange, targets[exchange.target_id])
        return len(recorded)

    @contextmanager
    def _room_to_write(self, batch: OpenBatch) -> Iterator[None]:
        """Give a batch back when the disk that it is written to is full or gone: no fault of its pages."""
        try:
            yield
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self.batches.give_back(batch.batch_id)
            raise TryAgainError(f"there is no room to write a batch to: {error.strerror}") from error

    def _fetch(self, batch: OpenBatch, path: Path, *, on_tick: Callable[[], None]) -> list[RecordedExchange]:
        recorded: list[RecordedExchange] = []
        opened_ago = timedelta(seconds=time.monotonic() - batch.opened_at)
        targets = [_fetch_target(target, opened_ago=opened_ago) for target in batch.targets]
        with WarcSpool(path, self._warcinfo(path.name), now=self.clock.now()) as spool:
            free = _freeing(self.batches, batch.batch_id)
            for outcome in fetch_all(targets, client=self.client, on_tick=on_tick, on_hosts_asked=free):
                if isinstance(outcome, NotStarted):
                    continue
                exchange = spool.record(outcome)
                recorded.append(exchange)
                if traces.are_on():
                    trace_look(exchange, outcome.target)
                log.info(
                    "target_fetched",
                    url=exchange.url,
                    status=exchange.status,
                    failure=exchange.failure,
                    truncated=exchange.truncated,
                    seconds=round(exchange.timings.total, 3),
                )
        return recorded

    def _store(self, batch: OpenBatch, key: str, path: Path, *, index: bytes) -> None:
        """Validate and store the object and its index, keeping the lease while the store does not answer."""
        with path.open("rb") as file:
            validate_warc(mapped(file))
        for tries in range(1, _UPLOAD_TRIES + 1):
            self.batches.renew(batch.batch_id, lease=self.settings.lease)
            try:
                self.evidence.put(key, path, content_type=WARC_TYPE)
                self.evidence.put(cdxj_key(key), index, content_type=CDXJ_TYPE)
            except TryAgainError as error:
                log.warning("evidence_not_stored", key=key, tries=tries, error=str(error))
                if tries == _UPLOAD_TRIES:
                    self.batches.give_back(batch.batch_id)
                    raise
                # Never so long that the lease is lost meanwhile: then all would be fetched again.
                time.sleep(min(self.settings.lease.total_seconds() / 3, 0.5 * 2**tries))
            else:
                STORED_BYTES.inc(path.stat().st_size)
                return

    def _warcinfo(self, filename: str) -> WarcInfo:
        return WarcInfo(
            filename=filename,
            software=self.software,
            user_agent=self.settings.user_agent,
            operator=self.settings.operator,
            hostname=socket.gethostname(),
            robots="obey, unless the metadata record of a target says why not",
        )


def warc_key(batch_id: str, now: datetime) -> str:
    """Return where the WARC object of a batch lies. One lease, one key: it is written once."""
    return f"warc/{now:%Y/%m/%d}/{batch_id}.warc.gz"


def _renewals(batches: Batches, batch_id: str, lease: timedelta) -> Callable[[], None]:
    """Return what keeps the lease: called often, it asks the ledger three times in a lease."""
    renewed_at = time.monotonic()

    def renew_sometimes() -> None:
        nonlocal renewed_at
        if time.monotonic() - renewed_at >= lease.total_seconds() / 3:
            batches.renew(batch_id, lease=lease)
            renewed_at = time.monotonic()

    return renew_sometimes


def _freeing(batches: Batches, batch_id: str) -> HostsAsked:
    """Return what lets other batches ask the hosts that this one is done with."""

    def free(hosts: Mapping[str, timedelta]) -> None:
        try:
            batches.free_asked(batch_id, hosts)
        except TryAgainError as error:
            log.warning("hosts_not_freed", batch_id=batch_id, hosts=len(hosts), error=str(error))

    return free


def _fetch_target(target: LeasedTarget, *, opened_ago: timedelta) -> FetchTarget:
    previous = None
    if target.previous is not None:
        previous = PreviousCapture(
            record_id=target.previous.record_id,
            url=target.previous.url,
            date=target.previous.fetched_at,
            payload_digest=target.previous.payload_digest,
        )
    return FetchTarget(
        target_id=target.target_id,
        url=target.url,
        host=target.host,
        delay=target.delay,
        wait=max(timedelta(0), target.wait - opened_ago),
        concurrency=target.concurrency,
        etag=target.etag if previous else None,
        last_modified=target.last_modified if previous else None,
        previous=previous,
        via=target.via,
        source=target.source_id,
        kind=target.kind.value,
        found_title=target.found_title,
        found_date=target.found_date,
        hops="L" * target.hops or None,
        robots=target.robots,
        proxy=target.proxy,
    )


def _capture_row(exchange: RecordedExchange, target: LeasedTarget) -> CaptureRow:
    head = exchange.head
    truncated = exchange.truncated.value if exchange.truncated else None
    return CaptureRow(
        target_id=exchange.target_id,
        fetched_at=exchange.date,
        status=exchange.status,
        reason=trouble_of(
            exchange.status,
            failure=exchange.failure.value if exchange.failure else None,
            truncated=truncated,
            is_revisit=exchange.revisit,
        ),
        content_type=short_field(head.first("content-type")) if head else None,
        redirect_to=redirect_of(exchange.url, head),
        etag=short_field(head.first("etag")) if head else None,
        last_modified=short_field(head.first("last-modified")) if head else None,
        payload_digest=exchange.payload_digest,
        record_id=exchange.record_id,
        warc_offset=exchange.offset,
        warc_length=exchange.length,
        revisit_of=target.previous.capture_id if exchange.revisit and target.previous else None,
        truncated=truncated,
        ip=exchange.ip,
        seconds=exchange.timings.total,
        is_good=is_good_look(target.kind, exchange.status, truncated=truncated, is_revisit=exchange.revisit),
        retry_after=exchange.retry_after,
    )


def _index_entries(recorded: Sequence[RecordedExchange]) -> Iterator[CdxjEntry]:
    """Yield the index of what was just written, without reading it again."""
    for exchange in recorded:
        if exchange.head is not None:
            yield CdxjEntry(
                url=exchange.url,
                date=exchange.date,
                mime=mime_of(exchange.head, is_revisit=exchange.revisit),
                status=exchange.head.status,
                digest=exchange.payload_digest,
                sha1=exchange.payload_sha1,
                length=exchange.length,
                offset=exchange.offset,
            )


def _count(exchange: RecordedExchange, target: LeasedTarget) -> None:
    CAPTURES.labels(target.source_id, target.kind, _outcome_class(exchange)).inc()
    FETCH_SECONDS.labels(target.kind).observe(exchange.timings.total)
    if exchange.status is not None:
        PAYLOADS.labels(_payload_kind(exchange)).inc()
        PAYLOAD_BYTES.labels(target.kind).inc(exchange.payload_bytes)


def _payload_kind(exchange: RecordedExchange) -> str:
    if not exchange.revisit:
        return "new"
    return "not_modified" if exchange.status == 304 else "identical"


def _outcome_class(exchange: RecordedExchange) -> str:
    if exchange.failure is not None:
        return exchange.failure.value
    if exchange.truncated is not None:
        return "truncated"
    if exchange.status == HTTPStatus.TOO_MANY_REQUESTS:
        return "429"
    return f"{(exchange.status or 0) // 100}xx"
