"""The month and day, without a year, that news agencies put before the first sentence."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from services.normalizer.dates import folded
from services.normalizer.months import month_number

_HEAD_CHARS = 110
_DIGIT = re.compile(r"\d")
_CJK = re.compile(
    r"(?<!\d)(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日일]\s?(?P<sent>発|发|電|电|讯|발)?"
)
_MONTH_DAY = re.compile(r"(?<![^\W\d_])(?P<word>[^\W\d_]{3,}+)\.?\s(?P<day>\d{1,2})(?!\d)(?P<tail>.{0,30})")
_DAY_MONTH = re.compile(r"(?<!\d)(?P<day>\d{1,2})\.?\s(?:de\s)?(?P<word>[^\W\d_]{3,})(?P<tail>.{0,30})")
_AGENCY = re.compile(r"^\.?,?\s?(?:[(/]|--|–|—|-\s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """A day of some year. `strict` when the form is an agency's own: `Pyongyang, May 12 (KCNA) --`."""

    month: int
    day: int
    raw: str
    strict: bool

    def in_year(self, year: int) -> date | None:
        """Return the date in a year, None when there is no such day."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return None

    def is_near(self, day: date, within: timedelta) -> bool:
        """Tell whether a date lies within a distance of this day, across the turn of the year too."""
        days = (self.in_year(day.year + offset) for offset in (-1, 0, 1))
        return any(found is not None and abs(found - day) <= within for found in days)

    def last_before(self, day: date) -> date | None:
        """Return the latest date of this month and day that is not after another."""
        days = (self.in_year(day.year + offset) for offset in (0, -1))
        return next((found for found in days if found is not None and found <= day), None)


def read_dateline(paragraph: str) -> Dateline | None:
    """Read the dateline at the start of a paragraph."""
    if not _DIGIT.search(paragraph, 0, _HEAD_CHARS):
        return None  # most paragraphs: spared the folding
    head = folded(paragraph[:_HEAD_CHARS])
    match = _CJK.search(head)
    if match and int(match["month"]) <= 12 and int(match["day"]) <= 31:
        strict = match["sent"] is not None
        return Dateline(month=int(match["month"]), day=int(match["day"]), raw=match[0], strict=strict)
    for pattern in (_MONTH_DAY, _DAY_MONTH):
        for match in pattern.finditer(head):
            month = month_number(match["word"])
            if month is not None and 1 <= int(match["day"]) <= 31:
                raw = match[0][: len(match[0]) - len(match["tail"])]
                strict = bool(_AGENCY.match(match["tail"]))
                return Dateline(month=month, day=int(match["day"]), raw=raw, strict=strict)
    return None
