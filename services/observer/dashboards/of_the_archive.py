"""Dashboards of the archive itself: the first row says whether all is well, the rest says why not."""

from services.observer.dashboards.drawing import EVERY, events_an_hour, figure, line, p95, table
from services.observer.dashboards.panels import Board

__all__ = ["INFRASTRUCTURE", "OVERVIEW", "PIPELINE", "READER", "STORAGE"]

OVERVIEW = Board(
    name="overview",
    title="Overview",
    description="Whether the archive works, at a glance.",
    panels=(
        figure(
            "Parts that are down",
            "Ledger, broker and object store. Red: see the Infrastructure board and PressmarkPartDown.",
            "count(pressmark_part_up == 0) or vector(0)",
            red_above=1,
        ),
        figure(
            "Sources that are late",
            "Sources of which no list was read for twice its interval. See the Sources board.",
            "count((time() - pressmark_source_last_success_timestamp_seconds)"
            " > 2 * pressmark_source_interval_seconds + 600) or vector(0)",
            red_above=1,
        ),
        figure(
            "In quarantine",
            "Messages set aside with a reason. Look at them with `pressmark quarantine list`.",
            "sum(pressmark_quarantined_messages) or vector(0)",
            red_above=1,
        ),
        figure(
            "Addresses in no state",
            "Accepted addresses less the sum of the states. Anything but 0 is a fault of ours: report it.",
            "abs(sum(pressmark_targets) - sum(pressmark_accepted_urls))",
            red_above=1,
        ),
        line(
            "Looks a second",
            "By what came. A growing share of anything but 2xx and 3xx: see the Fetch board.",
            f"sum by (outcome) (rate(pressmark_captures_total{EVERY}))",
            legend="{{outcome}}",
            unit="reqps",
        ),
        line(
            "Articles found an hour",
            "By source. One that falls to nothing while others go on: see the Sources board.",
            events_an_hour('kind="article_found"', by="source"),
            legend="{{source}}",
        ),
        line(
            "What the outlets changed",
            "Edits and removals an hour. A step means that somebody rewrites the past: see the History board.",
            events_an_hour('kind!="article_found"', by="kind"),
            legend="{{kind}}",
        ),
        line(
            "Oldest message",
            "How long the oldest message of each queue has waited. Above five minutes: see the Pipeline board.",
            "max by (queue) (pressmark_queue_oldest_message_age_seconds)",
            legend="{{queue}}",
            unit="s",
        ),
        line(
            "Messages a second",
            "By how they ended. Quarantined should stay 0; tried_again rises while a part is away.",
            f"sum by (outcome) (rate(pressmark_messages_total{EVERY}))",
            legend="{{outcome}}",
            unit="ops",
        ),
        line(
            "Time of a message",
            "95th percentile. When it grows, the part that the service waits for is slow.",
            p95("pressmark_message_duration_seconds", "message"),
            legend="{{message}}",
            unit="s",
        ),
    ),
)

PIPELINE = Board(
    name="pipeline",
    title="Pipeline",
    description="Where work waits, and who does it.",
    panels=(
        figure(
            "Due targets",
            "May be claimed as soon as their host is free. Grows without end: more is due than hosts allow.",
            "sum(pressmark_due_targets)",
        ),
        figure(
            "Longest due",
            "How long the longest due target waits. Above six hours: lower a delay, or recheck less often.",
            "max(pressmark_oldest_due_target_age_seconds)",
            unit="s",
            red_above=6 * 3600,
        ),
        figure(
            "Unread batches",
            "Stored and not read yet. Grows: the normalizer is too slow or does not work.",
            "sum(pressmark_unread_batches)",
        ),
        figure(
            "Leases lost",
            "Taken back from silent workers within the last hour. More than a few: look for workers that die.",
            "sum(increase(pressmark_leases_lost_total[1h])) or vector(0)",
            red_above=6,
        ),
        line(
            "Addresses by state",
            "Every accepted address is in one of them. Failed grows: see the Fetch board.",
            "sum by (state) (pressmark_targets)",
            legend="{{state}}",
        ),
        line(
            "Messages that wait",
            "By queue, all priorities. Grows: too few workers of that service.",
            "sum by (queue) (pressmark_queue_messages)",
            legend="{{queue}}",
        ),
        line(
            "Oldest message, by priority",
            "6 is ordinary, 0 urgent, 3 the ticks of the clock. Above five minutes: the service does not work.",
            "max by (queue, priority) (pressmark_queue_oldest_message_age_seconds)",
            legend="{{queue}} {{priority}}",
            unit="s",
        ),
        line(
            "Unconfirmed messages",
            "Given to a worker and not confirmed, with the age of the oldest. Old ones: a worker hangs.",
            "max by (queue) (pressmark_queue_oldest_unacked_age_seconds)",
            legend="{{queue}}",
            unit="s",
        ),
        line(
            "Since a service did work",
            "Ticks come every few seconds, so a line that climbs is a service that does nothing.",
            "time() - max by (service) (pressmark_service_last_work_timestamp_seconds)",
            legend="{{service}}",
            unit="s",
        ),
        line(
            "Wait of a message",
            "95th percentile of the time between ringing and taking. Grows before queues look long.",
            p95("pressmark_message_wait_seconds", "message"),
            legend="{{message}}",
            unit="s",
        ),
        line(
            "Links",
            "What became of the links that were found. Only known: lists bring nothing new, which is usual.",
            f"sum by (outcome) (rate(pressmark_links_total{EVERY}))",
            legend="{{outcome}}",
            unit="ops",
        ),
        line(
            "Quarantine",
            "Messages set aside, by message. `pressmark quarantine list` has the reasons.",
            "sum by (message) (pressmark_quarantined_messages) or vector(0)",
            legend="{{message}}",
        ),
    ),
)

STORAGE = Board(
    name="storage",
    title="Storage",
    description="The evidence, its proof, and whether it is still what it was.",
    panels=(
        figure(
            "Evidence",
            "Bytes of WARC that the ledger knows of.",
            "sum(pressmark_archive_bytes)",
            unit="bytes",
        ),
        figure(
            "Wrong findings",
            "Of the running round of verification. Anything but 0: `pressmark verify` names the objects.",
            "sum(pressmark_fixity_wrong_findings) or vector(0)",
            red_above=1,
        ),
        figure(
            "Records under proof", "Records under the last signed checkpoint.", "sum(pressmark_log_records)"
        ),
        figure(
            "Oldest without proof",
            "How long a stored object waits for a checkpoint. Above an hour: `pressmark log status`.",
            "max(pressmark_log_oldest_unlogged_age_seconds)",
            unit="s",
            red_above=3600,
        ),
        line(
            "Operations of the store",
            "By operation and outcome. postponed: it does not answer; refused: wrong keys.",
            "sum by (operation, outcome) "
            f"(rate(pressmark_object_store_request_duration_seconds_count{EVERY}))",
            legend="{{operation}} {{outcome}}",
            unit="ops",
        ),
        line(
            "Time of an operation",
            "95th percentile. Grows: the store's disk is busy, or objects grew.",
            p95("pressmark_object_store_request_duration_seconds", "operation"),
            legend="{{operation}}",
            unit="s",
        ),
        line(
            "Bytes stored a second",
            "WARC after compression. Falls to nothing while looks go on: uploads fail.",
            f"sum(rate(pressmark_stored_bytes_total{EVERY}))",
            legend="stored",
            unit="Bps",
        ),
        line(
            "Since a job of upkeep ended",
            "Signing, compaction, verification. A line that climbs past its interval: the log of upkeep.",
            "time() - max by (upkeep_job) (pressmark_upkeep_last_run_timestamp_seconds)",
            legend="{{upkeep_job}}",
            unit="s",
        ),
    ),
)

READER = Board(
    name="reader",
    title="Reader",
    description="How the pages answer those who read.",
    panels=(
        line(
            "Answers a second",
            "By status. 5xx: the log of the reader; a burst of 404: a crawler that guesses.",
            f"sum by (status) (rate(pressmark_http_request_duration_seconds_count{EVERY}))",
            legend="{{status}}",
            unit="reqps",
        ),
        line(
            "Answers by route",
            "Which pages are asked for, by the pattern of their route.",
            f"sum by (route) (rate(pressmark_http_request_duration_seconds_count{EVERY}))",
            legend="{{route}}",
            unit="reqps",
        ),
        line(
            "Time of an answer",
            "95th percentile by route. Grows for search alone: the index; for all: the ledger.",
            p95("pressmark_http_request_duration_seconds", "route"),
            legend="{{route}}",
            unit="s",
        ),
        line(
            "Failing answers",
            "Share of 5xx. Anything that stays above 0: `page_failed` in the log of the reader.",
            f'sum(rate(pressmark_http_request_duration_seconds_count{{status=~"5.."}}{EVERY}))'
            f" / sum(rate(pressmark_http_request_duration_seconds_count{EVERY})) or vector(0)",
            legend="share",
            unit="percentunit",
        ),
    ),
)

INFRASTRUCTURE = Board(
    name="infrastructure",
    title="Infrastructure",
    description="Ledger, broker, disks, processes.",
    panels=(
        line(
            "Parts",
            "1 while a part answers. 0: its own log; work waits and goes on by itself afterwards.",
            "min by (part) (pressmark_part_up)",
            legend="{{part}}",
        ),
        line(
            "Time to read a part",
            "How long the observer waits for each part. Grows before a part fails.",
            "max by (part) (pressmark_observation_duration_seconds)",
            legend="{{part}}",
            unit="s",
        ),
        line(
            "Transactions of the ledger",
            "By how many a second. Falls while work waits: PostgreSQL is slow.",
            f"sum(rate(pressmark_ledger_transaction_duration_seconds_count{EVERY}))",
            legend="transactions",
            unit="ops",
        ),
        line(
            "Time of a transaction",
            "95th percentile. Grows: a busy disk, a missing vacuum, a long lock.",
            p95("pressmark_ledger_transaction_duration_seconds"),
            legend="95 %",
            unit="s",
        ),
        line(
            "Failed transactions",
            "Anything that stays above 0: PostgreSQL does not answer, or connections run out.",
            f"sum(rate(pressmark_ledger_failures_total{EVERY}))",
            legend="failed",
            unit="ops",
        ),
        line(
            "Size of the ledger",
            "Its growth tells when the next disk is due.",
            "sum(pressmark_ledger_bytes)",
            legend="ledger",
            unit="bytes",
        ),
        line(
            "Free disk",
            "By place. Nothing of the evidence is removed to make room: add a disk in time.",
            "min by (place) (pressmark_disk_free_bytes)",
            legend="{{place}}",
            unit="bytes",
        ),
        line(
            "Memory of the broker",
            "Messages are small; growth means that nobody takes them.",
            "sum(pressmark_broker_memory_bytes)",
            legend="broker",
            unit="bytes",
        ),
        table(
            "Versions",
            "All processes should run one version; two while an upgrade rolls.",
            ("count by (version) (pressmark_build_info)", "version"),
        ),
    ),
)
