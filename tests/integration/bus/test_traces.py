"""Traces of an archive, as a collector gets them: one for each batch, through all services, never in the way."""

import subprocess
import sys
import time
from collections import Counter

import pytest

from services.standalone.ports import choose_ports
from tests.support.archive import NewServers, running_archive
from tests.support.collector import Collector, SeenSpan, running_collector
from tests.support.slow_outlet import SOURCE_ID, running_outlet

pytestmark = pytest.mark.timeout(150)

STEPS_OF_A_BATCH = (
    ("crawler", "dispatch batch", ""),
    ("crawler", "send fetcher.fetch_batch", "dispatch batch"),
    ("fetcher", "process fetcher.fetch_batch", "send fetcher.fetch_batch"),
    ("fetcher", "fetch targets", "process fetcher.fetch_batch"),
    ("fetcher", "GET", "fetch targets"),
    ("fetcher", "store evidence", "process fetcher.fetch_batch"),
    ("fetcher", "record captures", "process fetcher.fetch_batch"),
    ("fetcher", "send crawler.accept_links", "process fetcher.fetch_batch"),
    ("crawler", "process crawler.accept_links", "send crawler.accept_links"),
    ("fetcher", "send normalizer.normalize_batch", "process fetcher.fetch_batch"),
    ("normalizer", "process normalizer.normalize_batch", "send normalizer.normalize_batch"),
    ("normalizer", "read pages", "normalize batch"),
    ("normalizer", "record history", "normalize batch"),
)
"""Who does what, below what. `normalize batch` stands below its own bell or, read early, is linked to another."""


def looks(spans: list[SeenSpan]) -> list[SeenSpan]:
    return [one for one in spans if one.name == "GET" and one.attributes["pressmark.kind"] == "article"]


def test_one_trace_follows_each_batch_through_all_services(new_servers: NewServers) -> None:
    with running_collector() as collector, running_outlet(hosts=2, pages=5, seconds=0.02) as outlet:
        key = f"{outlet.hosts[0].url}/news/1?key=hush/1"
        settings = {"PRESSMARK_OTEL_ENDPOINT": collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with running_archive(new_servers(), settings=settings) as archive:
            archive.kit.actions.add_source(outlet.source_text())
            archive.kit.actions.archive([key])
            archive.finish(SOURCE_ID, seconds=90)
            collector.wait_for(lambda spans: len(looks(spans)) == len(outlet.pages) + 1)
            collector.wait_for(lambda spans: {"record history"} <= {one.name for one in spans})
            logged = {
                line.get("trace_id")
                for line in archive.log_lines("fetcher")
                if line["event"] == "batch_stored"
            }
            batches = archive.rows("select batch_id, trace_id from batches where state = 'stored'")
            for name in ("crawler", "fetcher", "normalizer"):
                archive.stop(name)  # What still waits is sent at the end.

        spans = collector.spans
        assert {row["trace_id"] for row in batches} <= logged
        for row in batches:
            check_tree([one for one in spans if one.trace_id == row["trace_id"]])
        whole = looks(spans)[0].trace_id
        of_pages = [one for one in spans if one.trace_id == whole]
        by_id = {one.span_id: one for one in of_pages}
        found = {(one.service, one.name, getattr(by_id.get(one.parent_id), "name", "")) for one in of_pages}
        assert set(STEPS_OF_A_BATCH) <= found
        check_looks(looks(spans))
        assert not any(
            b"hush" in body or b"<html" in body or b"postgresql://" in body for body in collector.raw
        )


def check_tree(spans: list[SeenSpan]) -> None:
    """All has parents but the first span, and the reading of a batch at the bell of another, which is linked."""
    ids = {one.span_id for one in spans}
    roots = Counter(one.name for one in spans if not one.parent_id)
    assert roots["dispatch batch"] == 1
    assert set(roots) <= {"dispatch batch", "normalize batch"}
    for one in spans:
        assert one.parent_id in ids or not one.parent_id, one
        assert one.start <= one.end
        assert one.events == 0
        if one.name == "normalize batch" and not one.parent_id:
            assert one.links
    assert {one.service for one in spans} == {"crawler", "fetcher", "normalizer"}


def check_looks(spans: list[SeenSpan]) -> None:
    for one in spans:
        assert one.kind == "client"
        told = one.attributes
        assert told["server.address"] == "127.0.0.1"
        assert str(told["url.path"]).startswith("/news/")
        assert told["http.response.status_code"] == 200
        assert not one.failed
        assert one.end > one.start


@pytest.mark.parametrize("fault", ["refuses", "hangs", "fails"])
def test_a_collector_that_is_away_costs_the_spans_and_nothing_else(
    new_servers: NewServers, fault: str
) -> None:
    with running_collector() as collector, running_outlet(hosts=1, pages=4, seconds=0) as outlet:
        endpoint = make_faulty(collector, fault)
        settings = {"PRESSMARK_OTEL_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with running_archive(new_servers(), settings=settings) as archive:
            archive.kit.actions.add_source(outlet.source_text())
            archive.finish(SOURCE_ID, seconds=60)
            live = archive.rows("select count(*) as n from articles where state = 'LIVE'")
            assert live == [{"n": len(outlet.pages)}]
            assert archive.rows("select * from quarantine") == []
            archive.wait_until(lambda: archive.events_logged("fetcher", "traces_lost") >= 1, seconds=30)
            began = time.monotonic()
            for name in ("crawler", "fetcher", "normalizer"):
                archive.stop(name)
            assert time.monotonic() - began < 30
        assert collector.spans == []


def make_faulty(collector: Collector, fault: str) -> str:
    match fault:
        case "refuses":
            return f"http://127.0.0.1:{choose_ports(('nobody',), configured={}, remembered={})['nobody']}"
        case "hangs":
            collector.held.clear()
        case "fails":
            collector.status = 400
    return collector.endpoint


def test_nothing_of_it_is_loaded_without_a_collector() -> None:
    program = (
        "import sys\n"
        "from services.fetcher.app import make_app\n"
        "from services.fetcher.settings import FetcherSettings\n"
        "from shared.settings import ServiceSettings\n"
        "from shared import traces\n"
        "make_app(ServiceSettings(), FetcherSettings())\n"
        "assert traces.span('x') is traces.span('y')\n"
        "assert traces.traceparent() == ''\n"
        "print(sorted(name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exp',"
        " 'shared.otel', 'google.protobuf'))))\n"
    )
    environment = {
        "PRESSMARK_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "PRESSMARK_BROKER_URL": "redis://127.0.0.1:9/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=True,
    )
    assert done.stdout == "[]\n"
