"""Reading for pages: no transaction is opened, and nothing of one reading is left to the next."""

from collections.abc import Iterator

import psycopg
import pytest

from shared.ledger import Database
from shared.ledger.database import Transaction

PLANNING = ("enable_seqscan = off", "plan_cache_mode = force_custom_plan")


@pytest.fixture
def pages(database_url: str) -> Iterator[Database]:
    """Return a ledger that is only read, with one connection, so that each reading follows on another."""
    opened = Database(database_url, max_connections=1, only_reads=True)
    yield opened
    opened.close()


def seqscan(ledger: Transaction) -> str:
    row = ledger.row("select current_setting('enable_seqscan') as value")
    assert row is not None
    return str(row["value"])


def test_a_reading_is_planned_as_it_asks_and_the_next_as_that_asks(pages: Database) -> None:
    seen = []
    for planning in (PLANNING, PLANNING, (), PLANNING):
        with pages.reading(planning) as ledger:
            seen.append(seqscan(ledger))
    with pages.transaction() as ledger:
        seen.append(seqscan(ledger))

    assert seen == ["off", "off", "on", "off", "on"]


def test_a_reset_of_the_planning_keeps_the_limit_of_time_and_the_ban_on_writing(pages: Database) -> None:
    for planning in (PLANNING, ()):
        with pages.reading(planning) as ledger:
            row = ledger.row("select current_setting('statement_timeout') as value")
            assert row == {"value": "10s"}
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                ledger.run("create table kept (word text)")


def test_settings_that_were_refused_are_not_taken_for_made(pages: Database) -> None:
    with pytest.raises(psycopg.Error), pages.reading(("enable_seqscan = perhaps",)):
        pass

    with pages.reading() as ledger:
        assert seqscan(ledger) == "on"


def test_a_statement_that_fails_in_an_exchange_spoils_neither_the_connection_nor_the_next(
    pages: Database,
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), pages.reading() as ledger:
        ledger.rows_of_each([("select 1 as one", {}), ("select 1 / 0 as none", {})])

    with pages.reading() as ledger:
        assert ledger.rows_of_each([("select 1 as one", {}), ("select 2 as two", {})]) == [
            [{"one": 1}],
            [{"two": 2}],
        ]


def test_a_ledger_that_is_written_elsewhere_reads_in_a_transaction_that_leaves_nothing(
    database: Database,
) -> None:
    with database.reading(PLANNING) as ledger:
        assert seqscan(ledger) == "off"
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            ledger.run("create table kept (word text)")

    with database.transaction() as ledger:
        assert seqscan(ledger) == "on"
