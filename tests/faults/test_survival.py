"""Mid-crawl the broker forgets, workers die or freeze, the object store goes away: nothing is lost."""

import time
from collections.abc import Iterator

import pytest

from shared.bus import Bus
from shared.messages import (
    AcceptLinks,
    DispatchDue,
    FetchBatch,
    NormalizeBatch,
    ReapLeases,
    ReconcileWork,
    ShowCrawlerPulse,
    ShowFetcherPulse,
    ShowNormalizerPulse,
)
from shared.settings import BusSettings
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved, assert_evidence
from tests.support.slow_outlet import SOURCE_ID, SlowOutlet, running_outlet

MANY_BATCHES = {"PRESSMARK_CRAWLER_MAX_BATCH_TARGETS": "20", "PRESSMARK_CRAWLER_MAX_BATCH_HOSTS": "2"}
TWO_FETCHERS = ("crawler", "fetcher", "fetcher-2", "normalizer", "beat")
PULSES = (ShowCrawlerPulse(), ShowFetcherPulse(), ShowNormalizerPulse())

pytestmark = pytest.mark.timeout(100)


@pytest.fixture
def outlet() -> Iterator[SlowOutlet]:
    with running_outlet() as running:
        yield running


def test_a_crawl_survives_an_emptied_broker_and_killed_workers(
    new_servers: NewServers, outlet: SlowOutlet
) -> None:
    servers = new_servers()
    with running_archive(servers, settings=MANY_BATCHES, processes=TWO_FETCHERS) as archive:
        begin(archive, outlet)
        wait_for_captures(archive, 40)

        servers.flush_broker()
        archive.wait_until(lambda: is_fetching(archive))
        archive.kill("fetcher")
        archive.kill("normalizer")
        archive.kill("fetcher-2")
        archive.start("fetcher", "normalizer")

        archive.finish(SOURCE_ID)
        assert_complete(archive, outlet)
        assert lost_batches(archive) >= 1
        assert archive.kit.figures()["quarantine"] == {}


def test_a_message_delivered_again_and_again_changes_nothing(
    new_servers: NewServers, outlet: SlowOutlet
) -> None:
    servers = new_servers()
    processes = (*TWO_FETCHERS, "normalizer-2")
    with running_archive(servers, settings=MANY_BATCHES, processes=processes) as archive:
        bus = bus_of(archive)
        begin(archive, outlet)
        archive.kit.waiter.wait([SOURCE_ID], timeout=50, progress=lambda _: ring_everything(archive, bus))
        wait_until_taken(archive, bus)
        before = everything(archive)

        for _ in range(3):
            ring_everything(archive, bus)
        wait_until_taken(archive, bus)

        assert everything(archive) == before
        assert_complete(archive, outlet)
        assert archive.kit.figures()["quarantine"] == {}
        assert set(outlet.visits().values()) == {1}


def test_a_worker_that_wakes_up_after_its_lease_records_nothing(new_servers: NewServers) -> None:
    with (
        running_outlet(hosts=2, pages=20, seconds=0.3) as outlet,
        running_archive(new_servers(), settings=MANY_BATCHES) as archive,
    ):
        begin(archive, outlet)
        archive.wait_until(lambda: is_fetching(archive, kind="article"))
        archive.freeze("fetcher")
        archive.start("fetcher-2")
        archive.wait_until(lambda: lost_batches(archive) == 1)
        archive.thaw("fetcher")

        archive.finish(SOURCE_ID)
        archive.wait_until(lambda: lost_lease_was_noticed(archive))
        assert_complete(archive, outlet)
        assert archive.kit.figures()["quarantine"] == {}


def begin(archive: Archive, outlet: SlowOutlet) -> None:
    archive.kit.actions.add_source(outlet.source_text())


def wait_for_captures(archive: Archive, count: int, *, seconds: float = 20) -> None:
    archive.wait_until(lambda: archive.kit.figures()["captures"] >= count, seconds=seconds)


def is_fetching(archive: Archive, *, kind: str = "article") -> bool:
    """Whether a worker is at a batch of such targets now."""
    statement = """
        select 1 as one from batches join targets using (batch_id)
        where batches.state = 'fetching' and targets.kind = %(kind)s limit 1
    """
    return bool(archive.rows(statement, kind=kind))


def lost_batches(archive: Archive) -> int:
    return len(archive.rows("select batch_id from batches where state = 'lost'"))


def lost_lease_was_noticed(archive: Archive) -> bool:
    return archive.events_logged("fetcher", "lease_lost") > 0


def bus_of(archive: Archive) -> Bus:
    return Bus(BusSettings(broker_url=archive.servers.broker_url))  # type: ignore[arg-type]


def ring_everything(archive: Archive, bus: Bus) -> None:
    """Ring every bell there is for each batch, whatever it waits for."""
    for row in archive.rows("select batch_id from batches"):
        for kind in (FetchBatch, AcceptLinks, NormalizeBatch):
            assert bus.publish(kind(batch_id=row["batch_id"]))
    for message in (DispatchDue(), ReapLeases(), ReconcileWork()):
        assert bus.publish(message)


def wait_until_taken(archive: Archive, bus: Bus) -> None:
    """Wait until every queue is empty and every worker has done what it had taken."""
    archive.wait_until(lambda: sum(archive.kit.broker.depths().values()) == 0, seconds=40)
    asked = time.time()
    for pulse in PULSES * 2:
        assert bus.publish(pulse)
    archive.wait_until(lambda: all(taken > asked for taken in archive.kit.broker.pulses().values()))


def everything(archive: Archive) -> list[object]:
    """What the ledger knows of the archive, whole."""
    tables = (
        "targets",
        "captures",
        "articles",
        "article_urls",
        "revisions",
        "edits",
        "events",
        "acceptances",
    )
    return [archive.rows(f"select * from {table} order by 1, 2") for table in tables]


def assert_complete(archive: Archive, outlet: SlowOutlet) -> None:
    """The crawl ended whole: every page archived once, soundly stored, and read into an article of its own."""
    states = archive.states(SOURCE_ID)
    assert set(states) == {*outlet.pages, f"{outlet.hosts[0].url}/list"}
    assert set(states.values()) == {("archived", None)}
    assert_conserved(archive)
    captures = archive.rows("select url, kind, article_outcome from captures where kind <> 'robots'")
    assert sorted(row["url"] for row in captures) == sorted(states)
    assert {row["article_outcome"] for row in captures if row["kind"] == "article"} == {"found"}
    assert_evidence(archive)
    assert archive.kit.figures()["quarantine"] == {}
    figures = archive.kit.figures()
    assert figures["articles"] == figures["revisions"] == len(outlet.pages)
    articles = archive.kit.catalogue.every_article()
    assert sorted(article.url for article in articles) == sorted(outlet.pages)
