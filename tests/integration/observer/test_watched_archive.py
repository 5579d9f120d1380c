"""What Prometheus is shown of an archive at work, held against what the outlet and the ledger know."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from prometheus_client.parser import text_string_to_metric_families

from services.admin.health import Health, Standing
from services.standalone.ports import choose_ports
from shared.bus import Bus
from shared.bus.queues import read_broker
from shared.clock import SystemClock
from shared.ledger.status import STATES
from shared.messages import FetchBatch
from shared.settings import BusSettings
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.slow_outlet import SOURCE_ID, running_outlet

pytestmark = pytest.mark.timeout(120)

Shown = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(port: int) -> Shown:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(shown: Shown, name: str, **labels: str) -> float:
    """The sum of the samples of this name that have these labels."""
    wanted = set(labels.items())
    return sum(number for (found, having), number in shown.items() if found == name and wanted <= having)


@contextmanager
def watched(new_servers: NewServers, folder: Path) -> Iterator[tuple[Archive, dict[str, int]]]:
    names = ("fetcher", "normalizer", "observer")
    ports = choose_ports(names, configured={}, remembered={})
    with running_archive(new_servers(), processes=("crawler", "beat")) as archive:
        for name in ("fetcher", "normalizer"):
            (folder / name).mkdir()
            shows = {
                "PRESSMARK_METRICS_PORT": str(ports[name]),
                "PROMETHEUS_MULTIPROC_DIR": str(folder / name),
            }
            archive.start(name, settings=shows)
        archive.start(
            "observer",
            settings={
                "PRESSMARK_OBSERVER_PORT": str(ports["observer"]),
                "PRESSMARK_OBSERVER_EVERY": "0.1",
                "PRESSMARK_OBSERVER_SUMS_EVERY": "0.1",
                "PRESSMARK_OBSERVER_PLACES": f'{{"spool": "{folder}"}}',
            },
        )
        yield archive, ports


def test_what_is_shown_agrees_with_the_outlet_and_the_ledger(new_servers: NewServers, tmp_path: Path) -> None:
    with (
        running_outlet(hosts=2, pages=8) as outlet,
        watched(new_servers, tmp_path) as (archive, ports),
    ):
        archive.kit.actions.add_source(outlet.source_text())
        archive.finish(SOURCE_ID, seconds=90)
        last_work = "pressmark_service_last_work_timestamp_seconds"
        archive.wait_until(
            lambda: value(scrape(ports["observer"]), last_work, service="fetcher") > 1e9, seconds=40
        )
        fetcher, normalizer, observer = (
            scrape(ports[name]) for name in ("fetcher", "normalizer", "observer")
        )

        pages = len(outlet.pages)
        assert value(fetcher, "pressmark_captures_total", kind="article", outcome="2xx") == pages
        assert value(fetcher, "pressmark_fetch_duration_seconds_count", kind="article") == pages
        assert value(fetcher, "pressmark_payloads_total", kind="new") >= pages
        assert value(fetcher, "pressmark_object_store_request_duration_seconds_count", operation="put") > 0
        assert value(normalizer, "pressmark_extracted_fields_total", field="title", present="true") == pages
        assert value(normalizer, "pressmark_extraction_duration_seconds_count", outcome="read") == pages
        for part in ("ledger", "broker", "object_store"):
            assert value(observer, "pressmark_part_up", part=part) == 1
        assert value(observer, "pressmark_targets") == value(observer, "pressmark_accepted_urls") >= pages
        assert value(observer, "pressmark_kept_articles", state="LIVE") == pages
        assert value(observer, "pressmark_events_total", kind="article_found") == pages
        assert value(observer, "pressmark_queue_messages", queue="normalizer") == 0
        assert value(observer, "pressmark_disk_free_bytes", place="spool") > 0
        assert value(observer, "pressmark_source_enabled", source=SOURCE_ID) == 1
        assert value(observer, "pressmark_source_consecutive_failures", source=SOURCE_ID) == 0
        assert value(observer, "pressmark_source_interval_seconds", source=SOURCE_ID) > 0

        # The health page is for those who have no Grafana: it must not tell another story.
        kit = archive.kit
        report = Health(kit.database, kit.broker, evidence=archive.evidence, clock=SystemClock()).report()
        assert {one.standing for one in report.numbers if one.part in {"Parts", "Services"}} == {
            Standing.WELL
        }
        states = [value(observer, "pressmark_targets", state=state) for state in STATES]
        assert [report.targets.get(state, 0) for state in STATES] == states
        assert sum(sum(one.outcomes.values()) for one in report.looks) == value(
            fetcher, "pressmark_captures_total"
        )
        assert [(one.source_id, one.standing) for one in report.sources] == [(SOURCE_ID, Standing.WELL)]


def test_a_part_that_is_away_is_told_as_down_and_takes_its_own_figures_alone(
    new_servers: NewServers, tmp_path: Path
) -> None:
    ports = choose_ports(("observer", "nobody"), configured={}, remembered={})
    with running_archive(new_servers(), processes=()) as archive:
        archive.start(
            "observer",
            settings={
                "PRESSMARK_OBSERVER_PORT": str(ports["observer"]),
                "PRESSMARK_OBSERVER_EVERY": "0.1",
                "PRESSMARK_BROKER_URL": f"redis://127.0.0.1:{ports['nobody']}/0",
            },
        )
        archive.wait_until(lambda: archive.events_logged("observer", "observer_started") == 1, seconds=60)
        shown = scrape(ports["observer"])

        assert value(shown, "pressmark_part_up", part="broker") == 0
        assert value(shown, "pressmark_part_up", part="ledger") == 1
        assert not any(name == "pressmark_queue_messages" for name, _ in shown)
        assert ("pressmark_accepted_urls", frozenset()) in shown


def test_the_age_of_the_oldest_message_is_that_of_the_one_taken_next(new_servers: NewServers) -> None:
    servers = new_servers()
    bus = Bus(BusSettings(broker_url=servers.broker_url))  # type: ignore[arg-type]  # pydantic makes it a secret
    for batch in ("first", "second"):
        assert bus.publish(FetchBatch(batch_id=batch))
    with redis.Redis.from_url(servers.broker_url) as client:
        (fetcher,) = (queue for queue in read_broker(client).queues if queue.queue == "fetcher")

        assert fetcher.waiting == {"0": 0, "3": 0, "6": 2, "9": 0}
        assert 0 < fetcher.oldest["6"] < 60
        assert fetcher.oldest["0"] == 0
        assert (fetcher.unacked, fetcher.oldest_unacked) == (0, 0.0)
