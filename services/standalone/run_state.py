"""What runs on a data directory, written down by its supervisor and read by everyone else."""

from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from services.standalone.addresses import Endpoints
from services.standalone.data import DataDirectory, write_private
from services.standalone.errors import NotRunningError
from services.standalone.processes import ProcessId

__all__ = [
    "Phase",
    "ProcessState",
    "ProcessStatus",
    "RunState",
    "here",
    "live_state",
    "read_run_state",
    "write_run_state",
]


class Phase(StrEnum):
    """How far a stack is."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class ProcessState(StrEnum):
    """How one process of a stack is."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILING = "failing"
    """It died again and again soon after its start. It is still started again, every 30 s."""
    STOPPED = "stopped"


class ProcessStatus(BaseModel):
    """One process as its supervisor sees it."""

    model_config = ConfigDict(frozen=True)

    name: str
    state: ProcessState
    pid: int | None = None
    start: int | None = None
    """Clock ticks from boot to its start; with the id it names one process for good."""
    restarts: int = 0
    last_exit: str = ""
    """How it last ended: an exit code or the name of a signal."""

    def identity(self) -> ProcessId | None:
        """Return the process, None when none was started."""
        if self.pid is None or self.start is None:
            return None
        return ProcessId(pid=self.pid, start=self.start)


class RunState(BaseModel):
    """A running stack. Written to `run.json` with mode 600, for it holds passwords."""

    model_config = ConfigDict(frozen=True)

    mark: str
    """In the environment of every process of the stack."""
    where: str
    """The boot and the process-id namespace in which the ids mean something."""
    supervisor: ProcessStatus
    phase: Phase
    started_at: float
    """Seconds since the epoch."""
    endpoints: Endpoints
    processes: tuple[ProcessStatus, ...] = ()

    def recorded(self) -> list[ProcessId]:
        """Return the processes that were started, if their ids mean anything here."""
        if self.where != here():
            return []
        return [identity for process in self.processes if (identity := process.identity())]

    def supervisor_lives(self) -> bool:
        """Tell whether the supervisor that wrote this is running, as seen from this process."""
        identity = self.supervisor.identity()
        return identity is not None and self.where == here() and identity.is_alive()


def here() -> str:
    """Name this boot of the machine and this namespace of process ids."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {Path('/proc/self/ns/pid').stat().st_ino}"


def write_run_state(data: DataDirectory, state: RunState) -> None:
    """Replace `run.json`."""
    write_private(data.run_file, state.model_dump_json(indent=1))


def read_run_state(path: Path) -> RunState | None:
    """Read what the last supervisor of a data directory wrote, None when it stopped in order or never ran.

    The stack may be dead all the same, killed: `RunState.supervisor_lives` tells.
    """
    try:
        return RunState.model_validate_json(DataDirectory(path).run_file.read_bytes())
    except (OSError, ValidationError):
        return None


def live_state(path: Path) -> RunState:
    """Return the state of the stack that runs on a data directory now.

    Raises:
        NotRunningError: nothing runs there.
    """
    state = read_run_state(path)
    if state is None or not (state.supervisor_lives() or DataDirectory(path).is_locked()):
        raise NotRunningError(f"Nothing runs on {path}. Start it with 'pressmark up --data {path}'")
    return state
