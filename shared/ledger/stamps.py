"""Time stamps that are asked for: which checkpoint, of whom, and what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from shared.ledger.database import Database

__all__ = ["Answered", "DueStamp", "Stamps"]

# What waits for an older checkpoint is left: the stamp of a newer one covers it too.
_PLAN = """
with passed as (
    update log_stamps set state = 'left'
    where authority = %(authority)s and state in ('waiting', 'answered') and size < %(size)s
)
insert into log_stamps (size, authority, request, nonce, planned_at, due_at)
values (%(size)s, %(authority)s, %(request)s, %(nonce)s, %(at)s, %(at)s)
on conflict (size, authority) do nothing
"""
_LAST = """
select size, planned_at, state, attempts, outcome, stamped_at from log_stamps
where authority = %(authority)s order by size desc limit 1
"""
_NEWEST_KEPT = "select max(stamped_at) as at from log_stamps where state = 'kept'"
_CLAIM = """
with due as (
    select size, authority from log_stamps where state = 'waiting' and due_at <= %(now)s
    order by due_at for update skip locked
)
update log_stamps s set due_at = %(now)s + %(lease)s::interval, attempts = attempts + 1
from due where s.size = due.size and s.authority = due.authority
returning s.size, s.authority, s.request, s.attempts
"""
_ANSWER = """
update log_stamps set state = 'answered', answer = %(answer)s, outcome = 'answered'
where size = %(size)s and authority = %(authority)s and state = 'waiting'
"""
_POSTPONE = """
update log_stamps set state = 'waiting', answer = null, outcome = %(outcome)s, due_at = %(again_at)s
where size = %(size)s and authority = %(authority)s and state in ('waiting', 'answered')
"""
_ANSWERED = """
select s.size, s.authority, s.nonce, s.answer, s.attempts, c.note
from log_stamps s join log_checkpoints c using (size) where s.state = 'answered' order by s.size
"""
_KEEP = """
update log_stamps set state = 'kept', answer = null, outcome = 'kept', stamped_at = %(stamped_at)s
where size = %(size)s and authority = %(authority)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStamp:
    """A request that is to be sent now."""

    size: int
    """Records under the checkpoint: its name."""
    authority: str
    request: bytes
    attempts: int
    """With this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an authority sent, not verified yet."""

    size: int
    authority: str
    note: str
    """The signed checkpoint that the stamp is to be of."""
    nonce: int
    answer: bytes
    attempts: int


class Stamps:
    """The time stamps of one ledger.

    Every method may raise `TryAgainError`: the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, *, size: int, authority: str, request: bytes, nonce: int, at: datetime) -> None:
        """Have an authority asked about a checkpoint; what it was asked before and has not done is left."""
        arguments = {
            "size": size,
            "authority": authority,
            "request": request,
            "nonce": str(nonce),
            "at": at,
        }
        self._run(_PLAN, arguments)

    def last(self, authority: str) -> dict[str, Any] | None:
        """Return what an authority was asked last, and how that stands."""
        with self._database.transaction() as transaction:
            return transaction.row(_LAST, {"authority": authority})

    def newest(self) -> datetime | None:
        """Return the latest time that any authority has confirmed."""
        with self._database.transaction() as transaction:
            row = transaction.row(_NEWEST_KEPT)
        return None if row is None else row["at"]

    def claim(self, *, now: datetime, lease: timedelta) -> list[DueStamp]:
        """Take the requests that are due; nobody else gets them for a while."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(_CLAIM, {"now": now, "lease": lease})
        return [DueStamp(**{**row, "request": bytes(row["request"])}) for row in rows]

    def answer(self, due: DueStamp, answer: bytes) -> None:
        """Note what an authority sent."""
        self._run(_ANSWER, {"size": due.size, "authority": due.authority, "answer": answer})

    def postpone(self, one: DueStamp | Answered, outcome: str, *, again_at: datetime) -> None:
        """Ask again later, and note why."""
        arguments = {"size": one.size, "authority": one.authority}
        self._run(_POSTPONE, {**arguments, "outcome": outcome, "again_at": again_at})

    def answered(self) -> list[Answered]:
        """Return what is to be verified."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(_ANSWERED)
        return [
            Answered(**{**row, "nonce": int(row["nonce"]), "answer": bytes(row["answer"])}) for row in rows
        ]

    def keep(self, one: Answered, *, stamped_at: datetime) -> None:
        """Note that a stamp was verified and stands in the store."""
        self._run(_KEEP, {"size": one.size, "authority": one.authority, "stamped_at": stamped_at})

    def _run(self, statement: LiteralString, arguments: dict[str, Any]) -> None:
        with self._database.transaction() as transaction:
            transaction.run(statement, arguments)
