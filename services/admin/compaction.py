"""Puts many small WARC objects together into sealed ones: a bucket holds thousands of objects, not millions.

A sealed object is its parts one after the other, byte for byte, so records, digests and proofs stay as they are.
Each step is harmless to repeat and leaves every capture readable, so the work may be killed at any moment. The
plan is in the ledger before anything is written; pointers move in one transaction, after the sealed object was
stored and read back; a part goes only a grace time later, after its copy was compared with it once more.
"""

import hashlib
import mmap
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from uuid import uuid4

from shared.cdxj import CONTENT_TYPE as CDXJ_TYPE
from shared.cdxj import cdxj_file, cdxj_key, entries_of
from shared.clock import Clock
from shared.completeness import check_object
from shared.evidence import EvidenceMissingError, EvidenceStore
from shared.ledger.evidence_index import EvidenceIndex, Part
from shared.media_types import WARC_TYPE
from shared.warc_reading import read_records
from shared.warc_validation import WarcInvalidError

__all__ = ["Compaction", "NotSealed", "Sealed", "Step"]

_PIECE = 8 * 1024 * 1024


class Step(StrEnum):
    """What has just been done, in the order of the work."""

    PLANNED = "planned"
    WRITTEN = "written"
    STORED = "stored"
    INDEXED = "indexed"
    MOVED = "moved"
    COMPARED = "compared"
    UNINDEXED = "unindexed"
    REMOVED = "removed"
    NOTED = "noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A sealed object that captures point into now."""

    key: str
    parts: int
    bytes: int
    captures: int
    """Captures whose pointers moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSealed:
    """A part that is not what the ledger says. It stays as it is; `pressmark verify` tells more."""

    part_key: str
    reason: str


class _DamagedPartError(Exception):
    """A part cannot go into a sealed object."""

    def __init__(self, part_key: str, reason: str) -> None:
        super().__init__(reason)
        self.not_sealed = NotSealed(part_key=part_key, reason=reason)


def _nothing(_step: Step) -> None:
    """Do nothing; a test ends the work here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """Seals small objects and removes those that have been sealed for long enough."""

    index: EvidenceIndex
    evidence: EvidenceStore
    clock: Clock
    reached: Callable[[Step], None] = _nothing
    """Called after each step."""
    spool: Path | None = None
    """Where a sealed object is put together; None for the system's own place."""

    def seal(self, *, size: int, age: timedelta) -> Iterator[Sealed | NotSealed]:
        """Carry out what an earlier run has planned, then seal what has come together since.

        Args:
            size: Least bytes of a sealed object. What remains below that waits for more.
            age: How long an object must have been stored, and its articles been read.

        Raises:
            TryAgainError: The store or the ledger did not answer. Run it again.
        """
        passed: list[str] = []
        for _, parts in groupby(self.index.planned(), key=lambda part: part.sealed_key):
            yield self._carry_out(list(parts), passed)
        while parts_of_next := self.index.plan_sealed(
            size=size, age=age, passed=passed, name=self._sealed_key()
        ):
            self.reached(Step.PLANNED)
            yield self._carry_out(parts_of_next, passed)

    def remove_superseded(self, *, grace: timedelta) -> Iterator[Part | NotSealed]:
        """Remove the parts of sealed objects that nothing has pointed at for the grace time; yield each.

        Whoever has read a pointer just before it moved can still follow it within that time.

        Raises:
            TryAgainError: The store or the ledger did not answer. Run it again.
        """
        for part in self.index.removable(grace=grace):
            try:
                self._compare(part)
            except _DamagedPartError as error:
                yield error.not_sealed
                continue
            self.reached(Step.COMPARED)
            self.evidence.delete(cdxj_key(part.part_key))
            self.reached(Step.UNINDEXED)
            self.evidence.delete(part.part_key)
            self.reached(Step.REMOVED)
            self.index.note_removed(part.part_key)
            self.reached(Step.NOTED)
            yield part

    def _sealed_key(self) -> str:
        return f"warc/{self.clock.now():%Y/%m/%d}/sealed-{uuid4()}.warc.gz"

    def _carry_out(self, parts: Sequence[Part], passed: list[str]) -> Sealed | NotSealed:
        """Write, store, index and point: a plan that was begun before is done again from its start."""
        key = parts[0].sealed_key
        with tempfile.TemporaryDirectory(prefix="pressmark-", dir=self.spool) as folder:
            path = Path(folder) / "sealed.warc.gz"
            try:
                self._write(parts, path)
            except _DamagedPartError as error:
                self.index.drop_plan(key)
                passed.append(error.not_sealed.part_key)
                return error.not_sealed
            self.reached(Step.WRITTEN)
            self.evidence.put(key, path, content_type=WARC_TYPE)
            self.reached(Step.STORED)
            self.evidence.put(cdxj_key(key), self._cdxj(key, parts, path), content_type=CDXJ_TYPE)
            self.reached(Step.INDEXED)
            size = path.stat().st_size
        moved = self.index.move(key)
        self.reached(Step.MOVED)
        return Sealed(key=key, parts=len(parts), bytes=size, captures=moved)

    def _write(self, parts: Sequence[Part], path: Path) -> None:
        piece = path.with_name("part.warc.gz")
        with path.open("wb") as sealed:
            for part in parts:
                self._fetch_sound(part, piece)
                with piece.open("rb") as file:
                    shutil.copyfileobj(file, sealed, _PIECE)

    def _fetch_sound(self, part: Part, path: Path) -> None:
        """Get a part and check it as strictly as when it was written."""
        try:
            self.evidence.download(part.part_key, path)
            with path.open("rb") as file:
                size = path.stat().st_size
                # An empty file cannot be mapped.
                data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
                check_object(memoryview(data), expected_bytes=part.part_length)
        except (EvidenceMissingError, WarcInvalidError) as error:
            raise _DamagedPartError(part.part_key, str(error)) from error

    def _cdxj(self, key: str, parts: Sequence[Part], path: Path) -> bytes:
        digests: dict[str, str] = {}
        for part in parts:
            digests.update(self.index.digests_of(part.part_key))
        with path.open("rb") as file:
            data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return cdxj_file(entries_of(read_records(data), digests), key)

    def _compare(self, part: Part) -> None:
        """Hold a part against its copy before it goes. One that is gone was compared before it went."""
        with tempfile.TemporaryDirectory(prefix="pressmark-", dir=self.spool) as folder:
            try:
                kept = self.evidence.download(part.part_key, Path(folder) / "part")
            except EvidenceMissingError:
                return
        copy = hashlib.sha256()
        end = part.part_offset + part.part_length
        for offset in range(part.part_offset, end, _PIECE):
            length = min(_PIECE, end - offset)
            copy.update(self.evidence.get_range(part.sealed_key, offset=offset, length=length))
        if copy.hexdigest() != kept:
            reason = f"its copy in {part.sealed_key} differs; it is kept. Run 'pressmark verify'"
            raise _DamagedPartError(part.part_key, reason)
