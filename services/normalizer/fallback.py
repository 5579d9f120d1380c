"""Second opinions from larger libraries, only where the page left us unsure. Both may be missing."""

import re
from calendar import monthrange
from datetime import date, datetime

from services.normalizer.dates import DateValue, read_date
from services.normalizer.optional import optional_module
from services.normalizer.text import block_text

_VALUE = r"\\*[\"']\s*:\s*\\*[\"']([0-9][^\"'\\]{7,34})"
_SCRIPTED = (
    re.compile(rf"[\"']datePublished{_VALUE}"),
    re.compile(
        r"[\"'](?:date_published|publish(?:ed)?(?:_?date|_?at|_?on|_?time)|pub_?date|publication_?date"
        rf"|first_?published(?:_?at|_?date)?){_VALUE}",
        re.IGNORECASE,
    ),
)
_MAX_MARKUP_CHARS = 1_500_000
_MAX_TAGS = 20_000


def second_opinion(markup: str, url: str | None) -> tuple[str, ...]:
    """Return the paragraphs that trafilatura finds; empty when it is missing, or the page too large for it."""
    # Loaded when it is first needed: it takes longer to load than most pages take to read.
    library = None if _is_too_large(markup) else optional_module("trafilatura")
    if library is None:
        return ()
    try:
        text = library.extract(markup, url=url, include_comments=False, fast=True)
    except Exception:  # noqa: BLE001  (a library's fault on one page must not lose the page)
        return ()
    return tuple(line for line in map(block_text, (text or "").split("\n")) if line)


def scripted_date(markup: str) -> tuple[DateValue, str] | None:
    """Return the date of publication inside the page's scripts, with its text, when all of them name one day.

    Pages built in the browser carry their data as escaped JSON that no JSON-LD reader sees.
    """
    for pattern in _SCRIPTED:
        texts = {match[1] for match in pattern.finditer(markup)}
        values = {text: reading for text in texts if isinstance(reading := read_date(text), DateValue)}
        if values:
            text = min(values)
            return (values[text], text) if len({value.day for value in values.values()}) == 1 else None
    return None


def guessed_date(
    markup: str, url: str | None, *, captured_at: datetime | None, updated: frozenset[date]
) -> DateValue | None:
    """Return the day that htmldate guesses.

    A guess that rests on two numbers that could be read either way, or on the date of a change, is not taken.

    Args:
        markup: The page.
        url: Its address.
        captured_at: Nothing later is taken.
        updated: Days that the page gives as those of later changes.
    """
    library = None if _is_too_large(markup) else optional_module("htmldate")
    if library is None:
        return None
    # A fixed end instead of today's date: the same page must give the same answer for ever.
    latest = captured_at.date().isoformat() if captured_at else "2099-12-31"
    try:
        found = library.find_date(
            markup, url=url, original_date=True, extensive_search=False, max_date=latest
        )
    except Exception:  # noqa: BLE001  (a library's fault on one page must not lose the page)
        return None
    if not found:
        return None
    moment = datetime.fromisoformat(found)
    if moment.date() in updated or _stands_for_no_day(markup, moment):
        return None
    if moment.day <= 12 and moment.day != moment.month and _is_written_both_ways(markup, moment):
        return None
    return DateValue(moment=moment, precision="day")


def _stands_for_no_day(markup: str, moment: datetime) -> bool:
    """Tell whether the first of a month was taken for a day that the month does not have: `2024-02-31`."""
    last = monthrange(moment.year, moment.month)[1]
    days = re.findall(rf"(?<!\d){moment.year:04d}-{moment.month:02d}-(\d\d)(?!\d)", markup)
    return moment.day == 1 and "01" not in days and any(int(day) > last for day in days)


def _is_written_both_ways(markup: str, moment: datetime) -> bool:
    month, day = f"0?{moment.month}", f"0?{moment.day}"
    year = rf"(?:{moment.year}|{moment.year % 100:02d})"
    return bool(re.search(rf"(?<!\d)(?:{month}[/-]{day}|{day}[/-]{month})[/-]{year}(?!\d)", markup))


def _is_too_large(markup: str) -> bool:
    """Tell whether a page would keep a library busy for a second or more."""
    return len(markup) > _MAX_MARKUP_CHARS or markup.count("<") > _MAX_TAGS
