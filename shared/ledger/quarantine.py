"""Messages that could not be worked on, kept with their reason until someone decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.ledger.database import Database, as_json

__all__ = ["Quarantine", "QuarantineFilter", "SetAside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A message that is kept here."""

    quarantine_id: int
    queue: str
    message: str
    body: Mapping[str, Any]
    trace_id: str
    reason: str
    attempts: int
    quarantined_at: datetime

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {
            "id": self.quarantine_id,
            "queue": self.queue,
            "message": self.message,
            "body": dict(self.body),
            "trace_id": self.trace_id,
            "reason": self.reason,
            "attempts": self.attempts,
            "at": self.quarantined_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFilter:
    """Which messages are meant: those for which all that is named holds."""

    ids: Sequence[int] = ()
    queue: str | None = None
    reason: str | None = None
    """A text that the reason holds."""


class Quarantine:
    """Keeps rejected messages where neither a broker's restart nor its loss can reach them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self,
        *,
        queue: str,
        message: str,
        body: Mapping[str, Any],
        trace_id: str,
        reason: str,
        attempts: int,
    ) -> None:
        """Keep one message. One that is here already is kept once, with its newest reason and all its deliveries.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        arguments = {
            "queue": queue,
            "message": message,
            "body": as_json(dict(body)),
            "trace": _storable(trace_id[:100]),
            "reason": _storable(reason[:4000]),
            "attempts": attempts,
        }
        with self._database.transaction() as transaction:
            if not transaction.run(_KEEP_AGAIN, arguments):
                transaction.run(_KEEP, arguments)

    def close_finished(self) -> int:
        """Drop the messages whose work was done by a later bell, and return how many these were.

        A batch that cannot be worked on while the object store is away is done when that is back; then there is
        nothing left for anyone to decide.
        """
        with self._database.transaction() as transaction:
            return transaction.run(_CLOSE_FINISHED)

    def matching(self, wanted: QuarantineFilter) -> list[SetAside]:
        """Return the messages that are meant, in the order in which they came."""
        arguments = {"ids": list(wanted.ids) or None, "queue": wanted.queue, "reason": wanted.reason}
        with self._database.transaction() as transaction:
            return [SetAside(**row) for row in transaction.rows(_MATCHING, arguments)]

    def page(self, limit: int, *, after: int = 0) -> list[SetAside]:
        """Return some messages in the order in which they came, those after a number."""
        with self._database.transaction() as transaction:
            return [SetAside(**row) for row in transaction.rows(_PAGE, {"limit": limit, "after": after})]

    def drop(self, ids: Sequence[int]) -> int:
        """Take messages out, and return how many there were."""
        with self._database.transaction() as transaction:
            return transaction.run(
                "delete from quarantine where quarantine_id = any(%(ids)s)", {"ids": list(ids)}
            )

    def depths(self) -> dict[str, int]:
        """Return how many messages each queue has here."""
        with self._database.transaction() as transaction:
            rows = transaction.rows("select queue, count(*) as depth from quarantine group by queue")
        return {row["queue"]: row["depth"] for row in rows}


def _storable(text: str) -> str:
    """Return text without what PostgreSQL or UTF-8 refuse: a bad message must not be lost for its bad letters."""
    return text.replace("\x00", "").encode("utf-8", "backslashreplace").decode()


_KEEP = """
insert into quarantine (queue, message, body, trace_id, reason, attempts)
values (%(queue)s, %(message)s, %(body)s, %(trace)s, %(reason)s, %(attempts)s)
"""

_KEEP_AGAIN = """
update quarantine set reason = %(reason)s, trace_id = %(trace)s, quarantined_at = now(),
                      attempts = least(attempts + %(attempts)s, 32767)
where message = %(message)s and body = %(body)s
"""

_CLOSE_FINISHED = """
delete from quarantine using batches
where batches.batch_id = quarantine.body->>'batch_id' and batches.state = 'stored'
  and case quarantine.message when 'fetcher.fetch_batch' then true
                              when 'crawler.accept_links' then batches.links_done_at is not null
                              when 'normalizer.normalize_batch' then batches.articles_done_at is not null
                              else false end
"""

_MATCHING = """
select quarantine_id, queue, message, body, trace_id, reason, attempts, quarantined_at from quarantine
where (%(ids)s::bigint[] is null or quarantine_id = any(%(ids)s))
  and (%(queue)s::text is null or queue = %(queue)s)
  and (%(reason)s::text is null or position(%(reason)s in reason) > 0)
order by quarantine_id
"""

_PAGE = """
select quarantine_id, queue, message, body, trace_id, reason, attempts, quarantined_at from quarantine
where quarantine_id > %(after)s order by quarantine_id limit %(limit)s
"""
