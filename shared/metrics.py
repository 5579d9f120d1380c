"""Every metric of the system, declared in one place. One that is not declared here cannot be counted or told.

Names follow the Prometheus conventions: base units, `_total` for counters. A label has few, known values, never
a URL, an id of a page or an exception's text; `source` is the longest, one value an outlet.

These are counted where the work is done. What stands in the ledger or the broker is not counted but read there;
see `shared.observed_metrics`.
"""

from prometheus_client import Counter, Histogram

__all__ = [
    "ARTICLES",
    "CAPTURES",
    "EXTRACTED_FIELDS",
    "EXTRACTION_SECONDS",
    "FETCH_SECONDS",
    "HTTP_SECONDS",
    "LEASES_LOST",
    "LEDGER_FAILURES",
    "LEDGER_SECONDS",
    "LINKS",
    "MESSAGES",
    "MESSAGE_SECONDS",
    "MESSAGE_WAIT_SECONDS",
    "OBJECT_STORE_SECONDS",
    "PAYLOADS",
    "PAYLOAD_BYTES",
    "POLITENESS_WAIT_SECONDS",
    "RUNG_AGAIN",
    "SPANS",
    "STORED_BYTES",
]

_SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_LONG = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180)

MESSAGES = Counter(
    "pressmark_messages_total",
    "Messages by how they ended: done, tried_again, quarantined.",
    ["message", "outcome"],
)
MESSAGE_SECONDS = Histogram(
    "pressmark_message_duration_seconds",
    "Time from taking a message to its end.",
    ["message"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 180),
)
MESSAGE_WAIT_SECONDS = Histogram(
    "pressmark_message_wait_seconds",
    "Time a message waited in its queue.",
    ["message"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 3600),
)
LINKS = Counter("pressmark_links_total", "Links found, by what became of them.", ["outcome"])
CAPTURES = Counter(
    "pressmark_captures_total",
    "Looks at targets, by what came: the class of the status, truncated, or why there was no answer.",
    ["source", "kind", "outcome"],
)
PAYLOADS = Counter(
    "pressmark_payloads_total",
    "Answers by what was kept of them: new, identical to the last, or not_modified as the server said.",
    ["kind"],
)
PAYLOAD_BYTES = Counter("pressmark_payload_bytes_total", "Bytes of bodies that servers sent.", ["kind"])
FETCH_SECONDS = Histogram(
    "pressmark_fetch_duration_seconds",
    "Time of one look, from its start to the last byte.",
    ["kind"],
    buckets=_LONG,
)
POLITENESS_WAIT_SECONDS = Histogram(
    "pressmark_fetch_politeness_wait_seconds",
    "Time a target of an open batch waited until its host might be asked.",
    buckets=(0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
STORED_BYTES = Counter("pressmark_stored_bytes_total", "Bytes of WARC stored.")
LEASES_LOST = Counter("pressmark_leases_lost_total", "Leases taken back from workers that fell silent.")
SPANS = Counter(
    "pressmark_spans_total",
    "Spans for the collector of traces, by what became of them: sent, lost.",
    ["outcome"],
)
RUNG_AGAIN = Counter("pressmark_rung_again_total", "Bells rung again by the reconciler.", ["message"])
ARTICLES = Counter("pressmark_articles_total", "What captures showed of articles.", ["outcome"])
EXTRACTION_SECONDS = Histogram(
    "pressmark_extraction_duration_seconds",
    "Time of reading one article page, by outcome: read, or why nothing could be read.",
    ["outcome"],
    buckets=_SHORT,
)
EXTRACTED_FIELDS = Counter(
    "pressmark_extracted_fields_total",
    "Fields of article pages that were read, by whether the page gave them.",
    ["field", "present"],
)
OBJECT_STORE_SECONDS = Histogram(
    "pressmark_object_store_request_duration_seconds",
    "Time of one operation of the evidence store, by outcome: done, missing, postponed, refused.",
    ["operation", "outcome"],
    buckets=_SHORT,
)
LEDGER_SECONDS = Histogram(
    "pressmark_ledger_transaction_duration_seconds",
    "Time of one transaction of the ledger, from asking for a connection to its end.",
    buckets=_SHORT,
)
LEDGER_FAILURES = Counter("pressmark_ledger_failures_total", "Transactions that the ledger did not answer.")
HTTP_SECONDS = Histogram(
    "pressmark_http_request_duration_seconds",
    "Time of one answer of our own pages, by the route's pattern.",
    ["service", "route", "method", "status"],
    buckets=_SHORT,
)
