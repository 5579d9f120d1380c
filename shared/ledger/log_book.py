"""The ledger's side of the log: which object stands where, and which checkpoints were signed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from shared.errors import TryAgainError
from shared.ledger import log_book_sql as sql
from shared.ledger.database import Database

__all__ = ["LogBook", "LogStanding", "LoggedObject", "SignedSize"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedObject:
    """A stored object and the positions of its records in the log."""

    key: str
    """The key it was first stored under."""
    first: int
    records: int

    @property
    def end(self) -> int:
        """The position after its last record."""
        return self.first + self.records


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedSize:
    """A checkpoint that the ledger knows of."""

    size: int
    root: bytes
    note: str
    signed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStanding:
    """How far the log is."""

    size: int
    """Records under the last checkpoint."""
    signed_at: datetime | None
    unlogged: int
    """Stored objects whose records are under no checkpoint yet."""


class LogBook:
    """Plans positions and remembers what was signed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def writer(self) -> Iterator[Callable[[], None]]:
        """Be the only writer of the log; gives what tells by raising that the right was lost meanwhile.

        The right ends with the context, or with the connection when that breaks.

        Raises:
            TryAgainError: Another one writes.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(sql.ONE_WRITER)
            if row is None or not row["taken"]:
                raise TryAgainError("another process writes the log now; its work counts for all")

            def still_alone() -> None:
                transaction.rows("select 1 as alive")

            yield still_alone

    def unlogged(self, *, limit: int, passed: Sequence[str] = ()) -> list[str]:
        """Return the keys of stored objects that have no place in the log, the oldest first."""
        arguments = {"limit": limit, "passed": list(passed)}
        with self._database.transaction() as transaction:
            return [row["warc_key"] for row in transaction.rows(sql.UNLOGGED, arguments)]

    def plan(self, objects: Sequence[LoggedObject]) -> None:
        """Give objects their places, all or none. Two objects can never begin at one place."""
        arguments = {
            "keys": [one.key for one in objects],
            "firsts": [one.first for one in objects],
            "records": [one.records for one in objects],
        }
        with self._database.transaction() as transaction:
            transaction.run(sql.PLAN, arguments)

    def planned_from(self, position: int) -> list[LoggedObject]:
        """Return the objects that begin at a position or after it, in the order of the log."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.FROM_POSITION, {"position": position, "limit": None})
        return [LoggedObject(**row) for row in rows]

    def each_object(self, *, page: int = 5000) -> Iterator[LoggedObject]:
        """Yield all objects of the log in its order."""
        position = 0
        while True:
            with self._database.transaction() as transaction:
                rows = transaction.rows(sql.FROM_POSITION, {"position": position, "limit": page})
            yield from (LoggedObject(**row) for row in rows)
            if len(rows) < page:
                return
            position = rows[-1]["first"] + 1

    def forget_from(self, position: int) -> int:
        """Drop the places at a position and after it. Only for what no checkpoint covers, or is found again."""
        with self._database.transaction() as transaction:
            return transaction.run(sql.FORGET, {"position": position})

    def objects_of(self, capture_ids: Sequence[int]) -> dict[str, LoggedObject | None]:
        """Return the objects that captures were first stored in, with their places where they have one."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.OF_CAPTURES, {"captures": list(capture_ids)})
        return {row["key"]: LoggedObject(**row) if row["first"] is not None else None for row in rows}

    def newest(self) -> SignedSize | None:
        """Return the last checkpoint that the ledger knows of."""
        with self._database.transaction() as transaction:
            row = transaction.row(sql.NEWEST)
        return None if row is None else SignedSize(**row)

    def note_signed(self, *, size: int, root: bytes, note: str) -> None:
        """Remember a checkpoint that stands in the store."""
        with self._database.transaction() as transaction:
            transaction.run(sql.NOTE_SIGNED, {"size": size, "root": root, "note": note})

    def standing(self) -> LogStanding:
        """Return how far the log is."""
        with self._database.transaction() as transaction:
            row = transaction.row(sql.STANDING)
        assert row is not None
        return LogStanding(**row)
