"""A process of ours that runs for a test, with all its children, and is surely gone afterwards."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from services.standalone.child import ChildSpec, start_child
from services.standalone.processes import ProcessId, end_all, identify, members


@dataclass(slots=True)
class Running:
    """A process in a session of its own, with all its children."""

    child: "Popen[bytes]"
    leader: ProcessId

    def signal_all(self, number: signal.Signals) -> None:
        for process in members(self.leader):
            process.send(number)

    def end(self, *, first: signal.Signals, seconds: float) -> None:
        """End the whole session and make sure of it."""
        left = end_all(lambda: members(self.leader), polite=lambda _: first, seconds=seconds)
        assert not left, f"could not be ended: {left}"
        self.child.wait(5)

    def members(self) -> list[ProcessId]:
        """The living processes of its session."""
        return members(self.leader)


def start_running(argv: Sequence[str], *, log: Path, env: Mapping[str, str]) -> Running:
    """Start a process that ends with this one, its words in a log file."""
    child = start_child(ChildSpec(name=log.stem, argv=tuple(argv), cwd=Path("/")), log=log, env=env)
    leader = identify(child.pid)
    assert leader is not None
    return Running(child, leader)


def wait_until(met: Callable[[], object], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it did not become so in time"
        time.sleep(0.05)
