"""Gives the orders of schedules when their time has come: each due time gives one job at most."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import structlog
from pydantic import ValidationError

from services.admin.operating.action import Action
from services.admin.operating.catalogue import ACTIONS
from shared.errors import PressmarkError, TryAgainError
from shared.ledger import Database
from shared.ledger.audit import Audit
from shared.ledger.jobs import JobOrder, Jobs
from shared.ledger.pauses import Pauses
from shared.ledger.schedules import ScheduledOrder, Schedules

__all__ = ["Scheduler"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """Looks what is due. Any number of processes may: the key of a job is its schedule and its due time."""

    schedules: Schedules
    jobs: Jobs
    audit: Audit
    pauses: Pauses

    @classmethod
    def over(cls, database: Database) -> "Scheduler":
        """Return the scheduler over one ledger."""
        return cls(
            schedules=Schedules(database), jobs=Jobs(database), audit=Audit(database), pauses=Pauses(database)
        )

    def order_due(self) -> Iterator[str]:
        """Order what is due, and yield the job of each. What is paused, or still at work, is passed over once.

        Raises:
            TryAgainError: the ledger does not answer. What was ordered is not ordered again.
        """
        for due in self.schedules.due():
            passed = self._reason_to_pass(due)
            job_id = None if passed else self._ordered(due)
            if self.schedules.settle(due, job_id=job_id, passed=passed):
                log.info(
                    "schedule_due", schedule=due.schedule_id, action=due.action, job_id=job_id, passed=passed
                )
            if job_id is not None:
                yield job_id

    def keep(self, *, pause: timedelta) -> NoReturn:
        """Order what is due, for ever. It may be killed at any moment."""
        while True:
            try:
                for _ in self.order_due():
                    """Each tells its own outcome."""
            except TryAgainError as error:
                log.warning("schedules_postponed", error=str(error))
            except Exception:
                # Nobody looks at this thread: it must not end because of one order.
                log.exception("schedules_failed")
            time.sleep(pause.total_seconds())

    def _reason_to_pass(self, due: ScheduledOrder) -> str | None:
        if due.is_at_work:
            return "what it ordered before is still at work"
        pauses = self.pauses.in_force()
        try:
            held = _action(due).held_by(pauses)
        except (KeyError, ValidationError, PressmarkError) as error:
            return f"it cannot be ordered: {error}"
        return None if held is None else f"{held.what} is paused: {held.reason}"

    def _ordered(self, due: ScheduledOrder) -> str:
        order = JobOrder(
            action=due.action,
            arguments=due.arguments,
            actor=f"schedule:{due.schedule_id}",
            place="service",
            idempotency_key=f"due-{due.next_at.isoformat()}",
        )
        job, is_new = self.jobs.order(order)
        if is_new:
            self.audit.add(
                actor=job.actor, action=job.action, event="ordered", job_id=job.job_id, detail=job.arguments
            )
        return job.job_id


def _action(due: ScheduledOrder) -> Action:
    return ACTIONS[due.action].model_validate(due.arguments)
