"""A value that is costly to make and may be a little old."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

from shared.errors import TryAgainError

__all__ = ["Remembered"]

log = structlog.get_logger(__name__)

Value = TypeVar("Value")
Start = Callable[[Callable[[], None]], None]


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="remembered", daemon=True).start()


class Remembered(Generic[Value]):
    """Makes a value when it is first asked for, and again beside the readers when it is older than `seconds`.

    Nobody waits for the second making: readers get the old value until the new one is there.
    """

    def __init__(
        self,
        make: Callable[[], Value],
        *,
        seconds: float,
        monotonic: Callable[[], float],
        start: Start = _in_background,
    ) -> None:
        self._make = make
        self._seconds = seconds
        self._monotonic = monotonic
        self._start = start
        self._kept: tuple[float, Value] | None = None
        self._first = threading.Lock()
        self._renewing = threading.Lock()

    def get(self) -> Value:
        """Return the value, which one thread makes for all that ask for the first one.

        Raises:
            TryAgainError: the first one could not be made.
        """
        kept = self._kept
        if kept is None:
            with self._first:
                kept = self._kept or (self._monotonic(), self._make())
                self._kept = kept
        elif self._monotonic() - kept[0] >= self._seconds and self._renewing.acquire(blocking=False):
            try:
                self._start(self._renew)
            except RuntimeError:  # no thread can be started: the next reader tries again
                self._renewing.release()
            return (self._kept or kept)[1]
        return kept[1]

    def _renew(self) -> None:
        try:
            self._kept = (self._monotonic(), self._make())
        except TryAgainError as error:
            log.warning("remembered_value_kept", reason=str(error))
        finally:
            self._renewing.release()
