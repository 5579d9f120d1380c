"""Addresses that lead on without end: path loops, calendars, session ids, faceted queries."""

import re
from collections import Counter
from datetime import date
from typing import Final

from shared.urls import MAX_URL_BYTES

MAX_SAME_SEGMENT: Final = 3
# Dates repeat a number honestly: `/2011/11/11/11/11/`.
MAX_SAME_NUMBER: Final = 8
MAX_SEGMENTS: Final = 40
MAX_PARAMETERS: Final = 12
MAX_SAME_PARAMETER: Final = 3
MAX_FACETS: Final = 3
OLDEST_YEAR: Final = 1850
YEARS_AHEAD: Final = 2

_CALENDAR = re.compile(r"calendar|[/?&=_-](?:cal|day|week|month|year|agenda|events?)\b", re.IGNORECASE)
_YEAR = re.compile(
    r"(?<!\d)(\d{4,6})(?=[-/._](?:0?[1-9]|1[0-2])(?:[-/._]\d{1,2})?(?:[/&]|$))|(?:year|yr|y)=(\d{1,6})(?!\d)"
)
_SESSION = re.compile(
    r"(?:^|[?&;/])(?:[a-z]*sess(?:ion)?(?:_?id|key)?|aspsessionid[a-z]*|cfid|cftoken|zenid|oscsid)"
    r"=(?=[^&;/]*[0-9])(?=[^&;/]*[a-z])[0-9a-z-]{16,}(?:$|[&;/])"
    r"|/\([A-Z]\([0-9a-z]{16,}\)\)/",
    re.IGNORECASE,
)
_FACET = re.compile(
    r"(?:filter|facet|refine|sort|order(?:by)?|dir|view|layout|per_?page|limit|size|color|colour|brand|price|min|max|tag)s?"
    r"(?:\[[^\]]*\]|%5B.*?%5D|_\w+)?",
    re.IGNORECASE,
)


def trap_reason(url: str, *, today: date | None = None) -> str | None:
    """Return why a URL looks like a trap without end, or None.

    `too_long` beyond 8 KiB; `path_loop` when one segment of the path comes more than three times
    (numbers, which dates repeat, more than eight times) or a pair of segments three times in a row;
    `query_loop` when one parameter comes more than three times with one value; `faceted_query` with more
    than three parameters that sort and filter or more than twelve of any kind; `session_id` when an
    address carries the visitor's session; `calendar` when a page of dates lies before 1850 or more than
    two years ahead.

    Args:
        url: in canonical form.
        today: without it years are not judged.
    """
    if len(url) > MAX_URL_BYTES:
        return "too_long"
    address, _, query = url.partition("?")
    if _loops(address):
        return "path_loop"
    if query and (reason := _query_trap(query)):
        return reason
    if _SESSION.search(url):
        return "session_id"
    if today is not None and _CALENDAR.search(url) and _is_out_of_time(url, today):
        return "calendar"
    return None


def _loops(address: str) -> bool:
    if address.count("/") < MAX_SAME_SEGMENT + 3:
        return False
    segments = [segment for segment in address.split("/")[3:] if segment]
    if len(segments) > MAX_SEGMENTS:
        return True
    for segment, count in Counter(segments).items():
        if count > (MAX_SAME_NUMBER if segment.isdigit() else MAX_SAME_SEGMENT):
            return True
    pairs = zip(segments, segments[1:], segments[2:], segments[3:], segments[4:], segments[5:], strict=False)
    return any(
        first == third == fifth and second == fourth == sixth and not (first + second).isdigit()
        for first, second, third, fourth, fifth, sixth in pairs
    )


def _query_trap(query: str) -> str | None:
    parameters = [parameter for parameter in query.split("&") if parameter]
    if max(Counter(parameters).values(), default=0) > MAX_SAME_PARAMETER:
        return "query_loop"
    names = [parameter.partition("=")[0] for parameter in parameters]
    facets = sum(_FACET.fullmatch(name) is not None for name in names)
    if facets > MAX_FACETS or len(names) > MAX_PARAMETERS:
        return "faceted_query"
    return None


def _is_out_of_time(url: str, today: date) -> bool:
    """Tell whether every year in an address lies out of the time in which outlets publish."""
    years = [int(match[1] or match[2]) for match in _YEAR.finditer(url)]
    return bool(years) and all(not OLDEST_YEAR <= year <= today.year + YEARS_AHEAD for year in years)
