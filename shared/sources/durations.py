"""Lengths of time as people write them in a source file: `30s`, `15m`, `6h`, `2d`."""

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BeforeValidator, PlainSerializer

LONGEST: Final = timedelta(days=3660)

_FORM = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?")
_ADVICE = 'a duration such as "30s", "15m", "6h" or "2d"'


def parse_duration(text: object) -> timedelta:
    """Return the length of time that a text such as `90s`, `1h30m` or `500ms` means.

    Raises:
        ValueError: the text is no duration, or longer than ten years. The error says what would be right.
    """
    if isinstance(text, timedelta):
        return text
    if not isinstance(text, str):
        raise ValueError(f"write {_ADVICE}, in quotes")  # noqa: TRY004 (pydantic reports only ValueError)
    match = _FORM.fullmatch(text.strip())
    if match is None or not text.strip():
        raise ValueError(f"write {_ADVICE}")
    days, hours, minutes, seconds, millis = (int(group or 0) for group in match.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, milliseconds=millis)
    if length > LONGEST:
        raise ValueError("write a duration of at most ten years")
    return length


def format_duration(length: timedelta) -> str:
    """Return a length of time as `parse_duration` reads it, in the largest units that fit."""
    rest = round(length / timedelta(milliseconds=1))
    words = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count}{unit}")
    return "".join(words) or "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=str),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
]
"""A `timedelta` that is written `30s`, `15m`, `6h` or `2d`."""
