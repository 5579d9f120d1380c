"""What happened lately, by the hour and the day: the curves that an operator looks at first.

No statement reads further back than its span: by an index on the time, and removals, which are few, by their kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

from shared.ledger.database import Database

__all__ = ["ChangesOfDay", "LooksOfHour", "RecentWork"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksOfHour:
    """The looks that began within one hour, by what came: the class of the status, or why there was no answer."""

    hour: datetime
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesOfDay:
    """What changed in the archive's articles within one day, counted in UTC."""

    day: datetime
    edits: int
    removals: int


class RecentWork:
    """Reads what happened lately."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def looks(self, *, hours: int) -> list[LooksOfHour]:
        """Return the looks of the last hours, the oldest first; an hour without any is there, too."""
        with self._database.transaction() as transaction:
            return [LooksOfHour(**row) for row in transaction.rows(_LOOKS, {"hours": hours})]

    def changes(self, *, days: int) -> list[ChangesOfDay]:
        """Return the edits and removals of the last days, the oldest first; today is the last."""
        with self._database.transaction() as transaction:
            return [ChangesOfDay(**row) for row in transaction.rows(_CHANGES, {"days": days})]

    def last_found(self) -> dict[str, datetime]:
        """Return when each watched source last brought a new article."""
        with self._database.transaction() as transaction:
            return {row["source_id"]: row["at"] for row in transaction.rows(_LAST_FOUND)}


# The outcomes are those of the metric `pressmark_captures_total`.
_LOOKS: LiteralString = """
with hours as (
    select generate_series(date_trunc('hour', now()) - make_interval(hours => %(hours)s - 1),
                           date_trunc('hour', now()), interval '1 hour') as hour),
looks as (
    select date_trunc('hour', fetched_at) as hour,
           case when status is null then coalesce(reason, 'unknown')
                when truncated is not null then 'truncated'
                when status = 429 then '429'
                else (status / 100)::text || 'xx' end as outcome,
           count(*) as looks
    from captures where fetched_at >= (select min(hour) from hours) group by 1, 2)
select hour, coalesce(jsonb_object_agg(outcome, looks) filter (where outcome is not null), '{}') as outcomes
from hours left join looks using (hour) group by hour order by hour
"""

_CHANGES: LiteralString = """
with days as (
    select generate_series(0, %(days)s - 1) as back),
bounds as (
    select date_trunc('day', now(), 'UTC') - make_interval(days => back) as day from days),
edited as (
    select date_trunc('day', seen_at, 'UTC') as day, count(*) as edits
    from edits where seen_at >= (select min(day) from bounds) group by 1),
removed as (
    select date_trunc('day', at, 'UTC') as day, count(*) as removals
    from events where kind = 'article_removed' and at >= (select min(day) from bounds) group by 1)
select day, coalesce(edits, 0) as edits, coalesce(removals, 0) as removals
from bounds left join edited using (day) left join removed using (day) order by day
"""

_LAST_FOUND: LiteralString = """
select s.source_id, found.at
from sources s cross join lateral (
    select at from events where events.source_id = s.source_id and kind = 'article_found'
    order by event_id desc limit 1) as found
where s.removed_at is null
"""
