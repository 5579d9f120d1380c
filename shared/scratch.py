"""Bytes that come in pieces and may be many: in memory while they are few, in an unnamed file above that."""

import mmap
import tempfile
from io import BytesIO
from typing import IO

__all__ = ["Scratch", "mapped"]


class Scratch:
    """Collects bytes. What has gone to a file is read through a memory map, which the system can take back."""

    __slots__ = ("_file", "_memory", "_most_in_memory", "size")

    def __init__(self, *, most_in_memory: int) -> None:
        self._most_in_memory = most_in_memory
        # Grows in place and hands out its buffer without a copy, where joining pieces would double them.
        self._memory = BytesIO()
        self._file: IO[bytes] | None = None
        self.size = 0

    @property
    def in_memory(self) -> int:
        """How many bytes are held in memory."""
        return self.size if self._file is None else 0

    def add(self, piece: bytes | memoryview) -> None:
        """Add a piece.

        Raises:
            OSError: There is no room for the file.
        """
        self.size += len(piece)
        if self._file is not None:
            self._file.write(piece)
            return
        self._memory.write(piece)
        if self.size > self._most_in_memory:
            self.move_to_file()

    def move_to_file(self) -> None:
        """Give back the memory, unless that has been done.

        Raises:
            OSError: There is no room for the file.
        """
        if self._file is None:
            # Closed by `close`, which whoever makes a scratch calls.
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the scratch
            self._file.write(self._memory.getbuffer())
            self._memory = BytesIO()

    def content(self) -> bytes | memoryview:
        """Return all bytes so far. They can be read after `close` too.

        Raises:
            OSError: There is no room for the file.
        """
        if self._file is None or not self.size:
            return self._memory.getvalue()
        self._file.flush()
        return mapped(self._file)

    def close(self) -> None:
        """Forget everything."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._memory = BytesIO()
        self.size = 0


def mapped(file: IO[bytes]) -> memoryview:
    """Return a file that is not empty as memory that the system reads when it is looked at, and can take back.

    The file may be closed afterwards.
    """
    return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
