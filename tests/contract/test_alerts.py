"""Every alert and every recording names metrics that exist, a runbook, and a dashboard."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import shared.metrics
from services.pressmark.program import app
from shared.observed_metrics import OBSERVED

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules"
RUNBOOKS = DEPLOY / "runbooks"


def rules(name: str) -> list[dict[str, Any]]:
    groups = yaml.safe_load((RULES / name).read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


ALERTS = rules("alerts.yml")
RECORDINGS = rules("recording.yml")


def known_names() -> set[str]:
    """The names of all series that our processes show."""
    names = {metric.name for metric in OBSERVED}
    for name in shared.metrics.__all__:
        described = next(iter(getattr(shared.metrics, name).describe()))
        if described.type == "histogram":
            names |= {f"{described.name}_{part}" for part in ("bucket", "count", "sum")}
        else:
            names.add(f"{described.name}_total")
    return names


@pytest.mark.parametrize("rule", ALERTS + RECORDINGS, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_names_only_metrics_that_exist(rule: dict[str, Any]) -> None:
    recorded = {recording["record"] for recording in RECORDINGS}
    named = set(re.findall(r"[a-z:]*pressmark_[a-z_]+(?::[a-z0-9_]+)*|pressmark:[a-z0-9_:]+", rule["expr"]))

    assert named <= known_names() | recorded or rule["expr"].startswith("up{"), named


def test_there_are_at_least_sixteen_alerts_each_named_once() -> None:
    names = [rule["alert"] for rule in ALERTS]

    assert len(set(names)) == len(names) >= 16
    assert all(re.fullmatch(r"Pressmark[A-Z][A-Za-z]+", name) for name in names)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"info", "warning", "critical"}
    assert {"summary", "description", "runbook_url", "dashboard_url"} <= set(rule["annotations"])
    assert rule["annotations"]["runbook_url"] == f"deploy/runbooks/{rule['alert']}.md"


def test_every_runbook_belongs_to_an_alert_and_says_what_to_do() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {rule["alert"] for rule in ALERTS}
    for path in RUNBOOKS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert "## Likely causes" in text, path.name
        assert "## What to do" in text, path.name


def test_the_rule_tests_hold_every_alert_firing_and_quiet() -> None:
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (DEPLOY / "prometheus" / "tests").glob("*.yml")
    )

    for rule in ALERTS:
        assert f"name: {rule['alert']} fires" in tests
        assert f"name: {rule['alert']} keeps quiet" in tests


def test_a_runbook_names_only_commands_that_exist() -> None:
    commands = {
        command.name or command.callback.__name__.replace("_", "-")
        for command in app.registered_commands
        if command.callback
    }
    groups = {group.name for group in app.registered_groups}
    for path in RUNBOOKS.glob("*.md"):
        for named in re.findall(r"`pressmark ([a-z-]+)", path.read_text(encoding="utf-8")):
            assert named in commands | groups, f"{path.name}: pressmark {named}"
