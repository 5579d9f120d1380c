"""Makes the outcome of a look from what arrived and from how the transfer ended."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.fetcher.outcomes import (
    Fetched,
    FetchFailure,
    FetchTarget,
    NotFetched,
    Timings,
    TlsFacts,
    Truncation,
)
from services.fetcher.reply import Reply
from shared.http_message import parse_head, retry_after

MAX_PARTIAL_BYTES = 4096
_LONG_LENGTH = re.compile(rb"\ncontent-length:[ \t]*[0-9]{19}", re.IGNORECASE)
_BODILESS = (204, 304)
"""RFC 9110 §8.6: a 304 may state the length of what it did not send."""
_PROXY_WANTS_CREDENTIALS = 407
"""RFC 9110 §15.5.8: only a proxy says this."""
_OF_THE_PROXY = (FetchFailure.DNS, FetchFailure.CONNECT, FetchFailure.DISCONNECT, FetchFailure.PROTOCOL)
"""What is not about the host as long as no request to it has left: the proxy is not there, or opens no tunnel."""
_CREDENTIALS = re.compile(rb"\nproxy-authorization:[^\n]*", re.IGNORECASE)
_RETRY_AFTER_STATUSES = (301, 302, 303, 307, 308, 413, 429, 503)
"""Where Retry-After means something: RFC 9110 §10.2.3, RFC 6585 §4."""


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
    tls: TlsFacts | None
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
        passed = "the head of the response passes a limit"
        return _not_fetched(ending, reply.stopped, "the reply has no HTTP head" if reply.stray else passed)
    if ending.failure in (FetchFailure.PRIVATE_ADDRESS, FetchFailure.PORT):
        return _not_fetched(ending, ending.failure, "the address was refused when it was about to be asked")
    status = reply.final_status()
    if status == _PROXY_WANTS_CREDENTIALS and ending.target.proxy is not None:
        return _not_fetched(
            ending, FetchFailure.PROXY, "the proxy wants a user and a password it knows (407)"
        )
    if status is None:
        return _not_fetched(ending, _headless_failure(ending), ending.detail or "no HTTP response came")
    body = reply.body
    return Fetched(
        target=ending.target,
        status=status,
        raw_head=reply.raw_head,
        body=body,
        request=ending.request,
        ip=ending.ip,
        started_at=ending.started_at,
        timings=ending.timings,
        truncated=_truncation(ending, len(body)),
        interim_heads=reply.interim_heads,
        tls_verified=ending.tls_verified,
        tls=ending.tls,
        retry_after=_wait(ending, status),
    )


def _wait(ending: Ending, status: int) -> timedelta | None:
    if status not in _RETRY_AFTER_STATUSES:
        return None
    return retry_after(parse_head(ending.reply.raw_head), now=ending.started_at)


def _truncation(ending: Ending, body_bytes: int) -> Truncation | None:
    if isinstance(ending.reply.stopped, Truncation):
        return ending.reply.stopped
    if ending.failure is None:
        # libcurl takes a length it cannot hold for none at all, and the body then ends with the connection.
        if not _LONG_LENGTH.search(ending.reply.raw_head):
            return None
        head = parse_head(ending.reply.raw_head)
        stated = None if head.is_chunked or head.status in _BODILESS else head.content_length
        return Truncation.DISCONNECT if stated is not None and stated > body_bytes else None
    return Truncation.TIME if ending.failure is FetchFailure.TIMEOUT else Truncation.DISCONNECT


def _headless_failure(ending: Ending) -> FetchFailure:
    """Name the phase in which a look ended that never got a whole final head."""
    if ending.failure is None:
        return FetchFailure.PROTOCOL
    if ending.target.proxy is not None and not ending.request and ending.failure in _OF_THE_PROXY:
        return FetchFailure.PROXY
    return _phase_of_timeout(ending) if ending.failure is FetchFailure.TIMEOUT else ending.failure


def _phase_of_timeout(ending: Ending) -> FetchFailure:
    timings = ending.timings
    if ending.detail.startswith("Resolving timed out"):
        return FetchFailure.DNS
    # On a kept connection there was no time to connect, but a request has left.
    if not ending.request and not timings.connect:
        return FetchFailure.TIMEOUT_CONNECT
    if not ending.request and not timings.tls and ending.target.url.lower().startswith("https:"):
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
        partial=(ending.reply.raw_head or ending.reply.stray)[:MAX_PARTIAL_BYTES],
    )


def without_credentials(request: bytes) -> bytes:
    """Return a request as it was sent, but for what a proxy alone was told: user and password."""
    return _CREDENTIALS.sub(b"", request)


def printable(text: str) -> str:
    """Make a foreign text fit for a log or a header: printable ASCII, at most 300 characters."""
    return text.encode("ascii", "backslashreplace").decode("ascii").translate(_CONTROLS)[:300]


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)}
