"""Telling webhooks: signed by the Standard Webhooks conventions, at least once, in order about each article."""

import base64
import hashlib
import hmac
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.fetcher.posting import Posted, Poster
from services.fetcher.settings import FetcherSettings
from shared.clock import Clock
from shared.encoding import dump_json
from shared.ledger.webhooks import Attempt, DueDelivery, Webhooks

__all__ = ["WebhookSender", "again_after", "signature_of"]

log = structlog.get_logger(__name__)

_AT_ONCE = 8
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(hours=6)
_GONE = 410
_BUSY = (429, 503)
_LONGEST_DOUBLING = 20


def signature_of(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one `v1` signature for each secret, separated by blanks.

    HMAC-SHA256 over id, time and body with points between, the key being the base64 after `whsec_`
    (Standard Webhooks 1.0.0, "Signature scheme"). A receiver that knows any of the secrets accepts it.
    """
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    made = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        made.append(f"v1,{base64.b64encode(digest).decode()}")
    return " ".join(made)


def again_after(attempts: int) -> timedelta:
    """Return how long to wait after so many failed tries: doubled each time, at most six hours."""
    doublings = min(max(0, attempts - 1), _LONGEST_DOUBLING)
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << doublings))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSender:
    """Plans and sends what webhooks are to be told."""

    webhooks: Webhooks
    poster: Poster
    settings: FetcherSettings
    clock: Clock

    def deliver(self) -> int:
        """Do one round: plan what is new, send what is due; return how many tries were made.

        Raises:
            TryAgainError: the ledger does not answer. What was sent and not noted is sent again.
        """
        self.webhooks.plan()
        # Nothing of a round can take longer than its share of these timeouts, one after the other in a thread.
        shares = -(-self.settings.webhook_round // _AT_ONCE)
        lease = self.settings.webhook_timeout * (shares + 1) + timedelta(seconds=5)
        due = self.webhooks.claim(self.settings.webhook_round, lease=lease)
        if due:
            with ThreadPoolExecutor(max_workers=_AT_ONCE) as threads:
                list(threads.map(self._send, due))
        return len(due)

    def _send(self, due: DueDelivery) -> None:
        now = self.clock.now()
        body = dump_json(due.told.as_json())
        timestamp = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": due.message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_of(due.secrets, due.message_id, timestamp, body),
        }
        posted = self.poster.post(due.url, body, headers)
        attempt = Attempt(at=now, status=posted.status, outcome=_outcome(posted), seconds=posted.seconds)
        again_at = self._again_at(due, posted, now)
        rest = posted.status is None or posted.status in _BUSY
        self.webhooks.record(due, attempt, again_at=again_at, rest=rest)
        log.info(
            "webhook_told",
            webhook=due.webhook_id,
            event_id=due.told.event_id,
            outcome=attempt.outcome,
            attempt=due.attempts,
            dead=again_at is None and attempt.outcome != "delivered",
        )

    def _again_at(self, due: DueDelivery, posted: Posted, now: datetime) -> datetime | None:
        if _outcome(posted) == "delivered" or posted.status == _GONE:
            return None
        pause = again_after(max(due.attempts, due.failures + 1 if posted.status is None else 0))
        if posted.retry_after is not None:
            pause = max(pause, min(_LONGEST_PAUSE, timedelta(seconds=posted.retry_after)))
        # Spread, so that all that failed together does not come back together.
        again_at = now + pause * random.uniform(0.8, 1.2)  # noqa: S311  (no secret)
        return again_at if again_at - due.planned_at <= self.settings.webhook_patience else None


def _outcome(posted: Posted) -> str:
    if posted.status is None:
        return str(posted.failure)
    return "delivered" if 200 <= posted.status < 300 else f"http_{posted.status}"
