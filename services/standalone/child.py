"""One child process: its own session, its own log file, and an end that comes with its parent's."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.standalone.accounts import Account, become
from services.standalone.logfiles import open_log

__all__ = ["ChildSpec", "start_child"]

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What to run, and how it ends well."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment that the whole stack shares."""
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    """Asks the process to end in order."""
    grace_seconds: float = 5.0
    """From `stop_signal` to SIGKILL."""
    orphan_signal: signal.Signals = signal.SIGKILL
    """What the kernel sends when the supervisor dies without a word."""
    account: Account | None = None
    title_mark: str = ""
    """What PostgreSQL's processes show in their titles; they leave the session of the one that was started."""


def start_child(spec: ChildSpec, *, log: Path, env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a process in a session of its own, with both outputs in its log file.

    Must be called from the main thread: the kernel's parent-death signal comes when the *thread* that started
    the child ends (prctl(2), PR_SET_PDEATHSIG).

    Raises:
        OSError: the program does not exist or may not be run.
    """
    with open_log(log) as output:
        return subprocess.Popen(  # noqa: S603  (argv lists of our own parts, no shell)
            spec.argv,
            cwd=spec.cwd,
            env={**env, **spec.env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_in_the_child(spec),  # noqa: PLW1509  (the supervisor has one thread)
        )


def _in_the_child(spec: ChildSpec) -> Callable[[], None]:
    parent = os.getpid()
    change_account = become(spec.account) if spec.account else None

    def prepare() -> None:
        if change_account:
            change_account()
        # After the change of account, which clears the parent-death signal.
        _libc.prctl(_PR_SET_PDEATHSIG, int(spec.orphan_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)

    return prepare
