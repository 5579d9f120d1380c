"""Traces of an archive, as a collector gets them: one for each batch, through all services, never in the way."""

import hashlib
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.standalone.ports import choose_ports
from shared import traces
from shared.bus import Bus
from shared.bus.envelope import seal
from shared.bus.subscribing import _Receiver
from shared.errors import RejectError, TryAgainError
from shared.messages import FetchBatch
from shared.otel import _as_number, _parsed
from shared.settings import BusSettings, TraceSettings
from shared.traces import set_up_traces
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.collector import Collector, SeenSpan, running_collector
from tests.support.slow_outlet import SOURCE_ID, running_outlet

pytestmark = pytest.mark.timeout(150)

MOST_PROCESSES = 8
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
        with running_archive(
            new_servers(), settings=settings, processes=("crawler", "fetcher", "beat")
        ) as archive:
            archive.start("normalizer", settings={"OTEL_BSP_SCHEDULE_DELAY": "60000"})
            archive.kit.actions.add_source(outlet.source_text())
            archive.kit.actions.archive([key])
            archive.finish(SOURCE_ID, seconds=90)
            collector.wait_for(lambda spans: len(looks(spans)) == len(outlet.pages) + 1)
            logged = {
                line.get("trace_id")
                for line in archive.log_lines("fetcher")
                if line["event"] == "batch_stored"
            }
            batches = archive.rows("select batch_id, trace_id from batches where state = 'stored'")
            for name in ("crawler", "fetcher", "normalizer"):
                archive.stop(name)  # The normalizer has sent nothing until now.

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
    """All has parents but the first span, and what another trace caused, which is linked to it.

    That is the reading of a batch at the bell of another one, and a bell that was rung again on a slow machine.
    """
    ids = {one.span_id for one in spans}
    roots = Counter(one.name for one in spans if not one.parent_id)
    assert roots["dispatch batch"] == 1
    for one in spans:
        assert one.parent_id in ids or not one.parent_id, one
        assert one.start <= one.end
        assert one.events == 0
        if not one.parent_id and one.name != "dispatch batch":
            assert one.name == "normalize batch" or one.name.startswith("send ")
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


@pytest.mark.long
def test_collectors_that_are_away_cost_the_spans_and_nothing_else(new_servers: NewServers) -> None:
    nobody = choose_ports(("nobody",), configured={}, remembered={})["nobody"]
    with (
        running_collector() as hangs,
        running_collector() as fails,
        running_outlet(hosts=1, pages=4, seconds=0) as outlet,
    ):
        hangs.held.clear()
        fails.status = 400
        endpoints = {
            "crawler": f"http://127.0.0.1:{nobody}",
            "fetcher": hangs.endpoint,
            "normalizer": fails.endpoint,
        }
        with running_archive(new_servers(), processes=("beat",)) as archive:
            for name, endpoint in endpoints.items():
                settings = {"PRESSMARK_OTEL_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "100"}
                archive.start(name, settings=settings)
            archive.kit.actions.add_source(outlet.source_text())
            archive.finish(SOURCE_ID, seconds=60)
            live = archive.rows("select count(*) as n from articles where state = 'LIVE'")
            assert live == [{"n": len(outlet.pages)}]
            assert archive.rows("select * from quarantine") == []
            for name in endpoints:
                archive.wait_until(partial(is_told_once, archive, name), seconds=30)
            for name in endpoints:
                began = time.monotonic()
                archive.stop(name)
                assert time.monotonic() - began < 15, name
        assert min(hangs.requests, fails.requests) > 0
        assert hangs.spans == fails.spans == []


def is_told_once(archive: Archive, name: str) -> bool:
    """Each of its processes says once that spans are lost, however many are."""
    times = archive.events_logged(name, "traces_lost")
    assert times <= MOST_PROCESSES
    return times >= 1


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
        "print(sorted(name for name in sys.modules if name.startswith(('opentelemetry.sdk.trace',"
        " 'opentelemetry.exporter', 'shared.otel', 'google.protobuf'))))\n"
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


@dataclass(slots=True)
class Shelf:
    kept: list[str] = field(default_factory=list)

    def keep(self, **told: object) -> None:
        self.kept.append(str(told["reason"]))


@contextmanager
def traced() -> Iterator[Collector]:
    """Make the spans of this process, for as long as the context lasts."""
    with running_collector() as collector:
        set_up_traces("here", TraceSettings(otel_endpoint=collector.endpoint))
        try:
            yield collector
        finally:
            set_up_traces("here", TraceSettings(otel_endpoint=""))


def received(arguments: dict[str, Any], fault: Exception) -> Shelf:
    def handler(_: object) -> None:
        raise fault

    bus, shelf = Bus(BusSettings(broker_url="redis://127.0.0.1:1/0")), Shelf()  # type: ignore[arg-type]
    _Receiver(bus, shelf, max_deliveries=5).receive("fetcher.fetch_batch", handler, arguments)
    return shelf


def test_what_fails_is_told_by_its_kind_and_never_by_its_words() -> None:
    with traced() as collector:
        with traces.span("top", kind="internal") as top:
            arguments = seal(FetchBatch(batch_id="b1"), trace_id=traces.traceparent().split("-")[1])
            top.tell({"nothing": None})
        shelf = received(arguments, RejectError("http://me:hush@outlet.example/ gave <html>"))
        received(seal(FetchBatch(batch_id="b2"), trace_id="t1"), TryAgainError("hush"))
        with pytest.raises(ZeroDivisionError), traces.span("broken"):
            raise ZeroDivisionError("hush")
        traces.flush()

    spans = {(one.name, one.attributes.get("pressmark.batch_id")): one for one in collector.spans}
    process = spans["process fetcher.fetch_batch", "b1"]
    assert process.parent_id == spans["top", None].span_id
    assert (process.kind, process.failed) == ("consumer", True)
    assert process.attributes["error.type"] == process.attributes["pressmark.outcome"] == "quarantined"
    assert process.attributes["messaging.destination.name"] == "fetcher"
    again, bell = spans["process fetcher.fetch_batch", "b2"], spans["send fetcher.fetch_batch", "b2"]
    assert again.parent_id == ""
    assert again.trace_id == hashlib.sha256(b"t1").hexdigest()[:32]
    assert (bell.kind, bell.parent_id, bell.failed) == ("producer", again.span_id, True)
    assert spans["broken", None].attributes["error.type"] == "ZeroDivisionError"
    assert shelf.kept
    assert not any(b"hush" in body or b"<html" in body for body in collector.raw)


@given(st.text(max_size=60), st.text(max_size=40))
def test_no_traceparent_and_no_trace_id_of_others_breaks_the_work(parent: str, trace_id: str) -> None:
    found = _parsed(parent)

    assert found is None or (found.is_remote and f"{found.trace_id:032x}" in parent)
    assert 0 <= _as_number(trace_id) < 2**128


@given(st.uuids(version=4))
def test_the_trace_of_the_logs_is_the_trace_of_the_spans(trace: uuid.UUID) -> None:
    assert f"{_as_number(trace.hex):032x}" == f"{_as_number(str(trace)):032x}" == trace.hex
