"""The desk carries actions out: each leaves rows in the audit; those that take long or come from afar are jobs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError

from services.admin.operating.action import Action, BeyondScopeError, CancelledError, Outcome, Work
from services.admin.operating.catalogue import ACTIONS
from services.admin.operating.parts import Parts
from shared.errors import PressmarkError
from shared.ledger.audit import Audit
from shared.ledger.jobs import Job, JobOrder, Jobs, JobState
from shared.ledger.tokens import TokenScope

__all__ = ["Desk"]

log = structlog.get_logger(__name__)

Found = Callable[[Mapping[str, Any]], None]
Far = Callable[[int, int | None], None]
"""Receives how much is done, and of how much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where orders are taken, whoever brings them."""

    parts: Parts
    jobs: Jobs
    audit: Audit

    @classmethod
    def over(cls, parts: Parts) -> "Desk":
        """Return the desk over one ledger."""
        return cls(parts=parts, jobs=Jobs(parts.database), audit=Audit(parts.database))

    def plan(self, action: Action, *, actor: str, far: Far = lambda _done, _total: None) -> Outcome:
        """Return what an action would do now, and change nothing.

        Raises:
            PressmarkError: it would not be possible.
        """

        def advanced(done: int, total: int | None) -> bool:
            far(done, total)
            return True

        return action.plan(self.parts, Work(actor=actor, advanced=advanced))

    def carry_out(
        self,
        action: Action,
        *,
        actor: str,
        found: Found = lambda _: None,
        far: Far = lambda _done, _total: None,
    ) -> Outcome:
        """Do it now, in this process, and return what was done.

        Raises:
            PressmarkError: it was not possible; the audit has the reason too.
        """
        arguments = _arguments(action)
        if not action.is_long:
            work = Work(actor=actor, found=found)
            self._note(work, action.name, "ordered", arguments)
            return self._run_noted(action, work)
        job, _ = self.jobs.order(
            JobOrder(action=action.name, arguments=arguments, actor=actor, place="command")
        )
        work = self._work_on(job, found, far)
        self._note(work, action.name, "ordered", arguments)
        with self.jobs.at_work(job.job_id):
            try:
                outcome = self._run_noted(action, work)
            except PressmarkError as error:
                self.jobs.end(job.job_id, _state_after(error), errors=[str(error)])
                raise
            self.jobs.end(job.job_id, JobState.SUCCEEDED, result=outcome)
        return outcome

    def order(
        self, action: Action, *, actor: str, key: str | None = None, dry_run: bool = False
    ) -> tuple[Job, bool]:
        """Queue an action for whoever runs jobs. The same key of the same actor gives the same job.

        Returns:
            The job, and whether it is new.

        Raises:
            KeyReusedError: the key stood for another order.
        """
        order = JobOrder(
            action=action.name,
            arguments=_arguments(action),
            actor=actor,
            place="service",
            dry_run=dry_run,
            idempotency_key=key,
        )
        job, is_new = self.jobs.order(order)
        if is_new and not dry_run:
            self._note(Work(actor=actor, job_id=job.job_id), action.name, "ordered", order.arguments)
        return job, is_new

    def run_job(self, job_id: str) -> bool:
        """Run a queued job, or one that its process left. False when there is nothing to run.

        Raises:
            TryAgainError: the ledger does not answer; the job stays to be taken up again.
        """
        with self.jobs.at_work(job_id) as job:
            if job is None:
                return False
            try:
                action = ACTIONS[job.action].model_validate(job.arguments)
                outcome = self._outcome(action, job)
            except (KeyError, ValidationError) as error:
                self._fail(job, f"this version does not know such an order: {error}")
            except PressmarkError as error:
                self.jobs.end(job_id, _state_after(error), errors=[str(error)])
            except Exception as error:
                log.exception("job_failed", job_id=job_id, action=job.action)
                self._fail(job, f"{type(error).__name__}: {error}")
            else:
                self.jobs.end(job_id, JobState.SUCCEEDED, result=outcome)
                log.info("job_done", job_id=job_id, action=job.action)
        return True

    def cancel(self, job_id: str, *, actor: str, scope: TokenScope) -> Job:
        """Ask for the end of a job. Whoever may not order it may not end it.

        Raises:
            NotFoundError: there is no such job.
            BeyondScopeError: its order needs more than this scope.
        """
        job = self.jobs.get(job_id)
        needed = ACTIONS[job.action].scope if job.action in ACTIONS else TokenScope.ADMIN
        if not scope.includes(needed):
            raise BeyondScopeError(f"the end of this job needs the scope {needed}; the token has {scope}")
        self._note(Work(actor=actor, job_id=job_id), "job.cancel", "ordered", {"action": job.action})
        return self.jobs.cancel(job_id)

    def _outcome(self, action: Action, job: Job) -> Outcome:
        work = self._work_on(job)
        return action.plan(self.parts, work) if job.dry_run else self._run_noted(action, work)

    def _run_noted(self, action: Action, work: Work) -> Outcome:
        try:
            outcome = action.run(self.parts, work)
        except PressmarkError as error:
            self._note(work, action.name, str(_state_after(error)), {"error": str(error)})
            raise
        noted = {"result": outcome} | ({"findings": work.findings} if work.findings else {})
        self._note(work, action.name, "succeeded", noted)
        return outcome

    def _work_on(
        self, job: Job, found: Found = lambda _: None, far: Far = lambda _done, _total: None
    ) -> Work:
        work = Work(actor=job.actor, job_id=job.job_id, found=found)

        def advanced(done: int, total: int | None) -> bool:
            far(done, total)
            return self.jobs.advance(job.job_id, done=done, total=total, findings=work.findings)

        work.advanced = advanced
        return work

    def _fail(self, job: Job, reason: str) -> None:
        self._note(Work(actor=job.actor, job_id=job.job_id), job.action, "failed", {"error": reason})
        self.jobs.end(job.job_id, JobState.FAILED, errors=[reason])

    def _note(self, work: Work, action: str, event: str, detail: Mapping[str, Any]) -> None:
        self.audit.add(actor=work.actor, action=action, event=event, job_id=work.job_id, detail=detail)


def _arguments(action: Action) -> dict[str, Any]:
    return action.model_dump(mode="json", by_alias=True)


def _state_after(error: PressmarkError) -> JobState:
    return JobState.CANCELLED if isinstance(error, CancelledError) else JobState.FAILED
