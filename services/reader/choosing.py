"""Which language and which time zone a reader wants: what the address says, else what the browser says."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from urllib.parse import quote, urlencode
from zoneinfo import available_timezones

from fastapi import Request

from services.reader.errors import BadAddressError
from services.reader.tongues import DEFAULT, TAGS, tongue
from services.reader.words import ENGLISH, Words

__all__ = [
    "CHOICES",
    "Choice",
    "accepted_tag",
    "addresses_of",
    "choice_of",
    "front_page",
    "in_language",
    "program_words",
    "tag_of",
]

_WEIGHT = re.compile(r"[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*", re.ASCII | re.IGNORECASE)
_RANGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*", re.ASCII)
_LINK = re.compile(r'(<a [^<>]*?href=")(/(?!/|timemap/|timegate/)[^"]*)')
_FRAGMENT = re.compile(r"(?=(?<!&)#)")
CHOICES = ("hl", "tz")
"""The parameters of an address that choose how a page is shown, and not which."""
_LONGEST_HEADER = 1000
_UTC = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How one reader reads."""

    tag: str
    zone: str
    """An IANA name."""
    chosen: tuple[tuple[str, str], ...]
    """What the reader's address names of the two, `hl` and `tz`."""

    def keep_on_links(self, page: str) -> str:
        """Return a finished page whose links to other pages of ours keep what the reader chose.

        Here, and not link by link: a template that is written from now on cannot forget it. Foreign text has no
        quotation mark or bracket left when it is in a page.
        """
        if not self.chosen:
            return page
        kept = urlencode(self.chosen, safe="/").replace("&", "&amp;")

        def with_choice(link: re.Match[str]) -> str:
            address, *fragment = _FRAGMENT.split(link[2], maxsplit=1)
            if "hl=" in address.partition("?")[2]:  # it leads to another language
                return link[0]
            return f"{link[1]}{address}{'&amp;' if '?' in address else '?'}{kept}{''.join(fragment)}"

        return _LINK.sub(with_choice, page)


def choice_of(request: Request, *, strict: bool = True) -> Choice:
    """Return the language and zone a reader wants.

    Args:
        request: what is asked: `hl` and `tz` of its address, else its header Accept-Language, else UTC.
        strict: refuse an address that names what there is not; the page that says so is made without.

    Raises:
        BadAddressError: it names no language of these pages, or no time zone.
    """
    asked = request.query_params
    hl, tz = asked.get("hl", ""), asked.get("tz", "")
    tag = (_named_tag(hl) if strict else tag_of(hl)) if hl else None
    zone = tz if tz and tz in _zones() else None
    if tz and zone is None and strict:
        raise BadAddressError("No time zone has this name. They are named as in Asia/Seoul or Europe/Oslo.")
    return Choice(
        tag=tag or accepted_tag(request.headers.get("accept-language", "")[:_LONGEST_HEADER]),
        zone=zone or _UTC,
        chosen=tuple((name, value) for name, value in (("hl", tag), ("tz", zone)) if value),
    )


def program_words(request: Request) -> Words:
    """Return what a program is told in: English and UTC, unless its address names a language.

    Raises:
        BadAddressError: it names no language of these pages.
    """
    hl = request.query_params.get("hl", "")
    return Words(tongue=tongue(_named_tag(hl))) if hl else ENGLISH


def in_language(request: Request, address: str) -> str:
    """Return the address of a part of a feed in the language that the request names, if it names one."""
    tag = tag_of(request.query_params.get("hl", ""))
    return f"{address}{'&' if '?' in address else '?'}hl={tag}" if tag else address


def tag_of(language: str) -> str | None:
    """Return the language of ours that a BCP 47 tag means; None for another. All Chinese readers get zh-Hans."""
    if not _RANGE.fullmatch(language):
        return None
    primary = language.partition("-")[0].lower()
    return next((tag for tag in TAGS if tag.partition("-")[0] == primary), None)


def _named_tag(language: str) -> str:
    tag = tag_of(language)
    if tag is None:
        raise BadAddressError("These pages are written in en, ko and zh-Hans: hl is one of them.")
    return tag


@lru_cache(maxsize=512)
def accepted_tag(header: str) -> str:
    """Return the language of ours that a header Accept-Language likes best (RFC 9110 §12.5.4).

    A language has the weight of the best range that names it, else that of `*`; of equals the first named wins.
    What cannot be read is passed over, and where nothing is left that is wanted, it is the default.
    """
    named: dict[str, tuple[float, int]] = {}
    rest: tuple[float, int] | None = None
    for place, part in enumerate(header.split(",")):
        language, weight = _range_of(part)
        if language is None:
            continue
        if language == "*":
            rest = rest or (weight, -place)
        elif tag := tag_of(language):
            named[tag] = max(named.get(tag, (0.0, -place)), (weight, -place))
    wanted = {tag: found for tag in TAGS if (found := named.get(tag, rest)) is not None}
    best = max(wanted, key=lambda tag: wanted[tag], default=DEFAULT)
    return best if best in wanted and wanted[best][0] > 0 else DEFAULT


def addresses_of(request: Request) -> Callable[[Sequence[tuple[str, str]]], str]:
    """Return what makes the path and query of a request anew, with this choice in place of its own."""
    asked = [pair for pair in request.query_params.multi_items() if pair[0] not in CHOICES]
    query = urlencode(asked, safe="/", errors="replace")
    path = quote(request.scope["path"], safe="/:@!$&'()*+,;=~", errors="replace")
    return partial(_address, path, query)


def front_page(chosen: Sequence[tuple[str, str]]) -> str:
    """Return the address of the first page with a choice."""
    return _address("/", "", chosen)


def _address(path: str, query: str, chosen: Sequence[tuple[str, str]]) -> str:
    parts = [part for part in (query, urlencode(chosen, safe="/")) if part]
    return f"{path}?{'&'.join(parts)}" if parts else path


def _range_of(part: str) -> tuple[str | None, float]:
    """Return a language range with its weight, or None where it is neither."""
    language, mark, _ = part.strip(" \t").partition(";")
    language = language.strip(" \t")
    weight = _WEIGHT.fullmatch(part.strip(" \t")[len(language) :]) if mark else None
    if not _RANGE.fullmatch(language) or (mark and weight is None):
        return None, 0.0
    return language, float(weight[1]) if weight else 1.0


@cache
def _zones() -> frozenset[str]:
    """Return the names of all zones: only names among them are looked up, for a name is a path in a folder."""
    return frozenset(available_timezones() - {"localtime"})
