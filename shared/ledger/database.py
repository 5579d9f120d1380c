"""The only module that knows the database driver: connections, transactions, and its errors in our words."""

import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.encoding import dump_json, load_json
from shared.errors import TryAgainError
from shared.metrics import LEDGER_FAILURES, LEDGER_SECONDS

__all__ = ["Database", "Row", "Transaction", "as_json", "self_test"]

Row = dict[str, Any]
"""One row of a result, by column name."""

set_json_dumps(lambda value: dump_json(value).decode())
set_json_loads(load_json)

_CONNECT_SECONDS = 5
_POOL_WAIT_SECONDS = 15.0


def as_json(value: object) -> Jsonb:
    """Wrap a value for a `jsonb` column. PostgreSQL refuses NUL in text, so it is dropped."""
    return Jsonb(value, dumps=lambda inner: dump_json(inner).decode().replace("\\u0000", ""))


class Transaction:
    """Statements that succeed or fail together."""

    def __init__(self, connection: "psycopg.Connection[Row]") -> None:
        self._connection = connection

    def rows(self, statement: LiteralString, arguments: Mapping[str, Any] | None = None) -> list[Row]:
        """Run a statement and return all its rows."""
        return self._connection.execute(statement, arguments, prepare=True).fetchall()

    def row(self, statement: LiteralString, arguments: Mapping[str, Any] | None = None) -> Row | None:
        """Run a statement and return its first row, or None."""
        return self._connection.execute(statement, arguments, prepare=True).fetchone()

    def run(self, statement: LiteralString, arguments: Mapping[str, Any] | None = None) -> int:
        """Run a statement and return how many rows it touched."""
        return self._connection.execute(statement, arguments).rowcount

    def run_many(self, statement: LiteralString, arguments: Sequence[Mapping[str, Any]]) -> None:
        """Run one statement for many rows in one pipelined exchange with the server."""
        if arguments:
            self._connection.cursor().executemany(statement, arguments)

    def copy_out(self, table: str, columns: Sequence[str]) -> Iterator[bytes]:
        """Yield the rows of a table as PostgreSQL's own text, which every later version reads."""
        statement = sql.SQL("copy {} ({}) to stdout").format(*_names(table, columns))
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for piece in copy:
                yield bytes(piece)

    def copy_in(self, table: str, columns: Sequence[str], pieces: Iterable[bytes]) -> int:
        """Append rows that `copy_out` made and return how many they were."""
        statement = sql.SQL("copy {} ({}) from stdin").format(*_names(table, columns))
        with self._connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for piece in pieces:
                    copy.write(piece)
            return cursor.rowcount

    def run_script(self, script: str) -> None:
        """Run a migration: many statements, no arguments."""
        self._connection.execute(script.encode())


class Database:
    """A pool of connections to one PostgreSQL, made anew in each process after a fork."""

    def __init__(self, url: str, *, max_connections: int = 8, patience: float = _POOL_WAIT_SECONDS) -> None:
        """Name the database.

        Args:
            url: As `postgresql://user:password@host:port/database`.
            max_connections: How many at most, in each process.
            patience: Longest wait for a connection, in seconds.
        """
        self._url = url
        self._patience = patience
        self._max_connections = max_connections
        self._pool: ConnectionPool[psycopg.Connection[Row]] | None = None
        self._pool_pid = 0
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction; commit at the end, roll back on any error.

        Raises:
            TryAgainError: the database does not answer, or two transactions waited for each other.
        """
        started = time.monotonic()
        try:
            with self._pool_of_this_process().connection() as connection:
                yield Transaction(connection)
            LEDGER_SECONDS.observe(time.monotonic() - started)
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            LEDGER_FAILURES.inc()
            raise TryAgainError(f"the ledger did not answer: {_first_line(error)}") from error

    def close(self) -> None:
        """Close the connections of this process."""
        if self._pool is not None and self._pool_pid == os.getpid():
            self._pool.close()
        self._pool = None

    def _pool_of_this_process(self) -> "ConnectionPool[psycopg.Connection[Row]]":
        with self._lock:
            if self._pool is None or self._pool_pid != os.getpid():
                self._pool = ConnectionPool(
                    self._url,
                    connection_class=psycopg.Connection[Row],
                    kwargs={
                        "row_factory": dict_row,
                        "connect_timeout": _CONNECT_SECONDS,
                        "application_name": "pressmark",
                        "options": "-c timezone=UTC",
                    },
                    min_size=0,
                    max_size=self._max_connections,
                    timeout=self._patience,
                    check=ConnectionPool.check_connection,
                    open=True,
                )
                self._pool_pid = os.getpid()
            return self._pool


def self_test(url: str) -> None:
    """Write and read a row, in a table that goes with the session.

    Raises:
        TryAgainError: the database does not answer or does not keep what it is given.
    """
    try:
        with psycopg.connect(url, connect_timeout=_CONNECT_SECONDS) as connection:
            connection.execute("create temporary table probe (word text) on commit drop")
            connection.execute("insert into probe values ('kept')")
            row = connection.execute("select word from probe").fetchone()
    except psycopg.Error as error:
        raise TryAgainError(f"the ledger did not answer: {_first_line(error)}") from error
    if row != ("kept",):
        raise TryAgainError("the ledger did not return the row it was given")


def _names(table: str, columns: Sequence[str]) -> tuple[sql.Composable, sql.Composable]:
    return sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
