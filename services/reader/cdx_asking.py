"""What is asked of the CDX server, in the words of pywb's and of the Internet Archive's."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc
from starlette.datastructures import QueryParams

from services.reader.cdx_forms import FIELDS, FORMS, OTHER_NAMES, Fields
from services.reader.errors import BadAddressError
from services.reader.instants import instant_of, next_after
from shared.ledger.captured_urls import Match, Span, key_of
from shared.urls import BadUrlError

__all__ = ["MOST_LINES", "CdxQuery", "asked_url", "cdx_query", "kept"]

MOST_LINES = 150_000
"""As many as one answer may have."""
_PAGE_LINES = 3000
_MOST_PAGES = 5000
_LONGEST_FILTER = 300
_AT_ONCE = 1000
_YES = frozenset({"1", "true", "yes", "on"})

Filter = Callable[[Sequence[Fields]], list[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CdxQuery:
    """One question."""

    url: str
    span: Span
    key: str
    """Of the URL itself, for the captures closest to a time."""
    form: str
    names: tuple[str, ...]
    filters: tuple[Filter, ...]
    limit: int
    page: int | None
    page_lines: int
    counts_pages: bool
    is_reversed: bool
    closest: datetime | None


def cdx_query(asked: QueryParams) -> CdxQuery:
    """Read a question.

    Raises:
        BadAddressError: a part of it cannot mean anything; the text says what would be right.
    """
    url, match = _url_and_match(asked)
    closest = asked.get("closest", "")
    wants_closest = asked.get("sort") == "closest" or bool(closest)
    if wants_closest and match is not Match.EXACT:
        raise BadAddressError("What is closest to a time is asked of one URL: matchType=exact.")
    form = asked.get("output", "cdxj") or "cdxj"
    if form not in FORMS:
        raise BadAddressError(f"The output is {', '.join(FORMS)}.")
    if asked.get("sort", "") not in ("", "default", "reverse", "closest"):
        raise BadAddressError("Lines are sorted in reverse, or by what is closest.")
    page = asked.get("page", "")
    try:
        key = key_of(url)
        span = Span.of(url, match, first=_from(asked.get("from", "")), end=_to(asked.get("to", "")))
    except BadUrlError:
        raise BadAddressError("This is no URL that could be archived.") from None
    return CdxQuery(
        url=url,
        span=span,
        key=key,
        form=form,
        names=_names(asked.get("fl", "") or asked.get("fields", "")),
        filters=tuple(_filter(text) for text in asked.getlist("filter")[:20]),
        limit=_number(asked.get("limit", ""), "limit", most=MOST_LINES) or MOST_LINES,
        page=_number(page, "page", most=_MOST_PAGES) if page else None,
        page_lines=_number(asked.get("pageSize", ""), "pageSize", most=_PAGE_LINES) or _PAGE_LINES,
        counts_pages=asked.get("showNumPages", "").lower() in _YES,
        is_reversed=asked.get("sort") == "reverse",
        closest=_closest(closest) if wants_closest else None,
    )


def kept(lines: Iterable[Fields], query: CdxQuery) -> Iterator[Fields]:
    """Yield the lines that pass the filters of a question, up to its limit."""
    return islice(_filtered(iter(lines), query.filters), query.limit)


def _filtered(lines: Iterator[Fields], filters: tuple[Filter, ...]) -> Iterator[Fields]:
    if not filters:
        yield from lines
        return
    while some := list(islice(lines, _AT_ONCE)):
        passed = [all(verdicts) for verdicts in zip(*(one(some) for one in filters), strict=True)]
        yield from (line for line, is_kept in zip(some, passed, strict=True) if is_kept)


def _url_and_match(asked: QueryParams) -> tuple[str, Match]:
    """Read the URL with its wildcard, `example.com/*` or `*.example.com`, or the match beside it."""
    url, named = asked.get("url", "").strip(), asked.get("matchType", "")
    if not url:
        raise BadAddressError("Ask for a URL: /cdx?url=https://outlet.example/article/1.")
    if named and named not in tuple(Match):
        raise BadAddressError(f"The match is {', '.join(Match)}.")
    match = Match(named) if named else Match.EXACT
    if not named and url.startswith("*."):
        url, match = url[2:], Match.DOMAIN
    elif not named and url.endswith("*"):
        url, match = url[:-1], Match.PREFIX
    return asked_url(url), match


def asked_url(url: str) -> str:
    """Return a URL with its scheme: people leave it out, and proxies make one slash of two."""
    head, colon, rest = url.partition(":")
    if colon and head.lower() in ("http", "https") and rest.startswith("/"):
        return f"{head}://{rest.lstrip('/')}"
    return url if "://" in url else f"http://{url}"


def _from(text: str) -> datetime | None:
    at = instant_of(text) if text else None
    if text and at is None:
        raise BadAddressError("A time is 4 to 14 digits, such as 2026 or 20260309120000.")
    return at


def _to(text: str) -> datetime | None:
    _from(text)
    return next_after(text) if text else None


def _closest(text: str) -> datetime | None:
    """Return the time; without one, the end of all times: what is newest is closest."""
    return _from(text) if text else instant_of("99981231000000")


def _names(text: str) -> tuple[str, ...]:
    if not text:
        return FIELDS
    names = tuple(OTHER_NAMES.get(name, name) for name in text.split(","))
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        raise BadAddressError(f"The fields are {', '.join(FIELDS)}.")
    return tuple(dict.fromkeys(names))


def _number(text: str, name: str, *, most: int) -> int:
    if not text:
        return 0
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadAddressError(f"The {name} is a number.")
    return min(int(text), most)


def _filter(text: str) -> Filter:
    """Return a filter: `mime:text` holds it, `=status:200` is it, `~url:.*/en/` matches it, `!` turns it round.

    Expressions are RE2's, whose time grows with the length of what they read and not worse.
    """
    is_turned = text.startswith("!")
    rest = text[1:] if is_turned else text
    how = rest[:1] if rest[:1] in ("=", "~") else ""
    name, colon, wanted = rest[len(how) :].partition(":")
    name = OTHER_NAMES.get(name, name)
    if not colon or name not in FIELDS or len(wanted) > _LONGEST_FILTER:
        raise BadAddressError("A filter is [!][=|~]field:text, such as =status:200 or !~mime:image/.*")
    if how == "~":
        _compiled(wanted)
        tell: Callable[[list[str]], list[bool]] = lambda values: _matches(values, wanted)  # noqa: E731  (three ways)
    elif how == "=":
        tell = lambda values: [value == wanted for value in values]  # noqa: E731  (as above)
    else:
        tell = lambda values: [wanted in value for value in values]  # noqa: E731  (as above)
    return lambda lines: [found != is_turned for found in tell([line[name] for line in lines])]


def _compiled(expression: str) -> None:
    try:
        _matches([""], expression)
    except (pa.ArrowInvalid, UnicodeEncodeError):
        raise BadAddressError("This expression of a filter cannot be read.") from None


def _matches(values: list[str], expression: str) -> list[bool]:
    found: list[bool] = pc.match_substring_regex(
        pa.array(values, pa.string()), f"^(?:{expression})"
    ).to_pylist()
    return found
