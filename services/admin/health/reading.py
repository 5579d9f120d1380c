"""Asks the ledger, the broker and the store how they do. A part that is away takes only its own numbers along."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from services.admin.health import judging
from services.admin.health.report import Freshness, HealthReport, Number
from shared.bus import Broker
from shared.clock import Clock
from shared.errors import PressmarkError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.observation import Observation, SourceStanding
from shared.ledger.recent import ChangesOfDay, LooksOfHour, RecentWork
from shared.sources import SourceFileError, least_interval

__all__ = ["Health"]

Found = TypeVar("Found")

_HOURS, _DAYS = 48, 14
_KEPT = timedelta(seconds=15)
"""How old a report may be. It reads whole tables: any number of screens that are left open cost one reading."""


@dataclass(slots=True, kw_only=True)
class _Ledger:
    """What the ledger told."""

    numbers: list[Number]
    sources: list[Freshness]
    looks: list[LooksOfHour]
    changes: list[ChangesOfDay]
    targets: dict[str, int]


class Health:
    """Reads the archive's health. May be asked by many threads."""

    def __init__(self, database: Database, broker: Broker, *, evidence: EvidenceStore, clock: Clock) -> None:
        self._observation = Observation(database)
        self._recent = RecentWork(database)
        self._broker = broker
        self._evidence = evidence
        self._clock = clock
        self._lock = threading.Lock()
        self._last: HealthReport | None = None

    def report(self) -> HealthReport:
        """Return the report of this moment, or of a moment ago."""
        with self._lock:
            now = self._clock.now()
            if self._last is None or now - self._last.at >= _KEPT:
                self._last = self._read(now)
            return self._last

    def _read(self, now: datetime) -> HealthReport:
        ledger, ledger_fault = _asked(lambda: self._of_ledger(now))
        reading, broker_fault = _asked(self._broker.reading)
        _, store_fault = _asked(lambda: self._evidence.size("probe/health"))
        parts = [
            judging.part("ledger", ledger_fault),
            judging.part("broker", broker_fault),
            judging.part("object store", store_fault),
        ]
        of_broker = [] if reading is None else judging.of_broker(reading, now)
        of_ledger = [] if ledger is None else ledger.numbers
        return HealthReport(
            at=now,
            numbers=(*parts, *of_broker, *of_ledger),
            sources=() if ledger is None else tuple(ledger.sources),
            looks=() if ledger is None else tuple(ledger.looks),
            changes=() if ledger is None else tuple(ledger.changes),
            targets={} if ledger is None else ledger.targets,
        )

    def _of_ledger(self, now: datetime) -> _Ledger:
        found, standing = self._recent.last_found(), self._observation.sources()
        sources = [judging.freshness(one, found.get(one.source_id), _interval(one), now) for one in standing]
        looks, sums = self._recent.looks(hours=_HOURS), self._observation.sums()
        return _Ledger(
            numbers=[
                *judging.of_sources(sources, standing),
                *judging.of_looks(looks),
                *judging.of_sums(sums),
                *judging.of_figures(self._observation.figures()),
                judging.quarantine(self._observation.quarantine()),
                *judging.of_upkeep(self._observation.upkeep(), now),
            ],
            sources=sorted(sources, key=judging.urgency),
            looks=looks,
            changes=self._recent.changes(days=_DAYS),
            targets={"accepted": int(sums["accepted"])}
            | {name: int(n) for name, n in sums["targets"].items()},
        )


def _asked(read: Callable[[], Found]) -> tuple[Found | None, str]:
    try:
        return read(), ""
    except PressmarkError as error:
        return None, str(error)


def _interval(source: SourceStanding) -> timedelta | None:
    try:
        return least_interval(source.definition)
    except SourceFileError:
        return None  # Such a source stands as not known.
