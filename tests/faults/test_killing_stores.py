"""A crawl whose object store, spool disk or broker fails in a way that could lose or double its work."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.faults.test_kill_cycles import (
    WORKERS,
    disk_is_full,
    eventually,
    finish,
    store_goes_away,
)
from tests.faults.test_survival import MANY_BATCHES, assert_complete, begin, wait_for_captures
from tests.support.archive import NewServers, running_archive
from tests.support.fault_ground import FaultGround, LostUploads, fault_ground
from tests.support.slow_outlet import running_outlet

pytestmark = pytest.mark.timeout(250)

AWAY_SECONDS = 35
"""Longer than a fetcher tries to store a batch (six times in 25 s), so that batches are given back. The long run
takes the store away for a minute."""


def test_what_is_fetched_while_the_store_is_away_is_not_lost_and_leaves_nothing_in_quarantine(
    new_servers: NewServers, tmp_path: Path
) -> None:
    with (
        running_outlet(hosts=5, pages=60) as outlet,
        fault_ground(new_servers, tmp_path) as ground,
        running_archive(ground.servers, settings=MANY_BATCHES, processes=WORKERS) as archive,
    ):
        begin(archive, outlet)
        wait_for_captures(archive, 40)
        store_goes_away(archive, ground, seconds=AWAY_SECONDS)
        finish(archive, seconds=120)
        assert_complete(archive, outlet)


def test_an_object_that_was_stored_though_the_answer_was_lost_counts_once(
    new_servers: NewServers, tmp_path: Path
) -> None:
    with (
        running_outlet(hosts=4, pages=50) as outlet,
        fault_ground(new_servers, tmp_path) as ground,
        running_archive(ground.servers, settings=MANY_BATCHES, processes=WORKERS) as archive,
    ):
        ground.store_proxy.lose_reply = LostUploads(7)
        begin(archive, outlet)
        finish(archive, seconds=120)
        assert len(ground.store_proxy.lost) == 7
        assert all(archive.evidence.size(key) for key in keys_of(ground))
        assert_complete(archive, outlet)


def test_a_full_disk_stops_a_fetcher_and_nothing_is_lost_or_set_aside(
    new_servers: NewServers, tmp_path: Path
) -> None:
    (tmp_path / "spool").mkdir()
    with (
        running_outlet(hosts=2, pages=50) as outlet,
        running_archive(new_servers(), settings=MANY_BATCHES, processes=WORKERS) as archive,
    ):
        begin(archive, outlet)
        eventually(archive, lambda: archive.states("slow") != {}, seconds=30)
        disk_is_full(archive, tmp_path / "spool")
        finish(archive, seconds=120)
        assert_complete(archive, outlet)


def keys_of(ground: FaultGround) -> set[str]:
    """The keys of the objects whose uploads were not answered."""
    bucket = ground.servers.store.bucket
    return {
        unquote(line.split(b" ")[1].decode()).removeprefix(f"/{bucket}/") for line in ground.store_proxy.lost
    }
