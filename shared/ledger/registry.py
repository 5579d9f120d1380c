"""The registry: the sources that are watched, each with the file that the operator wrote."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import NotFoundError
from shared.ledger.database import Database
from shared.ledger.frontier import wake_hosts

__all__ = ["Registry", "SourceRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A source as it stands in the registry."""

    source_id: str
    name: str
    language: str
    home: str
    definition: str
    added_at: datetime | None = None
    removed_at: datetime | None = None
    robots_reason: str = ""
    """Why robots.txt is not obeyed; empty where it is."""
    proxy: str = ""
    """What its requests go through, as its file names it; empty where they go directly."""
    editions: str = ""
    """The group of sources in which one key means one story; empty for none."""


class Registry:
    """Keeps the source files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, row: SourceRow, *, obeys_robots: bool, delay: timedelta, concurrency: int) -> None:
        """Add a source or replace its file. What it archived stays; its hosts follow the new politeness."""
        arguments = {
            "source": row.source_id,
            "name": row.name,
            "language": row.language,
            "home": row.home,
            "definition": row.definition,
            "obeys": obeys_robots,
            "reason": row.robots_reason,
            "proxy": row.proxy,
            "editions": row.editions,
            "delay": delay,
            "concurrency": concurrency,
        }
        with self._database.transaction() as transaction:
            transaction.run(_PUT, arguments)
            wake_hosts(transaction, row.source_id)
            transaction.run(_FOLLOW_POLITENESS, arguments)

    def all(self) -> list[SourceRow]:
        """Return the sources that are watched now, by id."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(_SELECT + " where removed_at is null order by source_id")
        return [SourceRow(**row) for row in rows]

    def every(self) -> list[SourceRow]:
        """Return all sources that ever were, the removed ones too, by id."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(_SELECT + " order by source_id")
        return [SourceRow(**row) for row in rows]

    def get(self, source_id: str) -> SourceRow:
        """Return one source, a removed one too: its evidence is still read by its rules.

        Raises:
            NotFoundError: no source ever had this id.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(_SELECT + " where source_id = %(source)s", {"source": source_id})
        if row is None:
            raise NotFoundError(
                f"there is no source {source_id!r}; 'pressmark source list' shows those there are"
            )
        return SourceRow(**row)

    def remove(self, source_id: str) -> None:
        """Stop asking a source. Its evidence, articles and history stay.

        Raises:
            NotFoundError: there is no such source.
        """
        with self._database.transaction() as transaction:
            removed = transaction.run(
                "update sources set removed_at = now() where source_id = %(source)s and removed_at is null",
                {"source": source_id},
            )
        if not removed:
            raise NotFoundError(
                f"there is no source {source_id!r}; 'pressmark source list' shows those there are"
            )


_SELECT = """
select source_id, name, language, home, definition, added_at, removed_at, robots_reason, proxy,
       editions
from sources
"""

_PUT = """
insert into sources (source_id, name, language, home, definition, obeys_robots, robots_reason, proxy,
                     editions)
values (%(source)s, %(name)s, %(language)s, %(home)s, %(definition)s, %(obeys)s, %(reason)s, %(proxy)s,
        %(editions)s)
on conflict (source_id) do update
set name = excluded.name, language = excluded.language, home = excluded.home,
    definition = excluded.definition, obeys_robots = excluded.obeys_robots,
    robots_reason = excluded.robots_reason, proxy = excluded.proxy,
    editions = excluded.editions, updated_at = now(), removed_at = null
"""

# A host that several sources share keeps the most careful of their wishes.
_FOLLOW_POLITENESS = """
update hosts set delay = %(delay)s, concurrency = %(concurrency)s
where host_id in (select host_id from targets where source_id = %(source)s)
  and not exists (select from targets
                  where targets.host_id = hosts.host_id and targets.source_id <> %(source)s)
"""
