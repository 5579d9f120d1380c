"""What a reader's address asks for, checked before anything is looked up."""

import re

from fastapi import Request

from services.reader.errors import BadAddressError
from shared.ledger.cursor import Cursor, CursorError

__all__ = [
    "article_id_of",
    "counts_wanted",
    "cursor_of",
    "language_of",
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
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


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


def query_of(request: Request) -> str:
    """Return what the reader searches for; empty when nothing was asked."""
    return request.query_params.get("q", "")
