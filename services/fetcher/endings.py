"""Makes the outcome of a look from what arrived and from how the transfer ended."""

from dataclasses import dataclass
from datetime import datetime

from services.fetcher.outcomes import Fetched, FetchFailure, FetchTarget, NotFetched, Timings, Truncation
from services.fetcher.reply import Reply

MAX_PARTIAL_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A transfer that is over."""

    target: FetchTarget
    reply: Reply
    request: bytes
    started_at: datetime
    timings: Timings
    ip: str
    tls_verified: bool | None
    failure: FetchFailure | None
    """What stopped it in the library's or the gate's view; None when it ran to its end."""
    detail: str


def outcome_of(ending: Ending) -> Fetched | NotFetched:
    """Decide between a response (whole or cut) and none.

    A response is kept as soon as its whole head is here: what was received is evidence even when the rest
    never came.
    """
    reply = ending.reply
    if isinstance(reply.stopped, FetchFailure):
        return _not_fetched(ending, reply.stopped, "the head of the response passes a limit")
    if ending.failure in (FetchFailure.PRIVATE_ADDRESS, FetchFailure.PORT):
        return _not_fetched(ending, ending.failure, "the address was refused when it was about to be asked")
    status = reply.final_status()
    if status is None:
        return _not_fetched(ending, _headless_failure(ending), ending.detail or "no HTTP response came")
    return Fetched(
        target=ending.target,
        status=status,
        raw_head=reply.raw_head,
        body=reply.body,
        request=ending.request,
        ip=ending.ip,
        started_at=ending.started_at,
        timings=ending.timings,
        truncated=_truncation(ending),
        interim_heads=reply.interim_heads,
        tls_verified=ending.tls_verified,
    )


def _truncation(ending: Ending) -> Truncation | None:
    if isinstance(ending.reply.stopped, Truncation):
        return ending.reply.stopped
    if ending.failure is None:
        return None
    return Truncation.TIME if ending.failure is FetchFailure.TIMEOUT else Truncation.DISCONNECT


def _headless_failure(ending: Ending) -> FetchFailure:
    """Name the phase in which a look ended that never got a whole final head."""
    if ending.failure is None:
        return FetchFailure.PROTOCOL
    if ending.failure is not FetchFailure.TIMEOUT:
        return ending.failure
    timings = ending.timings
    if not timings.connect:
        return FetchFailure.TIMEOUT_CONNECT
    if not timings.tls and ending.target.url.lower().startswith("https:"):
        return FetchFailure.TLS
    return FetchFailure.TIMEOUT if ending.reply.begun else FetchFailure.TIMEOUT_FIRST_BYTE


def _not_fetched(ending: Ending, reason: FetchFailure, detail: str) -> NotFetched:
    return NotFetched(
        target=ending.target,
        reason=reason,
        detail=printable(detail),
        started_at=ending.started_at,
        timings=ending.timings,
        ip=ending.ip or None,
        request=ending.request,
        partial=ending.reply.raw_head[:MAX_PARTIAL_BYTES],
    )


def printable(text: str) -> str:
    """Make a foreign text fit for a log or a header: printable ASCII, at most 300 characters."""
    return text.encode("ascii", "backslashreplace").decode("ascii").translate(_CONTROLS)[:300]


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
