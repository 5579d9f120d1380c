"""The connection to the broker breaks just as a worker confirms a message: it takes the next one all the same."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from tests.integration.bus.test_worker import Worker, running_worker, wait_until
from tests.support.bus_worker import SLOW_SECONDS
from tests.support.fault_proxy import FaultProxy
from tests.support.mortal_broker import MortalBroker, running_broker

pytestmark = pytest.mark.timeout(300)

CONFIRMATION = b"\r\nZREM\r\n$13\r\nunacked_index\r\n"
PATIENCE = 60
"""Seconds until a worker must have taken a message. Without our transport it takes none before the visibility
timeout, which is 600 s here, or for ever."""


class CutConfirmations:
    """Cuts the connections on which the next `most` confirmations are said, before the broker hears them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.cut = 0

    def __call__(self, piece: bytes) -> bool:
        cuts = CONFIRMATION in piece and self.cut < self._most
        self.cut += cuts
        return cuts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A worker that holds one message at a time, and what is between it and its broker."""

    worker: Worker
    broker: MortalBroker
    proxy: FaultProxy

    def unconfirmed(self) -> int:
        with redis.Redis.from_url(self.broker.url) as client:
            return int(client.zcard("unacked_index"))


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with standing_ground(tmp_path) as ground:
        yield ground


@contextmanager
def standing_ground(folder: Path) -> Iterator[Ground]:
    (folder / "broker").mkdir()
    with running_broker(folder / "broker") as broker, FaultProxy(broker.port) as proxy:
        behind_proxy = broker.url.replace(f":{broker.port}/", f":{proxy.port}/")
        with running_worker(behind_proxy, folder, database=0, children=1) as worker:
            wait_until(lambda: Ground(worker=worker, broker=broker, proxy=proxy).unconfirmed() == 0)
            yield Ground(worker=worker, broker=broker, proxy=proxy)


def test_a_confirmation_that_is_cut_off_is_said_again_over_a_new_connection(ground: Ground) -> None:
    ground.proxy.lose_request = cuts = CutConfirmations(1)

    first = ground.worker.send("ready")
    wait_until(lambda: cuts.cut == 1)

    wait_until(lambda: ground.unconfirmed() == 0, seconds=PATIENCE)
    second = ground.worker.send("ready")
    wait_until(lambda: ground.worker.notes(second), seconds=PATIENCE)
    assert len(ground.worker.notes(first)) == 1


def test_a_worker_that_cannot_confirm_a_message_takes_the_next_one(ground: Ground) -> None:
    ground.proxy.lose_request = cuts = CutConfirmations(2)

    ground.worker.send("ready")
    wait_until(lambda: cuts.cut >= 1)

    for _ in range(3):
        following = ground.worker.send("ready")
        wait_until(lambda batch=following: ground.worker.notes(batch), seconds=PATIENCE)  # type: ignore[misc]
    assert ground.unconfirmed() <= 2, "the broker offers it again when its visibility timeout is over"


def test_a_worker_takes_messages_again_whenever_its_broker_was_killed(ground: Ground) -> None:
    kill_broker_again_and_again(ground, rounds=4)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_a_worker_takes_messages_again_after_each_of_forty_kills_of_its_broker(ground: Ground) -> None:
    kill_broker_again_and_again(ground, rounds=40)


def kill_broker_again_and_again(ground: Ground, *, rounds: int) -> None:
    """Kill the broker while the worker works, confirms or waits in turn, and want each time that it takes more."""
    for number in range(rounds):
        busy = ground.worker.send("slow")
        wait_until(lambda batch=busy: ground.worker.notes(batch), seconds=PATIENCE)  # type: ignore[misc]
        time.sleep(SLOW_SECONDS * (number % 4) / 2)
        ground.broker.kill()
        time.sleep(SLOW_SECONDS * (number % 3))
        ground.broker.start()

        following = ground.worker.send("ready")
        wait_until(lambda batch=following: ground.worker.notes(batch), seconds=PATIENCE)  # type: ignore[misc]
        assert ground.worker.running.child.poll() is None, "it went on without being started again"
