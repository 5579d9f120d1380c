"""What a reader's address asks for, checked before anything is looked up."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from fastapi import Request

from services.reader.errors import BadAddressError
from services.reader.wording import link
from shared.ledger.cursor import Cursor, CursorError
from shared.ledger.filters import Filters

__all__ = [
    "Narrowing",
    "article_id_of",
    "base_of",
    "counts_wanted",
    "cursor_of",
    "language_of",
    "narrowing_of",
    "number_of",
    "query_of",
    "source_id_of",
    "start_of",
    "watch_id_of",
]

_ARTICLE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}", re.ASCII)
_SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_WATCH_ID = re.compile(r"[a-z2-7]{8}", re.ASCII)
_MAX_START = 10_000
_CLASS = re.compile(r"[a-z_]{1,40}", re.ASCII)
_FLAGS = {"true": True, "false": False}
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """What a list of edits or removals is narrowed to."""

    source_id: str | None
    filters: Filters
    given: tuple[tuple[str, str], ...]
    """The same as it stands in an address."""


def article_id_of(text: str) -> str:
    """Return an article's id.

    Raises:
        BadAddressError: it cannot be one.
    """
    if not _ARTICLE_ID.fullmatch(text):
        raise BadAddressError("This is not the address of an article. Search for its title instead.")
    return text


def source_id_of(text: str) -> str:
    """Return a source's id.

    Raises:
        BadAddressError: it cannot be one.
    """
    if not _SOURCE_ID.fullmatch(text):
        raise BadAddressError("This is not the address of a source. The page of sources lists them all.")
    return text


def number_of(text: str) -> int:
    """Return the number of a revision, from 1.

    Raises:
        BadAddressError: it is no such number.
    """
    if not _NUMBER.fullmatch(text):
        raise BadAddressError("A revision has a number from 1. The article's page lists them all.")
    return int(text)


def cursor_of(request: Request) -> Cursor | None:
    """Return where a list begins: None at its first page.

    Raises:
        BadAddressError: the address names no such place.
    """
    text = request.query_params.get("before", "")
    try:
        return Cursor.parse(text) if text else None
    except CursorError:
        raise BadAddressError("This is not a place in the list. Begin again at its first page.") from None


def language_of(request: Request) -> str | None:
    """Return the language a list keeps to, or None.

    Raises:
        BadAddressError: it is no language tag.
    """
    text = request.query_params.get("lang", "")
    if text and not _LANGUAGE.fullmatch(text):
        raise BadAddressError("A language is named by its tag, such as en, ko or zh.")
    return text.lower() or None


def watch_id_of(request: Request) -> str | None:
    """Return the watch a list keeps to, or None.

    Raises:
        BadAddressError: it cannot be one.
    """
    text = request.query_params.get("watch", "")
    if text and not _WATCH_ID.fullmatch(text):
        raise BadAddressError("A watch is named by its eight letters and digits.")
    return text or None


def start_of(request: Request) -> int | None:
    """Return how many of the most relevant were on earlier pages; None where the newest are asked for.

    Raises:
        BadAddressError: there is no such order, or no such page of it.
    """
    order, start = request.query_params.get("sort", ""), request.query_params.get("start", "0")
    if order not in ("", "date", "relevance"):
        raise BadAddressError("What is found is sorted by date or by relevance.")
    if order != "relevance":
        return None
    if start != "0" and (not _NUMBER.fullmatch(start) or int(start) > _MAX_START):
        raise BadAddressError("This is not a place in the list. Begin again at its first page.")
    return int(start)


def counts_wanted(request: Request) -> bool:
    """Return whether the matches are to be counted by source, language and year."""
    return request.query_params.get("counts", "") in ("1", "yes")


def narrowing_of(request: Request) -> Narrowing:
    """Return the source, language, class, silence, first day and watch that a ledger keeps to.

    Raises:
        BadAddressError: one of them cannot mean anything.
    """
    asked = request.query_params
    source, edit_class, silent = asked.get("source", ""), asked.get("class", ""), asked.get("silent", "")
    if edit_class and not _CLASS.fullmatch(edit_class):
        raise BadAddressError("A class of edits is one word, such as name or number.")
    if silent and silent not in _FLAGS:
        raise BadAddressError("Silent is true or false.")
    names = ("source", "lang", "class", "silent", "since", "watch")
    return Narrowing(
        source_id=source_id_of(source) if source else None,
        filters=Filters(
            language=language_of(request),
            edit_class=edit_class or None,
            silent=_FLAGS.get(silent),
            since=_since_of(asked.get("since", "")),
            watch_id=watch_id_of(request),
        ),
        given=tuple((name, asked[name]) for name in names if asked.get(name)),
    )


def base_of(request: Request, public_url: str) -> str:
    """Return the address of these pages, without a slash at its end.

    Args:
        request: names the host, where the operator does not.
        public_url: what the operator says; empty when nothing.
    """
    return (link(public_url or str(request.base_url)) or "").rstrip("/")


def query_of(request: Request) -> str:
    """Return what the reader searches for; empty when nothing was asked."""
    return request.query_params.get("q", "")


def _since_of(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise BadAddressError("A day is written as 2026-03-09.") from None
