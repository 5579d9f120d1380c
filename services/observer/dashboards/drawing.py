"""Short ways to write panels, so that a dashboard reads as what it shows."""

from services.observer.dashboards.panels import Panel, Query

__all__ = ["EVERY", "events_an_hour", "figure", "line", "p95", "table"]

EVERY = "[$__rate_interval]"
"""The range that Grafana chooses: wide enough for the scrape interval and the zoom."""


def events_an_hour(selector: str, *, by: str) -> str:
    """Return how many events of the history come in an hour."""
    return f"sum by ({by}) (rate(pressmark_events_total{{{selector}}}{EVERY})) * 3600"


def p95(histogram: str, *by: str) -> str:
    """Return the 95th percentile of a histogram, for each value of some labels."""
    return f"histogram_quantile(0.95, sum by ({', '.join((*by, 'le'))}) (rate({histogram}_bucket{EVERY})))"


def line(
    title: str, description: str, expr: str, *, legend: str = "", unit: str = "short", width: int = 12
) -> Panel:
    """Return a panel of one expression over time."""
    return Panel(
        title=title,
        description=description,
        queries=(Query(expr=expr, legend=legend),),
        unit=unit,
        width=width,
    )


def figure(
    title: str, description: str, expr: str, *, unit: str = "short", red_above: float | None = None
) -> Panel:
    """Return a panel of one number, red from `red_above` on."""
    return Panel(
        title=title,
        description=description,
        queries=(Query(expr=expr, legend=title),),
        unit=unit,
        kind="stat",
        width=6,
        red_above=red_above,
    )


def table(title: str, description: str, *exprs: tuple[str, str], unit: str = "short") -> Panel:
    """Return a table with a column for each expression, a row for each set of labels."""
    queries = tuple(Query(expr=expr, legend=legend) for expr, legend in exprs)
    return Panel(title=title, description=description, queries=queries, unit=unit, kind="table", width=24)
