"""A broker of one test's own, which the test may kill and start again on the same data."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.standalone.parts import valkey
from services.standalone.ports import choose_ports
from tests.support.running import Running, start_running
from tests.support.servers import ping, wait_until

_PASSWORD = "mortal"


class MortalBroker:
    """Valkey as `pressmark up` sets it up: an append-only file that is synced every second."""

    def __init__(self, folder: Path) -> None:
        self.port = choose_ports(valkey.PORTS, configured={}, remembered={})["valkey"]
        self.url = valkey.broker_url(port=self.port, password=_PASSWORD)
        self._spec = valkey.prepare_valkey(folder, port=self.port, password=_PASSWORD)
        self._log = folder / "valkey.log"
        self._running: Running | None = None

    def start(self) -> None:
        """Start it, and wait until it has read its file and answers."""
        running = self._running = start_running(self._spec.argv, log=self._log, env={})
        wait_until(lambda: ping(self.url), alive=lambda: running.child.poll() is None, log=self._log)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        if self._running is not None:
            self._running.end(first=signal.SIGKILL, seconds=0)
            self._running = None


@contextmanager
def running_broker(folder: Path) -> Iterator[MortalBroker]:
    broker = MortalBroker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
