"""A crawl whose object store, spool disk or broker fails in a way that could lose or double its work."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.faults.test_kill_cycles import PATIENT, WORKERS, disk_is_full, finish, store_goes_away
from tests.faults.test_survival import assert_complete, begin, wait_for_captures
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.fault_ground import FaultGround, LostUploads, fault_ground
from tests.support.slow_outlet import running_outlet

pytestmark = pytest.mark.timeout(250)

AWAY_SECONDS = 60
"""Longer than a fetcher tries to store a batch before it gives that back, which with a lease of 30 s is 25 s."""


def test_a_crawl_survives_a_store_that_goes_away_a_full_disk_and_uploads_whose_answers_are_lost(
    new_servers: NewServers, tmp_path: Path
) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "spool").mkdir()
    with (
        running_outlet(hosts=5, pages=120) as outlet,
        fault_ground(new_servers, tmp_path / "broker") as ground,
        running_archive(ground.servers, settings=PATIENT, processes=WORKERS) as archive,
    ):
        begin(archive, outlet)
        wait_for_captures(archive, 40)
        store_goes_away(archive, ground, seconds=AWAY_SECONDS)
        assert given_back(archive) >= 1, "the store was away for longer than a fetcher tries"
        disk_is_full(archive, tmp_path / "spool")
        ground.store_proxy.lose_reply = LostUploads(7)
        finish(archive, seconds=120)

        assert len(ground.store_proxy.lost) == 7
        assert all(archive.evidence.size(key) for key in keys_of(ground)), "they were stored all the same"
        assert_complete(archive, outlet)


def given_back(archive: Archive) -> int:
    return archive.events_logged("fetcher", "message_postponed")


def keys_of(ground: FaultGround) -> set[str]:
    """The keys of the objects whose uploads were not answered."""
    bucket = ground.servers.store.bucket
    return {
        unquote(line.split(b" ")[1].decode()).removeprefix(f"/{bucket}/") for line in ground.store_proxy.lost
    }
