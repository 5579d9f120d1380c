"""Finds services that are alive and do nothing.

Workers have been seen to stop consuming after a reconnect while their process lives on. Every few minutes each
service has to prove again that it works, as at its start; who cannot within a time that no honest work takes is
killed, and so started again.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from services.standalone.examiner import Examiner
from services.standalone.readiness import Subject
from services.standalone.run_state import ProcessState
from services.standalone.unit import Unit

__all__ = ["HealthRounds"]


class HealthRounds:
    """Asks all services for a proof of work, round after round.

    Args:
        every: seconds from the end of one round to the next.
        patience: seconds within which a service must have proved that it works. Longer than the longest task.
        examine: starts the readiness program for some subjects and that many seconds.
    """

    def __init__(
        self, *, every: float, patience: float, examine: Callable[[tuple[Subject, ...], float], Examiner]
    ) -> None:
        self._every = every
        self._patience = patience
        self._examine = examine
        self._next_round = time.monotonic() + every
        self._examiner: Examiner | None = None
        self._asked: dict[str, tuple[Unit, int | None]] = {}

    def hung(self, units: Iterable[Unit]) -> Iterator[Unit]:
        """Go on with the round, and yield each service that did not prove itself in time."""
        if self._examiner is None:
            if time.monotonic() >= self._next_round:
                self._begin(units)
            return
        done = self._examiner.is_done()
        for finding in self._examiner.findings():
            if finding.ready:
                self._asked.pop(finding.name, None)
        if not done:
            return
        self.close()
        for unit, pid in self._asked.values():
            if unit.pid == pid and unit.state is ProcessState.READY:
                yield unit
        self._next_round = time.monotonic() + self._every

    def pids(self) -> set[int]:
        """Return the process ids of the round's program."""
        return {self._examiner.pid} if self._examiner else set()

    def close(self) -> None:
        """End the round, with nobody found."""
        if self._examiner is not None:
            self._examiner.close()
            self._examiner = None

    def _begin(self, units: Iterable[Unit]) -> None:
        asked = [unit for unit in units if unit.probe and unit.state is ProcessState.READY]
        self._asked = {unit.name: (unit, unit.pid) for unit in asked}
        now = time.time()
        subjects = tuple(Subject(name=unit.name, probe=unit.probe, started_at=now) for unit in asked)
        if subjects:
            self._examiner = self._examine(subjects, self._patience)
        else:
            self._next_round = time.monotonic() + self._every
