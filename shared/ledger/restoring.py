"""Restoring: a ledger that was lost is made anew of what the object store holds, part by part.

A part is what one batch wrote. It is restored in one transaction, with the same statements that recorded it the
first time, so a rebuild may be killed at any moment and goes on with the parts that have no outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from shared.errors import TryAgainError
from shared.ledger import batches_sql
from shared.ledger import restoring_sql as sql
from shared.ledger.batches import CaptureRow, capture_columns
from shared.ledger.database import Database, Transaction
from shared.ledger.frontier import Candidate, add_candidates

__all__ = ["FoundPart", "ImportOrigin", "Manners", "RebuildCounts", "RestoredLook", "Restoring"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPart:
    """What one batch wrote, and where it lies now."""

    batch_id: str
    object_key: str
    written_key: str
    part_offset: int
    part_length: int
    begun_at: datetime
    is_sealed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredLook:
    """One look as its records tell it."""

    source_id: str
    target: Candidate
    capture: CaptureRow
    """Without the number of its target and of what it repeats: both are the ledger's own."""
    original: tuple[bytes, str | None, datetime | None, str | None] | None = None
    """What a revisit repeats: URL key, record id, time, payload digest, as far as the record says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrigin:
    """Where records of somebody else came from, as their object says itself."""

    source_id: str
    file_name: str
    file_digest: str
    part: str
    imported_by: str
    format: str
    object_digest: str
    is_recompressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How gently the hosts of a source are asked, and within what time an imported page is looked at."""

    delay: timedelta
    concurrency: int
    look_within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildCounts:
    """How far a rebuild is."""

    parts: int
    done: int
    restored: int
    known: int
    unreadable: int
    captures: int


class Restoring:
    """Knows what was found in the store, and adds what the ledger lacks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def surveyed(self) -> set[str]:
        """Return the objects whose parts are known."""
        with self._database.transaction() as transaction:
            return {row["object_key"] for row in transaction.rows(sql.SURVEYED)}

    def add_parts(self, object_key: str, parts: Sequence[FoundPart], *, is_sealed: bool) -> None:
        """Note the parts of an object."""
        arguments = {
            "object": object_key,
            "sealed": is_sealed,
            "batches": [part.batch_id for part in parts],
            "keys": [part.written_key for part in parts],
            "offsets": [part.part_offset for part in parts],
            "lengths": [part.part_length for part in parts],
            "times": [part.begun_at for part in parts],
        }
        with self._database.transaction() as transaction:
            transaction.run(sql.ADD_PARTS, arguments)

    def left(self, *, limit: int) -> list[FoundPart]:
        """Return parts that have no outcome, the oldest first."""
        with self._database.transaction() as transaction:
            return [FoundPart(**row) for row in transaction.rows(sql.LEFT, {"limit": limit})]

    def known_objects(self) -> set[str]:
        """Return the objects that captures point into, and those that a batch wrote."""
        with self._database.transaction() as transaction:
            return {row["key"] for row in transaction.rows(sql.KNOWN_OBJECTS)}

    def counts(self) -> RebuildCounts:
        """Return how many parts were found, and what became of them."""
        with self._database.transaction() as transaction:
            row = transaction.row(sql.COUNTS)
        assert row is not None
        return RebuildCounts(**row)

    def unread(self) -> int:
        """Return how many restored batches no normalizer has read yet."""
        with self._database.transaction() as transaction:
            row = transaction.row(sql.UNREAD)
        return 0 if row is None else int(row["unread"])

    def is_known(self, batch_id: str) -> bool:
        """Tell whether the ledger knows a batch, whatever became of it."""
        with self._database.transaction() as transaction:
            return transaction.row(sql.IS_KNOWN, {"batch": batch_id}) is not None

    def end(self, part: FoundPart, outcome: str, detail: str = "") -> None:
        """Note that nothing of a part is to be added: it is known, or cannot be read."""
        with self._database.transaction() as transaction:
            _end(transaction, part, outcome, detail=detail)

    def restore(
        self,
        part: FoundPart,
        looks: Sequence[RestoredLook],
        manners: dict[str, Manners],
        *,
        origin: ImportOrigin | None,
        part_remains: bool,
    ) -> int:
        """Add a part with its looks and targets, unless the ledger knows its batch.

        Args:
            part: Where it lies.
            looks: What it holds.
            manners: How to treat the hosts of each source.
            origin: Where the records came from, when they are somebody else's.
            part_remains: Whether an object of its own still holds a sealed part.

        Returns:
            How many captures were added. A revisit of what is not there is none.

        Raises:
            TryAgainError: Someone looks at one of its targets now, or the ledger does not answer.
        """
        with self._database.transaction() as transaction:
            transaction.row(sql.ONE_RESTORES)
            if transaction.row(sql.IS_KNOWN, {"batch": part.batch_id}) is not None:
                _end(transaction, part, "known")
                return 0
            for source_id in dict.fromkeys(look.source_id for look in looks):
                _add_targets(transaction, source_id, looks, manners[source_id])
            arguments = {"batch": part.batch_id, "trace": str(uuid4()), "count": len(looks)}
            transaction.run(sql.ADD_BATCH, arguments)
            ids = _hold(transaction, part, looks, manners, is_imported=origin is not None)
            captures = _captures(transaction, looks, ids)
            _record(transaction, part, captures)
            _place(transaction, part, looks, is_imported=origin is not None)
            if part.is_sealed:
                _point_into_sealed(transaction, part, part_remains=part_remains)
            if origin is not None:
                _add_origin(transaction, part, origin)
            _end(transaction, part, "restored", captures=len(captures))
        return len(captures)


def _add_targets(
    transaction: Transaction, source_id: str, looks: Sequence[RestoredLook], manners: Manners
) -> None:
    first = {look.target.url_key: look.target for look in reversed(looks) if look.source_id == source_id}
    add_candidates(
        transaction,
        source_id,
        list(first.values()),
        delay=manners.delay,
        concurrency=manners.concurrency,
        via="rebuild",
    )


def _hold(
    transaction: Transaction,
    part: FoundPart,
    looks: Sequence[RestoredLook],
    manners: dict[str, Manners],
    *,
    is_imported: bool,
) -> dict[bytes, int]:
    """Lease the targets to the batch, as a claim does, and return their numbers."""
    within = max((one.look_within for one in manners.values()), default=timedelta(0))
    arguments = {
        "batch": part.batch_id,
        "within": within if is_imported else None,
        "keys": [look.target.url_key.hex() for look in looks],
        "times": [look.capture.fetched_at for look in looks],
    }
    rows = transaction.rows(sql.HOLD_TARGETS, arguments)
    ids = {bytes.fromhex(row["key"].replace("-", "")): int(row["target_id"]) for row in rows}
    held = [look.target.url for look in looks if look.target.url_key not in ids]
    if held:
        raise TryAgainError(f"{held[0]} is looked at just now; run it again in a minute")
    return ids


def _captures(
    transaction: Transaction, looks: Sequence[RestoredLook], ids: dict[bytes, int]
) -> list[CaptureRow]:
    """Return the looks with the numbers of this ledger; those whose original is nowhere are left out."""
    found = _originals(transaction, looks)
    captures = []
    for number, look in enumerate(looks):
        row = replace(look.capture, target_id=ids[look.target.url_key])
        if look.original is not None:
            if number not in found:
                continue
            capture_id, digest = found[number]
            row = replace(row, revisit_of=capture_id, payload_digest=digest)
        captures.append(row)
    return captures


def _originals(transaction: Transaction, looks: Sequence[RestoredLook]) -> dict[int, tuple[int, str]]:
    wanted = [(number, look.original) for number, look in enumerate(looks) if look.original is not None]
    if not wanted:
        return {}
    arguments = {
        "keys": [original[0].hex() for _, original in wanted],
        "records": [original[1] for _, original in wanted],
        "times": [original[2] for _, original in wanted],
        "digests": [original[3] for _, original in wanted],
    }
    rows = transaction.rows(sql.ORIGINALS, arguments)
    return {wanted[row["place"] - 1][0]: (row["capture_id"], row["payload_digest"]) for row in rows}


def _record(transaction: Transaction, part: FoundPart, captures: Sequence[CaptureRow]) -> None:
    arguments = {
        "batch": part.batch_id,
        "key": part.written_key,
        "bytes": part.part_length,
        **capture_columns(captures),
    }
    transaction.run(batches_sql.CLOSE, arguments)
    transaction.run(batches_sql.ADD_CAPTURES, arguments)
    transaction.run(batches_sql.MOVE_TARGETS, arguments)
    transaction.run(batches_sql.RETURN_UNTOUCHED, arguments)


def _place(
    transaction: Transaction, part: FoundPart, looks: Sequence[RestoredLook], *, is_imported: bool
) -> None:
    """Date the batch by its last look: that is the order in which batches are read."""
    at = part.begun_at if is_imported else max(look.capture.fetched_at for look in looks)
    transaction.run(sql.PLACE_BATCH, {"batch": part.batch_id, "at": at, "imported": is_imported})


def _point_into_sealed(transaction: Transaction, part: FoundPart, *, part_remains: bool) -> None:
    arguments = {
        "batch": part.batch_id,
        "object": part.object_key,
        "written": part.written_key,
        "offset": part.part_offset,
        "length": part.part_length,
        "remains": part_remains,
    }
    transaction.run(sql.POINT_INTO, arguments)
    transaction.run(sql.ADD_SEALED, arguments)


def _add_origin(transaction: Transaction, part: FoundPart, origin: ImportOrigin) -> None:
    arguments = {
        "import": str(uuid4()),
        "source": origin.source_id,
        "name": origin.file_name,
        "file_digest": origin.file_digest,
        "format": origin.format,
        "by": origin.imported_by,
        "at": part.begun_at,
    }
    row = transaction.row(sql.ADD_IMPORT, arguments)
    assert row is not None
    stored = {
        "object": part.object_key,
        "import": row["import_id"],
        "batch": part.batch_id,
        "part": origin.part,
        "digest": origin.object_digest,
        "length": part.part_length,
        "recompressed": origin.is_recompressed,
    }
    transaction.run(sql.ADD_IMPORTED_OBJECT, stored)


def _end(
    transaction: Transaction, part: FoundPart, outcome: str, *, captures: int = 0, detail: str = ""
) -> None:
    arguments = {"batch": part.batch_id, "outcome": outcome, "captures": captures, "detail": detail[:500]}
    transaction.run(sql.END_PART, arguments)
