"""Appends the records of stored objects to the log, and signs what it has become.

The plan of positions is in the ledger before anything is written; bundles and tiles are in the store before the
checkpoint that covers them is signed; the ledger hears of a checkpoint when the store has it. So whoever is killed
at any step is followed by one who does the same again, and a second signature over another log never comes to be.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.admin.log_rows import LogRows
from shared.errors import RejectError
from shared.ledger.log_book import LogBook, LoggedObject
from shared.log_store import LogStore
from shared.proof import (
    Checkpoint,
    LogKey,
    ProofError,
    consistency_proof,
    grow,
    root_of,
    verify_consistency,
)
from shared.proof.merkle import EMPTY_ROOT

__all__ = ["Appended", "Appender", "Step", "Unlogged"]

_OBJECTS_AT_ONCE = 200


class Step(StrEnum):
    """What has just been done, in the order of the work."""

    PLANNED = "planned"
    WRITTEN = "written"
    KEPT = "kept"
    PUBLISHED = "published"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlogged:
    """An object whose records cannot be logged as it stands; `pressmark verify` tells more."""

    key: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Appended:
    """What a run did."""

    size: int = 0
    """Records in the log now."""
    records: int = 0
    """Records that came in."""
    objects: int = 0
    found_again: int = 0
    """Objects that the log held already, and of whose places the ledger did not know any more."""
    unlogged: list[Unlogged] = field(default_factory=list)


def _nothing(_step: Step) -> None:
    """Do nothing; a test ends the work here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appender:
    """The one writer of the log."""

    log: LogStore
    book: LogBook
    rows: LogRows
    key: LogKey
    step_records: int = 20_000
    """Records after which a checkpoint is signed, or a few more: an object is never divided."""
    reached: Callable[[Step], None] = _nothing
    """Called after each step."""

    def append(self) -> Appended:
        """Log everything that is stored and not logged.

        Raises:
            ProofError: The log in the store is not the one the ledger knows. Nothing was signed.
            TryAgainError: Another one writes, or the store or the ledger did not answer.
        """
        done = Appended()
        with self.book.writer() as still_alone:
            newest = self._settled(done)
            self.log.publish_key()
            while taken := self._take(newest.size, done):
                newest = self._write(newest, [row for _, rows in taken for row in rows], still_alone)
                done.records += sum(len(rows) for _, rows in taken)
                done.objects += len(taken)
        done.size = newest.size
        return done

    def _settled(self, done: Appended) -> Checkpoint:
        """Return the last checkpoint, after the store and the ledger have been brought to agree on it."""
        stored, known = self.log.newest(), self.book.newest()
        origin = self.key.verifier.name
        newest = stored[0] if stored else Checkpoint(origin=origin, size=0, root=EMPTY_ROOT)
        known_size, known_root = (known.size, known.root) if known else (0, EMPTY_ROOT)
        if newest.size < known_size:
            raise ProofError(
                f"the log in the store was rolled back: it holds {newest.size} records, and {known_size} were "
                "signed. Restore log/ from a copy that holds them; nothing is signed until then"
            )
        tree = self.log.tree(newest.size)
        if root_of(tree.node, newest.size) != newest.root:
            raise ProofError(
                f"the tiles in the store do not lead to the root of the signed checkpoint of {newest.size} "
                "records. Restore log/ from a copy; 'pressmark log verify' names what differs"
            )
        proof = consistency_proof(tree.node, old=known_size, new=newest.size)
        verify_consistency(
            old=known_size, old_root=known_root, new=newest.size, new_root=newest.root, proof=proof
        )
        if stored and newest.size > known_size:
            done.found_again = self._catch_up(known_size, newest)
            self.book.note_signed(size=newest.size, root=newest.root, note=stored[1])
        if stored and self.log.note() != stored[1]:
            self.log.put_checkpoint(stored[1], "checkpoint")
        return newest

    def _catch_up(self, known_size: int, newest: Checkpoint) -> int:
        """Find the places of objects in what was signed and the ledger does not know, by the rows themselves.

        That is the last step of a writer that was killed, or all since the backup that a ledger was restored from.
        """
        self.book.forget_from(known_size)
        places: dict[bytes, list[int]] = defaultdict(list)
        for place, row in self.log.entries(known_size, newest.size, size=newest.size):
            places[hashlib.sha256(row).digest()].append(place)
        left, found, passed = newest.size - known_size, 0, list[str]()
        while left and (keys := self.book.unlogged(limit=_OBJECTS_AT_ONCE, passed=passed)):
            for key in keys:
                rows = self._rows_of(key)
                known = None if isinstance(rows, Unlogged) else _found(key, rows, places)
                if known is None:
                    passed.append(key)
                    continue
                self.book.plan([known])
                found += 1
                left -= known.records
        return found

    def _take(self, size: int, done: Appended) -> list[tuple[LoggedObject, list[bytes]]]:
        """Return the objects that come next with their rows, their places planned; none when all are logged."""
        taken = self._planned_before(size)
        if taken:
            return taken
        passed = [one.key for one in done.unlogged]
        end = size
        while not taken and (keys := self.book.unlogged(limit=_OBJECTS_AT_ONCE, passed=passed)):
            for key in keys:
                rows = self._rows_of(key)
                if isinstance(rows, Unlogged):
                    done.unlogged.append(rows)
                    passed.append(key)
                    continue
                taken.append((LoggedObject(key=key, first=end, records=len(rows)), rows))
                end += len(rows)
                if end - size >= self.step_records:
                    break
        if taken:
            self.book.plan([one for one, _ in taken])
            self.reached(Step.PLANNED)
        return taken

    def _planned_before(self, size: int) -> list[tuple[LoggedObject, list[bytes]]]:
        """Return what a killed writer had planned and nobody signed, as far as it still stands."""
        taken: list[tuple[LoggedObject, list[bytes]]] = []
        end = size
        for one in self.book.planned_from(size):
            rows = self._rows_of(one.key)
            if isinstance(rows, Unlogged) or len(rows) != one.records or one.first != end:
                # It was damaged since. No signature covers it, so what comes after may move up.
                self.book.forget_from(one.first)
                break
            taken.append((one, rows))
            end = one.end
        return taken

    def _rows_of(self, key: str) -> list[bytes] | Unlogged:
        try:
            rows = self.rows.of(key)
        except RejectError as error:
            return Unlogged(key=key, reason=str(error))
        return rows or Unlogged(key=key, reason="it holds no record")

    def _write(
        self, old: Checkpoint, entries: Sequence[bytes], still_alone: Callable[[], None]
    ) -> Checkpoint:
        """Write the files, and sign what they lead to when it goes on from the last checkpoint."""
        tree = self.log.tree(old.size)
        files, node = grow(tree, entries, self.log.last_bundle(old.size))
        for path, data in files.items():
            self.log.put(path, data)
            self.reached(Step.WRITTEN)
        size = old.size + len(entries)
        new = Checkpoint(origin=old.origin, size=size, root=root_of(node, size))
        proof = consistency_proof(node, old=old.size, new=size)
        verify_consistency(old=old.size, old_root=old.root, new=size, new_root=new.root, proof=proof)
        still_alone()
        note = self.key.sign(new)
        self.log.put_checkpoint(note, f"checkpoints/{size}")
        self.reached(Step.KEPT)
        self.log.put_checkpoint(note, "checkpoint")
        self.reached(Step.PUBLISHED)
        self.book.note_signed(size=size, root=new.root, note=note)
        self.reached(Step.RECORDED)
        for path in files:
            if ".p/" not in path:
                self.log.prune(path)
        return new


def _found(key: str, rows: Sequence[bytes], places: dict[bytes, list[int]]) -> LoggedObject | None:
    """Return where the rows of an object stand one after the other, and take those places; None if nowhere."""
    digests = [hashlib.sha256(row).digest() for row in rows]
    for first in places.get(digests[0], ()):
        if all(first + number in places.get(digest, ()) for number, digest in enumerate(digests)):
            for number, digest in enumerate(digests):
                places[digest].remove(first + number)
            return LoggedObject(key=key, first=first, records=len(rows))
    return None
