"""Sorts any number of lines by their bytes in bounded memory: what is too much for it goes to files."""

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Self

__all__ = ["SortedLines"]

_MOST_BYTES = 16 * 1024 * 1024
_OVERHEAD = 64
"""What Python adds to a short line, about."""
_MOST_FILES = 64


class SortedLines:
    """Lines that come in any order and go in order. Use it in a with block; its files go with it."""

    def __init__(self, *, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lines: list[bytes] = []
        self._bytes = 0
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def add(self, line: bytes) -> None:
        """Take a line that ends with its line end."""
        self._lines.append(line)
        self._bytes += len(line) + _OVERHEAD
        if self._bytes > self._most_bytes:
            self._write_down(sorted(self._lines))
            self._lines, self._bytes = [], 0
            if len(self._files) >= _MOST_FILES:
                self._join_files()

    def __iter__(self) -> Iterator[bytes]:
        for file in self._files:
            file.seek(0)
        return heapq.merge(*self._files, sorted(self._lines))

    def _write_down(self, lines: Iterable[bytes]) -> None:
        file = tempfile.TemporaryFile(prefix="pressmark-")  # noqa: SIM115  (closed at the end of the block)
        file.writelines(lines)
        self._files.append(file)

    def _join_files(self) -> None:
        """Make one file of all: a process may hold a limited number of them open."""
        several, self._files = self._files, []
        for file in several:
            file.seek(0)
        self._write_down(heapq.merge(*several))
        for file in several:
            file.close()
