"""Times as addresses of captures have them: 14 digits of UTC, or fewer."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

__all__ = ["digits_of", "http_date", "instant_of", "next_after"]

_DIGITS = re.compile(r"[0-9]{4,14}", re.ASCII)
_FIRST = "00000101000000"


def digits_of(at: datetime) -> str:
    """Return a time as 20260309120000."""
    return at.astimezone(UTC).isoformat(timespec="seconds")[:19].translate(dict.fromkeys(map(ord, "-T:")))


def http_date(at: datetime) -> str:
    """Return a time as headers have it (RFC 9110 §5.6.7)."""
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)


def instant_of(text: str) -> datetime | None:
    """Return the first second that 4 to 14 digits name, or None when they name none."""
    if not _DIGITS.fullmatch(text):
        return None
    # Half a number at the end, as in 2026031, names its ten: the 10th to the 19th.
    whole = text + _FIRST[len(text) :]
    if whole[4:6] == "00":
        whole = f"{whole[:4]}01{whole[6:]}"
    if whole[6:8] == "00":
        whole = f"{whole[:6]}01{whole[8:]}"
    try:
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def next_after(text: str) -> datetime | None:
    """Return the first second after all that 4 to 14 digits name, or None when they name none."""
    begin = instant_of(text)
    if begin is None:
        return None
    if len(text) < 6:
        return None if begin.year >= 9998 else begin.replace(year=begin.year + 1, month=1)
    if len(text) < 8:
        return (begin.replace(day=1) + timedelta(days=32)).replace(day=1)
    seconds = {8: 86_400, 9: 36_000, 10: 3600, 11: 600, 12: 60, 13: 10}.get(len(text), 1)
    return begin + timedelta(seconds=seconds)
