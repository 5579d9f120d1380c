"""The health page: the main numbers of the dashboards for those who have no Grafana, drawn by this server."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from fastapi import APIRouter, Request, Response

from services.admin.health import Freshness, HealthReport, Number
from services.admin.health.judging import duration, is_well
from services.admin.pages.charts import HEIGHT, WIDTH, Chart, Column, column_chart, share_of
from services.admin.pages.guard import PageRoute, needs
from services.admin.pages.rendering import Renderer
from services.admin.tools import Tools
from shared.ledger.recent import ChangesOfDay, LooksOfHour
from shared.ledger.tokens import TokenScope

__all__ = ["charts_of", "health_pages"]

_MOST_SOURCES = 100
_LATELY = 6
"""Hours for which outcomes are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A bar that lies, with what it says in words."""

    name: str
    shown: str
    width: float
    is_bad: bool = False


def health_pages(kit: Tools, render: Renderer) -> APIRouter:
    """Return this page."""
    router = APIRouter(route_class=PageRoute)

    @router.get("/health", **needs(TokenScope.READ))
    def health(request: Request) -> Response:
        """Show how the archive does, and what to do where it does not do well."""
        report = kit.health.report()
        return render.page(
            request,
            "health.html",
            report=report,
            parts=_by_part(report.numbers),
            charts=charts_of(report),
            outcomes=_outcomes(report.looks),
            targets=_targets(report),
            sources=[(one, _fresh(one)) for one in report.sources[:_MOST_SOURCES]],
            more_sources=max(0, len(report.sources) - _MOST_SOURCES),
            lately=_LATELY,
            size=(WIDTH, HEIGHT),
        )

    return router


def charts_of(report: HealthReport) -> list[Chart]:
    """Return the curves of a report."""
    if not report.looks:
        return []
    return [
        column_chart("looks", "Looks per hour, 48 hours", ("well", "failed"), _by_hour(report.looks)),
        column_chart("edits", "Edits per day, 14 days", ("edits",), _by_day(report.changes, "edits")),
        column_chart(
            "removals", "Removals per day, 14 days", ("removals",), _by_day(report.changes, "removals")
        ),
    ]


def _by_hour(looks: Sequence[LooksOfHour]) -> list[Column]:
    columns = []
    for one in looks:
        well = sum(count for name, count in one.outcomes.items() if is_well(name))
        failed = sum(one.outcomes.values()) - well
        columns.append(Column(label=f"{one.hour:%Y-%m-%d %H:00}", parts=(well, failed)))
    return columns


def _by_day(changes: Sequence[ChangesOfDay], what: str) -> list[Column]:
    return [Column(label=f"{one.day:%Y-%m-%d}", parts=(getattr(one, what),)) for one in changes]


def _by_part(numbers: Sequence[Number]) -> list[tuple[str, list[Number]]]:
    """Return the numbers under their headings, which keep the order in which they first came."""
    headings = {one.part: place for place, one in reversed(list(enumerate(numbers)))}
    in_order = sorted(numbers, key=lambda one: headings[one.part])
    return [(part, list(found)) for part, found in groupby(in_order, key=lambda one: one.part)]


def _outcomes(looks: Sequence[LooksOfHour]) -> list[Share]:
    counts: dict[str, int] = {}
    for one in looks[-_LATELY:]:
        for name, count in one.outcomes.items():
            counts[name] = counts.get(name, 0) + count
    whole = sum(counts.values())
    return [
        Share(
            name=name,
            shown=f"{count:,} ({count / whole:.1%})",
            width=share_of(count, whole),
            is_bad=not is_well(name),
        )
        for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]


def _targets(report: HealthReport) -> list[Share]:
    accepted = report.targets.get("accepted", 0)
    return [
        Share(name=name, shown=f"{count:,}", width=share_of(count, accepted), is_bad=name == "failed")
        for name, count in report.targets.items()
    ]


def _fresh(source: Freshness) -> Share:
    read = "never read" if source.read_seconds is None else f"read {duration(source.read_seconds)} ago"
    allowed = (
        "has no lists"
        if source.allowed_seconds is None
        else f"stale after {duration(source.allowed_seconds)}"
    )
    return Share(
        name=source.source_id,
        shown=f"{read}, {allowed}",
        width=share_of(source.share, 1.0),
        is_bad=source.share > 1,
    )
