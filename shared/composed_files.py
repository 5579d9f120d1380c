"""Files that are never written: literal bytes and ranges of stored objects, read from any place.

Whoever composes a file knows its size and its check sums before the first byte is sent, so it can be sent in
ranges, packed into another one, and held against what was read when it was composed.
"""

import hashlib
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from pathlib import Path
from typing import Protocol

from shared.crc32 import combined_crc32
from shared.errors import PressmarkError

__all__ = ["ChangedError", "ComposedFile", "Literal", "LocalFile", "Part", "Run", "StoredRuns"]

PIECE_BYTES = 1024 * 1024
"""Most bytes that are read at once, and so the memory that reading takes."""


class ChangedError(PressmarkError):
    """What is stored is not what it was when the file was composed. Ask again; then run a fixity check."""


class Part(Protocol):
    """Some bytes that can be read again and again."""

    @property
    def size(self) -> int:
        """How many."""
        ...

    @property
    def crc(self) -> int:
        """Their CRC-32, as zip files have it."""
        ...

    def pieces(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `begin` on and before `end`."""
        ...


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes that are at hand."""

    data: bytes

    @property
    def size(self) -> int:
        """How many."""
        return len(self.data)

    @property
    def crc(self) -> int:
        """Their CRC-32."""
        return zlib.crc32(self.data)

    def pieces(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `begin` on and before `end`."""
        if begin < end:
            yield self.data[begin:end]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file of this machine, whose size and CRC-32 are known."""

    path: Path
    size: int
    crc: int

    def pieces(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `begin` on and before `end`.

        Raises:
            ChangedError: The file has become shorter.
        """
        with self.path.open("rb") as file:
            file.seek(begin)
            while begin < end:
                piece = file.read(min(PIECE_BYTES, end - begin))
                if not piece:
                    raise ChangedError(f"{self.path} is shorter than it was")
                begin += len(piece)
                yield piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Records of one object that lie one behind the other."""

    key: str
    offset: int
    lengths: tuple[int, ...]
    """Of each record."""
    digests: tuple[bytes, ...]
    """SHA-256 of each record, when the file was composed."""

    @property
    def size(self) -> int:
        """Bytes of all records."""
        return sum(self.lengths)


class StoredRuns:
    """Runs of stored records one after the other."""

    def __init__(self, runs: Sequence[Run], *, crc: int, read: Callable[[str, int, int], bytes]) -> None:
        """Take what was found.

        Args:
            runs: In their order.
            crc: The CRC-32 of all together.
            read: Returns bytes of an object: key, offset and length.
        """
        self._runs = tuple(runs)
        self._starts = list(accumulate((run.size for run in self._runs), initial=0))
        self._read = read
        self.crc = crc
        self.size = self._starts[-1]

    def pieces(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `begin` on and before `end`, each record only when all of it is what it was.

        A record whose beginning is not asked for cannot be told from another of its length.

        Raises:
            ChangedError: A record is not what it was.
            EvidenceMissingError, RejectError, TryAgainError: As the store says.
        """
        number = bisect_right(self._starts, begin) - 1
        while begin < end:
            run, start = self._runs[number], self._starts[number]
            stop = min(end, self._starts[number + 1])
            yield from self._of_run(run, begin - start, stop - start)
            begin, number = stop, number + 1

    def _of_run(self, run: Run, begin: int, end: int) -> Iterator[bytes]:
        checked = _Checked(run, begin)
        while begin < end:
            length = min(PIECE_BYTES, end - begin)
            piece = self._read(run.key, run.offset + begin, length)
            checked.take(piece)
            begin += length
            yield piece


class _Checked:
    """Holds the bytes of a run against the digests of its records, from the first one that begins."""

    def __init__(self, run: Run, begin: int) -> None:
        starts = list(accumulate(run.lengths, initial=0))
        self._run = run
        self._number = bisect_right(starts, begin) - 1
        self._left = starts[self._number + 1] - begin
        self._is_whole = starts[self._number] == begin
        self._digest = hashlib.sha256()

    def take(self, piece: bytes) -> None:
        """Take the next bytes.

        Raises:
            ChangedError: A record ends in them and is another one.
        """
        view = memoryview(piece)
        while view:
            mine = view[: self._left]
            self._digest.update(mine)
            self._left -= len(mine)
            view = view[len(mine) :]
            if not self._left:
                self._end_record()

    def _end_record(self) -> None:
        if self._is_whole and self._digest.digest() != self._run.digests[self._number]:
            raise ChangedError(f"a record of {self._run.key!r} changed while it was read")
        self._number += 1
        self._is_whole = True
        self._digest = hashlib.sha256()
        self._left = self._run.lengths[self._number] if self._number < len(self._run.lengths) else 0


class ComposedFile:
    """Parts one after the other; a part itself."""

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = tuple(part for part in parts if part.size)
        self._starts = list(accumulate((part.size for part in self._parts), initial=0))
        self.size = self._starts[-1]

    @property
    def crc(self) -> int:
        """The CRC-32 of all bytes."""
        return reduce(lambda crc, part: combined_crc32(crc, part.crc, part.size), self._parts, 0)

    def pieces(self, begin: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `begin` on and before `end`.

        Raises:
            ChangedError: A part is not what it was.
        """
        number = bisect_right(self._starts, begin) - 1
        while begin < end:
            part, start = self._parts[number], self._starts[number]
            stop = min(end, self._starts[number + 1])
            yield from part.pieces(begin - start, stop - start)
            begin, number = stop, number + 1

    def write(self, path: Path) -> None:
        """Write all of it to a file."""
        with path.open("wb") as file:
            for piece in self.pieces(0, self.size):
                file.write(piece)
