"""The metrics that are read from the ledger, the broker and the disk: their names, meanings and labels."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["OBSERVED", "Observed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A metric that is read from where its truth stands. Its value is of that moment."""

    name: str
    documentation: str
    labels: tuple[str, ...] = ()
    type: Literal["gauge", "counter"] = "gauge"


def _gauge(name: str, documentation: str, *labels: str) -> Observed:
    return Observed(name=f"pressmark_{name}", documentation=documentation, labels=labels)


def _counter(name: str, documentation: str, *labels: str) -> Observed:
    return Observed(name=f"pressmark_{name}", documentation=documentation, labels=labels, type="counter")


BUILD_INFO = _gauge("build_info", "Always 1; the version of this archive is its label.", "version")
PART_UP = _gauge("part_up", "Whether a part answered when it was read: broker, ledger, object_store.", "part")
OBSERVATION_SECONDS = _gauge("observation_duration_seconds", "Time that reading a part took.", "part")
DISK_FREE_BYTES = _gauge("disk_free_bytes", "Bytes free where a service writes.", "place")
DISK_BYTES = _gauge("disk_bytes", "Bytes that a place can hold in all.", "place")

SOURCE_ENABLED = _gauge("source_enabled", "1 for a source that is watched.", "source")
SOURCE_INTERVAL = _gauge(
    "source_interval_seconds", "How often the most frequent list of a source is to be asked.", "source"
)
SOURCE_LAST_SUCCESS = _gauge(
    "source_last_success_timestamp_seconds", "When a list of a source was last read well.", "source"
)
SOURCE_LAST_ARTICLE = _gauge(
    "source_last_article_timestamp_seconds", "When an article of a source was last found.", "source"
)
SOURCE_FAILURES = _gauge(
    "source_consecutive_failures", "Looks in a row that failed at the best list of a source.", "source"
)
SOURCE_DRIFTED_FIELDS = _gauge(
    "source_drifted_fields", "Fields that the pages of a source do not give as they did.", "source"
)
SOURCE_HOSTS_OUT = _gauge("source_hosts_out", "Hosts of a source that are in outage.", "source")

TARGETS = _gauge("targets", "Accepted addresses by state.", "state")
ACCEPTED_URLS = _gauge("accepted_urls", "Addresses ever accepted; the states must sum up to it.")
DUE_TARGETS = _gauge("due_targets", "Targets that may be claimed as soon as their host is free.")
OLDEST_DUE_AGE = _gauge("oldest_due_target_age_seconds", "How long the longest due target has been due.")
UNREAD_BATCHES = _gauge("unread_batches", "Stored batches whose links or articles are not taken out yet.")
OLDEST_UNREAD_AGE = _gauge("oldest_unread_batch_age_seconds", "Age of the oldest of them.")

QUEUE_MESSAGES = _gauge("queue_messages", "Messages that wait, by queue and priority.", "queue", "priority")
QUEUE_OLDEST_AGE = _gauge(
    "queue_oldest_message_age_seconds", "Age of the oldest message that waits.", "queue", "priority"
)
QUEUE_UNACKED = _gauge("queue_unacked_messages", "Messages given to a worker and not confirmed.", "queue")
QUEUE_OLDEST_UNACKED_AGE = _gauge(
    "queue_oldest_unacked_age_seconds", "Time since the oldest of them was given away.", "queue"
)
BROKER_MEMORY_BYTES = _gauge("broker_memory_bytes", "Memory that the broker's data takes.")
BROKER_EVICTED_KEYS = _counter("broker_evicted_keys_total", "Keys that the broker threw away; must stay 0.")
BROKER_IS_DURABLE = _gauge(
    "broker_is_durable", "1 while the broker keeps its log on disk and writes it well."
)
QUARANTINED = _gauge("quarantined_messages", "Messages set aside, by queue and message.", "queue", "message")
QUARANTINE_OLDEST_AGE = _gauge("quarantine_oldest_age_seconds", "Age of the oldest of them.", "queue")
SERVICE_LAST_WORK = _gauge(
    "service_last_work_timestamp_seconds", "When a service last took a message and answered it.", "service"
)

ARTICLES_KEPT = _gauge("kept_articles", "Articles by the state of their addresses.", "state")
EVENTS = _counter("events_total", "Events of the history, by source and kind.", "source", "kind")
WATCH_ALARMS = _counter("watch_alarms_total", "Alarms of the watches, by kind.", "kind")
WEBHOOK_DELIVERIES = _gauge("webhook_deliveries", "Deliveries to webhooks that wait or are dead.", "state")
WEBHOOK_OLDEST_AGE = _gauge("webhook_oldest_waiting_age_seconds", "Age of the oldest delivery that waits.")

LOG_RECORDS = _gauge("log_records", "Records under the last checkpoint of the log.")
LOG_LAST_CHECKPOINT = _gauge("log_last_checkpoint_timestamp_seconds", "When the log was last signed.")
LOG_UNLOGGED_OBJECTS = _gauge("log_unlogged_objects", "Stored objects that are under no checkpoint yet.")
LOG_UNLOGGED_AGE = _gauge("log_oldest_unlogged_age_seconds", "Age of the oldest of them.")
UPKEEP_LAST_RUN = _gauge(
    "upkeep_last_run_timestamp_seconds", "When a job of upkeep last ended.", "upkeep_job"
)
UPKEEP_FAILED = _gauge("upkeep_failed", "1 when the last run of a job of upkeep failed.", "upkeep_job")
FIXITY_WRONG = _gauge(
    "fixity_wrong_findings", "Findings of the running round of verification that are wrong."
)
BACKUP_LAST_SUCCESS = _gauge(
    "backup_last_success_timestamp_seconds", "When the last backup that is whole was begun; 0 without any."
)
ARCHIVE_BYTES = _gauge("archive_bytes", "Bytes of WARC that the ledger knows of.")
LEDGER_BYTES = _gauge("ledger_bytes", "Bytes that the ledger takes on its disk.")

OBSERVED = tuple(value for value in list(globals().values()) if isinstance(value, Observed))
"""All of them."""
