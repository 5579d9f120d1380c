"""Days on which articles were published: what a site map is divided by."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.ledger.database import Database

__all__ = ["ArticleDay", "article_days"]

_DAYS = """
select (published_at at time zone 'UTC')::date as day, max(greatest(first_seen_at, state_since)) as changed_at
from articles where merged_into is null group by 1 order by 1 desc limit %(most)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDay:
    """A day of UTC with articles."""

    day: date
    changed_at: datetime
    """When the last of them was found, removed or returned."""


def article_days(database: Database, *, most: int) -> list[ArticleDay]:
    """Return the days with articles, the last first.

    Raises:
        TryAgainError: the database does not answer.
    """
    with database.transaction() as ledger:
        return [ArticleDay(**row) for row in ledger.rows(_DAYS, {"most": most})]
