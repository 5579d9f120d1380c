"""Factories for the fetcher's data, with the defaults a test does not care about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchFailure, FetchTarget, NotFetched, PreviousCapture, Timings
from services.fetcher.settings import FetcherSettings
from services.fetcher.warc import WarcInfo

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
LOOPBACK_GATE = Gate([ip_network("127.0.0.0/8")])
INFO = WarcInfo(
    filename="batch.warc.gz",
    software="pressmark/test",
    user_agent="pressmark-test/1",
    operator="The tests",
    hostname="worker-1",
    robots="obey",
)


def words(text: str) -> list[str]:
    """Split a table of words."""
    return text.split()


def limits(**changes: object) -> FetcherSettings:
    """Settings with short waits, so that a failing test fails soon."""
    values: dict[str, object] = {
        "connect_timeout": timedelta(seconds=2),
        "first_byte_timeout": timedelta(seconds=3),
        "fetch_timeout": timedelta(seconds=5),
        "batch_time": timedelta(seconds=10),
    }
    return FetcherSettings(**(values | changes))


def target(url: str, **changes: object) -> FetchTarget:
    """A target whose host is what stands before the path."""
    host = "/".join(url.split("/")[:3])
    return replace(FetchTarget(target_id=1, url=url, host=host), **changes)


def fetched(body: bytes = b"<p>news</p>", **changes: object) -> Fetched:
    """A plain exchange of status 200."""
    raw_head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    exchange = Fetched(
        target=target("http://outlet.example/a?b=1"),
        status=200,
        raw_head=raw_head,
        body=body,
        request=b"GET /a?b=1 HTTP/1.1\r\nHost: outlet.example\r\n\r\n",
        ip="93.184.216.34",
        started_at=NOON,
        timings=Timings(dns=0.001, connect=0.02, first_byte=0.1, total=0.25),
    )
    return replace(exchange, **changes)


def not_fetched(reason: FetchFailure = FetchFailure.CONNECT, **changes: object) -> NotFetched:
    """A look that brought nothing."""
    look = NotFetched(
        target=target("http://outlet.example/gone"),
        reason=reason,
        detail="Connection refused",
        started_at=NOON,
    )
    return replace(look, **changes)


def previous(payload_digest: str) -> PreviousCapture:
    """An earlier capture with a given payload."""
    return PreviousCapture(
        record_id="<urn:uuid:00000000-0000-4000-8000-000000000001>",
        url="http://outlet.example/a?b=1",
        date=NOON - timedelta(days=1),
        payload_digest=payload_digest,
    )
