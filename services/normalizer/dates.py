"""Reading dates as people and machines write them.

A date keeps the precision and the zone it was written with. Two numbers that could be day and month either way are
an `AmbiguousDate` until a rule or other evidence decides: never a guess. Years of the Juche calendar (1912 is 1),
of the Japanese eras and of the Republic of China are turned into ours first.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from services.normalizer.calendars import hijri_dates, western_year, western_years
from services.normalizer.clock_times import time_beside
from services.normalizer.fields import DatePrecision
from services.normalizer.months import month_number
from shared.sources import DateOrder

_MAX_CHARS = 400
_REMEMBERED = 128
"""Lines and dates of the page at hand that several questions are asked of."""
_FIRST_YEAR = 1600
_LAST_YEAR = 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class DateValue:
    """A date as exact as it was written; the parts of `moment` below the precision are the lowest."""

    moment: datetime
    precision: DatePrecision

    @property
    def day(self) -> date | None:
        """Return the calendar day, where one was written."""
        return None if self.precision in {"month", "year"} else self.moment.date()

    def iso(self) -> str:
        """Return ISO 8601 down to the precision."""
        if self.precision == "year":
            return f"{self.moment.year:04d}"
        if self.precision == "month":
            return f"{self.moment.year:04d}-{self.moment.month:02d}"
        if self.precision == "day":
            return self.moment.date().isoformat()
        return self.moment.isoformat(timespec="minutes" if self.precision == "minute" else "seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class AmbiguousDate:
    """Two numbers of which either may be the day."""

    day_first: DateValue
    month_first: DateValue


DateReading = DateValue | AmbiguousDate


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDate:
    """A date found in a text, with where it stands in `folded(text)`."""

    reading: DateReading
    start: int
    end: int


def read_date(
    text: str, *, order: DateOrder | None = None, date_format: str | None = None, language: str | None = None
) -> DateReading | None:
    """Read the first date of a short text; None when there is none.

    Args:
        text: At most a line; what follows 400 characters is not read.
        order: How the outlet writes numeric dates.
        date_format: A `strptime` format, tried first.
        language: Primary tag of the page's language, for months that two languages name differently.
    """
    if date_format and (formatted := _by_format(text, date_format)):
        return formatted
    read = _read_short if len(text) <= _MAX_CHARS else _read
    return read(text, order, language)


def _read(text: str, order: DateOrder | None, language: str | None) -> DateReading | None:
    machine = _machine_date(text)
    if machine:
        return machine
    found = written_dates(text, order=order, language=language)
    return found[0].reading if found else _year_alone(folded(text))


_read_short = lru_cache(maxsize=_REMEMBERED)(_read)


def written_dates(
    text: str, *, order: DateOrder | None = None, language: str | None = None
) -> list[WrittenDate]:
    """Find every date of a short text that has at least a month and a year, in reading order."""
    if not _DIGIT.search(text, 0, _MAX_CHARS):
        return []
    line = folded(text)
    found = [*_year_first(line), *_named(line, language), *_year_last(line, order)]
    if not found:
        found = [*_of_other_calendars(line, text)]
    taken: list[WrittenDate] = []
    for candidate in sorted(found, key=lambda written: (written.start, -written.end)):
        if not taken or candidate.start >= taken[-1].end:
            taken.append(candidate)
    return taken


def numeric_orders(text: str) -> Iterator[DateOrder]:
    """Yield how the numeric dates of a text are written, where a number above 12 tells: `31/12/2024`."""
    for match in _NUMERIC.finditer(text):
        first, second = int(match[1]), int(match[3])
        if match[2] != "." and 12 < first <= 31 and second <= 12:
            yield DateOrder.DMY
        elif match[2] != "." and 12 < second <= 31 and first <= 12:
            yield DateOrder.MDY


def folded(text: str) -> str:
    """Return a text in lower case with ASCII digits, single spaces, and years of our calendar."""
    return _folded(text[:_MAX_CHARS])


@lru_cache(maxsize=_REMEMBERED)
def _folded(line: str) -> str:
    if not line.isascii():
        line = unicodedata.normalize("NFKC", line)
        line = re.sub(r"[^\x00-\x7f]", _ascii_digit, line)
    return western_years(" ".join(line.casefold().split()))


_DIGIT = re.compile(r"\d")


def _ascii_digit(match: re.Match[str]) -> str:
    value = unicodedata.decimal(match[0], None)
    return match[0] if value is None else str(value)


# Machines: the whole text is one date.
_ISO = re.compile(
    r"\s*(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<zone>Z|[+-]\d{2}:?(?:\d{2})?)?)?\s*$",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"\s*(?P<year>(?:19|20)\d{2})(?P<month>0[1-9]|1[0-2])(?P<day>[0-2]\d|3[01])"
    r"(?:T?(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?(?P<zone>Z|[+-]\d{4})?)?\s*$",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"\s*(\d{10})(\d{3})?(?:\.\d+)?\s*$")
_ISO_MONTH = re.compile(r"\s*(\d{4})-(\d{2})\s*$")
_YEAR_ALONE = re.compile(r"\W*(\d{4})\W*$")


def _machine_date(text: str) -> DateValue | None:
    line = text[:_MAX_CHARS]
    match = _ISO.match(line) or _COMPACT.match(line)
    if match:
        return _from_groups(match)
    match = _EPOCH.match(line)
    if match:
        return DateValue(moment=datetime.fromtimestamp(int(match[1]), UTC), precision="second")
    match = _ISO_MONTH.match(line)
    return _value(int(match[1]), int(match[2])) if match else None


def _from_groups(match: re.Match[str]) -> DateValue | None:
    day = _value(int(match["year"]), int(match["month"]), int(match["day"]))
    if day is None or match["hour"] is None:
        return day
    zone = (match["zone"] or "").upper().replace("Z", "+00:00")
    second = match["second"] or "00"
    written = f"{day.moment.date().isoformat()}T{int(match['hour']):02d}:{match['minute']}:{second}{zone}"
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return day
    return DateValue(moment=moment, precision="second" if match["second"] else "minute")


def _by_format(text: str, date_format: str) -> DateValue | None:
    line = " ".join(text.split())
    for candidate in (line, line.strip("[]()| "), line.rpartition(": ")[2]):
        try:
            moment = datetime.strptime(candidate, date_format)  # noqa: DTZ007  (the format says whether there is a zone)
        except ValueError:
            continue
        exact = any(directive in date_format for directive in ("%H", "%I", "%c", "%X", "%T"))
        seconds = any(directive in date_format for directive in ("%S", "%c", "%X", "%T"))
        return DateValue(moment=moment, precision=("second" if seconds else "minute") if exact else "day")
    return None


def _year_alone(line: str) -> DateValue | None:
    match = _YEAR_ALONE.match(line)
    return _value(int(match[1])) if match else None


# People: a date somewhere in a line.
_CJK = re.compile(r"(?<!\d)(\d{4})\)?\s?[年년]\s?(\d{1,2})\s?[月월](?:\s?(\d{1,2})\s?[日일])?")
_YEAR_MONTH_DAY = re.compile(r"(?<![\d./-])(\d{4})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)")
_VIETNAMESE = re.compile(r"(?<!\d)(\d{1,2})\s?tháng\s?(\d{1,2}),?\s?(?:năm\s)?(\d{4})")
_NUMERIC = re.compile(r"(?<![\d./-])(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d/-]|\.\d\d\b)")


def _year_first(line: str) -> Iterator[WrittenDate]:
    for match in _CJK.finditer(line):
        value = _value(int(match[1]), int(match[2]), int(match[3]) if match[3] else None)
        yield from _written(line, value, match.start(), match.end())
    for match in _YEAR_MONTH_DAY.finditer(line):
        value = _value(int(match[1]), int(match[3]), int(match[4]))
        yield from _written(line, value, match.start(), match.end())
    for match in _VIETNAMESE.finditer(line):
        value = _value(int(match[3]), int(match[2]), int(match[1]))
        yield from _written(line, value, match.start(), match.end())


def _year_last(line: str, order: DateOrder | None) -> Iterator[WrittenDate]:
    for match in _NUMERIC.finditer(line):
        first, separator, second, year = int(match[1]), match[2], int(match[3]), match[4]
        if len(year) == 2 and not (separator == "." or order):
            continue
        full_year = int(year) if len(year) == 4 else (2000 if int(year) < 70 else 1900) + int(year)
        day_first, month_first = _value(full_year, second, first), _value(full_year, first, second)
        # Full stops between numbers are the day-first notation in every language that uses them.
        settled = order or (DateOrder.DMY if separator == "." else None)
        if settled is DateOrder.DMY or month_first is None or first == second:
            yield from _written(line, day_first, match.start(), match.end())
        elif settled is DateOrder.MDY or day_first is None:
            yield from _written(line, month_first, match.start(), match.end())
        else:
            reading = AmbiguousDate(
                day_first=_with_time(line, day_first, match.start(), match.end()),
                month_first=_with_time(line, month_first, match.start(), match.end()),
            )
            yield WrittenDate(reading=reading, start=match.start(), end=match.end())


# Letters, and the vowel signs of Indian scripts, which Python does not count as letters.
_WORD = re.compile(
    r"[ก-๎]{1,4}\.[ก-ฮ](?![ก-๎])|[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff\u0e30-\u0e4f])+"
)
_YEAR = r"(?P<year>1[6-9]\d\d|20\d\d|25\d\d)(?![\d:])"
_AFTER_DAY_YEAR = re.compile(
    rf"\W{{0,3}}(?P<day>\d{{1,2}})(?![\d:])(?:\s?[-–]\s?\d{{1,2}})?(?:st|nd|rd|th|er|o|a)?\W{{1,4}}(?:of\s|de\s)?{_YEAR}"
)
_AFTER_YEAR = re.compile(rf"\W{{0,3}}(?:(?:de|del|of|і|года?|,)\s)?\W{{0,2}}{_YEAR}")
_AFTER_YEAR_DAY = re.compile(rf"\W{{0,3}}{_YEAR}\W{{1,3}}(?P<day>\d{{1,2}})(?![\d:])")
_AFTER_DAY = re.compile(r"\W{0,3}(?P<day>\d{1,2})(?![\d:])")
_BEFORE_DAY = re.compile(
    r"(?<![\d:./])(?P<day>\d{1,2})(?:\s?[-–]\s?\d{1,2})?(?:[^\W\d_]{1,3}|[^\x00-\x7f\s\d]{1,4})?[\s.,\-–/º°ª]{0,3}"
    r"(?:(?:day\sof|de|del|di|of|d'|u|เดือน)\s?)?$"
)
_BEFORE_YEAR = re.compile(r"(?<!\d)(?P<year>1[6-9]\d\d|20\d\d)\D{1,8}$")
_NEAR = 26


def _named(line: str, language: str | None) -> Iterator[WrittenDate]:
    for match in _WORD.finditer(line):
        month = month_number(match[0], language)
        if month is None:
            continue
        after = line[match.end() : match.end() + _NEAR]
        before = line[max(0, match.start() - _NEAR) : match.start()]
        found = _around(before, after)
        if found is None:
            continue
        year, day, from_before, from_after = found
        start, end = match.start() - from_before, match.end() + from_after
        yield from _written(line, _value(year, month, day), start, end)


def _around(before: str, after: str) -> tuple[int, int | None, int, int] | None:
    """Return year, day, and how far the date reaches before and after the month's name."""
    match = _AFTER_DAY_YEAR.match(after)
    if match:
        return int(match["year"]), int(match["day"]), 0, match.end()
    day = _BEFORE_DAY.search(before)
    match = _AFTER_YEAR.match(after)
    if match and day:
        return int(match["year"]), int(day["day"]), len(before) - day.start(), match.end()
    earlier = before[: day.start()] if day else before
    year = _BEFORE_YEAR.search(earlier)
    if year and day:
        return int(year["year"]), int(day["day"]), len(before) - year.start(), 0
    later = _AFTER_DAY.match(after)
    if year and later:
        return int(year["year"]), int(later["day"]), len(before) - year.start(), later.end()
    dated = _AFTER_YEAR_DAY.match(after)
    if dated:
        return int(dated["year"]), int(dated["day"]), 0, dated.end()
    return (int(match["year"]), None, 0, match.end()) if match else None


def _of_other_calendars(line: str, text: str) -> Iterator[WrittenDate]:
    for day, start, end in hijri_dates(line, original=text):
        yield from _written(line, _value(day.year, day.month, day.day), start, end)


def _written(line: str, value: DateValue | None, start: int, end: int) -> Iterator[WrittenDate]:
    if value is not None:
        yield WrittenDate(reading=_with_time(line, value, start, end), start=start, end=end)


def _with_time(line: str, value: DateValue, start: int, end: int) -> DateValue:
    if value.precision != "day":
        return value
    time = time_beside(line, start, end)
    if time is None:
        return value
    return DateValue(moment=time.on(value.moment), precision="minute" if time.second is None else "second")


def _value(year: int, month: int | None = None, day: int | None = None) -> DateValue | None:
    year = western_year(year)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        moment = datetime(year, month or 1, day or 1)  # noqa: DTZ001  (dates are written without a zone)
    except ValueError:
        return None
    return DateValue(moment=moment, precision="day" if day else "month" if month else "year")
