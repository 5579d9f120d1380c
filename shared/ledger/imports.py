"""Imports: files of records that somebody else made, and the captures that came out of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from shared.errors import TryAgainError
from shared.ledger import frontier_sql
from shared.ledger import imports_sql as sql
from shared.ledger.database import Database, Transaction, as_json
from shared.ledger.frontier import Candidate

__all__ = [
    "ImportedCapture",
    "ImportedFile",
    "ImportedObject",
    "Imports",
    "KnownTarget",
    "RejectedRecord",
    "TakenBy",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """A file that an operator gave us."""

    source_id: str
    name: str
    digest: str
    bytes: int
    format: str
    imported_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedRecord:
    """A record that was left out, and why."""

    part: str
    offset: int
    record_id: str | None
    url: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTarget:
    """A URL that was accepted before, with what has been recorded of it."""

    source_id: str
    kind: str
    captures: frozenset[tuple[str, datetime, str | None]]
    """Record id, time and payload digest of each capture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCapture:
    """A look of somebody else, and where its record lies with us."""

    target: Candidate
    fetched_at: datetime
    status: int
    reason: str | None
    content_type: str | None
    redirect_to: str | None
    payload_digest: str | None
    record_id: str
    warc_offset: int
    warc_length: int
    truncated: str | None
    ip: str | None
    is_good: bool
    original_key: bytes | None = None
    """URL key of the capture that a revisit repeats."""
    original_record: str | None = None
    """Its record id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedObject:
    """An object of the store that holds imported records."""

    key: str
    batch_id: str
    trace_id: str
    part: str
    digest: str
    bytes: int
    recompressed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBy:
    """The source that imported captures belong to, and how gently its hosts are asked."""

    source_id: str
    delay: timedelta
    concurrency: int
    look_within: timedelta
    """Within what time from now its new targets are looked at by ourselves."""


class Imports:
    """Records what was imported. A capture is recorded once, however often its file is imported."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, file: ImportedFile) -> str:
        """Note that a file is imported, now or again, and return the id of this import."""
        arguments = {
            "import": str(uuid4()),
            "source": file.source_id,
            "name": file.name,
            "digest": file.digest,
            "bytes": file.bytes,
            "format": file.format,
            "by": file.imported_by,
        }
        with self._database.transaction() as transaction:
            row = transaction.row(sql.BEGIN, arguments)
        assert row is not None
        return str(row["import_id"])

    def finish(self, import_id: str, counts: Mapping[str, object]) -> None:
        """Note that a run came to the end of the file, and what it counted."""
        with self._database.transaction() as transaction:
            transaction.run(sql.FINISH, {"import": import_id, "counts": as_json(dict(counts))})

    def reject(self, import_id: str, rejected: Sequence[RejectedRecord]) -> None:
        """Keep which records were left out, and why."""
        arguments = {
            "import": import_id,
            "parts": [one.part for one in rejected],
            "places": [one.offset for one in rejected],
            "records": [_clean(one.record_id) for one in rejected],
            "urls": [_clean(one.url) for one in rejected],
            "reasons": [_clean(one.reason) for one in rejected],
        }
        with self._database.transaction() as transaction:
            transaction.run(sql.REJECT, arguments)

    def all(self, source_id: str | None = None) -> list[dict[str, object]]:
        """Return all imports, the latest first."""
        with self._database.transaction() as transaction:
            return transaction.rows(sql.IMPORTS, {"source": source_id})

    def rejections(self, import_id: str) -> list[dict[str, object]]:
        """Return the records that an import left out, in their order."""
        with self._database.transaction() as transaction:
            return transaction.rows(sql.REJECTIONS, {"import": import_id})

    def known(self, url_keys: Sequence[bytes]) -> dict[bytes, KnownTarget]:
        """Return the targets with these keys, as far as there are any."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.KNOWN, {"keys": [key.hex() for key in url_keys]})
        return {
            bytes.fromhex(row["key"].replace("-", "")): KnownTarget(
                source_id=row["source_id"],
                kind=row["kind"],
                captures=frozenset(zip(row["records"], row["times"], row["digests"], strict=True)),
            )
            for row in rows
        }

    def record(
        self,
        import_id: str,
        stored: ImportedObject,
        captures: Sequence[ImportedCapture],
        *,
        taken_by: TakenBy,
        robots: Sequence[Candidate],
    ) -> int:
        """Record the captures of a stored object in one transaction, with the targets that are new.

        Returns:
            How many captures were recorded. A revisit whose original is in no capture of ours is none.

        Raises:
            TryAgainError: another run records the same file now, or the ledger does not answer.
        """
        arguments = {
            "import": import_id,
            "source": taken_by.source_id,
            "within": taken_by.look_within,
            "key": stored.key,
            "batch": stored.batch_id,
            "trace": stored.trace_id,
            "part": stored.part,
            "digest": stored.digest,
            "bytes": stored.bytes,
            "recompressed": stored.recompressed,
            "count": len(captures),
        }
        columns = _columns(captures)
        with self._database.transaction() as transaction:
            transaction.row(sql.LOCK, {"name": f"import:{taken_by.source_id}"})
            if transaction.row(sql.ALREADY, columns) is not None:
                raise TryAgainError("the same records are being imported by another run; start it again")
            _add_targets(transaction, captures, robots, taken_by=taken_by)
            transaction.run(sql.KEEP_ARCHIVED, {**arguments, **_first_looks(captures)})
            transaction.run(sql.ADD_BATCH, arguments)
            transaction.run(sql.ADD_OBJECT, arguments)
            return transaction.run(sql.ADD_CAPTURES, {**arguments, **columns})

    def objects(self, source_id: str | None = None) -> list[tuple[str, str, int]]:
        """Return key, digest and size of every imported object, of one source or of all."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.OBJECTS, {"source": source_id})
        return [(row["warc_key"], row["digest"], row["bytes"]) for row in rows]


def _add_targets(
    transaction: Transaction,
    captures: Sequence[ImportedCapture],
    robots: Sequence[Candidate],
    *,
    taken_by: TakenBy,
) -> None:
    """Add the targets that are new, as archived by somebody else; they count as accepted like any other."""
    politeness = {
        "hosts": sorted({one.target.host for one in captures}),
        "delay": taken_by.delay,
        "concurrency": taken_by.concurrency,
        "source": taken_by.source_id,
    }
    transaction.run(frontier_sql.ADD_HOSTS, politeness)
    host_ids = {row["host"]: row["host_id"] for row in transaction.rows(frontier_sql.LOCK_HOSTS, politeness)}
    first = {one.target.url_key: one for one in captures}
    offered = [one.target for one in first.values()]
    arguments = {
        "source": taken_by.source_id,
        "within": taken_by.look_within,
        "keys": [one.url_key.hex() for one in (*offered, *robots)],
        "urls": [one.url for one in (*offered, *robots)],
        "host_ids": [host_ids[one.host] for one in (*offered, *robots)],
        "kinds": [str(one.kind) for one in (*offered, *robots)],
        "states": [*("archived" if one.is_good else "failed" for one in first.values())]
        + ["waiting"] * len(robots),
        "reasons": [*(None if one.is_good else one.reason for one in first.values())] + [None] * len(robots),
        "archived": [*(one.fetched_at if one.is_good else None for one in first.values())]
        + [None] * len(robots),
    }
    accepted = transaction.run(sql.ADD_TARGETS, arguments)
    if accepted:
        ids = {"host_ids": list(host_ids.values()), "ids": list(host_ids.values())}
        transaction.run(sql.ROBOTS_FIRST, ids)
        transaction.run(frontier_sql.WAKE_ACCEPTING, ids)
        counted = {"source": taken_by.source_id, "via": "import", "accepted": accepted}
        transaction.run(frontier_sql.COUNT_ACCEPTED, counted)


def _first_looks(captures: Sequence[ImportedCapture]) -> dict[str, list[object]]:
    good = [one for one in captures if one.is_good]
    return {
        "keys": [one.target.url_key.hex() for one in good],
        "archived": [one.fetched_at for one in good],
    }


def _columns(captures: Sequence[ImportedCapture]) -> dict[str, list[object]]:
    return {
        "keys": [one.target.url_key.hex() for one in captures],
        "times": [one.fetched_at for one in captures],
        "statuses": [one.status for one in captures],
        "reasons": [one.reason for one in captures],
        "types": [one.content_type for one in captures],
        "redirects": [one.redirect_to for one in captures],
        "digests": [one.payload_digest for one in captures],
        "records": [one.record_id for one in captures],
        "offsets": [one.warc_offset for one in captures],
        "lengths": [one.warc_length for one in captures],
        "truncations": [one.truncated for one in captures],
        "ips": [one.ip for one in captures],
        "original_keys": [None if one.original_key is None else one.original_key.hex() for one in captures],
        "original_records": [one.original_record for one in captures],
    }


def _clean(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "")[:1000]
