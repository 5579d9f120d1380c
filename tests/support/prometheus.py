"""A real Prometheus for tests, scraping what a test runs."""

import json
import signal
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.standalone.ports import choose_ports
from tests.support.running import start_running

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prometheus:
    """A running server."""

    url: str

    def ask(self, path: str, **parameters: str) -> Any:  # noqa: ANN401  (JSON)
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}{query}", timeout=30) as answer:
            found = json.loads(answer.read())
        assert found["status"] == "success", found
        return found["data"]

    def result(self, expr: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("query", query=expr)["result"]
        return found

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire now."""
        alerts = self.ask("alerts")["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


@contextmanager
def running_prometheus(
    programs: Path, folder: Path, targets: dict[str, int], *, rules: Path = RULES, every: str = "1s"
) -> Iterator[Prometheus]:
    """Run Prometheus with the rules of a directory, those that we ship unless told otherwise.

    It judges every second and scrapes as often as told, which is also how long a scrape may take.
    """
    port = choose_ports(("prometheus",), configured={}, remembered={})["prometheus"]
    groups = [
        {"targets": [f"127.0.0.1:{at}"], "labels": {"service": service}} for service, at in targets.items()
    ]
    (folder / "targets").mkdir(parents=True)
    (folder / "targets" / "pressmark.json").write_text(json.dumps(groups), encoding="utf-8")
    shipped = (RULES.parent / "prometheus.yml").read_text(encoding="utf-8")
    config = shipped.replace("scrape_interval: 15s", f"scrape_interval: {every}")
    config = config.replace("evaluation_interval: 15s", "evaluation_interval: 1s").replace(
        "rules/*.yml", str(rules / "*.yml")
    )
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    argv = (
        str(programs / "prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    running = start_running(argv, log=folder / "prometheus.log", env={})
    try:
        yield Prometheus(url=f"http://127.0.0.1:{port}")
    finally:
        running.end(first=signal.SIGTERM, seconds=10)


def wait_for(met: Callable[[], object], *, seconds: float = 90) -> None:
    """Wait for something to become true; what does not listen yet is waited for, too."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if met():
                return
        except OSError:
            pass  # It has not begun to listen.
        assert time.monotonic() < deadline, "it did not become so in time"
        time.sleep(0.5)
