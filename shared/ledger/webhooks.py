"""Webhooks: whom events are told to, how far each has been told, and what came of every try.

The table of events is the outbox. A webhook has a place in it; planning its deliveries and moving that place are
one transaction, so nothing is left out and nothing is planned twice, whoever is killed when.
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

from shared.errors import NotFoundError
from shared.ledger import webhooks_sql as sql
from shared.ledger.database import Database
from shared.ledger.telling import KINDS, Told, told_of

__all__ = ["Attempt", "DueDelivery", "Webhook", "Webhooks", "new_secret"]

_PLANNED_AT_ONCE = 1000
_SECRET_BYTES = 32
_MOST_SECRETS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Somebody who is told."""

    webhook_id: str
    url: str
    kinds: tuple[str, ...]
    source_ids: tuple[str, ...]
    added_at: datetime
    waiting: int
    delivered: int
    dead: int
    rests_until: datetime | None
    """Its server does not answer; nothing is sent there before this."""

    def as_json(self) -> dict[str, Any]:
        """Return the webhook as the commands show it: without its secrets."""
        return {
            "id": self.webhook_id,
            "url": self.url,
            "kinds": list(self.kinds),
            "sources": list(self.source_ids),
            "added_at": self.added_at,
            "waiting": self.waiting,
            "delivered": self.delivered,
            "dead": self.dead,
            "rests_until": self.rests_until,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """One event that a webhook is to be told now."""

    delivery_id: int
    webhook_id: str
    url: str
    secrets: tuple[str, ...]
    planned_at: datetime
    attempts: int
    """With this one."""
    failures: int
    told: Told

    @property
    def message_id(self) -> str:
        """Return the name of the message, the same at every try: its receiver drops what it has."""
        return f"msg_{self.webhook_id}_{self.told.event_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of one try."""

    at: datetime
    status: int | None
    outcome: str
    """`delivered`, or why not: http_500, connect, timeout, private_address, …"""
    seconds: float


def new_secret() -> str:
    """Return a fresh secret in the form of the Standard Webhooks conventions: `whsec_` and base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


class Webhooks:
    """The webhooks of one ledger.

    Every method may raise `TryAgainError`: the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, url: str, secret: str, *, kinds: Sequence[str], source_ids: Sequence[str]) -> str:
        """Tell this address what happens from now on; return the webhook's id."""
        arguments = {
            "webhook": f"wh{secrets.token_hex(4)}",
            "url": url,
            "secrets": [secret],
            "kinds": list(kinds),
            "sources": list(source_ids),
        }
        with self._database.transaction() as transaction:
            transaction.run(sql.ADD, arguments)
        return str(arguments["webhook"])

    def all(self) -> list[Webhook]:
        """Return all webhooks that were not removed."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.ALL)
        return [
            Webhook(**{**row, "kinds": tuple(row["kinds"]), "source_ids": tuple(row["source_ids"])})
            for row in rows
        ]

    def remove(self, webhook_id: str) -> None:
        """Tell this webhook nothing more. The log of its deliveries stays for its time.

        Raises:
            NotFoundError: there is no such webhook.
        """
        self._change(sql.REMOVE, {"webhook": webhook_id})

    def rotate(self, webhook_id: str, secret: str, *, keep_old: bool) -> None:
        """Sign with a new secret from now on, and with the old ones too while its receiver changes over.

        Raises:
            NotFoundError: there is no such webhook.
        """
        kept = _MOST_SECRETS - 1 if keep_old else 0
        self._change(sql.ROTATE, {"webhook": webhook_id, "secret": secret, "kept": kept})

    def secrets_of(self, webhook_id: str) -> tuple[str, tuple[str, ...]]:
        """Return a webhook's address and secrets.

        Raises:
            NotFoundError: there is no such webhook.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(sql.ONE, {"webhook": webhook_id})
        if row is None:
            raise _no_such(webhook_id)
        return str(row["url"]), tuple(row["secrets"])

    def deliveries(self, webhook_id: str, *, limit: int) -> list[dict[str, Any]]:
        """Return the last deliveries, the newest first, each with its tries.

        Raises:
            NotFoundError: there is no such webhook.
        """
        self.secrets_of(webhook_id)
        with self._database.transaction() as transaction:
            return transaction.rows(sql.DELIVERIES, {"webhook": webhook_id, "limit": limit})

    def test(self, webhook_id: str, *, at: datetime) -> None:
        """Let the next round send one delivery of a kind of its own, about nothing.

        Raises:
            NotFoundError: there is no such webhook, or the ledger has no source that a test could name.
        """
        self._change(sql.TEST, {"webhook": webhook_id, "at": at})

    def replay(self, webhook_id: str, *, since: datetime | None) -> int:
        """Send again what is dead, and from a time on everything; return how many deliveries."""
        self.secrets_of(webhook_id)
        with self._database.transaction() as transaction:
            return transaction.run(sql.REPLAY, {"webhook": webhook_id, "since": since})

    def plan(self) -> int:
        """Plan a delivery for each event that a webhook was not told yet; return how many."""
        planned = 0
        with self._database.transaction() as transaction:
            for webhook in transaction.rows(sql.PLACES):
                arguments = {
                    **webhook,
                    "told": list(webhook["kinds"]) or list(KINDS),
                    "limit": _PLANNED_AT_ONCE,
                }
                events = transaction.rows(sql.NEWS, arguments)
                if not events:
                    continue
                chosen = [row["event_id"] for row in events if row["chosen"]]
                planned += transaction.run(sql.PLAN, {**arguments, "events": chosen})
                last = events[-1]
                moved = {"written_in": last["written_in"], "event_id": last["event_id"]}
                transaction.run(sql.MOVE_ON, {**arguments, **moved})
        return planned

    def claim(self, limit: int, *, lease: timedelta) -> list[DueDelivery]:
        """Take deliveries that are due, the first about each article only; nobody else gets them for a while."""
        with self._database.transaction() as transaction:
            claimed = transaction.rows(sql.CLAIM, {"limit": limit, "lease": lease})
            events = [row["event_id"] for row in claimed]
            told = {
                row["event_id"]: told_of(row) for row in transaction.rows(sql.TOLD_OF, {"events": events})
            }
        return [
            DueDelivery(
                delivery_id=row["delivery_id"],
                webhook_id=row["webhook_id"],
                url=row["url"],
                secrets=tuple(row["secrets"]),
                planned_at=row["planned_at"],
                attempts=row["attempts"],
                failures=row["failures"],
                told=told[row["event_id"]],
            )
            for row in sorted(claimed, key=lambda row: row["delivery_id"])
        ]

    def record(self, due: DueDelivery, attempt: Attempt, *, again_at: datetime | None, rest: bool) -> None:
        """Note what came of a try.

        Args:
            due: what was tried.
            attempt: what came of it.
            again_at: when it is tried again; None for never.
            rest: whether the server did not answer at all, so that its other deliveries wait too.
        """
        is_delivered = attempt.outcome == "delivered"
        arguments = {
            "delivery": due.delivery_id,
            "webhook": due.webhook_id,
            "at": attempt.at,
            "status": attempt.status,
            "outcome": attempt.outcome,
            "seconds": attempt.seconds,
            "state": "delivered" if is_delivered else "dead" if again_at is None else "waiting",
            "due": again_at or attempt.at,
            "ended": attempt.at if is_delivered or again_at is None else None,
            "failures": due.failures + 1 if rest else 0,
            "rests": again_at if rest else None,
        }
        with self._database.transaction() as transaction:
            transaction.run(sql.LOG, arguments)
            transaction.run(sql.END, arguments)
            transaction.run(sql.REST, arguments)

    def prune(self, *, before: datetime, limit: int) -> int:
        """Delete the oldest deliveries that ended before a time, with their tries; return how many.

        What waits is kept, unless its webhook was removed. Events stay, so nothing is told anew by this.
        """
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.OLD_DELIVERIES, {"before": before, "limit": limit})
            arguments = {"deliveries": [row["delivery_id"] for row in rows]}
            if rows:
                transaction.run(sql.PRUNE_ATTEMPTS, arguments)
                transaction.run(sql.PRUNE_DELIVERIES, arguments)
        return len(rows)

    def _change(self, statement: LiteralString, arguments: dict[str, Any]) -> None:
        with self._database.transaction() as transaction:
            changed = transaction.run(statement, arguments)
        if not changed:
            raise _no_such(str(arguments["webhook"]))


def _no_such(webhook_id: str) -> NotFoundError:
    return NotFoundError(
        f"there is no webhook {webhook_id!r}; 'pressmark webhook list' shows those there are"
    )
