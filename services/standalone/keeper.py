"""The keeper: a small process that ends the stack when its supervisor is gone without having done so.

It stands in a session of its own and holds the reading end of a pipe whose only writing end is the supervisor's.
However the supervisor ends, the kernel closes the pipe; the keeper then ends every process of the stack.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from services.standalone.interpreter import import_path, module_argv
from services.standalone.processes import ProcessId, end_all, parting_signal, processes_of

__all__ = ["Keeper", "end_stack"]

_POLITE_SECONDS = 2.0


def end_stack(mark: str, recorded: Iterable[ProcessId] = ()) -> list[ProcessId]:
    """End every process of a stack, stores in their own way first, and return what could not be ended."""
    known = list(recorded)
    return end_all(lambda: processes_of(mark, known), polite=parting_signal, seconds=_POLITE_SECONDS)


class Keeper:
    """The supervisor's end of the pipe. Restarts the keeper when somebody killed it."""

    def __init__(self, mark: str, *, remove: Iterable[Path] = ()) -> None:
        """Start the keeper of a stack; `remove` names files outside its data directory that go with it."""
        self._mark = mark
        self._remove = tuple(str(path) for path in remove)
        self._recorded: list[ProcessId] = []
        self._process = self._start()

    @property
    def pid(self) -> int:
        """The keeper's process id."""
        return self._process.pid

    def record(self, process: ProcessId) -> None:
        """Tell the keeper of a process, so that its whole session is found even without the mark."""
        self._recorded.append(process)
        self._tell([process])

    def restart_if_dead(self) -> bool:
        """Start a new keeper if the old one was killed, and tell whether that was needed."""
        if self._process.poll() is None:
            return False
        self._close_pipe()
        self._process = self._start()
        self._tell(self._recorded)
        return True

    def close(self, *, seconds: float = 20.0) -> None:
        """Let the keeper look a last time and end."""
        self._close_pipe()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, **import_path()}
        return subprocess.Popen(  # noqa: S603  (our own module, no shell)
            module_argv("services.standalone.keeper", self._mark, *self._remove),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,
        )

    def _tell(self, processes: list[ProcessId]) -> None:
        lines = "".join(f"{process.pid} {process.start}\n" for process in processes)
        assert self._process.stdin is not None
        # A dead keeper does not read; the supervisor starts a new one at its next look.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(lines.encode())
            self._process.stdin.flush()

    def _close_pipe(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()


def _main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    mark, *remove = sys.argv[1:]
    recorded = []
    for line in sys.stdin.buffer:
        pid, start = line.split()
        recorded.append(ProcessId(pid=int(pid), start=int(start)))
    end_stack(mark, recorded)
    for path in remove:
        with contextlib.suppress(OSError):
            Path(path).unlink(missing_ok=True)


if __name__ == "__main__":
    _main()
