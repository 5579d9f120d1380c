"""A crawl whose workers are killed again and again, while the broker forgets and workers sleep past a lease."""

import time
from itertools import cycle

import pytest

from tests.faults.test_survival import (
    MANY_BATCHES,
    assert_complete,
    begin,
    is_fetching,
    lost_batches,
    wait_for_captures,
)
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.slow_outlet import SOURCE_ID, SlowOutlet, running_outlet

WORKERS = ("crawler", "fetcher", "fetcher-2", "normalizer", "beat")


@pytest.mark.timeout(150)
def test_a_crawl_of_300_pages_survives_eight_kills_a_flush_and_a_worker_that_sleeps(
    new_servers: NewServers,
) -> None:
    with running_outlet(hosts=5, pages=60) as outlet:
        survive(new_servers, outlet, kills=8, flushes=1)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_crawl_of_2000_pages_survives_twenty_kills_and_five_flushes(new_servers: NewServers) -> None:
    with running_outlet(hosts=10, pages=200) as outlet:
        survive(new_servers, outlet, kills=20, flushes=5)


def survive(new_servers: NewServers, outlet: SlowOutlet, *, kills: int, flushes: int) -> None:
    """Crawl an outlet through kills at even steps of its progress, and hold the archive against the outlet."""
    with running_archive(new_servers(), settings=MANY_BATCHES, processes=WORKERS) as archive:
        begin(archive, outlet)
        victims = cycle(("fetcher", "normalizer", "fetcher-2", "crawler"))
        for step in range(kills):
            wait_for_captures(archive, len(outlet.pages) * (step + 1) // (2 * kills), seconds=60)
            kill_and_restart(archive, next(victims))
            if step % (kills // flushes) == 0:
                archive.servers.flush_broker()
        sleep_past_a_lease(archive)
        archive.finish(SOURCE_ID, seconds=60 + len(outlet.pages) / 10)
        assert_complete(archive, outlet)
        assert lost_batches(archive) >= 1
        set_aside = archive.rows("select reason from quarantine")
        assert all(row["reason"].startswith("the lease of batch") for row in set_aside), set_aside


def kill_and_restart(archive: Archive, name: str) -> None:
    archive.kill(name)
    archive.start(name)


def sleep_past_a_lease(archive: Archive) -> None:
    """Stop a fetcher in the middle of a batch until the reaper has taken that back, then let it go on."""
    archive.wait_until(lambda: is_fetching(archive))
    before = lost_batches(archive)
    archive.freeze("fetcher")
    archive.freeze("fetcher-2")
    deadline = time.monotonic() + 15
    while lost_batches(archive) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    archive.thaw("fetcher")
    archive.thaw("fetcher-2")
    assert lost_batches(archive) > before
