"""The calendar: which days there are articles of, and how many."""

import calendar
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request, Response

from services.reader.asking import source_id_of
from services.reader.errors import BadAddressError
from services.reader.rendering import Renderer
from services.reader.wording import count_of, long_month
from shared.ledger.days import Days, Month

__all__ = ["CalendarPages", "DayView", "weeks_of"]

_GET = ["GET", "HEAD"]
_SHADES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """One field of the calendar."""

    day: date
    articles: int
    words: str
    shade: int
    """How many there are beside the fullest day of the month: 0 for none, 4 for the most."""


class CalendarPages:
    """Serves the calendar of everything or of one source, a month at a time."""

    def __init__(self, ledger: Days, *, render: Renderer) -> None:
        self._ledger = ledger
        self._render = render

    def router(self) -> APIRouter:
        """Return the addresses of the pages."""
        router = APIRouter()
        router.add_api_route("/days", self.newest, methods=_GET, response_model=None)
        router.add_api_route("/days/{month}", self.month, methods=_GET, response_model=None)
        return router

    def newest(self, request: Request) -> Response:
        """The newest month of which something is kept."""
        return self._page(request, None)

    def month(self, request: Request, month: str) -> Response:
        """One month."""
        try:
            first = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise BadAddressError("A month is written as 2026-03.") from None
        if not 1 < first.year < 9999:
            raise BadAddressError("This month is outside the calendar.")
        return self._page(request, first)

    def _page(self, request: Request, wanted: date | None) -> Response:
        asked = request.query_params.get("source", "")
        source_id = source_id_of(asked) if asked else None
        month = self._ledger.month(wanted, source_id=source_id)
        return self._render.page(
            request,
            "days.html",
            month=month,
            name=long_month(month.first) if month else "Calendar",
            total=count_of(sum(month.articles.values()), "article") if month else "",
            weeks=weeks_of(month) if month else [],
            source_id=source_id,
            query=f"?source={source_id}" if source_id else "",
            month_name=long_month,
        )


def weeks_of(month: Month) -> list[list[DayView | None]]:
    """Return the weeks of a month from Monday to Sunday, with None for days of other months."""
    most = max(month.articles.values(), default=0)
    weeks = calendar.Calendar().monthdatescalendar(month.first.year, month.first.month)
    return [[_view(day, month, most) for day in week] for week in weeks]


def _view(day: date, month: Month, most: int) -> DayView | None:
    if day.month != month.first.month:
        return None
    articles = month.articles.get(day, 0)
    # Rounded up, so that one article among thousands is seen.
    shade = -(-articles * _SHADES // most) if articles else 0
    return DayView(day=day, articles=articles, words=count_of(articles, "article"), shade=shade)
