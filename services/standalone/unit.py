"""One supervised process: started, proved ready, started again when it dies, ended in order."""

import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from services.standalone.backoff import Backoff
from services.standalone.child import ChildSpec, start_child
from services.standalone.processes import ProcessId, end_all, identify, members, titled
from services.standalone.readiness import Subject
from services.standalone.run_state import ProcessState, ProcessStatus

__all__ = ["Unit"]

log = structlog.get_logger(__name__)

_REMAINS_SECONDS = 1.0
_ALIVE_SECONDS = 3.0
"""A process that nobody can ask is ready when it has lived this long: longer than loading its modules takes."""


class Unit:
    """A process under supervision.

    Args:
        name: for people and for the log file.
        prepare: makes everything ready on disk and says how to start the process; called before every start.
        probe: `module:function` of readiness, or nothing when staying alive is enough.
        log_file: where both its outputs go.
    """

    def __init__(self, name: str, prepare: Callable[[], ChildSpec], *, probe: str, log_file: Path) -> None:
        self.name = name
        self.probe = probe
        self.log_file = log_file
        self.state = ProcessState.WAITING
        self.reason = ""
        self.started_at = 0.0
        self.restart_at = 0.0
        self.backoff = Backoff()
        self.identity: ProcessId | None = None
        self._prepare = prepare
        self._spec: ChildSpec | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._born = 0.0
        self._restarts = 0
        self._last_exit = ""

    @property
    def pid(self) -> int | None:
        """The process id, None when it does not run."""
        return self._child.pid if self._child else None

    @property
    def lived_seconds(self) -> float:
        """How long the process has been running."""
        return time.monotonic() - self._born

    def start(self, env: Mapping[str, str]) -> ProcessId:
        """Start the process.

        Raises:
            StartError: it cannot even be prepared.
        """
        self._spec = self._prepare()
        self.started_at = time.time()
        self._born = time.monotonic()
        self._child = start_child(self._spec, log=self.log_file, env=env)
        # A child that died at once is still there, as a zombie, until it is collected below.
        self.identity = identify(self._child.pid) or ProcessId(pid=self._child.pid, start=0)
        self.state = ProcessState.STARTING
        self.reason = ""
        log.info("process_started", name=self.name, pid=self._child.pid)
        return self.identity

    def subject(self) -> Subject | None:
        """Return what the readiness program has to prove about this start, None when nothing."""
        if not self.probe:
            return None
        return Subject(name=self.name, probe=self.probe, started_at=self.started_at)

    def is_ready_by_living(self) -> bool:
        """Tell whether a process without a probe has just lived long enough to count as ready."""
        return not self.probe and self.state is ProcessState.STARTING and self.lived_seconds >= _ALIVE_SECONDS

    def could_not_start(self, reason: str) -> None:
        """Count an attempt that did not even lead to a process as a death."""
        self._note_death(lived_seconds=0, reason=reason)
        log.warning("process_not_started", name=self.name, reason=reason)

    def became_ready(self) -> None:
        """Note that the process proved that it works."""
        self.state = ProcessState.READY
        log.info("process_ready", name=self.name, seconds=round(self.lived_seconds, 2))

    def collect(self) -> bool:
        """Take note when the process has ended, clear its remains, and tell whether it had."""
        if self._child is None or self._child.poll() is None:
            return False
        self._last_exit = exit_text(self._child.returncode)
        self._child = None
        self._note_death(lived_seconds=self.lived_seconds, reason=f"it ended with {self._last_exit}")
        self._end_remains()
        log.warning(
            "process_died",
            name=self.name,
            exit=self._last_exit,
            lived_seconds=round(self.lived_seconds, 1),
            deaths=self.backoff.quick_deaths,
            next_start_seconds=self.backoff.wait_seconds,
        )
        return True

    def count_restart(self) -> None:
        """Count a start that followed a death."""
        self._restarts += 1

    def kill(self) -> None:
        """End the process at once; it will be started again as after any death."""
        if self._child is not None:
            self._child.kill()

    def ask_to_stop(self) -> None:
        """Send the signal that ends the process in order."""
        if self._child is not None and self._spec is not None:
            self._child.send_signal(self._spec.stop_signal)
        elif self.state is not ProcessState.WAITING:
            self.state = ProcessState.STOPPED

    def wait_stopped(self, *, deadline: float) -> None:
        """Wait until the process has ended, kill it after its grace or at the deadline (monotonic seconds)."""
        if self._child is None or self._spec is None:
            return
        grace = max(0.0, min(self._spec.grace_seconds, deadline - time.monotonic()))
        try:
            code = self._child.wait(grace)
        except subprocess.TimeoutExpired:
            log.info("process_killed", name=self.name, after_seconds=round(grace, 1))
            self._child.kill()
            code = self._child.wait()
        self._last_exit = exit_text(code)
        self._child = None
        self.state = ProcessState.STOPPED
        self._end_remains()
        log.info("process_stopped", name=self.name, exit=self._last_exit)

    def status(self) -> ProcessStatus:
        """Return what others may read about this process."""
        running = self.identity if self._child is not None else None
        return ProcessStatus(
            name=self.name,
            state=self.state,
            pid=running.pid if running else None,
            start=running.start if running else None,
            restarts=self._restarts,
            last_exit=self._last_exit,
        )

    def _note_death(self, *, lived_seconds: float, reason: str) -> None:
        self.backoff = self.backoff.after_death(lived_seconds=lived_seconds)
        self.restart_at = time.monotonic() + self.backoff.wait_seconds
        self.state = ProcessState.FAILING if self.backoff.is_failing else ProcessState.RESTARTING
        self.reason = reason

    def _end_remains(self) -> None:
        """End what the process left in its session, which would hold its port, its queue or its files."""
        leader = self.identity
        if leader is None:
            return
        mark = self._spec.title_mark if self._spec else ""
        end_all(
            lambda: [*members(leader), *(titled(mark) if mark else [])],
            polite=lambda _: signal.SIGQUIT if mark else signal.SIGKILL,
            seconds=_REMAINS_SECONDS,
        )


def exit_text(code: int) -> str:
    """Say how a process ended: `exit 1`, or the name of the signal that ended it."""
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
