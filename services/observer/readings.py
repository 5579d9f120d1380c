"""One reading of everything: asks each part, and says of a part that does not answer that it is down.

A part that is away takes its own figures with it and nothing else: old figures are never told as new.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from shared import observed_metrics as metrics
from shared.bus import Broker, BrokerReading
from shared.clock import Clock
from shared.errors import PressmarkError
from shared.evidence import EvidenceStore
from shared.ledger.database import Row
from shared.ledger.observation import EventCounts, Observation, SourceStanding
from shared.ledger.status import STATES
from shared.observed_metrics import Observed
from shared.sources import SourceFileError, load_source

__all__ = ["Observer", "Sample"]

log = structlog.get_logger(__name__)

_ARTICLE_STATES = ("LIVE", "SUSPECT", "GONE", "SOFT404", "REDIRECTED", "REPLACED", "RETURNED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of one metric."""

    metric: Observed
    labels: tuple[str, ...] = ()
    value: float


def _sample(metric: Observed, value: float | None, *labels: str) -> Iterator[Sample]:
    if value is not None:
        yield Sample(metric=metric, labels=labels, value=float(value))


def _at(metric: Observed, moment: datetime | None, *labels: str) -> Iterator[Sample]:
    yield from _sample(metric, None if moment is None else moment.timestamp(), *labels)


@dataclass(slots=True)
class _Kept:
    """What is read rarely, and when it was."""

    samples: list[Sample] = field(default_factory=list)
    read_at: datetime | None = None


class Observer:
    """Reads the parts. Not for several threads at once.

    Args:
        observation: The ledger's figures.
        broker: The broker.
        evidence: The evidence store; only asked whether it answers.
        clock: Tells when figures are too old.
        sums_every: Least time between two readings for which whole tables are read.
        places: Directories whose free space is told, by name.
    """

    def __init__(
        self,
        observation: Observation,
        broker: Broker,
        *,
        evidence: EvidenceStore,
        clock: Clock,
        sums_every: timedelta,
        places: dict[str, Path],
    ) -> None:
        self._observation = observation
        self._broker = broker
        self._evidence = evidence
        self._clock = clock
        self._sums_every = sums_every
        self._places = places
        self._events = EventCounts()
        self._sums = _Kept()

    def read(self) -> list[Sample]:
        """Return the samples of this moment."""
        parts: dict[str, Callable[[], Iterator[Sample]]] = {
            "ledger": self._of_ledger,
            "broker": lambda: _of_broker(self._broker.reading()),
            "object_store": self._of_store,
        }
        samples = list(_of_disks(self._places))
        for part, read in parts.items():
            started = time.monotonic()
            try:
                found = list(read())
            except PressmarkError as error:
                log.warning("part_not_read", part=part, error=str(error))
                found = []
                samples += _sample(metrics.PART_UP, 0, part)
            else:
                samples += _sample(metrics.PART_UP, 1, part)
            samples += _sample(metrics.OBSERVATION_SECONDS, time.monotonic() - started, part)
            samples += found
        return samples

    def _of_store(self) -> Iterator[Sample]:
        self._evidence.size("probe/observer")
        yield from ()

    def _of_ledger(self) -> Iterator[Sample]:
        self._observation.count_events(self._events)
        yield from _of_figures(self._observation.figures())
        yield from _of_quarantine(self._observation.quarantine())
        for source in self._observation.sources():
            yield from _of_source(source, self._events)
        for (source_id, kind), events in sorted(self._events.by_kind.items()):
            yield from _sample(metrics.EVENTS, events, source_id, kind)
        runs = self._observation.upkeep()
        backups = [run["good_at"].timestamp() for run in runs if run["good_at"] is not None]
        yield from _sample(metrics.BACKUP_LAST_SUCCESS, max(backups, default=0))
        for run in runs:
            yield from _at(metrics.UPKEEP_LAST_RUN, run["finished_at"], run["job"])
            yield from _sample(metrics.UPKEEP_FAILED, run["failed"], run["job"])
            yield from _sample(metrics.FIXITY_WRONG, run["wrong"])
        yield from self._sums_of_tables()

    def _sums_of_tables(self) -> Iterator[Sample]:
        now = self._clock.now()
        if self._sums.read_at is None or now - self._sums.read_at >= self._sums_every:
            self._sums = _Kept(samples=list(_of_sums(self._observation.sums())), read_at=now)
        yield from self._sums.samples


def _of_figures(row: Row) -> Iterator[Sample]:
    yield from _sample(metrics.UNREAD_BATCHES, row["unread"])
    yield from _sample(metrics.OLDEST_UNREAD_AGE, row["oldest_unread"] or 0)
    yield from _sample(metrics.LOG_UNLOGGED_OBJECTS, row["unlogged"])
    yield from _sample(metrics.LOG_UNLOGGED_AGE, row["oldest_unlogged"] or 0)
    yield from _sample(metrics.LOG_RECORDS, row["log_records"] or 0)
    yield from _at(metrics.LOG_LAST_CHECKPOINT, row["signed_at"])
    yield from _sample(metrics.WEBHOOK_DELIVERIES, row["deliveries_waiting"], "waiting")
    yield from _sample(metrics.WEBHOOK_DELIVERIES, row["deliveries_dead"], "dead")
    yield from _sample(metrics.WEBHOOK_OLDEST_AGE, row["oldest_delivery"] or 0)
    for kind, alarms in sorted(row["alarms"].items()):
        yield from _sample(metrics.WATCH_ALARMS, alarms, kind)
    yield from _sample(metrics.LEDGER_BYTES, row["ledger_bytes"])


def _of_sums(row: Row) -> Iterator[Sample]:
    for state in STATES:
        yield from _sample(metrics.TARGETS, row["targets"].get(state, 0), state)
    yield from _sample(metrics.ACCEPTED_URLS, row["accepted"])
    yield from _sample(metrics.DUE_TARGETS, row["due"])
    yield from _sample(metrics.OLDEST_DUE_AGE, row["oldest_due"] or 0)
    for state in _ARTICLE_STATES:
        yield from _sample(metrics.ARTICLES_KEPT, row["articles"].get(state, 0), state)
    yield from _sample(metrics.ARCHIVE_BYTES, row["archive_bytes"])


def _of_source(source: SourceStanding, events: EventCounts) -> Iterator[Sample]:
    name = source.source_id
    yield from _sample(metrics.SOURCE_ENABLED, 1, name)
    yield from _sample(metrics.SOURCE_INTERVAL, _interval_seconds(source), name)
    yield from _at(metrics.SOURCE_LAST_SUCCESS, source.last_success, name)
    yield from _at(metrics.SOURCE_LAST_ARTICLE, events.last_found.get(name), name)
    yield from _sample(metrics.SOURCE_FAILURES, source.failed_looks, name)
    yield from _sample(metrics.SOURCE_DRIFTED_FIELDS, source.drifted_fields, name)
    yield from _sample(metrics.SOURCE_HOSTS_OUT, source.hosts_out, name)


def _interval_seconds(source: SourceStanding) -> float | None:
    """Return how often its most frequent list is asked; None for single pages, which have no list."""
    try:
        lists = load_source(source.definition).lists
    except SourceFileError as error:
        log.warning("source_file_unreadable", source_id=source.source_id, error=str(error))
        return None
    return min((rule.every.total_seconds() for rule in lists), default=None)


def _of_quarantine(rows: list[Row]) -> Iterator[Sample]:
    oldest: dict[str, float] = {}
    for row in rows:
        yield from _sample(metrics.QUARANTINED, row["messages"], row["queue"], row["message"])
        oldest[row["queue"]] = max(oldest.get(row["queue"], 0.0), row["oldest"])
    for queue, age in oldest.items():
        yield from _sample(metrics.QUARANTINE_OLDEST_AGE, age, queue)


def _of_broker(reading: BrokerReading) -> Iterator[Sample]:
    for queue in reading.queues:
        for priority, waiting in queue.waiting.items():
            yield from _sample(metrics.QUEUE_MESSAGES, waiting, queue.queue, priority)
        for priority, age in queue.oldest.items():
            yield from _sample(metrics.QUEUE_OLDEST_AGE, age, queue.queue, priority)
        yield from _sample(metrics.QUEUE_UNACKED, queue.unacked, queue.queue)
        yield from _sample(metrics.QUEUE_OLDEST_UNACKED_AGE, queue.oldest_unacked, queue.queue)
    for service, at in reading.pulses.items():
        yield from _sample(metrics.SERVICE_LAST_WORK, at, service)
    yield from _sample(metrics.BROKER_MEMORY_BYTES, reading.memory_bytes)
    yield from _sample(metrics.BROKER_EVICTED_KEYS, reading.evicted_keys)
    yield from _sample(metrics.BROKER_IS_DURABLE, reading.is_durable)


def _of_disks(places: dict[str, Path]) -> Iterator[Sample]:
    for name, path in places.items():
        try:
            usage = shutil.disk_usage(path)
        except OSError as error:
            log.warning("place_not_read", place=name, error=str(error))
            continue
        yield from _sample(metrics.DISK_FREE_BYTES, usage.free, name)
        yield from _sample(metrics.DISK_BYTES, usage.total, name)
