"""The whole ledger as files, one a table, and a ledger made of them again.

The rows are in PostgreSQL's own text (COPY), so no program beside the driver is needed and a newer server reads
them. The form of the tables is not in the dump: its migrations are named there, and bring a ledger to that form.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import zstandard

from shared.errors import PressmarkError
from shared.ledger import dumping_sql as sql
from shared.ledger.database import Database, Transaction
from shared.ledger.migrate import apply_missing, known_migrations

__all__ = ["Dumped", "DumpedTable", "LedgerNotEmptyError", "dump_ledger", "is_empty", "load_ledger"]

_PIECE = 1024 * 1024


class LedgerNotEmptyError(PressmarkError):
    """A ledger that holds an archive is not overwritten by another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DumpedTable:
    """The rows of one table."""

    name: str
    columns: tuple[str, ...]
    sha256: str
    """Of the rows as text, before they were compressed: two ledgers with the same rows have the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dumped:
    """All rows of a ledger at one moment."""

    migrations: tuple[str, ...]
    tables: tuple[DumpedTable, ...]
    sequences: Mapping[str, int]
    """The last number that each sequence gave."""


def dump_ledger(database: Database, folder: Path) -> Dumped:
    """Write every table into a folder as it is at one moment, while the archive works on.

    Raises:
        TryAgainError: The ledger did not answer.
    """
    with database.transaction() as transaction:
        transaction.run(sql.ONE_MOMENT)
        tables = tuple(
            _dump_table(transaction, row["name"], tuple(row["columns"]), folder)
            for row in transaction.rows(sql.TABLES)
        )
        migrations = tuple(row["name"] for row in transaction.rows(sql.MIGRATIONS))
        # Sequences stand outside transactions: read last, they are never behind the rows.
        sequences = {row["name"]: row["last_value"] for row in transaction.rows(sql.SEQUENCES)}
    return Dumped(migrations=migrations, tables=tables, sequences=sequences)


def _dump_table(transaction: Transaction, name: str, columns: tuple[str, ...], folder: Path) -> DumpedTable:
    digest = hashlib.sha256()
    with (
        (folder / f"{name}.zst").open("wb") as file,
        zstandard.ZstdCompressor().stream_writer(file) as packed,
    ):
        for piece in transaction.copy_out(name, columns):
            digest.update(piece)
            packed.write(piece)
    return DumpedTable(name=name, columns=columns, sha256=digest.hexdigest())


def is_empty(database: Database) -> bool:
    """Tell whether a ledger holds no archive: no tables yet, or neither sources nor targets."""
    with database.transaction() as transaction:
        if not transaction.rows(sql.HAS_TABLES):
            return True
        return not transaction.rows(sql.HAS_ROWS)


def load_ledger(database: Database, dumped: Dumped, folder: Path) -> list[str]:
    """Make an empty ledger what the dump holds, whole or not at all; return the migrations it did not have yet.

    Raises:
        LedgerNotEmptyError: There is an archive in it.
        PressmarkError: The dump is of a newer version, or damaged.
        TryAgainError: The ledger did not answer.
    """
    unknown = set(dumped.migrations) - set(known_migrations())
    if unknown:
        raise PressmarkError(f"the backup is of a newer version, which knows {sorted(unknown)}: install that")
    if not is_empty(database):
        raise LedgerNotEmptyError("there is an archive in this ledger already: restore into an empty one")
    _pass_transactions(database, 2 * _transactions_of(dumped, folder) + 2)
    with database.transaction() as transaction:
        transaction.run_script(sql.CLEAR)
        apply_missing(transaction, dumped.migrations)
        with _bare_tables(transaction):
            transaction.run_script(sql.EMPTY)
            for table in dumped.tables:
                _load_table(transaction, table, folder)
            transaction.run_script(sql.RENUMBER)
        for name, last in dumped.sequences.items():
            transaction.rows(sql.SET_SEQUENCE, {"name": name, "last": last})
        return apply_missing(transaction, known_migrations())


def _load_table(transaction: Transaction, table: DumpedTable, folder: Path) -> None:
    digest = hashlib.sha256()
    transaction.copy_in(table.name, table.columns, _digested(_rows(folder / f"{table.name}.zst"), digest))
    if digest.hexdigest() != table.sha256:
        raise PressmarkError(f"the rows of {table.name} in the backup are damaged: take another backup")


def _rows(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as rows:
        while piece := rows.read(_PIECE):
            yield piece


def _digested(pieces: Iterable[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _transactions_of(dumped: Dumped, folder: Path) -> int:
    """Return in how many transactions the events of a dump were written."""
    for table in dumped.tables:
        if table.name == "events" and "written_in" in table.columns:
            return len(_values(folder / "events.zst", table.columns.index("written_in")))
    return 0


def _values(path: Path, column: int) -> set[bytes]:
    found: set[bytes] = set()
    rest = b""
    for piece in _rows(path):
        *lines, rest = (rest + piece).split(b"\n")
        found.update(line.split(b"\t", column + 1)[column] for line in lines)
    return found


def _pass_transactions(database: Database, count: int) -> None:
    """Let a server whose count of transactions is below this number come to it. See `sql.RENUMBER`."""
    with database.transaction() as transaction:
        transaction.run_script(sql.LET_TRANSACTIONS_GO_BY)
        transaction.rows("select pg_temp.pass_transactions(%(count)s)", {"count": count})


@contextmanager
def _bare_tables(transaction: Transaction) -> Iterator[None]:
    """Take foreign keys, indexes and triggers off while rows come in, whatever their order."""
    extras = transaction.rows(sql.EXTRAS)
    transaction.run_script(";".join(row["off"] for row in extras))
    yield
    transaction.run_script(";".join(row["on"] for row in reversed(extras)))
