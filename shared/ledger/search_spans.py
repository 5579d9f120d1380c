"""Stretches of time in which a search looks one after the other, as the marks of the index name them."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.search_query import SearchQuery

__all__ = ["FIRST_SPAN", "Pace", "Steps", "expressions_in", "marks_between"]

FIRST_SPAN = 100
"""Articles in the first stretch, the newest."""
_LEAST_GROWTH, _MOST_GROWTH = 2, 64
_SPARE = 1.5

# Few marks: the index looks every one of them up, and weighs them all for every place of a word.
_DAYS_UP_TO = timedelta(days=16)
_MONTHS_UP_TO = timedelta(days=2 * 366)
_YEARS_UP_TO = timedelta(days=100 * 366)
_ANY_MARK = "'@y':*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The moments behind each so many articles of the archive, the newest first."""

    articles: int
    moments: Sequence[datetime]

    def behind(self, moment: datetime, articles: int) -> datetime | None:
        """Return a moment about so many articles before another, and none beyond the oldest step."""
        passed = bisect.bisect_left(self.moments, -moment.timestamp(), key=lambda one: -one.timestamp())
        at = passed + max(1, articles // self.articles) - 1
        while at < len(self.moments) and self.moments[at] >= moment:
            at += 1  # many articles of one moment
        return self.moments[at] if at < len(self.moments) else None


@dataclass(slots=True)
class Pace:
    """How long each stretch is, by what was found in those before it."""

    wanted: int
    steps: Steps
    found: int = 0
    _behind: int = 0

    def next_floor(self, latest: datetime) -> datetime | None:
        """Return where the next stretch ends that begins at `latest`; None where what is left is one stretch.

        It has as many articles as will hold what is still wanted, if it goes on as before.
        """
        if self._behind == 0:
            articles = self.steps.articles
        else:
            needed = self._behind * _SPARE * (self.wanted - self.found) / max(self.found, 1)
            articles = int(min(max(needed, self._behind * _LEAST_GROWTH), self._behind * _MOST_GROWTH))
        self._behind += articles
        floor = self.steps.behind(latest, articles)
        return floor and _at_a_mark(floor, latest)


def _at_a_mark(floor: datetime, latest: datetime) -> datetime:
    """Return a moment not after `floor` at which the marks of a stretch up to `latest` begin."""
    length, first = latest - floor, floor.astimezone(UTC)
    if length <= _DAYS_UP_TO or length > _YEARS_UP_TO:
        return floor
    first = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first if length <= _MONTHS_UP_TO else first.replace(month=1)


def marks_between(since: datetime, until: datetime) -> str:
    """Return a tsquery of marks that every article between two moments has, and some near them have too.

    Days, months or years, so that there are seldom more than two dozen; nothing for a longer time.
    """
    first, last = since.astimezone(UTC).date(), until.astimezone(UTC).date()
    if last - first > _YEARS_UP_TO:
        return ""
    if last - first <= _DAYS_UP_TO:
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        names = [f"@d{day.year:04d}{day.month:02d}{day.day:02d}" for day in days]
    elif last - first <= _MONTHS_UP_TO:
        months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
        names = [f"@m{month // 12:04d}{month % 12 + 1:02d}" for month in months]
    else:
        names = [f"@y{year:04d}" for year in range(first.year, last.year + 1)]
    return f"({' | '.join(map(_quoted, names))})"


def expressions_in(query: SearchQuery, span: str, *, is_marked: bool) -> tuple[str, str]:
    """Return what is asked of the text and of the title, as two tsqueries, within the marks of a stretch.

    Empty where nothing is asked. With marks the index leaves out other times, sources and kinds of articles before
    any text is looked at.
    """
    words, title_words = query.expression, query.title_expression
    if not is_marked:
        return words, title_words
    marks = [span] if span else []
    asked = query.narrowing
    if asked.source_ids:
        marks.append(f"({' | '.join(_quoted(f'@s{source_id}') for source_id in asked.source_ids)})")
    if asked.removed:
        marks.append(_quoted("@removed"))
    if asked.changed or asked.only_earlier:
        marks.append(_quoted("@edited"))
    if not query.asks_for_words and not marks:
        marks.append(_ANY_MARK)
    return _all_of(marks, words), _all_of(marks, title_words)


def _all_of(marks: Sequence[str], words: str) -> str:
    return " & ".join((*marks, words)) if words else ""


def _quoted(mark: str) -> str:
    return f"'{mark}'"
