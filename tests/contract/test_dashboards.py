"""The dashboards are what the code makes, load in Grafana's own classes, and keep the rules of its linter."""

import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.models.dashboard import Dashboard

import shared.metrics
from services.observer.dashboards.__main__ import written
from shared.observed_metrics import OBSERVED
from tests.support.grafana import DASHBOARDS, dashboard, expressions, panels

PATHS = sorted(DASHBOARDS.glob("*.json"))
each_dashboard = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def counters_and_others() -> tuple[set[str], set[str]]:
    """The names of series that only grow, and of all others."""
    growing = {metric.name for metric in OBSERVED if metric.type == "counter"}
    for name in shared.metrics.__all__:
        described = next(iter(getattr(shared.metrics, name).describe()))
        if described.type == "histogram":
            growing |= {f"{described.name}_{part}" for part in ("bucket", "count", "sum")}
        else:
            growing.add(f"{described.name}_total")
    return growing, {metric.name for metric in OBSERVED} - growing


def test_the_files_are_what_the_code_makes() -> None:
    assert {path.name: path.read_text(encoding="utf-8") for path in PATHS} == written()


def test_there_is_a_dashboard_for_each_side_of_the_archive() -> None:
    wanted = {"overview", "sources", "pipeline", "fetch", "extraction", "history", "storage", "reader"}

    assert {path.stem for path in PATHS} == wanted | {"infrastructure"}


@each_dashboard
def test_a_dashboard_loads_in_grafanas_own_classes(path: Path) -> None:
    loaded = Dashboard.from_json(dashboard(path))

    assert loaded.uid == f"pressmark-{path.stem}"
    assert loaded.panels is not None
    assert len(loaded.panels) == len(panels(path))


@each_dashboard
def test_a_dashboard_lets_its_data_source_and_archive_be_chosen_and_is_not_edited_in_place(
    path: Path,
) -> None:
    board = dashboard(path)
    variables = {variable["name"]: variable for variable in board["templating"]["list"]}

    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["label"] == "Data source"
    assert variables["job"]["datasource"]["uid"] == "${datasource}"
    assert variables["job"]["multi"] is True
    assert board["editable"] is False


@each_dashboard
def test_every_panel_says_what_it_shows_and_in_which_unit(path: Path) -> None:
    for panel in panels(path):
        assert panel["title"]
        assert len(panel["description"]) > 30 or panel["type"] == "stat", panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["targets"], panel["title"]


@each_dashboard
def test_no_two_panels_share_an_id_or_lie_over_each_other(path: Path) -> None:
    cells: set[tuple[int, int]] = set()
    ids = [panel["id"] for panel in panels(path)]
    for panel in panels(path):
        place: dict[str, Any] = panel["gridPos"]
        covered = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & covered
        cells |= covered

    assert len(set(ids)) == len(ids)


@each_dashboard
def test_every_expression_is_promql_over_metrics_that_exist_of_the_chosen_archive(path: Path) -> None:
    growing, others = counters_and_others()
    for panel in panels(path):
        for target in panel["targets"]:
            for name, selector in re.findall(r"\b(pressmark_[a-z_]+)(\{[^}]*\})?", target["expr"]):
                assert name in growing | others, name
                assert 'job=~"$job"' in selector, target["expr"]
    for title, expr in expressions(path):
        assert promql_parser.parse(expr) is not None, title


@each_dashboard
def test_what_only_grows_is_shown_as_a_rate_over_the_interval_that_grafana_chooses(path: Path) -> None:
    growing, _ = counters_and_others()
    for panel in panels(path):
        for target in panel["targets"]:
            for found in re.finditer(r"(\w+)\(pressmark_([a-z_]+)(\{[^}]*\})?(\[[^\]]+\])?", target["expr"]):
                function, name, _, span = found.groups()
                if f"pressmark_{name}" in growing:
                    assert function in {"rate", "increase"}, target["expr"]
                    assert span == "[$__rate_interval]" or function == "increase", target["expr"]


def test_alerts_link_to_dashboards_that_exist() -> None:
    uids = {dashboard(path)["uid"] for path in PATHS}
    rules = DASHBOARDS.parents[1] / "prometheus" / "rules" / "alerts.yml"
    groups = yaml.safe_load(rules.read_text(encoding="utf-8"))["groups"]
    linked = {rule["annotations"]["dashboard_url"] for group in groups for rule in group["rules"]}

    assert linked <= {f"/d/{uid}" for uid in uids}
    for path in PATHS:
        assert {link["url"] for link in dashboard(path)["links"]} <= {f"/d/{uid}" for uid in uids}


def test_grafana_is_given_its_data_source_and_dashboards_without_a_click() -> None:
    provisioning = DASHBOARDS.parent / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "pressmark.yaml").read_text())["providers"]

    assert source["uid"] == "pressmark"
    assert source["editable"] is False
    assert provider["allowUiUpdates"] is False
