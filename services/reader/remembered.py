"""A value that is costly to make and may be a little old."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Makes a value when asked, and again when it is older than `seconds`."""

    def __init__(self, make: Callable[[], Value], *, seconds: float, monotonic: Callable[[], float]) -> None:
        self._make = make
        self._seconds = seconds
        self._monotonic = monotonic
        self._kept: tuple[float, Value] | None = None
        self._lock = threading.Lock()

    def get(self) -> Value:
        """Return the value; one thread makes it while the others wait."""
        with self._lock:
            now = self._monotonic()
            if self._kept is None or now - self._kept[0] >= self._seconds:
                self._kept = (now, self._make())
            return self._kept[1]
