"""From numbers to the geometry of a chart. The template draws it as SVG; letters stand outside, in the page's own.

A drawing is stretched to the width there is, so that a telephone and a desk see the same; no letter and no line
with a width is inside of it. What a colour says is said by a hatching, too, and all of it by the table below.
"""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["HEIGHT", "WIDTH", "Bar", "Chart", "Column", "column_chart", "share_of"]

WIDTH, HEIGHT = 480.0, 100.0
"""Of a drawing, in its own units."""

_GAP = 0.2
"""Of the place of a column, left free beside it."""
_LEAST = 1.0
"""Height of the smallest part that is there at all: one failure among thousands is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One place of a chart: a label for its row in the table, and its parts from the bottom up."""

    label: str
    parts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One rectangle. `part` is the place of its series."""

    part: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All there is to draw and to say in a table."""

    key: str
    """Names its parts within the page."""
    title: str
    series: tuple[str, ...]
    columns: tuple[Column, ...]
    bars: tuple[Bar, ...]
    top: int
    """What the full height stands for."""

    @property
    def total(self) -> int:
        """All columns together."""
        return sum(sum(column.parts) for column in self.columns)

    @property
    def told(self) -> str:
        """What the drawing shows, in a sentence, for those who do not see it."""
        if not self.total:
            return "Nothing in all of this time."
        sums = [sum(column.parts[place] for column in self.columns) for place in range(len(self.series))]
        highest = max(self.columns, key=lambda column: sum(column.parts))
        counts = ", ".join(f"{name} {count:,}" for count, name in zip(sums, self.series, strict=True))
        return f"{counts}; the most in {highest.label}: {sum(highest.parts):,}."


def column_chart(key: str, title: str, series: Sequence[str], columns: Sequence[Column]) -> Chart:
    """Return a chart of columns that are piled up of their parts."""
    top = max((sum(column.parts) for column in columns), default=0)
    place = WIDTH / max(1, len(columns))
    bars: list[Bar] = []
    for number, column in enumerate(columns):
        bottom = HEIGHT
        for part, height in enumerate(_heights(column.parts, top)):
            if height:
                bottom -= height
                x, width = number * place + place * _GAP / 2, place * (1 - _GAP)
                bars.append(
                    Bar(
                        part=part,
                        x=round(x, 2),
                        y=round(bottom, 2),
                        width=round(width, 2),
                        height=round(height, 2),
                    )
                )
    return Chart(
        key=key, title=title, series=tuple(series), columns=tuple(columns), bars=tuple(bars), top=top
    )


def share_of(value: float, whole: float) -> float:
    """Return how much of the width a bar takes; never more than all of it."""
    return round(WIDTH * min(1.0, max(0.0, value / whole)), 2) if whole > 0 else 0.0


def _heights(parts: Sequence[int], top: int) -> list[float]:
    """Return the heights of the parts of a column: none is too small to be seen, all together fit."""
    heights = [max(_LEAST, HEIGHT * one / top) if one else 0.0 for one in parts]
    surplus = sum(heights) - HEIGHT
    if surplus > 0:
        heights[heights.index(max(heights))] -= surplus
    return heights
