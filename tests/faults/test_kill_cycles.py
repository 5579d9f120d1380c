"""A crawl whose workers and broker are killed again and again, while the broker forgets and workers sleep."""

import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from tests.faults.test_survival import (
    MANY_BATCHES,
    assert_complete,
    begin,
    is_fetching,
    lost_batches,
)
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.fault_ground import BELLS, FaultGround, LostDeliveries, LostUploads, fault_ground
from tests.support.full_disk import full_disk
from tests.support.slow_outlet import SOURCE_ID, SlowOutlet, running_outlet

WORKERS = ("crawler", "fetcher", "fetcher-2", "normalizer", "beat")
PATIENT = MANY_BATCHES | {"PRESSMARK_TASK_SECONDS": "90", "PRESSMARK_VISIBILITY_SECONDS": "120"}
"""With the short limit of other tests a fetcher is killed while it still tries to store a batch."""

KILLS = 20
BROKER_KILLS = 5


@pytest.mark.timeout(400)
def test_a_crawl_survives_twenty_killed_workers_five_killed_brokers_a_flush_and_workers_that_sleep(
    new_servers: NewServers, tmp_path: Path
) -> None:
    with (
        running_outlet(hosts=10, pages=130) as outlet,
        fault_ground(new_servers, tmp_path) as ground,
        running_archive(ground.servers, settings=MANY_BATCHES, processes=WORKERS) as archive,
    ):
        begin(archive, outlet)
        kill_again_and_again(archive, ground, outlet)
        sleep_past_a_lease(archive)
        finish(archive, seconds=180)
        assert_complete(archive, outlet)
        assert lost_batches(archive) >= 1


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_one_crawl_of_2000_pages_survives_every_fault_there_is(
    new_servers: NewServers, tmp_path: Path
) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "spool").mkdir()
    with (
        running_outlet(hosts=10, pages=200) as outlet,
        fault_ground(new_servers, tmp_path / "broker") as ground,
        running_archive(ground.servers, settings=PATIENT, processes=WORKERS) as archive,
    ):
        ground.broker_proxy.lose_reply = LostDeliveries(10, most=20, words=BELLS)
        begin(archive, outlet)
        kill_again_and_again(archive, ground, outlet)
        ground.store_proxy.lose_reply = LostUploads(6)
        eventually(archive, lambda: len(ground.store_proxy.lost) == 6, seconds=60)
        store_goes_away(archive, ground, seconds=60)
        disk_is_full(archive, tmp_path / "spool")
        sleep_past_a_lease(archive)
        finish(archive, seconds=300)
        assert_complete(archive, outlet)
        assert lost_batches(archive) >= 1
        assert len(ground.broker_proxy.lost) >= 10


def kill_again_and_again(archive: Archive, ground: FaultGround, outlet: SlowOutlet) -> None:
    """Kill workers at even steps of the first half of a crawl, and the broker and its memory among them."""
    victims = cycle(("fetcher", "normalizer", "fetcher-2", "crawler"))
    for step in range(KILLS):
        wait_for_progress(archive, len(outlet.pages) * (step + 1) // (2 * KILLS))
        name = next(victims)
        archive.kill(name)
        archive.start(name)
        if step % (KILLS // BROKER_KILLS) == 2:
            ground.broker.kill()
            time.sleep(0.5)
            ground.broker.start()
        if step == KILLS // 2:
            archive.servers.flush_broker()


def store_goes_away(archive: Archive, ground: FaultGround, *, seconds: float) -> None:
    refused = ground.store_proxy.refused
    ground.store_proxy.break_down()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        archive.revive()
        time.sleep(0.5)
    ground.store_proxy.heal()
    assert ground.store_proxy.refused > refused + 3


def disk_is_full(archive: Archive, folder: Path) -> None:
    """Let no fetcher but one work, which has no room to write, until it has said so; then give it room."""
    with full_disk(folder, size=8192) as disk:
        archive.kill("fetcher")
        archive.kill("fetcher-2")
        start_on_disk(archive, folder)
        running = archive.running["fetcher-3"]
        disk.limits([running.leader.pid])
        eventually(archive, lambda: no_room_was_told(archive) >= 2, seconds=60)
        disk.make_room([process.pid for process in running.members()])
        archive.start("fetcher", "fetcher-2")
        archive.stop("fetcher-3")


def start_on_disk(archive: Archive, folder: Path) -> None:
    """Start a fetcher that keeps its spool there. It says little, because its log may be limited as well."""
    archive.start("fetcher-3", settings={"TMPDIR": str(folder), "PRESSMARK_LOG_LEVEL": "warning"})


def no_room_was_told(archive: Archive) -> int:
    return sum("no room to write" in str(line.get("error")) for line in archive.log_lines("fetcher-3"))


def sleep_past_a_lease(archive: Archive) -> None:
    """Stop a fetcher in the middle of a batch until the reaper has taken that back, then let it go on."""
    eventually(archive, lambda: is_fetching(archive), seconds=60)
    before = lost_batches(archive)
    archive.freeze("fetcher")
    archive.freeze("fetcher-2")
    deadline = time.monotonic() + 30
    while lost_batches(archive) == before and time.monotonic() < deadline:
        time.sleep(0.1)
    archive.thaw("fetcher")
    archive.thaw("fetcher-2")
    assert lost_batches(archive) > before


def wait_for_progress(archive: Archive, captures: int) -> None:
    eventually(archive, lambda: count_captures(archive) >= captures, seconds=120)


def count_captures(archive: Archive) -> int:
    [row] = archive.rows("select count(*) as captures from captures")
    return int(row["captures"])


def eventually(archive: Archive, met: Callable[[], bool], *, seconds: float) -> None:
    """Wait for something to become so, while what ends is started again."""
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "it did not become so in time"
        archive.revive()
        time.sleep(0.1)


def finish(archive: Archive, *, seconds: float) -> None:
    archive.kit.waiter.wait([SOURCE_ID], timeout=seconds, progress=lambda _: archive.revive())
