"""What a dashboard is made of, and its form in Grafana's JSON (schema 39, the classic one)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Board", "Panel", "Query"]

_WIDTH = 24
_SCHEMA = 39
_METRIC = re.compile(r"\bpressmark_[a-z_]+\b(\{)?")
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One expression and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture.

    Attributes:
        title: What is seen.
        description: What it means and what to do when it looks wrong.
        queries: Expressions; the job of the chosen archive is put into each of their selectors.
        unit: Grafana's name of the unit.
        kind: How it is drawn.
        width: Columns of 24.
        red_above: Where a single figure turns red; None for never.
    """

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: Literal["timeseries", "stat", "table"] = "timeseries"
    width: int = 12
    red_above: float | None = None

    @property
    def height(self) -> int:
        """Rows of Grafana's grid."""
        return 4 if self.kind == "stat" else 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard."""

    name: str
    title: str
    description: str
    panels: tuple[Panel, ...]
    by_source: bool = False
    """Whether a variable chooses sources."""

    @property
    def uid(self) -> str:
        """How links and alerts name it."""
        return f"pressmark-{self.name}"

    def as_json(self, boards: Sequence["Board"]) -> dict[str, Any]:
        """Return what Grafana reads; the other boards are linked at its head."""
        return {
            "uid": self.uid,
            "title": f"Pressmark / {self.title}",
            "description": self.description,
            "tags": ["pressmark"],
            "editable": False,
            "graphTooltip": 1,
            "refresh": "30s",
            "schemaVersion": _SCHEMA,
            "version": 1,
            "time": {"from": "now-6h", "to": "now"},
            "timezone": "utc",
            "templating": {"list": list(_variables(by_source=self.by_source))},
            "links": [_link(board) for board in boards if board.name != self.name],
            "annotations": {"list": []},
            "panels": list(_placed(self.panels)),
        }


def with_job(expr: str) -> str:
    """Put the variable of the archive into every selector of an expression."""
    return _METRIC.sub(
        lambda found: (
            f'{found.group(0)}job=~"$job", ' if found.group(1) else f'{found.group(0)}{{job=~"$job"}}'
        ),
        expr,
    )


def _placed(panels: Sequence[Panel]) -> Iterator[dict[str, Any]]:
    """Lay the panels out from left to right, in rows as high as their highest."""
    x = y = row_height = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > _WIDTH:
            x, y, row_height = 0, y + row_height, 0
        yield _panel(panel, number) | {"gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height}}
        x += panel.width
        row_height = max(row_height, panel.height)


def _panel(panel: Panel, number: int) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red_above is not None:
        steps.append({"color": "red", "value": panel.red_above})
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATASOURCE,
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": _options(panel),
        "targets": [_target(query, place, panel) for place, query in enumerate(panel.queries)],
    } | ({"transformations": _ONE_ROW_A_LABEL} if panel.kind == "table" else {})


_ONE_ROW_A_LABEL = [
    {"id": "merge", "options": {}},
    {"id": "organize", "options": {"excludeByName": {"Time": True, "job": True, "instance": True}}},
]


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"], "values": False}, "colorMode": "value"}
    if panel.kind == "table":
        return {"showHeader": True}
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}


def _target(query: Query, place: int, panel: Panel) -> dict[str, Any]:
    found = {
        "refId": chr(ord("A") + place),
        "datasource": _DATASOURCE,
        "expr": with_job(query.expr),
        "legendFormat": query.legend or "{{__name__}}",
        "range": panel.kind == "timeseries",
        "instant": panel.kind != "timeseries",
    }
    return found | ({"format": "table"} if panel.kind == "table" else {})


def _variables(*, by_source: bool) -> Iterator[dict[str, Any]]:
    yield {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "Pressmark", "value": "pressmark"},
        "hide": 0,
    }
    yield _label_values("job", "job", of="pressmark_build_info", multi=True)
    if by_source:
        yield _label_values("source", "source", of='pressmark_source_enabled{job=~"$job"}', multi=True)


def _label_values(name: str, label: str, *, of: str, multi: bool) -> dict[str, Any]:
    query = f"label_values({of}, {label})"
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "query",
        "datasource": _DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "variable"},
        "refresh": 2,
        "multi": multi,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": "All", "value": "$__all"},
        "sort": 1,
    }


def _link(board: Board) -> dict[str, Any]:
    return {
        "title": board.title,
        "type": "link",
        "url": f"/d/{board.uid}",
        "keepTime": True,
        "includeVars": True,
    }
