"""What the tests ask of dashboards."""

import json
from pathlib import Path
from typing import Any

__all__ = ["DASHBOARDS", "dashboard", "expressions", "panels"]

DASHBOARDS = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards"


def dashboard(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def panels(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dashboard(path)["panels"]
    return found


def expressions(path: Path) -> list[tuple[str, str]]:
    """Each panel's title with each of its expressions, Grafana's variables filled in as for all of everything."""
    filled = {"$__rate_interval": "1m", '"$job"': '".+"', '"$source"': '".+"'}
    found = []
    for panel in panels(path):
        for target in panel["targets"]:
            expr = target["expr"]
            for variable, value in filled.items():
                expr = expr.replace(variable, value)
            found.append((panel["title"], expr))
    return found
