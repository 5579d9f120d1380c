"""Dashboards of what the outlets do and what is read from them."""

from services.observer.dashboards.drawing import EVERY, events_an_hour, line, p95, table
from services.observer.dashboards.panels import Board

__all__ = ["EXTRACTION", "FETCH", "HISTORY", "SOURCES"]

SOURCES = Board(
    name="sources",
    title="Sources",
    description="How each outlet is followed.",
    by_source=True,
    panels=(
        table(
            "How the sources stand",
            "Seconds since a list was read and since an article was found, failed looks, fields that drifted. "
            "`pressmark source show SOURCE` tells more of each.",
            (
                'time() - pressmark_source_last_success_timestamp_seconds{source=~"$source"}',
                "since a list was read",
            ),
            (
                'time() - pressmark_source_last_article_timestamp_seconds{source=~"$source"}',
                "since an article was found",
            ),
            ('pressmark_source_consecutive_failures{source=~"$source"}', "failed looks in a row"),
            ('pressmark_source_drifted_fields{source=~"$source"}', "drifted fields"),
            unit="s",
        ),
        line(
            "Time since a list was read",
            "Should stay below the interval of the source. One that climbs: its lists moved or the host is down.",
            'time() - pressmark_source_last_success_timestamp_seconds{source=~"$source"}',
            legend="{{source}}",
            unit="s",
        ),
        line(
            "Articles found an hour",
            "Compare with what the outlet usually brings; `pressmark coverage SOURCE` knows each day.",
            events_an_hour('kind="article_found", source=~"$source"', by="source"),
            legend="{{source}}",
        ),
        line(
            "Looks a second",
            "By source. Many looks without new articles: a trap, or rechecks that are too dense.",
            f'sum by (source) (rate(pressmark_captures_total{{source=~"$source"}}{EVERY}))',
            legend="{{source}}",
            unit="reqps",
        ),
        line(
            "Failed looks",
            "Share of looks that brought no whole answer, by source. One source alone: its host is in trouble.",
            "sum by (source) (rate(pressmark_captures_total"
            f'{{source=~"$source", outcome!~"2xx|3xx|4xx"}}{EVERY})) / '
            f'sum by (source) (rate(pressmark_captures_total{{source=~"$source"}}{EVERY}))',
            legend="{{source}}",
            unit="percentunit",
        ),
        line(
            "Hosts in outage",
            "While a host is in outage no article of it changes its state. Nothing is to be done for a short one.",
            'pressmark_source_hosts_out{source=~"$source"}',
            legend="{{source}}",
        ),
        line(
            "Fields that drifted",
            "Fields that pages do not give as they did: `pressmark source learn` proposes rules.",
            'pressmark_source_drifted_fields{source=~"$source"}',
            legend="{{source}}",
        ),
    ),
)

FETCH = Board(
    name="fetch",
    title="Fetch",
    description="What the outlets answer, and how we ask.",
    panels=(
        line(
            "Looks by kind",
            "Articles, lists, robots. No lists at all: nothing new is found.",
            f"sum by (kind) (rate(pressmark_captures_total{EVERY}))",
            legend="{{kind}}",
            unit="reqps",
        ),
        line(
            "Looks that failed",
            "By reason. dns, connect: our network or the host; timeout: a slow host; 429: slow down.",
            f'sum by (outcome) (rate(pressmark_captures_total{{outcome!~"2xx|3xx"}}{EVERY}))',
            legend="{{outcome}}",
            unit="reqps",
        ),
        line(
            "Time of a look",
            "95th percentile by kind. Grows for all: our network; for one kind: the hosts behind it.",
            p95("pressmark_fetch_duration_seconds", "kind"),
            legend="{{kind}}",
            unit="s",
        ),
        line(
            "Politeness",
            "95th percentile of how long targets of a batch waited for their host. It is the price of the delays.",
            p95("pressmark_fetch_politeness_wait_seconds"),
            legend="wait",
            unit="s",
        ),
        line(
            "Bytes received",
            "Bodies as the servers sent them, by kind. Rises without articles: pages that are no pages.",
            f"sum by (kind) (rate(pressmark_payload_bytes_total{EVERY}))",
            legend="{{kind}}",
            unit="Bps",
        ),
        line(
            "Deduplicated answers",
            "Share of answers that were identical or not modified, and cost almost no room.",
            f'sum(rate(pressmark_payloads_total{{kind!="new"}}{EVERY}))'
            f" / sum(rate(pressmark_payloads_total{EVERY}))",
            legend="share",
            unit="percentunit",
        ),
    ),
)

EXTRACTION = Board(
    name="extraction",
    title="Extraction",
    description="What is read from pages.",
    panels=(
        line(
            "Fields that pages give",
            "Share of pages, by field. A step down: an outlet changed its layout; the Sources board names it.",
            f'sum by (field) (rate(pressmark_extracted_fields_total{{present="true"}}{EVERY}))'
            f" / sum by (field) (rate(pressmark_extracted_fields_total{EVERY}))",
            legend="{{field}}",
            unit="percentunit",
        ),
        line(
            "Pages read",
            "By outcome. parse_timeout and parse_memory: a hostile or huge page; its evidence is kept.",
            f"sum by (outcome) (rate(pressmark_extraction_duration_seconds_count{EVERY}))",
            legend="{{outcome}}",
            unit="ops",
        ),
        line(
            "Time of a page",
            "Median and 95th percentile. Grows: larger pages, or a machine that is too busy.",
            p95("pressmark_extraction_duration_seconds"),
            legend="95 %",
            unit="s",
        ),
        line(
            "What captures showed",
            "New, revised, unchanged, missing and so on. Much no_text: pages that are no articles.",
            f"sum by (outcome) (rate(pressmark_articles_total{EVERY}))",
            legend="{{outcome}}",
            unit="ops",
        ),
        line(
            "Sources with drifted fields",
            "How many fields of a source turned from given to missing.",
            "pressmark_source_drifted_fields > 0 or sum(pressmark_source_drifted_fields)",
            legend="{{source}}",
        ),
    ),
)

HISTORY = Board(
    name="history",
    title="History",
    description="What was edited, taken down, watched and told.",
    by_source=True,
    panels=(
        line(
            "Articles by state",
            "GONE, SOFT404 and REDIRECTED are removals with proof. A step: `pressmark removals` lists them.",
            "sum by (state) (pressmark_kept_articles)",
            legend="{{state}}",
        ),
        line(
            "Edits an hour",
            "By source. A burst over many articles is somebody who rewrites; `pressmark edits` has the words.",
            events_an_hour('kind="article_edited", source=~"$source"', by="source"),
            legend="{{source}}",
        ),
        line(
            "Events an hour",
            "All kinds. host_outage and template_changed are of the outlet, not of its articles.",
            events_an_hour('source=~"$source"', by="kind"),
            legend="{{kind}}",
        ),
        line(
            "Alarms of watches",
            "Names that left articles, phrases that fell silent. `pressmark watches` has the proof.",
            f"sum by (kind) (increase(pressmark_watch_alarms_total{EVERY})) or vector(0)",
            legend="{{kind}}",
        ),
        line(
            "Deliveries to webhooks",
            "Waiting and dead. Dead ones were given up: `pressmark webhook show ID`.",
            "sum by (state) (pressmark_webhook_deliveries)",
            legend="{{state}}",
        ),
        line(
            "Oldest delivery",
            "How long the oldest waiting delivery waits. Climbs: its receiver does not answer.",
            "max(pressmark_webhook_oldest_waiting_age_seconds)",
            legend="oldest",
            unit="s",
        ),
    ),
)
