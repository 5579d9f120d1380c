"""What becomes of a message that the broker gave away and nobody received: with Celery alone, and with ours."""

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from services.standalone.interpreter import import_path, module_argv
from tests.faults.test_kill_cycles import WORKERS, finish
from tests.faults.test_survival import MANY_BATCHES, assert_complete, begin
from tests.support.archive import NewServers, running_archive
from tests.support.fault_ground import BELLS, LostDeliveries, fault_ground
from tests.support.plain_celery import FETCH, make_plain_celery
from tests.support.running import Running, start_running
from tests.support.slow_outlet import SlowOutlet, running_outlet

pytestmark = pytest.mark.timeout(200)

STILL = 4.0
"""Seconds without a new page and without a task in the broker, after which the plain worker has ended."""


def test_celery_alone_loses_every_task_whose_delivery_is_lost(
    new_servers: NewServers, tmp_path: Path
) -> None:
    """The control: the same pages, the same broker, the same fault, and nothing of ours."""
    with (
        running_outlet(hosts=4, pages=25, seconds=0.02) as outlet,
        fault_ground(new_servers, tmp_path) as ground,
    ):
        ground.broker_proxy.lose_reply = LostDeliveries(20, most=5, words=(f'"task": "{FETCH}"'.encode(),))
        publish(ground.broker.url, outlet)
        with plain_worker(ground.servers.broker_url, tmp_path):
            done = wait_until_nothing_moves(ground.broker.url, tmp_path / "diary")

        lost = {
            url.decode()
            for reply in ground.broker_proxy.lost
            for url in re.findall(rb"http://[\w.:]+/news/\d+", reply)
        }
        assert len(ground.broker_proxy.lost) == 5
        assert set(outlet.pages) - done == lost
        assert len(lost) == 5


def test_ours_loses_nothing_when_deliveries_are_lost(new_servers: NewServers, tmp_path: Path) -> None:
    with (
        running_outlet(hosts=4, pages=25) as outlet,
        fault_ground(new_servers, tmp_path) as ground,
        running_archive(ground.servers, settings=MANY_BATCHES, processes=WORKERS) as archive,
    ):
        ground.broker_proxy.lose_reply = LostDeliveries(3, most=5, words=BELLS)
        begin(archive, outlet)
        finish(archive, seconds=120)
        assert len(ground.broker_proxy.lost) >= 3
        assert_complete(archive, outlet)


def publish(broker_url: str, outlet: SlowOutlet) -> None:
    app = make_plain_celery(broker_url)
    with app.connection_for_write() as connection:
        for url in outlet.pages:
            app.send_task(FETCH, args=[url], connection=connection)


@contextmanager
def plain_worker(broker_url: str, folder: Path) -> Iterator[Running]:
    argv = module_argv("celery", "-A", "tests.support.plain_celery:app", "worker", "--concurrency=2")
    environment = {
        **import_path(),
        "PLAIN_CELERY_BROKER": broker_url,
        "PLAIN_CELERY_DIARY": str(folder / "diary"),
    }
    running = start_running(argv, log=folder / "plain.log", env=environment)
    try:
        yield running
    finally:
        running.end(first=signal.SIGKILL, seconds=0)


def wait_until_nothing_moves(broker_url: str, diary: Path) -> set[str]:
    """Wait until the broker has no task left and the diary stands still; return the pages fetched.

    Celery confirms a task when it begins it: an empty broker does not mean that the last tasks have ended.
    """
    deadline = time.monotonic() + 120
    seen: set[str] = set()
    still_since = time.monotonic()
    with redis.Redis.from_url(broker_url) as client:
        while time.monotonic() - still_since < STILL:
            assert time.monotonic() < deadline, (client.llen("celery"), client.hlen("unacked"))
            time.sleep(0.2)
            fetched = set(diary.read_text(encoding="utf-8").split()) if diary.exists() else set()
            if not fetched or fetched != seen or client.llen("celery") or client.hlen("unacked"):
                seen, still_since = fetched, time.monotonic()
    return seen
