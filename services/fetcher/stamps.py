"""Asks time stamp authorities (RFC 3161 §3.4). What they answer is verified by whoever planned the request."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.fetcher.posting import Posted, Poster
from services.fetcher.webhooks import again_after
from shared.clock import Clock
from shared.ledger.stamps import DueStamp, Stamps

__all__ = ["StampRequester"]

log = structlog.get_logger(__name__)

_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StampRequester:
    """Sends the requests that the ledger holds, through the gate of every look."""

    stamps: Stamps
    poster: Poster
    timeout: timedelta
    clock: Clock

    def request(self) -> int:
        """Send what is due, one after the other; return how many were sent.

        Raises:
            TryAgainError: the ledger does not answer. What was sent and not noted is sent again.
        """
        due = self.stamps.claim(now=self.clock.now(), lease=self.timeout * 4)
        for one in due:
            posted = self.poster.post(one.authority, one.request, _HEADERS, keep_answer=True)
            self._note(one, posted)
        return len(due)

    def _note(self, due: DueStamp, posted: Posted) -> None:
        if posted.status == 200 and posted.body:
            self.stamps.answer(due, posted.body)
            outcome = "answered"
        else:
            outcome = posted.failure or f"http_{posted.status}"
            pause = again_after(due.attempts)
            if posted.retry_after is not None:
                pause = max(pause, timedelta(seconds=posted.retry_after))
            self.stamps.postpone(due, outcome, again_at=self.clock.now() + pause)
        log.info("stamp_requested", size=due.size, outcome=outcome, attempt=due.attempts)
