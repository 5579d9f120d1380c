"""Every metric of the system, declared in one place. One that is not declared here cannot be counted.

Names follow the Prometheus conventions: base units, `_total` for counters. A label has few, known
values: never a URL, an id or an exception's text.
"""

from prometheus_client import Counter, Histogram

__all__ = [
    "ARTICLES",
    "CAPTURES",
    "LEASES_LOST",
    "LINKS",
    "MESSAGES",
    "MESSAGE_SECONDS",
    "MESSAGE_WAIT_SECONDS",
    "RUNG_AGAIN",
    "STORED_BYTES",
]

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
CAPTURES = Counter("pressmark_captures_total", "Looks at targets by outcome.", ["kind", "outcome"])
STORED_BYTES = Counter("pressmark_stored_bytes_total", "Bytes of WARC stored.")
LEASES_LOST = Counter("pressmark_leases_lost_total", "Leases taken back from workers that fell silent.")
RUNG_AGAIN = Counter("pressmark_rung_again_total", "Bells rung again by the reconciler.", ["message"])
ARTICLES = Counter("pressmark_articles_total", "What captures showed of articles.", ["outcome"])
