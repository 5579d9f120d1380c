"""What an order would touch, counted before, and the failures that are tried again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.ledger.database import Database, Transaction
from shared.ledger.frontier import TargetKind

__all__ = ["FailureFilter", "Retries", "Touched"]

_EXAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFilter:
    """Which failures are meant: those for which all that is named holds."""

    reason: str | None = None
    """How the reason begins: `http_5` means every 5xx."""
    source_id: str | None = None
    host: str | None = None
    since: datetime | None = None
    """Looked at then or later."""

    @property
    def arguments(self) -> dict[str, object]:
        """Return it as the statements take it."""
        return {"reason": self.reason, "source": self.source_id, "host": self.host, "since": self.since}


class Touched:
    """Counts what an order would make due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_source(self, source_id: str, kinds: Sequence[TargetKind]) -> int:
        """Count the targets of some kinds that are asked for."""
        arguments = {"source": source_id, "kinds": [str(kind) for kind in kinds]}
        with self._database.transaction() as transaction:
            row = transaction.row(_OF_SOURCE, arguments)
        return 0 if row is None else int(row["targets"])

    def known(self, keys: Sequence[bytes]) -> int:
        """Count which of these URLs were accepted before and are not excluded."""
        with self._database.transaction() as transaction:
            row = transaction.row(_KNOWN, {"keys": [key.hex() for key in keys]})
        return 0 if row is None else int(row["targets"])


class Retries:
    """Finds targets whose last look failed, and makes them due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def found(self, wanted: FailureFilter) -> dict[str, Any]:
        """Return how many there are, by reason and source, with a few examples."""
        arguments = wanted.arguments | {"examples": _EXAMPLES}
        with self._database.transaction() as transaction:
            groups = transaction.rows(_GROUPS, arguments)
            examples = transaction.rows(_FOUND_EXAMPLES, arguments)
        return {
            "targets": sum(group["targets"] for group in groups),
            "groups": groups,
            "examples": examples,
        }

    def retry(self, wanted: FailureFilter, *, after: int, limit: int) -> tuple[int, int]:
        """Make the next few of them due, in the order of their numbers.

        A target that went down with its workers is due too, alone in its batch, and is set aside again when the
        next one dies.

        Args:
            wanted: Which.
            after: The number of the last one that is done.
            limit: How many at most in one transaction.

        Returns:
            How many, and the number of the last one.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        with self._database.transaction() as transaction:
            rows = transaction.rows(_RETRY, wanted.arguments | {"after": after, "limit": limit})
            if rows:
                self._wake(transaction, [row["target_id"] for row in rows])
        return len(rows), max((row["target_id"] for row in rows), default=after)

    def _wake(self, transaction: Transaction, ids: Sequence[int]) -> None:
        """Let the claims look at their hosts, whose robots.txt is asked for again where it could not be had."""
        transaction.run(_ASK_FOR_ROBOTS, {"ids": list(ids)})
        transaction.run(_LOCK_HOSTS, {"ids": list(ids)})
        transaction.run(_WAKE_HOSTS, {"ids": list(ids)})


_OF_SOURCE = """
select count(*) as targets from targets
where source_id = %(source)s and kind = any(%(kinds)s) and state <> 'excluded'
"""

_KNOWN = """
select count(*) as targets from targets where url_key = any(%(keys)s::uuid[]) and state <> 'excluded'
"""

_GROUPS = """
select source_id as source, reason, count(*) as targets
from targets join hosts using (host_id)
where state in ('failed', 'archived', 'waiting') and reason is not null
  and (%(reason)s::text is null or starts_with(reason, %(reason)s))
  and (%(source)s::text is null or source_id = %(source)s)
  and (%(host)s::text is null or hosts.host = %(host)s)
  and (%(since)s::timestamptz is null or looked_at >= %(since)s)
group by source_id, reason order by targets desc, source_id, reason
"""

_FOUND_EXAMPLES = """
select url, reason, looked_at, attempts
from targets join hosts using (host_id)
where state in ('failed', 'archived', 'waiting') and reason is not null
  and (%(reason)s::text is null or starts_with(reason, %(reason)s))
  and (%(source)s::text is null or source_id = %(source)s)
  and (%(host)s::text is null or hosts.host = %(host)s)
  and (%(since)s::timestamptz is null or looked_at >= %(since)s)
order by target_id limit %(examples)s
"""

_RETRY = """
with found as (
    select target_id
    from targets join hosts using (host_id)
    where target_id > %(after)s and state in ('failed', 'archived', 'waiting') and reason is not null
      and (%(reason)s::text is null or starts_with(reason, %(reason)s))
      and (%(source)s::text is null or source_id = %(source)s)
      and (%(host)s::text is null or hosts.host = %(host)s)
      and (%(since)s::timestamptz is null or looked_at >= %(since)s)
    order by target_id limit %(limit)s
    for no key update of targets
)
update targets set due_at = now(), lost_leases = least(lost_leases, 4)
from found where targets.target_id = found.target_id
returning targets.target_id
"""

_ASK_FOR_ROBOTS = """
update targets set due_at = now()
from hosts
where targets.kind = 'robots' and targets.state in ('archived', 'failed', 'waiting')
  and hosts.host_id = targets.host_id and hosts.robots_until <= now()
  and targets.host_id in (select host_id from targets where target_id = any(%(ids)s))
"""

_LOCK_HOSTS = """
select from hosts where host_id in (select host_id from targets where target_id = any(%(ids)s))
order by host_id for no key update
"""

_WAKE_HOSTS = """
update hosts set ready_at = now()
where host_id in (select host_id from targets where target_id = any(%(ids)s)) and ready_at > now()
"""
