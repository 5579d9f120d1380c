"""What the archive does by itself: who does it now, and what came of it the last time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.ledger.database import Database, as_json

__all__ = ["LastRun", "UpkeepJournal"]

_LOCK = "select pg_try_advisory_xact_lock(hashtextextended(%(job)s, 4)) as taken"
_BEGIN = """
insert into upkeep (job, started_at) values (%(job)s, now())
on conflict (job) do update set started_at = now()
where upkeep.started_at < now() - %(every)s::interval
returning job
"""
_END = "update upkeep set finished_at = now(), outcome = %(outcome)s where job = %(job)s"
_RUNS = "select job, started_at, finished_at, outcome from upkeep order by job"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRun:
    """The last run of a job."""

    job: str
    started_at: datetime
    finished_at: datetime | None
    outcome: dict[str, Any]


class UpkeepJournal:
    """Lets each job be done by one process at a time, and not too often."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def turn(self, job: str, *, every: timedelta) -> Iterator[bool]:
        """Take a job for as long as the context lasts; False when it is not due, or another process is at it."""
        arguments = {"job": job, "every": every}
        with self._database.transaction() as holding:
            row = holding.row(_LOCK, arguments)
            taken = row is not None and bool(row["taken"])
            if taken:
                with self._database.transaction() as transaction:
                    taken = transaction.row(_BEGIN, arguments) is not None
            yield taken

    def end(self, job: str, outcome: dict[str, Any]) -> None:
        """Keep what came of a run."""
        with self._database.transaction() as transaction:
            transaction.run(_END, {"job": job, "outcome": as_json(outcome)})

    def last_runs(self) -> list[LastRun]:
        """Return the last run of each job."""
        with self._database.transaction() as transaction:
            return [LastRun(**row) for row in transaction.rows(_RUNS)]
