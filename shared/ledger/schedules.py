"""Schedules: orders that are given again and again, when the next one is due, and what came of the last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.errors import NotFoundError
from shared.ledger import schedules_sql as sql
from shared.ledger.database import Database, as_json
from shared.ledger.jobs import JobState
from shared.sources.durations import format_duration

__all__ = ["NewSchedule", "ScheduledOrder", "Schedules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchedule:
    """What is to be ordered, and how often."""

    action: str
    arguments: Mapping[str, Any]
    every: timedelta
    first: datetime | None
    """When it is due first; None: one interval from now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledOrder:
    """A schedule as it stands."""

    schedule_id: int
    action: str
    arguments: Mapping[str, Any]
    every: timedelta
    next_at: datetime
    made_by: str
    made_at: datetime
    removed_at: datetime | None
    last_at: datetime | None
    """The due time that was dealt with last."""
    last_job: str | None
    last_passed: str | None
    """Why nothing was ordered then; None when a job was."""
    last_state: JobState | None
    """How the last job stands."""

    @property
    def is_at_work(self) -> bool:
        """Whether the job that it ordered last has not ended."""
        return self.last_state is not None and not JobState(self.last_state).is_final

    @property
    def outcome(self) -> str | None:
        """What came of the last due time, in a word or two; None when there was none."""
        if self.last_at is None:
            return None
        return f"passed over: {self.last_passed}" if self.last_passed else self.last_state

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {
            "id": self.schedule_id,
            "order": self.action,
            "arguments": dict(self.arguments),
            "every": format_duration(self.every),
            "next_at": self.next_at,
            "last_at": self.last_at,
            "last_outcome": self.outcome,
            "last_job": self.last_job,
            "made_by": self.made_by,
            "made_at": self.made_at,
        }


class Schedules:
    """Keeps schedules."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, wanted: NewSchedule, *, by: str) -> ScheduledOrder:
        """Keep a schedule."""
        arguments = {
            "action": wanted.action,
            "arguments": as_json(dict(wanted.arguments)),
            "every": wanted.every,
            "first": wanted.first,
            "by": by,
        }
        with self._database.transaction() as transaction:
            row = transaction.row(sql.ADD, arguments)
        assert row is not None
        return self.get(row["schedule_id"])

    def get(self, schedule_id: int) -> ScheduledOrder:
        """Return a schedule that stands.

        Raises:
            NotFoundError: there is no such schedule, or it was removed.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(sql.GET, {"id": schedule_id})
        if row is None or row["removed_at"] is not None:
            raise NotFoundError(f"there is no schedule {schedule_id}; 'pressmark schedule list' shows them")
        return ScheduledOrder(**row)

    def all(self) -> list[ScheduledOrder]:
        """Return the schedules that stand, the next one first."""
        with self._database.transaction() as transaction:
            return [ScheduledOrder(**row) for row in transaction.rows(sql.ALL)]

    def due(self) -> list[ScheduledOrder]:
        """Return the schedules whose time has come."""
        with self._database.transaction() as transaction:
            return [ScheduledOrder(**row) for row in transaction.rows(sql.DUE)]

    def remove(self, schedule_id: int, *, by: str) -> ScheduledOrder:
        """Order nothing more by a schedule. What it ordered goes on.

        Raises:
            NotFoundError: there is no such schedule, or it was removed.
        """
        found = self.get(schedule_id)
        with self._database.transaction() as transaction:
            transaction.run(sql.REMOVE, {"id": schedule_id, "by": by})
        return found

    def settle(self, due: ScheduledOrder, *, job_id: str | None, passed: str | None) -> bool:
        """Note what came of a due time, and plan the next one. False when another process has done that."""
        arguments = {"id": due.schedule_id, "due": due.next_at, "job": job_id, "passed": passed}
        with self._database.transaction() as transaction:
            return transaction.run(sql.SETTLE, arguments) > 0
