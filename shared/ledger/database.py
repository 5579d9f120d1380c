"""The only module that knows the database driver: connections, transactions, and its errors in our words."""

import os
import select
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb, set_json_dumps, set_json_loads
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.encoding import dump_json, load_json
from shared.errors import TryAgainError
from shared.metrics import LEDGER_FAILURES, LEDGER_SECONDS

__all__ = ["Asked", "Database", "Row", "Transaction", "as_json", "self_test"]

Row = dict[str, Any]
"""One row of a result, by column name."""

Asked = tuple[LiteralString, Mapping[str, Any]]
"""A statement with its arguments."""

set_json_dumps(lambda value: dump_json(value).decode())
set_json_loads(load_json)

_CONNECT_SECONDS = 5
_POOL_WAIT_SECONDS = 15.0
_READ_ONLY: LiteralString = "set transaction read only; set local statement_timeout = '10s'"
"""A page that takes longer than this has lost its reader; the server stops working for it."""
_READ_ONLY_SESSION = " -c default_transaction_read_only=on -c statement_timeout=10s"


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

    def rows_of_each(self, statements: Sequence[Asked]) -> list[list[Row]]:
        """Run statements in one pipelined exchange with the server and return the rows of each."""
        with self._connection.pipeline():
            cursors = [
                self._connection.execute(statement, arguments, prepare=True)
                for statement, arguments in statements
            ]
            return [cursor.fetchall() for cursor in cursors]

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


class _Session(psycopg.Connection[Row]):
    """A connection of the pool."""

    planning: Sequence[LiteralString] | None = ()
    """The settings of the planner that hold now; None where that is not known."""

    def plan_with(self, planning: Sequence[LiteralString]) -> None:
        """Have these settings of the planner hold from now on, and no others."""
        if self.planning != planning:
            self.planning = None
            self.execute("; ".join(("reset all", *(f"set {one}" for one in planning))).encode())
            self.planning = planning


class Database:
    """A pool of connections to one PostgreSQL, made anew in each process after a fork."""

    def __init__(
        self,
        url: str,
        *,
        max_connections: int = 8,
        patience: float = _POOL_WAIT_SECONDS,
        only_reads: bool = False,
    ) -> None:
        """Name the database.

        Args:
            url: As `postgresql://user:password@host:port/database`.
            max_connections: How many at most, in each process.
            patience: Longest wait for a connection, in seconds.
            only_reads: Nothing is ever written here, which the server is told once for each connection; and
                no statement takes longer than 10 s.
        """
        self._url = url
        self._only_reads = only_reads
        self._patience = patience
        self._max_connections = max_connections
        self._pool: ConnectionPool[_Session] | None = None
        self._pool_pid = 0
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction; commit at the end, roll back on any error.

        Raises:
            TryAgainError: the database does not answer, or two transactions waited for each other.
        """
        with self._connection() as connection:
            if connection.planning != ():
                with _each_alone(connection):
                    connection.plan_with(())
            yield Transaction(connection)

    @contextmanager
    def reading(self, planning: Sequence[LiteralString] = ()) -> Iterator[Transaction]:
        """Lend statements that only read. Each sees what was committed when it began, and has 10 s.

        Where nothing is ever written no transaction is opened around them: that is two exchanges with the server
        for each page, of four. A connection then stays with the planning it had until another is asked for.

        Args:
            planning: Settings of the planner, each as `name = value`.

        Raises:
            TryAgainError: the database does not answer, or not in time.
        """
        if not self._only_reads:
            with self.transaction() as ledger:
                ledger.run_script("; ".join((_READ_ONLY, *(f"set local {one}" for one in planning))))
                yield ledger
            return
        with self._connection() as connection, _each_alone(connection):
            connection.plan_with(planning)
            yield Transaction(connection)

    @contextmanager
    def _connection(self) -> "Iterator[_Session]":
        started = time.monotonic()
        try:
            with self._pool_of_this_process().connection() as connection:
                yield connection
            LEDGER_SECONDS.observe(time.monotonic() - started)
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            LEDGER_FAILURES.inc()
            raise TryAgainError(f"the ledger did not answer: {_first_line(error)}") from error

    def close(self) -> None:
        """Close the connections of this process."""
        if self._pool is not None and self._pool_pid == os.getpid():
            self._pool.close()
        self._pool = None

    def _pool_of_this_process(self) -> "ConnectionPool[_Session]":
        with self._lock:
            if self._pool is None or self._pool_pid != os.getpid():
                self._pool = ConnectionPool(
                    self._url,
                    connection_class=_Session,
                    kwargs={
                        "row_factory": dict_row,
                        "connect_timeout": _CONNECT_SECONDS,
                        "application_name": "pressmark",
                        "options": "-c timezone=UTC" + (_READ_ONLY_SESSION if self._only_reads else ""),
                    },
                    min_size=0,
                    max_size=self._max_connections,
                    timeout=self._patience,
                    check=_check_unasked,
                    open=True,
                )
                self._pool_pid = os.getpid()
            return self._pool


@contextmanager
def _each_alone(connection: _Session) -> Iterator[None]:
    """Have every statement be a transaction of its own. It is a property of the driver: nothing is sent."""
    connection.autocommit = True
    try:
        yield
    finally:
        if connection.info.transaction_status is TransactionStatus.IDLE:  # or it ended, and the pool drops it
            connection.autocommit = False


def _check_unasked(connection: "psycopg.Connection[Row]") -> None:
    """Ask whether a connection lives only where the server has said something since: that it ended, mostly.

    A server that ends a session closes it, and its end can be read at once. Asking every time costs an exchange
    for each transaction, and finds no more: of a network that swallows everything, no answer tells.

    Raises:
        psycopg.OperationalError: it is dead.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        ConnectionPool.check_connection(connection)


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
