"""Jobs: what was ordered and takes a while, how far it is, and what came of it. They outlive every process.

Whoever runs a job holds an advisory lock for as long, and PostgreSQL lets go of it when that process dies. So a
job that says `running` and is not locked was left by its process, and is taken up again.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from shared.errors import NotFoundError, PressmarkError
from shared.ledger import jobs_sql as sql
from shared.ledger.cursor import Cursor, Page
from shared.ledger.database import Database, Row, as_json

__all__ = ["Job", "JobOrder", "JobState", "Jobs", "KeyReusedError"]

MOST_ATTEMPTS = 3
"""Runs of a job whose process died each time, before it has failed."""
MOST_KEPT = 100
"""Findings and errors that a job keeps; it counts all."""


class KeyReusedError(PressmarkError):
    """An idempotency key came again with another order. Use a new key for a new order."""


class JobState(StrEnum):
    """How a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more comes of it."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOrder:
    """What is to be done, by whose order and in whose process."""

    action: str
    arguments: Mapping[str, Any]
    actor: str
    place: str
    """`command`: the process that orders it runs it. `service`: whoever takes it from the queue."""
    dry_run: bool = False
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands."""

    job_id: str
    action: str
    arguments: Mapping[str, Any]
    dry_run: bool
    actor: str
    place: str
    state: JobState
    done: int
    total: int | None
    findings: Sequence[Mapping[str, Any]]
    errors: Sequence[str]
    result: Mapping[str, Any] | None
    attempts: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_asked_at: datetime | None

    @property
    def cursor(self) -> Cursor:
        """Return its place among all jobs."""
        return Cursor(at=self.queued_at, key=self.job_id)

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {
            "id": self.job_id,
            "action": self.action,
            "arguments": dict(self.arguments),
            "dry_run": self.dry_run,
            "actor": self.actor,
            "state": str(self.state),
            "progress": {"done": self.done, "total": self.total},
            "result": None if self.result is None else dict(self.result),
            "findings": list(self.findings),
            "errors": list(self.errors),
            "attempts": self.attempts,
            "queued_at": self.queued_at,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "cancel_asked_at": self.cancel_asked_at,
        }


class Jobs:
    """Keeps jobs, and hands each to one process at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def order(self, order: JobOrder) -> tuple[Job, bool]:
        """Queue a job. One that the same actor ordered with the same key is that job again.

        Returns:
            The job, and whether it is new.

        Raises:
            KeyReusedError: the key stood for another order.
            TryAgainError: the ledger does not answer.
        """
        arguments = {
            "id": str(uuid4()),
            "action": order.action,
            "arguments": as_json(dict(order.arguments)),
            "dry_run": order.dry_run,
            "actor": order.actor,
            "place": order.place,
            "key": order.idempotency_key,
        }
        with self._database.transaction() as transaction:
            row = transaction.row(sql.ORDER, arguments)
            if row is not None:
                return _job(row), True
        # The one that was first has committed by now: the insert waited for it.
        with self._database.transaction() as transaction:
            row = transaction.row(sql.BY_KEY, arguments)
        if row is None or not row.pop("is_same"):
            raise KeyReusedError(
                f"the key {order.idempotency_key!r} stood for another order; use a new key for a new order"
            )
        return _job(row), False

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            NotFoundError: there is no such job.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(sql.GET, {"id": job_id})
        if row is None:
            raise NotFoundError(f"there is no job {job_id!r}; 'pressmark jobs' lists them")
        return _job(row)

    def page(self, limit: int, *, before: Cursor | None = None, state: JobState | None = None) -> Page[Job]:
        """Return jobs, the newest first."""
        arguments = {
            "limit": limit + 1,
            "state": None if state is None else str(state),
            "at": None if before is None else before.at,
            "key": None if before is None else before.key,
        }
        with self._database.transaction() as transaction:
            jobs = [_job(row) for row in transaction.rows(sql.PAGE, arguments)]
        items = tuple(jobs[:limit])
        return Page(items=items, next=items[-1].cursor if len(jobs) > limit else None)

    def waiting(self) -> list[str]:
        """Return the jobs that a service may take: queued ones, and those that a process left."""
        with self._database.transaction() as transaction:
            return [row["job_id"] for row in transaction.rows(sql.WAITING)]

    @contextmanager
    def at_work(self, job_id: str) -> Iterator[Job | None]:
        """Run a job for as long as the context lasts; None when another process does or it has ended.

        A job whose process died as often as may be, or whose command was ended, has failed.
        """
        with self._database.transaction() as holding:
            row = holding.row(sql.LOCK, {"id": job_id})
            if row is None or not row["taken"]:
                yield None
                return
            with self._database.transaction() as transaction:
                taken = transaction.row(sql.TAKE, {"id": job_id, "most": MOST_ATTEMPTS})
                if taken is None:
                    transaction.run(sql.GIVE_UP, {"id": job_id, "errors": as_json([_LEFT])})
            yield None if taken is None else _job(taken)

    def advance(self, job_id: str, *, done: int, total: int | None, findings: Sequence[object]) -> bool:
        """Note how far a job is. False when someone has asked for its end."""
        arguments = {
            "id": job_id,
            "done": done,
            "total": total,
            "findings": as_json(list(findings)[:MOST_KEPT]),
        }
        with self._database.transaction() as transaction:
            row = transaction.row(sql.ADVANCE, arguments)
        return row is not None and not row["is_cancelled"]

    def end(
        self,
        job_id: str,
        state: JobState,
        *,
        result: Mapping[str, Any] | None = None,
        errors: Sequence[str] = (),
    ) -> Job:
        """Note what came of a job."""
        arguments = {
            "id": job_id,
            "state": str(state),
            "result": None if result is None else as_json(dict(result)),
            "errors": as_json(list(errors)[:MOST_KEPT]),
        }
        with self._database.transaction() as transaction:
            row = transaction.row(sql.END, arguments)
        assert row is not None
        return _job(row)

    def cancel(self, job_id: str) -> Job:
        """Ask for the end of a job: at once when it is queued, else at its next step.

        Raises:
            NotFoundError: there is no such job.
        """
        with self._database.transaction() as transaction:
            transaction.run(sql.CANCEL, {"id": job_id})
        return self.get(job_id)


_LEFT = "the process that ran it ended before the job did; order it again"


def _job(row: Row) -> Job:
    return Job(**row | {"state": JobState(row["state"])})
