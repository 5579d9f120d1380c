"""Signals as the supervisor's loop sees them: something to wait on, and how often it was asked to stop."""

import os
import signal
from contextlib import ExitStack, suppress
from types import FrameType, TracebackType
from typing import Self

__all__ = ["WakeUp"]

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class WakeUp:
    """A context in which signals wake a loop instead of interrupting it. For the main thread only."""

    def __init__(self) -> None:
        self.stop_requests = 0
        self._reading = -1
        self._restore = ExitStack()

    def __enter__(self) -> Self:
        """Install the handlers."""
        self._reading, writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._restore.callback(os.close, self._reading)
        self._restore.callback(os.close, writing)
        before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        self._restore.callback(signal.set_wakeup_fd, before)
        for number in _STOP_SIGNALS:
            self._restore.callback(signal.signal, number, signal.signal(number, self._ask_to_stop))
        # The end of a child only has to wake the loop; without a handler it would not.
        child_ended = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._restore.callback(signal.signal, signal.SIGCHLD, child_ended)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the former handlers back."""
        self._restore.close()

    def fileno(self) -> int:
        """The file descriptor that becomes readable when a signal came."""
        return self._reading

    def drain(self) -> None:
        """Make the file descriptor wait for the next signal."""
        with suppress(BlockingIOError):
            while os.read(self._reading, 512):
                pass

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1
