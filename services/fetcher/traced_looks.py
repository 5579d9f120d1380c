"""A look at a target as a span, by the semantic conventions for HTTP clients."""

from urllib.parse import urlsplit

from services.fetcher.outcomes import FetchTarget
from services.fetcher.warc import RecordedExchange
from shared import traces

__all__ = ["trace_look"]


def trace_look(exchange: RecordedExchange, target: FetchTarget) -> None:
    """Make a span of a look that is over.

    Its address is told without user, query and fragment, which may hold a key to something; the ledger and the
    logs have it whole, under the target's id and the trace's.
    """
    try:
        parts = urlsplit(exchange.url)
    except ValueError:
        parts = urlsplit("")  # A look at what is no URL is a look that failed, and has its span.
    traces.emit(
        "GET",
        kind="client",
        began_at=exchange.date,
        seconds=exchange.timings.total,
        attributes={
            "http.request.method": "GET",
            "http.response.status_code": exchange.status,
            "http.response.body.size": exchange.payload_bytes if exchange.status else None,
            "url.scheme": parts.scheme or None,
            "url.path": parts.path,
            "server.address": parts.hostname,
            "server.port": _port(target.host),
            "network.peer.address": exchange.ip or None,
            "pressmark.target_id": exchange.target_id,
            "pressmark.source": target.source,
            "pressmark.kind": target.kind,
            "pressmark.record": "revisit" if exchange.revisit else exchange.kind,
            "pressmark.truncated": exchange.truncated.value if exchange.truncated else None,
        },
        failure=_failure(exchange),
    )


def _failure(exchange: RecordedExchange) -> str:
    """Return why a look did not bring what was asked for: our reason, or the status as the conventions say."""
    if exchange.failure is not None:
        return exchange.failure.value
    return str(exchange.status) if exchange.status is not None and exchange.status >= 400 else ""


def _port(host: str) -> int | None:
    port = host.rpartition(":")[2]
    return int(port) if port.isascii() and port.isdigit() else None
