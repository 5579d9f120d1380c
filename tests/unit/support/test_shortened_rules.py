"""The rules that tests run are the committed ones with shorter times, and nothing else."""

import re
from pathlib import Path

import pytest
import yaml

from tests.support.prometheus import RULES
from tests.support.shortened_rules import shortened_expression, write_shortened_rules


@pytest.mark.parametrize(
    ("expr", "shortened"),
    [
        ("age_seconds > 6 * 3600", "age_seconds > 6 * 180"),
        ("increase(a_total[1d]) > 2000", "increase(a_total[30s]) > 100"),
        ("rate(a_total[5m]) > 0.144", "rate(a_total[15s]) > 0.144"),
        ('increase(a_total{outcome="429"}[1h]) > 5', 'increase(a_total{outcome="429"}[30s]) > 5'),
        ("increase(a_total[7d] offset 1d) / 7", "increase(a_total[30s] offset 30s) / 7"),
        ("a:ratio_rate30m > 0.06", "a:ratio_rate30m > 0.06"),
    ],
)
def test_times_are_shortened_and_nothing_else(expr: str, shortened: str) -> None:
    assert shortened_expression(expr) == shortened


def test_every_rule_keeps_its_name_its_labels_and_the_shape_of_its_expression(tmp_path: Path) -> None:
    folder = write_shortened_rules(tmp_path / "rules")

    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in RULES.glob("*.yml"))
    for path in folder.iterdir():
        for ours, committed in zip(rules(path), rules(RULES / path.name), strict=True):
            assert shape(ours["expr"]) == shape(committed["expr"])
            for name in ("alert", "record", "labels", "annotations"):
                assert ours.get(name) == committed.get(name)


def rules(path: Path) -> list[dict[str, str]]:
    (group,) = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, str]] = group["rules"]
    return found


def shape(expr: str) -> str:
    """Return an expression without its numbers and durations."""
    return re.sub(r"\d+[smhd]?", "", expr)
