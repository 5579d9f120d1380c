"""A real Prometheus scrapes an archive at work: every panel and every rule is asked for its data."""

import subprocess
import urllib.request
from pathlib import Path

import pytest

from services.standalone.ports import choose_ports
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.grafana import DASHBOARDS, expressions
from tests.support.prometheus import Prometheus, running_prometheus, wait_for
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
