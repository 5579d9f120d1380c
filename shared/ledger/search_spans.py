"""Stretches of time in which a search looks one after the other, as the marks of the index name them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from shared.search_query import SearchQuery

__all__ = ["FIRST_SPAN", "GROWTH", "expressions_in", "marks_between"]

FIRST_SPAN = 200
"""Articles in the first stretch, the newest."""
GROWTH = 4
"""How much longer each further stretch is: at most about so many times what was wanted is found too much."""

_DAYS_UP_TO = timedelta(days=62)
_MONTHS_UP_TO = timedelta(days=5 * 366)
_YEARS_UP_TO = timedelta(days=100 * 366)
_DAY = timedelta(days=1)
_ANY_MARK = "'@y':*"


def marks_between(since: datetime, until: datetime) -> str:
    """Return a tsquery of marks that every article between two moments has, and some near them have too.

    Days, months or years, so that there are never more than about a hundred; nothing for a longer time.
    """
    length = until - since
    if length > _YEARS_UP_TO:
        return ""
    form = "@d%Y%m%d" if length <= _DAYS_UP_TO else "@m%Y%m" if length <= _MONTHS_UP_TO else "@y%Y"
    names = dict.fromkeys(_name(day, form) for day in _days(since, until))
    return f"({' | '.join(names)})"


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


def _days(since: datetime, until: datetime) -> Iterator[datetime]:
    day = since.astimezone(UTC)
    last = until.astimezone(UTC)
    while day.date() < last.date():
        yield day
        day += _DAY
    yield last


def _name(day: datetime, form: str) -> str:
    return _quoted(f"{form[:2]}{day.year:04d}{day.strftime(form[4:])}")


def _quoted(mark: str) -> str:
    return f"'{mark}'"
