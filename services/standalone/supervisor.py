"""The supervisor: starts the parts, then the services, keeps them running, and leaves nothing behind.

One thread and one loop. Three things make sure that no process outlives it: a keeper on the other end of a pipe,
a parent-death signal on each child, and its being the reaper of whatever its children abandon.
"""

import contextlib
import ctypes
import os
import secrets
import select
import sys
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import BinaryIO, Self

import structlog

from services.standalone.addresses import Endpoints
from services.standalone.assembly import Assembly, assemble
from services.standalone.child import ChildSpec, start_child
from services.standalone.data import DataDirectory
from services.standalone.errors import DataDirectoryError, StartError
from services.standalone.examiner import Examiner
from services.standalone.health import HealthRounds
from services.standalone.interpreter import import_path
from services.standalone.keeper import Keeper, end_stack
from services.standalone.logfiles import last_lines
from services.standalone.plan import StackPlan
from services.standalone.processes import identify, marked_environment, reap_strays
from services.standalone.readiness import Examination, Finding, Subject
from services.standalone.run_state import (
    Phase,
    ProcessState,
    ProcessStatus,
    RunState,
    here,
    read_run_state,
    write_run_state,
)
from services.standalone.unit import Unit
from services.standalone.wakeup import WakeUp

__all__ = ["Supervisor"]

log = structlog.get_logger(__name__)

_PR_SET_CHILD_SUBREAPER = 36
_STOP_SECONDS = 18.0
_DEATHS_THAT_FAIL_A_START = 3
_RECHECK_SECONDS = 600.0
"""How long a process that was started again may take to work before nobody asks any more."""
_LOOK_SECONDS = 0.25
_LOG_LINES_SHOWN = 12


class Supervisor:
    """Runs one stack, as a context manager whose end is the end of every process.

    Args:
        plan: what to run.
        tell: receives short lines for a person who watches.
    """

    def __init__(self, plan: StackPlan, *, tell: Callable[[str], None]) -> None:
        self._plan = plan
        self._tell = tell
        self._data = DataDirectory(plan.data)
        self._mark = f"pressmark-{secrets.token_hex(8)}"
        self._phase = Phase.STARTING
        self._began = time.monotonic()
        self._started_at = time.time()
        self._examiners: list[Examiner] = []
        self._units: list[Unit] = []
        self._outside_reasons: dict[str, str] = {}
        self._written: RunState | None = None
        self._migration: int | None = None
        self._open = contextlib.ExitStack()
        self._health = HealthRounds(
            every=plan.health_seconds, patience=plan.hung_seconds, examine=self._examiner_of
        )
        self._lock: BinaryIO
        self._assembly: Assembly
        self._keeper: Keeper
        self._wake: WakeUp

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts can be reached."""
        return self._assembly.endpoints

    def __enter__(self) -> Self:
        """Take the data directory, end what a killed predecessor left, and start the keeper.

        Raises:
            DataDirectoryError: the directory cannot be used.
            StackRunningError: another supervisor holds it.
            StartError: a leftover cannot be ended, or a part is not installed.
        """
        self._data.create()
        with contextlib.ExitStack() as opening:
            self._lock = opening.enter_context(self._data.lock())
            self._end_leftovers()
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            self._wake = opening.enter_context(WakeUp())
            try:
                self._assembly = assemble(self._plan, self._data, mark=self._mark)
            except OSError as error:
                raise StartError(str(error)) from error
            self._keeper = Keeper(self._mark, remove=self._assembly.remove_at_end())
            self._open = opening.pop_all()
        self._write_state()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every process of the stack, services first."""
        with self._open:
            self._phase = Phase.STOPPING
            self._write_state()
            self._stop()
            if self._data.still_holds(self._lock):
                self._data.run_file.unlink(missing_ok=True)

    def bring_up(self) -> bool:
        """Start everything and wait until it works; False when it was asked to stop meanwhile.

        Raises:
            StartError: something did not become ready in time, or died again and again.
            DataDirectoryError: a part's directory belongs to another user.
        """
        self._outside_reasons = {subject.name: "not asked yet" for subject in self._assembly.outside}
        self._start_all(self._assembly.parts)
        self._examine([*filter(None, (unit.subject() for unit in self._units)), *self._assembly.outside])
        if self._plan.migrate and not (self._wait_until(self._ledger_ready) and self._migrate()):
            return False
        if not self._wait_until(self._all_ready):
            return False
        self._start_all(self._assembly.services)
        self._examine(list(filter(None, (unit.subject() for unit in self._assembly.services))))
        if not self._wait_until(self._all_ready):
            return False
        self._phase = Phase.READY
        self._write_state()
        log.info("stack_ready", seconds=round(time.monotonic() - self._began, 2))
        return True

    def watch(self) -> None:
        """Keep everything running until a signal, or the end of the lifeline, asks to stop."""
        with contextlib.closing(self._health):
            while not self._wake.stop_requests:
                self._look()
                for unit in self._health.hung(self._assembly.services):
                    log.error("process_hung", name=unit.name, pid=unit.pid, seconds=self._plan.hung_seconds)
                    unit.kill()

    def _end_leftovers(self) -> None:
        before = read_run_state(self._plan.data)
        if before is None:
            return
        log.info("leftovers_ended", mark=before.mark)
        left = end_stack(before.mark, before.recorded())
        if left:
            pids = ", ".join(str(process.pid) for process in left)
            raise StartError(
                f"Processes of the previous run cannot be ended: {pids}. End them, then start again"
            )

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **import_path(),
            **self._assembly.endpoints.environment(),
            "PRESSMARK_DATA": str(self._data.path),
            **self._plan.env,
            **marked_environment(self._mark),
        }

    def _start_all(self, units: Iterable[Unit]) -> None:
        for unit in units:
            if self._wake.stop_requests:
                return
            self._units.append(unit)
            try:
                self._keeper.record(unit.start(self._environment()))
            except OSError as error:
                raise StartError(f"{unit.name} cannot be started: {error}") from error
            self._write_state()

    def _migrate(self) -> bool:
        spec = ChildSpec(name="migrate", argv=self._plan.migrate)
        log_file = self._data.log(spec.name)
        child = start_child(spec, log=log_file, env=self._environment())
        self._migration = child.pid
        try:
            if not self._wait_until(lambda: child.poll() is not None):
                return False
        finally:
            child.kill()
            child.wait()
            self._migration = None
        if child.returncode != 0:
            tail = "\n".join(last_lines(log_file, _LOG_LINES_SHOWN))
            raise StartError(f"The ledger could not be brought to its newest form:\n{tail}")
        return True

    def _examine(self, subjects: list[Subject]) -> None:
        if not subjects or self._wake.stop_requests:
            return
        seconds = _RECHECK_SECONDS if self._phase is Phase.READY else self._plan.ready_seconds
        self._examiners.append(self._examiner_of(tuple(subjects), seconds))

    def _examiner_of(self, subjects: tuple[Subject, ...], seconds: float) -> Examiner:
        examination = Examination(endpoints=self.endpoints, subjects=subjects, seconds=seconds)
        return Examiner(examination, log_file=self._data.log("readiness"), env=self._environment())

    def _wait_until(self, done: Callable[[], bool]) -> bool:
        while not done():
            if self._wake.stop_requests:
                return False
            self._look()
            self._fail_if_hopeless()
        return True

    def _all_ready(self) -> bool:
        return not self._outside_reasons and all(unit.state is ProcessState.READY for unit in self._units)

    def _ledger_ready(self) -> bool:
        waiting = {unit.name for unit in self._units if unit.state is not ProcessState.READY}
        return "postgres" not in waiting | self._outside_reasons.keys()

    def _fail_if_hopeless(self) -> None:
        for unit in self._units:
            if unit.backoff.quick_deaths >= _DEATHS_THAT_FAIL_A_START:
                raise StartError(f"{unit.name} does not stay up, {unit.reason}.\n{self._log_end(unit)}")
        if time.monotonic() - self._began < self._plan.ready_seconds:
            return
        late = [unit for unit in self._units if unit.state is not ProcessState.READY]
        reasons = [
            *(f"{name} (runs elsewhere): {reason}" for name, reason in self._outside_reasons.items()),
            *(f"{unit.name}: {unit.reason or unit.state}\n{self._log_end(unit)}" for unit in late),
        ]
        raise StartError(
            f"Not ready after {self._plan.ready_seconds:.0f} s (PRESSMARK_READY_SECONDS allows more):\n"
            + "\n".join(reasons or ["the ledger's migration still runs"])
        )

    def _log_end(self, unit: Unit) -> str:
        lines = last_lines(unit.log_file, _LOG_LINES_SHOWN)
        return "\n".join([f"  the end of {unit.log_file}:", *(f"  {line}" for line in lines)])

    def _look(self) -> None:
        """One turn of the loop: wait for something to happen, then see to everything."""
        self._wait_for_news()
        for examiner in list(self._examiners):
            done = examiner.is_done()
            for finding in examiner.findings():
                self._take(finding)
            current = self._current_subjects().intersection(examiner.subjects)
            if done or not current:
                self._examiners.remove(examiner)
                examiner.close()
                self._examine([subject for subject in examiner.subjects if subject in current])
        for unit in self._units:
            self._see_to(unit)
        self._stop_if_the_directory_is_gone()
        if self._keeper.restart_if_dead():
            log.warning("keeper_restarted", pid=self._keeper.pid)
        reap_strays(known=self._own_children())
        self._write_state()

    def _stop_if_the_directory_is_gone(self) -> None:
        """Go with the data directory: another stack may stand in its place already."""
        if not self._data.still_holds(self._lock) and not self._wake.stop_requests:
            self._tell(f"{self._data.path} was removed")
            log.error("data_directory_removed", path=str(self._data.path))
            self._wake.stop_requests += 1

    def _wait_for_news(self) -> None:
        sources: list[WakeUp | Examiner | int] = [self._wake, *self._examiners]
        if self._plan.lifeline:
            sources.append(sys.stdin.fileno())
        readable, _, _ = select.select(sources, [], [], _LOOK_SECONDS)
        self._wake.drain()
        if self._plan.lifeline and sys.stdin.fileno() in readable and not os.read(sys.stdin.fileno(), 512):
            self._wake.stop_requests += 1

    def _see_to(self, unit: Unit) -> None:
        if unit.collect():
            self._tell(f"{unit.name} died: {unit.reason}; started again in {unit.backoff.wait_seconds:g} s")
        if unit.pid is None and time.monotonic() >= unit.restart_at:
            self._start_again(unit)
        elif unit.is_ready_by_living():
            self._note_ready(unit)

    def _start_again(self, unit: Unit) -> None:
        try:
            self._keeper.record(unit.start(self._environment()))
        except (StartError, DataDirectoryError, OSError) as error:
            unit.could_not_start(str(error))
            return
        unit.count_restart()
        if subject := unit.subject():
            self._examine([subject])

    def _current_subjects(self) -> set[Subject]:
        """Return what is still to be proved: processes that died meanwhile are not."""
        units = [unit.subject() for unit in self._units if unit.state is ProcessState.STARTING]
        outside = [subject for subject in self._assembly.outside if subject.name in self._outside_reasons]
        return {*filter(None, units), *outside}

    def _take(self, finding: Finding) -> None:
        if finding.name in self._outside_reasons:
            self._outside_reasons[finding.name] = finding.reason
            if finding.ready:
                del self._outside_reasons[finding.name]
                self._tell(f"{finding.name} (runs elsewhere) is ready")
            return
        for unit in self._units:
            if unit.name == finding.name and unit.started_at == finding.started_at and unit.pid:
                unit.reason = finding.reason
                if finding.ready:
                    self._note_ready(unit)

    def _note_ready(self, unit: Unit) -> None:
        unit.became_ready()
        self._tell(f"{unit.name} is ready ({unit.lived_seconds:.1f} s)")

    def _stop(self) -> None:
        deadline = time.monotonic() + _STOP_SECONDS
        for examiner in self._examiners:
            examiner.close()
        services = [unit for unit in self._units if unit in self._assembly.services]
        for unit in services:
            unit.ask_to_stop()
        for unit in services:
            unit.wait_stopped(deadline=deadline)
            self._write_state()
        for unit in reversed([unit for unit in self._units if unit in self._assembly.parts]):
            unit.ask_to_stop()
            unit.wait_stopped(deadline=deadline)
            self._write_state()
        left = end_stack(self._mark)
        if left:
            log.error("processes_left", pids=[process.pid for process in left])
        self._keeper.close()

    def _own_children(self) -> set[int]:
        pids = {self._keeper.pid, self._migration, *self._health.pids()}
        pids |= {examiner.pid for examiner in self._examiners} | {unit.pid for unit in self._units}
        return {pid for pid in pids if pid is not None}

    def _write_state(self) -> None:
        me = identify(os.getpid())
        state = RunState(
            mark=self._mark,
            where=here(),
            supervisor=ProcessStatus(
                name="supervisor", state=ProcessState.READY, pid=os.getpid(), start=me.start if me else None
            ),
            phase=self._phase,
            started_at=self._started_at,
            endpoints=self.endpoints,
            processes=tuple(unit.status() for unit in self._units),
        )
        if state != self._written and self._data.still_holds(self._lock):
            write_run_state(self._data, state)
            self._written = state
