"""The time of day and the zone that stand beside a written date."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

# Hours from UTC. Abbreviations that several parts of the world share (CST, BST) keep the reading of news sites.
_ZONES = {
    "z": 0.0, "utc": 0.0, "gmt": 0.0, "wet": 0.0, "bst": 1.0, "west": 1.0, "cet": 1.0, "mez": 1.0, "cest": 2.0,
    "mesz": 2.0, "eet": 2.0, "eest": 3.0, "msk": 3.0, "wib": 7.0, "wita": 8.0, "wit": 9.0, "hkt": 8.0, "sgt": 8.0,
    "kst": 9.0, "jst": 9.0, "aest": 10.0, "aedt": 11.0, "nzst": 12.0, "nzdt": 13.0, "ast": -4.0, "adt": -3.0,
    "est": -5.0, "edt": -4.0, "et": -5.0, "cst": -6.0, "cdt": -5.0, "mst": -7.0, "mdt": -6.0, "pst": -8.0,
    "pdt": -7.0,
}  # fmt: skip
_FORENOON = "am a.m. a.m 오전 上午 午前 ap. पूर्वाह्न"
_AFTERNOON = "pm p.m. p.m 오후 下午 午後 ip. अपराह्न"
_MERIDIEMS = dict.fromkeys(_FORENOON.split(), False) | dict.fromkeys(_AFTERNOON.split(), True)
_MERIDIEM = "|".join(re.escape(word) for word in sorted(_MERIDIEMS, key=len, reverse=True))
_ZONE = (
    r"(?:utc|gmt)?\s?[+-]\d{1,2}:?\d{2}(?!\d)|(?:utc|gmt)[+-]\d{1,2}(?!\d)|\b(?:"
    + "|".join(sorted(_ZONES, key=len, reverse=True))
    + r")\b"
)
_TIME = re.compile(
    rf"(?:(?P<before>{_MERIDIEM})\s*)?(?<![\d.,/-])(?P<hour>\d{{1,2}})"
    rf"(?:\s?(?:[:h時时시点點]|\.(?=\d\d(?!\d)))\s?(?P<minute>[0-5]\d)(?!\d)(?:\s?[:.分분]\s?(?P<second>[0-5]\d)(?:[.,]\d+)?)?)?"
    rf"\s?[h분分]?\s?(?P<after>{_MERIDIEM})?(?:\s?\(?(?P<zone>{_ZONE})\)?)?"
)
_REACH = 44
_GAP = 16
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTime:
    """A time of day; `second` is None when only minutes are written, `zone` when none is."""

    hour: int
    minute: int
    second: int | None
    zone: tzinfo | None

    def on(self, day: datetime) -> datetime:
        """Return that time on a day."""
        return day.replace(hour=self.hour, minute=self.minute, second=self.second or 0, tzinfo=self.zone)


def time_beside(text: str, start: int, end: int) -> ClockTime | None:
    """Find the time of day that belongs to the date at `start:end` of a folded text.

    It stands within a few characters after the date, or before it.
    """
    after = text[end : end + _REACH]
    for match in _TIME.finditer(after):
        if match.start() > _GAP:
            break
        if found := _clock_time(match):
            return found
    before = text[max(0, start - _REACH) : start]
    found = None
    for match in _TIME.finditer(before):
        if len(before) - match.end() <= _GAP // 2:
            found = _clock_time(match) or found
    return found


def zone_named(name: str) -> tzinfo | None:
    """Return the zone of `Z`, `+09:00`, `UTC+9`, `KST` (in lower case), or None."""
    name = name.strip().strip("()")
    offset = _OFFSET.search(name)
    if offset:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        if hours > 15 or minutes > 59:
            return None
        delta = timedelta(hours=hours, minutes=minutes)
        return timezone(-delta if offset[1] == "-" else delta)
    hours_from_utc = _ZONES.get(name)
    if hours_from_utc is None:
        return None
    return timezone(timedelta(hours=hours_from_utc)) if hours_from_utc else UTC


def _clock_time(match: re.Match[str]) -> ClockTime | None:
    meridiem = match["before"] or match["after"]
    if match["minute"] is None and meridiem is None:
        return None
    hour = int(match["hour"])
    if meridiem is not None and hour <= 12:
        hour = hour % 12 + (12 if _MERIDIEMS[meridiem] else 0)
    if hour > 23:
        return None
    second = int(match["second"]) if match["second"] else None
    zone = zone_named(match["zone"]) if match["zone"] else None
    return ClockTime(hour=hour, minute=int(match["minute"] or 0), second=second, zone=zone)
