"""Actions on what went wrong: look again at failed targets, and decide about quarantined messages."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from services.admin.operating.action import Action, Outcome, Work, examples, pause_of
from services.admin.operating.crawling import SourceId
from services.admin.operating.parts import Parts
from services.admin.operating.pausing import known_host
from shared.errors import NotFoundError, TryAgainError
from shared.ledger.pauses import Pause
from shared.ledger.quarantine import Quarantine, QuarantineFilter, SetAside
from shared.ledger.retries import FailureFilter, Retries
from shared.messages import MESSAGES, DispatchDue

__all__ = ["DropQuarantined", "Moment", "RetryFailures", "RetryQuarantined"]

_AT_ONCE = 2000


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


Moment = Annotated[datetime, AfterValidator(_in_utc)]


class RetryFailures(Action):
    """Look again now at targets whose last look failed. Without any filter: at all of them."""

    model_config = examples({"reason": "http_5", "source": "harbour-en", "since": "2026-03-09T00:00:00Z"})
    name = "failure.retry"
    is_long = True

    reason: str | None = Field(default=None, min_length=1, max_length=200)
    """How the reason begins, as `pressmark status` shows it: `http_5` means every 5xx."""

    source: SourceId | None = None
    """Only of this source."""

    host: str | None = Field(default=None, min_length=1, max_length=500)
    """Only on this host, such as https://example.org."""

    since: Moment | None = None
    """Only what was looked at then or later; UTC where no zone is named."""

    def held_by(self, pauses: Sequence[Pause]) -> Pause | None:
        """Rest while the source or the host is paused."""
        hosts = [] if self.host is None else [known_host(self.host)]
        return pause_of(pauses, source=self.source, hosts=hosts)

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Count them by source and reason."""
        del work
        return Retries(parts.database).found(self._filter())

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Make them due, some thousands in a transaction, and ring for the crawler."""
        retries, wanted = Retries(parts.database), self._filter()
        total = int(retries.found(wanted)["targets"])
        done, place = 0, 0
        while True:
            count, place = retries.retry(wanted, after=place, limit=_AT_ONCE)
            done += count
            work.advance(done, max(total, done))
            if count < _AT_ONCE:
                break
        parts.orders.bus.publish(DispatchDue(), urgent=True)
        return {"targets": done}

    def _filter(self) -> FailureFilter:
        return FailureFilter(
            reason=self.reason,
            source_id=self.source,
            host=None if self.host is None else known_host(self.host),
            since=self.since,
        )


class _OfQuarantine(Action):
    """Which quarantined messages are meant."""

    ids: tuple[Annotated[int, Field(ge=1, le=2**63 - 1)], ...] = Field(default=(), max_length=10_000)
    """Their numbers, as `pressmark quarantine list` shows them."""

    queue: str | None = Field(default=None, max_length=100)
    """All of this queue: crawler, fetcher or normalizer."""

    reason: str | None = Field(default=None, min_length=1, max_length=500)
    """All whose reason holds this text."""

    everything: bool = Field(default=False, alias="all")
    """All there are."""

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if not (self.ids or self.queue or self.reason or self.everything):
            raise ValueError("name ids, a queue, a reason, or all")
        return self

    def _filter(self) -> QuarantineFilter:
        return QuarantineFilter(ids=self.ids, queue=self.queue, reason=self.reason)

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell which are meant."""
        del work
        found = Quarantine(parts.database).matching(self._filter())
        return {"messages": len(found), "examples": [one.as_json() for one in found[:5]]}

    def _meant(self, parts: Parts) -> list[SetAside]:
        found = Quarantine(parts.database).matching(self._filter())
        missing = sorted(set(self.ids) - {one.quarantine_id for one in found})
        if missing:
            raise NotFoundError(
                f"there is no quarantined message {', '.join(map(str, missing))}; "
                "'pressmark quarantine list' shows those there are"
            )
        return found


class RetryQuarantined(_OfQuarantine):
    """Send quarantined messages again. One that fails again comes back, with all its deliveries counted."""

    model_config = examples({"ids": [7, 8]}, {"queue": "normalizer"}, {"all": True})
    name = "quarantine.retry"

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Send each, and take it out when it is sent."""
        quarantine, sent = Quarantine(parts.database), 0
        meant = self._meant(parts)
        for one in meant:
            try:
                message = MESSAGES[one.message].model_validate(one.body)
            except (KeyError, ValidationError):
                work.tell({"id": one.quarantine_id, "error": "this is no message that can be sent; drop it"})
                continue
            if not parts.orders.bus.publish(message, trace_id=one.trace_id or None):
                raise TryAgainError(f"the broker does not answer; {sent} of {len(meant)} were sent again")
            quarantine.drop([one.quarantine_id])
            sent += 1
            work.advance(sent, len(meant))
        return {"sent": sent, "kept": len(meant) - sent}


class DropQuarantined(_OfQuarantine):
    """Throw quarantined messages away. What they were about stays in the ledger as it is."""

    model_config = examples({"ids": [7]})
    name = "quarantine.drop"

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Drop them; the audit keeps what they were."""
        meant = self._meant(parts)
        for one in meant:
            work.tell(one.as_json())
        return {"dropped": Quarantine(parts.database).drop([one.quarantine_id for one in meant])}
