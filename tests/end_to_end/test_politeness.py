"""Four workers crawl a site of many hosts; what the servers saw decides whether that was polite."""

from collections.abc import Iterator

import pytest

from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved
from tests.support.many_hosts import ManyHosts, many_hosts, source_text

DELAYS = (50, 100, 200)
"""Milliseconds, one to a source."""
WORKERS = ("crawler", "fetcher", "fetcher-2", "fetcher-3", "fetcher-4", "beat")
SETTINGS = {
    "PRESSMARK_CRAWLER_ROBOTS_RETRY": "1",
    "PRESSMARK_CRAWLER_MAX_BATCH_HOSTS": "12",
    "PRESSMARK_CRAWLER_MAX_BATCH_TARGETS": "60",
}
RESETS: dict[str | None, str] = {"disconnect": "reset", "protocol": "reset"}
MOST_TRIES = 3
"""A page that fails is tried so often in all, the later times by plan."""


@pytest.mark.timeout(120)
def test_a_site_of_600_pages_on_forty_hosts_is_crawled_politely(new_servers: NewServers) -> None:
    with many_hosts(hosts=42, pages=630, delays=DELAYS) as site:
        crawl(new_servers, site, seconds=60)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_site_of_5000_pages_on_two_hundred_hosts_is_crawled_politely(new_servers: NewServers) -> None:
    with many_hosts(hosts=201, pages=5025, delays=DELAYS) as site:
        crawl(new_servers, site, seconds=800)


def crawl(new_servers: NewServers, site: ManyHosts, *, seconds: float) -> None:
    """Crawl a site to its end, then hold the servers' logs and the ledger against what should have been."""
    with running_archive(new_servers(), settings=SETTINGS, processes=WORKERS) as archive:
        for source in range(len(DELAYS)):
            archive.kit.actions.add_source(source_text(site, source=source, of=len(DELAYS)))
        archive.wait_until(lambda: is_finished(archive, site), seconds=seconds)
        assert_polite(site)
        assert_conserved(archive)
        assert_every_page_is_where_it_belongs(archive, site)


def is_finished(archive: Archive, site: ManyHosts) -> bool:
    figures = archive.kit.figures()["targets"]
    pages = sum(host.pages for host in site.hosts)
    return bool(figures["accepted"] > pages and figures["waiting"] == figures["leased"] == 0)


def assert_polite(site: ManyHosts) -> None:
    """By the servers' logs: no gap too short, no connection too many, nothing excluded asked, nothing twice."""
    for host in site.hosts:
        assert host.gaps_too_short() == []
        assert host.most_answering <= host.concurrency
        assert host.keeps_connections or host.most_connected <= host.concurrency
        assert [path for path in host.times_asked() if host.is_excluded(path)] == []
        statuses = host.statuses()
        for path, times in host.times_asked().items():
            may_fail = path == "/robots.txt" or statuses[path] & {0, 500, 503}
            assert times == 1 or (may_fail and times <= MOST_TRIES), (host.url, path, times)


def assert_every_page_is_where_it_belongs(archive: Archive, site: ManyHosts) -> None:
    states = {}
    for source in range(len(DELAYS)):
        states.update(archive.states(f"many-{source}"))
    # A reset tells itself differently on a new connection and on one that was kept.
    states = {url: (state, RESETS.get(reason, reason)) for url, (state, reason) in states.items()}
    expected = dict(expected_states(site))
    assert states.keys() == expected.keys()
    assert {url: (states[url], state) for url, state in expected.items() if states[url] != state} == {}


def expected_states(site: ManyHosts) -> Iterator[tuple[str, tuple[str, str | None]]]:
    outcomes: dict[int, tuple[str, str | None]] = {
        200: ("archived", None),
        404: ("failed", "http_404"),
        500: ("failed", "http_500"),
        0: ("failed", "reset"),
    }
    for number, host in enumerate(site.hosts):
        if number < 2 * len(DELAYS):
            yield f"{host.url}/list", ("archived", None)
        for path in host.paths():
            state = ("excluded", "robots") if host.is_excluded(path) else outcomes[host.answer(path)[0]]
            yield f"{host.url}{path}", state
