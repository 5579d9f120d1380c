"""What a look at the archive's health finds: numbers, each with its standing and the first thing to do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.ledger.recent import ChangesOfDay, LooksOfHour

__all__ = ["Freshness", "HealthReport", "Number", "Standing"]


class Standing(StrEnum):
    """How a number stands, the best first. Its values are the words that are shown."""

    WELL = "in order"
    UNKNOWN = "not known"
    ATTENTION = "needs attention"
    """What an alert of severity warning is about."""
    TROUBLE = "trouble"
    """What an alert of severity critical is about."""


_ORDER = tuple(Standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One number of the archive."""

    part: str
    """What it belongs to, which is a heading on the page: parts, services, queues, …"""
    name: str
    shown: str
    """The value for people, with its unit."""
    value: float | None
    """The value for programs: seconds, or a count; None where it is not known."""
    standing: Standing
    do: str
    """The first thing to do when it does not stand well; otherwise what a rise of it would mean."""
    runbook: str
    """The runbook of the alert about it, in `deploy/runbooks`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh one source is."""

    source_id: str
    read_seconds: float | None
    """Since one of its lists was last read well; None for never."""
    allowed_seconds: float | None
    """After which it is called stale; None for a source without lists."""
    found_seconds: float | None
    """Since it last brought a new article."""
    failed_looks: int
    standing: Standing

    @property
    def share(self) -> float:
        """How much of the allowed age is used up; above 1 it is stale. 0 where nothing is to be said."""
        if self.read_seconds is None or not self.allowed_seconds:
            return 0.0
        return self.read_seconds / self.allowed_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """Everything of one moment."""

    at: datetime
    numbers: tuple[Number, ...]
    sources: tuple[Freshness, ...]
    """The worst first."""
    looks: tuple[LooksOfHour, ...]
    changes: tuple[ChangesOfDay, ...]
    targets: Mapping[str, int]
    """Accepted addresses by state; nothing when the ledger does not answer."""

    @property
    def standing(self) -> Standing:
        """The worst standing of any number."""
        return max((one.standing for one in self.numbers), key=_ORDER.index, default=Standing.UNKNOWN)

    @property
    def pressing(self) -> tuple[Number, ...]:
        """What an operator should look at now, the worst first."""
        found = [one for one in self.numbers if one.standing in {Standing.ATTENTION, Standing.TROUBLE}]
        return tuple(sorted(found, key=lambda one: -_ORDER.index(one.standing)))

    def as_json(self) -> dict[str, Any]:
        """Return all of it for programs."""
        return {
            "at": self.at,
            "standing": self.standing,
            "numbers": [asdict(one) for one in self.numbers],
            "sources": [asdict(one) for one in self.sources],
            "looks_by_hour": [asdict(one) for one in self.looks],
            "changes_by_day": [asdict(one) for one in self.changes],
            "targets": dict(self.targets),
        }
