"""Years and months of other calendars, turned into ours: Juche, Japanese eras, Buddhist, Persian and Hijri.

The Juche era counts 1912 as its first year; the Thai Buddhist era is ahead by 543 years; the Persian solar year is
reckoned by its 33-year cycle (right for 1799 to 2256); the Hijri year by the tabular (civil) calendar, which may
differ from a sighted new moon by a day.
"""

import re
from collections.abc import Iterator
from datetime import date

_BUDDHIST_AHEAD = 543
_BUDDHIST_YEARS = range(2400, 2644)
_FIRST_LUNAR_YEAR = 1416
"""Years from here on are Hijri (1995), those before Persian (until 2037): on the web the two do not overlap."""

_JUCHE = re.compile(
    r"(?:(?P<beside>\d{4})\s*,?\s*)?(?:juche|주체|чучхе|主体|主體|チュチェ)\s*\(?(?P<count>\d{1,3})(?!\d)\)?"
    r"(?:\s*\((?P<year>\d{4})\))?"
)
_ERA = re.compile(r"(?P<era>令和|平成|昭和|民國|民国)\s*(?P<count>\d{1,3}|元)\s*年")
_ERA_START = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_THAI_ERA = re.compile(r"(?:พ|ค)\.?\s?ศ\.?\s?(?=\d)")
_THAI_SHORT_YEAR = re.compile(r"(\d\s?[ก-๎]{1,4}\.[ก-ฮ]\.?\s?)([4-7]\d)(?![\d:.])")

_SOLAR_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
_LUNAR_MONTHS = (
    "محرم", "صفر", "ربیع ال[اأ]ول", "ربیع ال(?:ثانی|آخر)", "جماد[ىی] ال[اأ]ول[ىی]?",
    "جماد[ىی] ال(?:ثانیة|آخرة|ثانی)",
    "رجب", "شعبان", "رمضان", "شوال", "ذ[وی] ?القعد[ةه]", "ذ[وی] ?الحج[ةه]",
)  # fmt: skip
_HIJRI_NAMED = re.compile(
    r"(?<!\d)(?P<day>\d{1,2})\s(?:(?P<solar>"
    + "|".join(f"({name})" for name in _SOLAR_MONTHS)
    + r")|(?:شهر\s)?(?P<lunar>"
    + "|".join(f"({name})" for name in _LUNAR_MONTHS)
    + r"))\s?[،,]?\s?(?:ماه\s|سال\s)?(?P<year>1[34]\d\d)(?!\d)"
)
_HIJRI_NUMERIC = re.compile(
    r"(?<![\d./-])(?:(?P<year>1[34]\d\d)([/-])(?P<month>\d{1,2})\2(?P<day>\d{1,2})"
    r"|(?P<day_first>\d{1,2})([/-])(?P<month_second>\d{1,2})\6(?P<year_last>1[34]\d\d))(?![\d/-])"
)
_HIJRI_YEAR = re.compile(r"1[34]\d\d")
_ARABIC_SCRIPT = re.compile(r"[\u0600-\u06ff]")


def western_years(line: str) -> str:
    """Return a folded line with the years of Juche, Japanese, Chinese and Thai eras written as ours."""
    if line.isascii():
        return _JUCHE.sub(_western_juche, line) if "juche" in line else line
    line = _ERA.sub(_western_era, _JUCHE.sub(_western_juche, line))
    if "ศ" in line:
        line = _THAI_ERA.sub("", line)
    return _THAI_SHORT_YEAR.sub(r"\g<1>25\g<2>", line)


def western_year(year: int) -> int:
    """Return our year for one of the Buddhist era, any other as it is."""
    return year - _BUDDHIST_AHEAD if year in _BUDDHIST_YEARS else year


def hijri_dates(line: str, *, original: str) -> Iterator[tuple[date, int, int]]:
    """Yield the Persian and Hijri dates of a folded line, each with where it starts and ends.

    Args:
        line: The folded line, with ASCII digits.
        original: The line as it was written; only text in Arabic script is read so.
    """
    if original.isascii() or not _HIJRI_YEAR.search(line) or not _ARABIC_SCRIPT.search(original):
        return
    letters = line.replace("ي", "ی")
    for match in _HIJRI_NAMED.finditer(letters):
        names = _SOLAR_MONTHS if match["solar"] else _LUNAR_MONTHS
        named = match["solar"] or match["lunar"]
        month = next(number for number, name in enumerate(names, 1) if re.fullmatch(name, named))
        reckon = solar_hijri if match["solar"] else lunar_hijri
        if day := reckon(int(match["year"]), month, int(match["day"])):
            yield day, match.start(), match.end()
    for match in _HIJRI_NUMERIC.finditer(letters):
        year = int(match["year"] or match["year_last"])
        reckon = lunar_hijri if year >= _FIRST_LUNAR_YEAR else solar_hijri
        month, day_number = (
            int(match["month"] or match["month_second"]),
            int(match["day"] or match["day_first"]),
        )
        if day := reckon(year, month, day_number):
            yield day, match.start(), match.end()


def solar_hijri(year: int, month: int, day: int) -> date | None:
    """Return our date for one of the Persian calendar, None when there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= (31 if month <= 6 else 30)):
        return None
    since = year + 1595
    before = (month - 1) * 31 if month < 7 else (month - 7) * 30 + 186
    days = 365 * since + (since // 33) * 8 + (since % 33 + 3) // 4 + before + day
    return date.fromordinal(days - 356_033)


def lunar_hijri(year: int, month: int, day: int) -> date | None:
    """Return our date for one of the tabular Hijri calendar, None when there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 30):
        return None
    days = day + (59 * (month - 1) + 1) // 2 + (year - 1) * 354 + (3 + 11 * year) // 30
    return date.fromordinal(days + 227_014)


def _western_juche(match: re.Match[str]) -> str:
    return match["year"] or match["beside"] or str(1911 + int(match["count"]))


def _western_era(match: re.Match[str]) -> str:
    count = 1 if match["count"] == "元" else int(match["count"])
    return f"{_ERA_START[match['era']] + count}年"
