"""A real Prometheus scrapes an archive at work: every panel and every rule is asked for its data."""

import json
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.standalone.ports import choose_ports
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.grafana import DASHBOARDS, expressions
from tests.support.running import start_running
from tests.support.slow_outlet import SOURCE_ID, running_outlet

pytestmark = pytest.mark.timeout(240)

DEPLOY = DASHBOARDS.parents[1]
SERVICES = ("crawler", "fetcher", "normalizer", "reader", "observer")
WITHOUT_DATA = {
    "Alarms of watches": "no watch was set",
    "Deduplicated answers": "every page was asked once",
    "Looks that failed": "no look failed",
    "Failed looks": "no look failed",
    "Edits an hour": "nothing was edited",
    "What the outlets changed": "nothing was edited or taken down",
    "Quarantine": "nothing was set aside",
    "Since a job of upkeep ended": "upkeep does not run in this test",
    "Sources with drifted fields": "nothing drifted",
}
"""Panels that may be empty in a short run on a good outlet, each with the reason."""


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


@contextmanager
def running_prometheus(programs: Path, folder: Path, targets: dict[str, int]) -> Iterator[Prometheus]:
    """Run Prometheus with the rules that we ship, scraping every second."""
    port = choose_ports(("prometheus",), configured={}, remembered={})["prometheus"]
    groups = [
        {"targets": [f"127.0.0.1:{at}"], "labels": {"service": service}} for service, at in targets.items()
    ]
    (folder / "targets").mkdir(parents=True)
    (folder / "targets" / "pressmark.json").write_text(json.dumps(groups), encoding="utf-8")
    shipped = (DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8")
    config = shipped.replace("15s", "1s").replace(
        "rules/*.yml", str(DEPLOY / "prometheus" / "rules" / "*.yml")
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


def test_the_rules_that_we_ship_are_good_and_do_what_they_say(prometheus_programs: Path) -> None:
    promtool = str(prometheus_programs / "promtool")
    rules = [str(path) for path in sorted((DEPLOY / "prometheus" / "rules").glob("*.yml"))]
    tests = [str(path) for path in sorted((DEPLOY / "prometheus" / "tests").glob("*.yml"))]
    for command in (
        ["check", "rules", *rules],
        ["check", "config", str(DEPLOY / "prometheus" / "prometheus.yml")],
        ["test", "rules", *tests],
    ):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_panel_and_every_rule_finds_its_data_in_a_real_prometheus(
    new_servers: NewServers, tmp_path: Path, prometheus_programs: Path
) -> None:
    ports = choose_ports((*SERVICES, "pages"), configured={}, remembered={})
    targets = {name: ports[name] for name in SERVICES}
    with (
        running_outlet(hosts=2, pages=30) as outlet,
        running_archive(new_servers(), processes=("beat",)) as archive,
        running_prometheus(prometheus_programs, tmp_path / "prometheus", targets) as prometheus,
    ):
        start_shown(archive, ports, tmp_path)
        wait_for(lambda: len(prometheus.result('up{job="pressmark"} == 1')) == len(SERVICES))
        archive.kit.actions.add_source(outlet.source_text())
        archive.finish(SOURCE_ID, seconds=90)
        wait_for(
            lambda: prometheus.result(f'increase(pressmark_events_total{{source="{SOURCE_ID}"}}[1m]) > 0')
        )
        wait_for(lambda: is_read_and_counted(ports["pages"], prometheus))

        empty = [
            f"{path.stem}: {title}: {expr}"
            for path in sorted(DASHBOARDS.glob("*.json"))
            for title, expr in expressions(path)
            if title not in WITHOUT_DATA and not prometheus.result(expr)
        ]
        assert empty == []
        for group in prometheus.ask("rules")["groups"]:
            for rule in group["rules"]:
                assert rule["health"] == "ok", rule


def start_shown(archive: Archive, ports: dict[str, int], folder: Path) -> None:
    """Start the processes so that each shows its metrics."""
    for name in ("crawler", "fetcher", "normalizer"):
        (folder / name).mkdir()
        archive.start(
            name,
            settings={
                "PRESSMARK_METRICS_PORT": str(ports[name]),
                "PROMETHEUS_MULTIPROC_DIR": str(folder / name),
            },
        )
    archive.start(
        "observer",
        settings={
            "PRESSMARK_OBSERVER_PORT": str(ports["observer"]),
            "PRESSMARK_OBSERVER_EVERY": "0.5",
            "PRESSMARK_OBSERVER_SUMS_EVERY": "0.5",
            "PRESSMARK_OBSERVER_PLACES": f'{{"spool": "{folder}"}}',
        },
    )
    archive.start(
        "reader",
        settings={
            "PRESSMARK_READER_PORT": str(ports["pages"]),
            "PRESSMARK_METRICS_PORT": str(ports["reader"]),
        },
    )


def is_read_and_counted(port: int, prometheus: Prometheus) -> bool:
    """Read a page, and tell whether Prometheus saw the answers grow. It sees no growth in a first value."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
        answer.read()
    return bool(prometheus.result("rate(pressmark_http_request_duration_seconds_count[1m]) > 0"))


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
