"""Pauses: what is not to be asked now, why, until when, and by whose order.

They stand in the ledger, so a restart forgets none. The claim passes over what is paused, and a fetcher that
opens a batch gives back what was paused since the batch was made.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.ledger.database import Database
from shared.ledger.frontier import wake_hosts

__all__ = ["Pause", "PauseScope", "Pauses"]


class PauseScope(StrEnum):
    """What a pause holds for."""

    SOURCE = "source"
    HOST = "host"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause that holds, or held."""

    pause_id: int
    scope: PauseScope
    subject: str
    """A source's id, or a host as `https://example.org:443`; empty for everything."""
    reason: str
    until: datetime | None
    paused_by: str
    paused_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None

    @property
    def what(self) -> str:
        """Return what is paused in words."""
        return f"{self.scope} {self.subject}".rstrip()

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {
            "id": self.pause_id,
            "scope": str(self.scope),
            "subject": self.subject,
            "reason": self.reason,
            "until": self.until,
            "paused_by": self.paused_by,
            "paused_at": self.paused_at,
            "ended_at": self.ended_at,
            "ended_by": self.ended_by,
        }


class Pauses:
    """Sets, ends and lists pauses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(
        self,
        scope: PauseScope,
        subject: str,
        *,
        reason: str,
        lasting: timedelta | None,
        by: str,
    ) -> Pause:
        """Pause something from now on. One that is paused already gets the new reason and the new end.

        Args:
            scope: What kind of thing.
            subject: Which one; empty for everything.
            reason: Why, for whoever finds it paused.
            lasting: How long; None until someone resumes it.
            by: Who orders it.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        arguments = {
            "scope": str(scope),
            "subject": subject,
            "reason": reason,
            "lasting": lasting,
            "by": by,
        }
        with self._database.transaction() as transaction:
            transaction.run(_END_EXPIRED, arguments)
            row = transaction.row(_PAUSE, arguments)
        assert row is not None
        return _pause(row)

    def resume(self, scope: PauseScope, subject: str, *, by: str) -> Pause | None:
        """End a pause, and let the next claim look at what it held. None when nothing of it was paused."""
        arguments = {"scope": str(scope), "subject": subject, "by": by}
        with self._database.transaction() as transaction:
            transaction.run(_END_EXPIRED, arguments)
            row = transaction.row(_RESUME, arguments)
            if row is not None and scope is PauseScope.SOURCE:
                wake_hosts(transaction, subject)
        return None if row is None else _pause(row)

    def in_force(self) -> list[Pause]:
        """Return what is paused now, the newest pause last."""
        with self._database.transaction() as transaction:
            return [_pause(row) for row in transaction.rows(_IN_FORCE)]

    def history(self, limit: int) -> list[Pause]:
        """Return the newest pauses, ended ones too, the newest first."""
        with self._database.transaction() as transaction:
            return [_pause(row) for row in transaction.rows(_HISTORY, {"limit": limit})]


def _pause(row: dict[str, Any]) -> Pause:
    return Pause(**row | {"scope": PauseScope(row["scope"])})


# A pause that ran out stays in the history with the time at which it did.
_END_EXPIRED = """
update pauses set ended_at = until, ended_by = 'its own end'
where scope = %(scope)s and subject = %(subject)s and ended_at is null and until <= now()
"""

_PAUSE = """
insert into pauses (scope, subject, reason, until, paused_by)
values (%(scope)s, %(subject)s, %(reason)s, now() + %(lasting)s::interval, %(by)s)
on conflict (scope, subject) where ended_at is null
do update set reason = excluded.reason, until = excluded.until, paused_by = excluded.paused_by
returning pause_id, scope, subject, reason, until, paused_by, paused_at, ended_at, ended_by
"""

_RESUME = """
update pauses set ended_at = now(), ended_by = %(by)s
where scope = %(scope)s and subject = %(subject)s and ended_at is null
returning pause_id, scope, subject, reason, until, paused_by, paused_at, ended_at, ended_by
"""

_IN_FORCE = """
select pause_id, scope, subject, reason, until, paused_by, paused_at, ended_at, ended_by
from pauses_in_force order by pause_id
"""

_HISTORY = """
select pause_id, scope, subject, reason, until, paused_by, paused_at, ended_at, ended_by
from pauses order by pause_id desc limit %(limit)s
"""
