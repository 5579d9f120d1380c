"""How things stand: the figures that an operator looks at first, and what a waiting command waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.ledger.database import Database

__all__ = ["STATES", "ListStanding", "PendingWork", "Standing", "Status"]

STATES = ("waiting", "leased", "archived", "failed", "excluded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The main counts. `accepted` is counted apart from the states, so their sum can be held against it."""

    targets: Mapping[str, int]
    accepted: int
    captures: int
    articles: int
    revisions: int
    events: int

    @property
    def is_conserved(self) -> bool:
        """Whether every accepted URL is in exactly one state."""
        return sum(self.targets.values()) == self.accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingWork:
    """What is still to do for a source, or for everything."""

    due: int
    """Targets that may be claimed as soon as their host is free."""
    leased: int
    unread: int
    """Stored batches whose links or articles are not taken out yet."""
    blocked: int
    """Targets that wait because they are paused, their host's robots.txt cannot be had, or the host asks to be
    left alone longer than a minute."""

    @property
    def is_done(self) -> bool:
        """Whether nothing moves any more without the passing of time or a new order."""
        return self.due == self.leased == self.unread == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStanding:
    """How one list of a source stands."""

    source: str
    url: str
    kind: str
    state: str
    reason: str | None
    """What the last look missed: the answer was no good one, or nothing could be read in it."""
    failed_looks: int
    """Looks in a row that failed."""
    unchanged_looks: int
    looked_at: datetime | None
    due_at: datetime | None
    moved_to: str | None
    """Where it redirects for good."""
    moved_looks: int

    @property
    def trouble(self) -> str | None:
        """What an operator should know: gone, moved, moves away, or fails."""
        if self.state == "excluded":
            return self.reason
        if self.moved_to is not None:
            return "moves"
        return "fails" if self.reason is not None else None


class Status:
    """Reads counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self) -> Standing:
        """Return the main counts, all of one moment."""
        with self._database.transaction() as transaction:
            row = transaction.row(_STANDING)
        assert row is not None
        return Standing(
            targets={state: int(row["states"].get(state, 0)) for state in STATES},
            accepted=row["accepted"],
            captures=row["captures"],
            articles=row["articles"],
            revisions=row["revisions"],
            events=row["events"],
        )

    def pending(self, source_id: str | None = None) -> PendingWork:
        """Return what is still to do, of one source or of all."""
        with self._database.transaction() as transaction:
            row = transaction.row(_PENDING, {"source": source_id})
        assert row is not None
        return PendingWork(**row)

    def failures(self, source_id: str | None = None) -> dict[str, int]:
        """Return how many targets failed or are excluded, by reason."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(_FAILURES, {"source": source_id})
        return {row["reason"]: row["targets"] for row in rows}

    def lists(self, source_id: str | None = None) -> list[ListStanding]:
        """Return how the lists stand, of one source or of all."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(_LISTS, {"source": source_id})
        return [ListStanding(**row) for row in rows]

    def traps(self, source_id: str | None = None, *, examples: int = 3) -> list[dict[str, Any]]:
        """Return how many addresses were excluded as traps, by source and reason, with some of them."""
        with self._database.transaction() as transaction:
            return transaction.rows(_TRAPS, {"source": source_id, "examples": examples})


_LISTS = """
select source_id as source, url, kind, state, reason, attempts as failed_looks,
       coalesce(unchanged_looks, 0) as unchanged_looks, looked_at, due_at, moved_to,
       coalesce(moved_looks, 0) as moved_looks
from targets left join list_memories using (target_id)
where kind in ('listing', 'feed', 'sitemap') and (%(source)s::text is null or source_id = %(source)s)
  and reason is distinct from 'robots' and coalesce(reason, '') not like 'trap: %%'
order by source_id, target_id
"""

_TRAPS = """
select source_id as source, substr(reason, 7) as trap, count(*) as addresses,
       (array_agg(url order by target_id))[1:%(examples)s] as examples
from targets
where state = 'excluded' and reason like 'trap: %%' and (%(source)s::text is null or source_id = %(source)s)
group by source_id, reason order by source_id, addresses desc
"""

_STANDING = """
select (select coalesce(jsonb_object_agg(state, targets), '{}')
        from (select state, count(*) as targets from targets group by state) as by_state) as states,
       (select coalesce(sum(accepted), 0)::bigint from acceptances) as accepted,
       (select count(*) from captures) as captures,
       (select count(*) from articles where merged_into is null) as articles,
       (select count(*) from revisions) as revisions,
       (select count(*) from events) as events
"""

# A page that was never looked at and is due within a moment is to do: its batch was given back (see `Batches`).
_PENDING = """
with mine as (
    select targets.state, targets.due_at, targets.kind,
           (targets.kind = 'robots' or hosts.robots_until > now() or not sources.obeys_robots)
           and not asks_to_wait as may_be_asked,
           not asks_to_wait and exists (
               select from targets as robots
               where robots.host_id = targets.host_id and robots.kind = 'robots'
                 and (robots.due_at <= now() or robots.state = 'leased')) as robots_coming
    from targets join hosts using (host_id) join sources using (source_id)
         cross join lateral (select hosts.held_by is null
                                    and hosts.next_request_at > now() + interval '1 minute'
                                    or exists (
                                        select from pauses_in_force
                                        where scope = 'everything'
                                           or scope = 'source' and subject = targets.source_id
                                           or scope = 'host' and subject = hosts.host)) as hold(asks_to_wait)
    where (targets.state = 'leased' or targets.due_at <= now()
           or (targets.state = 'waiting' and targets.due_at <= now() + interval '15 seconds'))
      and sources.removed_at is null
      and (%(source)s::text is null or source_id = %(source)s)
)
select count(*) filter (where state <> 'leased' and (may_be_asked or robots_coming)) as due,
       count(*) filter (where state = 'leased') as leased,
       count(*) filter (where state <> 'leased' and not may_be_asked and not robots_coming) as blocked,
       (select count(*) from batches
        where state = 'stored' and (links_done_at is null or articles_done_at is null)
          and (%(source)s::text is null
               or exists (select from captures
                          where captures.batch_id = batches.batch_id and source_id = %(source)s))) as unread
from mine
"""

_FAILURES = """
select coalesce(reason, 'unknown') as reason, count(*) as targets from targets
where state in ('failed', 'excluded') and (%(source)s::text is null or source_id = %(source)s)
group by 1 order by 2 desc
"""
