"""Which sources and hosts come first, at an operator's word.

Among the targets of one host those of a source with a higher precedence are asked first, whatever they are; among
hosts that may be asked now, those with a higher precedence are. Politeness stays as it is.
"""

from enum import StrEnum
from typing import LiteralString

from shared.errors import NotFoundError
from shared.ledger.database import Database

__all__ = ["Precedence", "Priorities"]

_SPAN = 50_000
"""Targets that one transaction looks at."""


class Precedence(StrEnum):
    """How soon something is asked, compared with what else is due."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """The same as the ledger writes it."""
        return list(Precedence).index(self) - 1

    @classmethod
    def of_rank(cls, rank: int) -> "Precedence":
        """Return what the ledger wrote."""
        return list(cls)[rank + 1]


class Priorities:
    """Reads and changes precedences."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_source(self, source_id: str) -> Precedence:
        """Return the precedence of a source.

        Raises:
            NotFoundError: there is no such source.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(_OF_SOURCE, {"source": source_id})
        if row is None:
            raise NotFoundError(
                f"there is no source {source_id!r}; 'pressmark source list' shows those there are"
            )
        return Precedence.of_rank(row["precedence"])

    def of_host(self, host: str) -> tuple[Precedence, bool]:
        """Return the precedence of a host, and whether an operator has set it.

        Raises:
            NotFoundError: nothing was ever accepted there.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(_OF_HOST, {"host": host})
        if row is None:
            raise NotFoundError(f"nothing of {host} was ever accepted; write it as https://example.org")
        return Precedence.of_rank(row["precedence"]), bool(row["precedence_stated"])

    def last_target(self) -> int:
        """Return the greatest number of any target: as far as `move_targets` has to go."""
        with self._database.transaction() as transaction:
            row = transaction.row("select coalesce(max(target_id), 0) as last from targets")
        return 0 if row is None else int(row["last"])

    def set_source(self, source_id: str, precedence: Precedence) -> None:
        """Set the precedence of a source and its hosts. What is waiting already follows by `move_targets`."""
        arguments = {"source": source_id, "rank": precedence.rank}
        with self._database.transaction() as transaction:
            transaction.run(
                "update sources set precedence = %(rank)s where source_id = %(source)s", arguments
            )
            transaction.run(_SETTLE_HOSTS_OF_SOURCE, arguments)

    def move_targets(self, source_id: str, *, after: int) -> tuple[int, int]:
        """Give the next targets of a source the priority that its precedence means.

        Returns:
            The place to go on at, and how many targets moved.
        """
        arguments = {"source": source_id, "after": after, "until": after + _SPAN}
        with self._database.transaction() as transaction:
            return after + _SPAN, transaction.run(_MOVE_TARGETS, arguments)

    def set_host(self, host: str, precedence: Precedence) -> None:
        """Set the precedence of a host, whatever its sources have; `NORMAL` leaves it to them again."""
        is_stated = precedence is not Precedence.NORMAL
        arguments = {"host": host, "rank": precedence.rank, "stated": is_stated}
        with self._database.transaction() as transaction:
            transaction.run(_SET_HOST, arguments)
            if not is_stated:
                transaction.run(_SETTLE_HOST, arguments)


_OF_SOURCE = "select precedence from sources where source_id = %(source)s"
_OF_HOST = "select precedence, precedence_stated from hosts where host = %(host)s"
_SET_HOST = """
update hosts set precedence = %(rank)s, precedence_stated = %(stated)s where host = %(host)s
"""

# The greatest precedence of the sources that have something to do there. Hosts are locked in the order in which
# every writer locks them.
_SETTLED: LiteralString = """
update hosts set precedence = coalesce((
    select max(sources.precedence) from sources
    where source_id in (select source_id from targets
                        where targets.host_id = hosts.host_id and due_at is not null)), 0)
where not precedence_stated and host_id in (select host_id from hosts as locked where """
_IN_ORDER: LiteralString = " order by host_id for no key update)"
_OF_SOURCE_THERE: LiteralString = "host_id in (select host_id from targets where source_id = %(source)s)"
_SETTLE_HOSTS_OF_SOURCE: LiteralString = _SETTLED + _OF_SOURCE_THERE + _IN_ORDER
_SETTLE_HOST: LiteralString = _SETTLED + "host = %(host)s" + _IN_ORDER

# The priorities of kinds are those of `frontier_sql.ADD_TARGETS`; a robots.txt is everyone's and stays first.
_MOVE_TARGETS = """
update targets set priority = moved.priority
from (
    select target_id, mod(priority + 10, 10) + 10 * (
        select precedence from sources where source_id = %(source)s) as priority
    from targets
    where target_id > %(after)s and target_id <= %(until)s and source_id = %(source)s and kind <> 'robots'
    order by target_id for no key update
) as moved
where targets.target_id = moved.target_id and targets.priority <> moved.priority
"""
