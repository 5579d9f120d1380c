"""Takes jobs from the queue and runs them, a few at a time, for as long as its process lives."""

import threading
from dataclasses import dataclass, field

import structlog

from services.admin.operating.desk import Desk
from shared.errors import TryAgainError

__all__ = ["JobRunner"]

log = structlog.get_logger(__name__)

_LOOK_EVERY_SECONDS = 1.0


@dataclass(slots=True)
class JobRunner:
    """Threads that run what is queued. Any number of processes may have one: a job is run by one at a time."""

    desk: Desk
    threads: int = 2
    _wake: threading.Event = field(default_factory=threading.Event)
    _stop: threading.Event = field(default_factory=threading.Event)
    _running: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to take jobs."""
        for number in range(self.threads):
            thread = threading.Thread(target=self._serve, name=f"jobs-{number}", daemon=True)
            thread.start()
            self._running.append(thread)

    def ring(self) -> None:
        """Look for jobs now: one has been queued."""
        self._wake.set()

    def stop(self, *, patience: float = 5.0) -> None:
        """Take no more jobs, and wait a while for those that run; another process takes up what is left."""
        self._stop.set()
        self._wake.set()
        for thread in self._running:
            thread.join(patience)

    def _serve(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(_LOOK_EVERY_SECONDS)
            self._wake.clear()
            try:
                self._run_waiting()
            except TryAgainError as error:
                log.warning("jobs_postponed", error=str(error))
                self._stop.wait(_LOOK_EVERY_SECONDS)

    def _run_waiting(self) -> None:
        for job_id in self.desk.jobs.waiting():
            if self._stop.is_set():
                return
            self.desk.run_job(job_id)
