"""Dates that an address carries: in its path, in a serial number, or in a base64 query."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit

from services.normalizer.dates import DateValue

_DAY = re.compile(
    r"(?<!\d)(?P<year>20[0-4]\d|19[4-9]\d)(?P<gap>[/_.-]?)(?P<month>0[1-9]|1[0-2])(?P=gap)(?P<day>0[1-9]|[12]\d|3[01])(?!\d)"
)
_SHORT_DAY = re.compile(
    r"/(?P<year>20[0-4]\d|19[4-9]\d)/(?P<month>[1-9]|1[0-2])/(?P<day>[1-9]|[12]\d|3[01])(?=/|$)"
)
# kcna.co.jp kept one page a day: /item/2004/200402/news02/20.htm
_DAY_PAGE = re.compile(r"/(?P<year>19\d\d|20\d\d)(?P<month>0[1-9]|1[0-2])/news\d\d/(?P<day>[0-3]\d)\.html?$")
_MONTH = re.compile(r"/(?P<year>20[0-4]\d|19[4-9]\d)/(?P<month>0[1-9]|1[0-2])/")
_UNIX_TIME = re.compile(r"/(1\d{9})-\d+(?:/|$)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,400}=*")
# KCNA Watch imported its older items on 5 and 6 January 2016; their addresses carry the time of the import.
_IMPORT = (datetime(2016, 1, 5, tzinfo=UTC), datetime(2016, 1, 7, tzinfo=UTC))
_MAX_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlDate:
    """A date in an address. `method` says which part of it: `url`, `url.query` or `url.unix_time`."""

    value: DateValue
    raw: str
    method: str


def date_in_url(url: str) -> UrlDate | None:
    """Find the date that an address carries, best evidence first: a day, a Unix time, a month."""
    try:
        parts = urlsplit(url[:_MAX_CHARS])
    except ValueError:
        return None
    path = parts.path
    for text, method in (
        (path, "url"),
        (_decoded(parts.query), "url.query"),
        (unquote(parts.query), "url.query"),
    ):
        for pattern in (_DAY, _SHORT_DAY, _DAY_PAGE):
            for match in pattern.finditer(text):
                if value := _value(match):
                    return UrlDate(value=value, raw=match[0].strip("/"), method=method)
    stamp = _UNIX_TIME.search(path)
    if stamp:
        moment = datetime.fromtimestamp(int(stamp[1]), UTC)
        if not _IMPORT[0] <= moment < _IMPORT[1]:
            value = DateValue(moment=moment, precision="second")
            return UrlDate(value=value, raw=stamp[1], method="url.unix_time")
    month = _MONTH.search(path)
    if month:
        moment = datetime(int(month["year"]), int(month["month"]), 1)  # noqa: DTZ001  (a month has no zone)
        return UrlDate(
            value=DateValue(moment=moment, precision="month"), raw=month[0].strip("/"), method="url"
        )
    return None


def _value(match: re.Match[str]) -> DateValue | None:
    try:
        moment = datetime(int(match["year"]), int(match["month"]), int(match["day"]))  # noqa: DTZ001  (a day has no zone)
    except ValueError:
        return None
    return DateValue(moment=moment, precision="day")


def _decoded(query: str) -> str:
    """Return the text of a query that is base64 as a whole, however it is padded, else nothing."""
    text = unquote(query)
    if not _BASE64.fullmatch(text):
        return ""
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
