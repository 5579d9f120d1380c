"""Recognises the processes of a stack in /proc, and ends them.

A process belongs to a stack when its environment holds the stack's mark, when it is in the session of a process
that was recorded, or when it is a PostgreSQL process whose title holds the mark: PostgreSQL writes its title over
its environment and gives each of its processes a session of its own.
"""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "MARK_VARIABLE",
    "ProcessId",
    "end_all",
    "identify",
    "marked_environment",
    "members",
    "parting_signal",
    "postmaster_of",
    "processes_of",
    "reap_strays",
    "titled",
]

MARK_VARIABLE = "PRESSMARK_STACK"
"""Holds the marks of all stacks that a process belongs to, joined by colons: a test may run a stack in a stack."""

_PROC = Path("/proc")
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessId:
    """One process for good: ids come again, an id with its start time (clock ticks since boot) does not."""

    pid: int
    start: int

    def is_alive(self) -> bool:
        """Tell whether it still runs; a zombie does not."""
        entry = _read_stat(self.pid)
        return entry is not None and entry.start == self.start and entry.state not in "ZX"

    def send(self, number: signal.Signals) -> None:
        """Send a signal; nothing happens when the process is gone."""
        if self.is_alive():
            try:
                os.kill(self.pid, number)
            except (ProcessLookupError, PermissionError):
                return

    def end(self, *, first: signal.Signals, seconds: float) -> bool:
        """Ask the process to end, kill it after some seconds, and tell whether it is gone."""
        return not end_all(lambda: [self] if self.is_alive() else [], polite=lambda _: first, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stat:
    pid: int
    name: str
    state: str
    parent: int
    session: int
    start: int


def marked_environment(mark: str) -> dict[str, str]:
    """Return the environment variable that puts a process into a stack."""
    outer = os.environ.get(MARK_VARIABLE)
    return {MARK_VARIABLE: f"{outer}:{mark}" if outer else mark}


def identify(pid: int) -> ProcessId | None:
    """Return the lasting identity of a running process, None when there is none."""
    entry = _read_stat(pid)
    return ProcessId(pid=pid, start=entry.start) if entry else None


def processes_of(mark: str, recorded: Iterable[ProcessId] = ()) -> list[ProcessId]:
    """Find every living process of a stack, wherever it was moved to, but never this process."""
    sessions = {known.pid: known.start for known in recorded}
    found = []
    for entry in _all_stats():
        if entry.pid == os.getpid() or entry.state in "ZX":
            continue
        if _in_session(entry, sessions) or _is_marked(entry, mark):
            found.append(ProcessId(pid=entry.pid, start=entry.start))
    return found


def members(leader: ProcessId) -> list[ProcessId]:
    """Find the living processes of a session whose leader may be gone."""
    return [
        ProcessId(pid=entry.pid, start=entry.start)
        for entry in _all_stats()
        if entry.state not in "ZX" and _in_session(entry, {leader.pid: leader.start})
    ]


def titled(mark: str) -> list[ProcessId]:
    """Find the living PostgreSQL processes whose title holds a mark."""
    return [
        ProcessId(pid=entry.pid, start=entry.start)
        for entry in _all_stats()
        if entry.state not in "ZX" and _has_title(entry, mark)
    ]


def postmaster_of(cluster: Path) -> ProcessId | None:
    """Find the PostgreSQL server that runs on a cluster, by its lock file and its command line."""
    try:
        pid = int((cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        arguments = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    entry = _read_stat(pid)
    if entry is None or entry.name != "postgres" or os.fsencode(cluster) not in arguments:
        return None
    return ProcessId(pid=pid, start=entry.start)


def end_all(
    find: Callable[[], list[ProcessId]],
    *,
    polite: Callable[[ProcessId], signal.Signals],
    seconds: float,
    kill_seconds: float = 10.0,
) -> list[ProcessId]:
    """End processes until none is found: first in their own way, after some seconds by SIGKILL.

    Returns:
        What could not be ended within `seconds` + `kill_seconds`.
    """
    asked: set[ProcessId] = set()
    started = time.monotonic()
    while True:
        found = find()
        waited = time.monotonic() - started
        if not found or waited > seconds + kill_seconds:
            return found
        for process in found:
            if waited > seconds:
                process.send(signal.SIGKILL)
            elif process not in asked:
                process.send(polite(process))
        asked.update(found)
        time.sleep(_POLL_SECONDS)


def reap_strays(*, known: set[int]) -> None:
    """Collect dead processes that others abandoned and the kernel gave to us, but none of our own children."""
    while True:
        try:
            dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if dead is None or dead.si_pid in known:
            return
        os.waitpid(dead.si_pid, os.WNOHANG)


def parting_signal(process: ProcessId) -> signal.Signals:
    """Say how a leftover is ended: stores in their own way, everything else at once."""
    entry = _read_stat(process.pid)
    name = entry.name if entry else ""
    if name == "postgres":
        return signal.SIGQUIT
    if name in {"valkey-server", "weed"}:
        return signal.SIGTERM
    return signal.SIGKILL


def _in_session(entry: _Stat, sessions: dict[int, int]) -> bool:
    start = sessions.get(entry.session)
    if start is None or entry.start < start:
        return False
    leader = _read_stat(entry.session)
    # While members live the kernel gives the session's number to nobody else, so a missing leader is ours.
    return leader is None or leader.start == start


def _is_marked(entry: _Stat, mark: str) -> bool:
    if _has_title(entry, mark):
        return True
    try:
        environment = (_PROC / str(entry.pid) / "environ").read_bytes()
    except OSError:
        return False  # gone, or another user's: neither is ours to end
    _, found, rest = (b"\0" + environment).partition(f"\0{MARK_VARIABLE}=".encode())
    return bool(found) and mark.encode() in rest.partition(b"\0")[0].split(b":")


def _has_title(entry: _Stat, mark: str) -> bool:
    if entry.name != "postgres":
        return False
    try:
        return mark.encode() in (_PROC / str(entry.pid) / "cmdline").read_bytes()
    except OSError:
        return False


def _all_stats() -> Iterator[_Stat]:
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            entry = _read_stat(int(folder.name))
            if entry is not None:
                yield entry


def _read_stat(pid: int) -> _Stat | None:
    """Read /proc/<pid>/stat (proc(5)); the name is in brackets and may itself hold any character."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    return _Stat(
        pid=pid,
        name=name,
        state=fields[0],
        parent=int(fields[1]),
        session=int(fields[3]),
        start=int(fields[19]),
    )
