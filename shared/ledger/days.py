"""How many articles there are of each day, for a calendar. Days are those of UTC, as in the lists of one day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import LiteralString

from shared.ledger.database import Database, Transaction

__all__ = ["Days", "Month"]

_KEPT: LiteralString = (
    " from articles where merged_into is null and (%(source)s::text is null or source_id = %(source)s)"
)
_COUNTS: LiteralString = (
    "select (published_at at time zone 'UTC')::date as day, count(*) as articles"
    + _KEPT
    + " and published_at >= %(begins)s and published_at < %(ends)s group by 1"
)
_NEWEST: LiteralString = "select max(published_at) as at" + _KEPT
_BEFORE: LiteralString = _NEWEST + " and published_at < %(begins)s"
_AFTER: LiteralString = "select min(published_at) as at" + _KEPT + " and published_at >= %(ends)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month with what is kept of each of its days."""

    first: date
    articles: Mapping[date, int]
    before: date | None
    """The first day of the nearest earlier month of which something is kept."""
    after: date | None
    """The same of the nearest later one."""


class Days:
    """Counts the articles of days."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def month(self, wanted: date | None, *, source_id: str | None = None) -> Month | None:
        """Return the month of a day; without one the newest of which something is kept, None if there is none."""
        with self._database.reading() as ledger:
            first = _first_of_month(wanted) if wanted else _month(ledger, _NEWEST, {"source": source_id})
            if first is None:
                return None
            asked = {"source": source_id, "begins": _midnight(first), "ends": _midnight(_next_month(first))}
            rows = ledger.rows(_COUNTS, asked)
            return Month(
                first=first,
                articles={row["day"]: row["articles"] for row in rows},
                before=_month(ledger, _BEFORE, asked),
                after=_month(ledger, _AFTER, asked),
            )


def _month(ledger: Transaction, statement: LiteralString, asked: Mapping[str, object]) -> date | None:
    row = ledger.row(statement, asked)
    return _first_of_month(row["at"].astimezone(UTC).date()) if row and row["at"] else None


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _next_month(first: date) -> date:
    return _first_of_month(first + timedelta(days=31))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
