"""Messages that could not be worked on, kept with their reason until someone decides."""

from collections.abc import Mapping
from typing import Any

from shared.ledger.database import Database, as_json

__all__ = ["Quarantine"]


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
        """Keep one message.

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
            transaction.run(_KEEP, arguments)

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
