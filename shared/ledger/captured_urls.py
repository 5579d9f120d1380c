"""Captures by their URL and time: what replay, Memento and the CDX server look up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import LiteralString

from shared.ledger import captured_urls_sql as sql
from shared.ledger.database import Database, Row
from shared.urls import canonical_url, surt

__all__ = ["CapturedUrls", "Match", "Memento", "Span", "key_of", "memento_of"]

_LONGEST_KEY = 2000
"""What the ledger cuts keys to; see migration 27."""
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)
_AT_ONCE = 5000


class Match(StrEnum):
    """How many URLs one asked URL stands for."""

    EXACT = "exact"
    PREFIX = "prefix"
    HOST = "host"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """An answer that a URL once gave, and where it lies."""

    surt: str
    capture_id: int
    url: str
    fetched_at: datetime
    status: int
    content_type: str | None
    payload_digest: str | None
    record_id: str
    warc_key: str
    warc_offset: int
    warc_length: int
    truncated: str | None
    redirect_to: str | None
    revisit_of: int | None
    original_key: str | None
    """Where the record lies whose payload this one repeats, when it is a revisit."""
    original_offset: int | None
    original_length: int | None
    original_status: int | None
    original_type: str | None
    original_truncated: str | None

    @property
    def is_confirmation(self) -> bool:
        """Whether the host only said that what we hold is still right (RFC 9110 §15.4.5)."""
        return self.status == 304


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The captures that are asked for: of these keys, from a time on and before another."""

    first_key: str
    end_key: str
    first: datetime = _BEGINNING
    end: datetime = _END

    @classmethod
    def of(
        cls, url: str, match: Match, *, first: datetime | None = None, end: datetime | None = None
    ) -> "Span":
        """Return the span of a URL.

        Raises:
            BadUrlError: it is no URL that could have been captured.
        """
        key = key_of(url)
        # A space is less than anything that stands in a key.
        begin, after = key, f"{key} "
        host = key.partition(")")[0]
        if match is Match.PREFIX:
            begin = key + "/" if url.endswith("/") and not key.endswith("/") else key
            begin = begin[:_LONGEST_KEY]
            after = begin[:-1] + chr(ord(begin[-1]) + 1)
        elif match is Match.HOST:
            begin, after = f"{host})/", f"{host})0"
        elif match is Match.DOMAIN:
            # A comma, which stands before each label of a subdomain, is followed by a hyphen.
            begin, after = f"{host})", f"{host}-"
        return cls(first_key=begin, end_key=after, first=first or _BEGINNING, end=end or _END)


class CapturedUrls:
    """Looks captures up. Every method may raise `TryAgainError`: the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_id(self, capture_id: int) -> Memento | None:
        """Return one capture, or None when there is none that shows anything."""
        return next(iter(self._found(sql.BY_ID, id=capture_id)), None)

    def each(self, span: Span, *, is_reversed: bool = False, skipped: int = 0) -> Iterator[Memento]:
        """Yield the captures of a span by key and time, in short reads."""
        statement = sql.BACKWARD if is_reversed else sql.FORWARD
        place: dict[str, object] = {"key": "", "at": None, "id": 0, "skipped": skipped}
        while True:
            found = self._found(statement, **_bounds(span), **place, limit=_AT_ONCE)
            yield from found
            if len(found) < _AT_ONCE:
                return
            last = found[-1]
            place = {"key": last.surt, "at": last.fetched_at, "id": last.capture_id, "skipped": 0}

    def page(self, span: Span, *, limit: int, skipped: int = 0) -> list[Memento]:
        """Return so many captures of a span by key and time."""
        return self._found(sql.FORWARD, **_bounds(span), key="", at=None, id=0, limit=limit, skipped=skipped)

    def count(self, span: Span, *, most: int) -> int:
        """Return how many captures a span holds, counted no further than asked."""
        with self._database.transaction() as ledger:
            return int(ledger.rows(sql.COUNT, {**_bounds(span), "most": most})[0]["number"])

    def before(self, key: str, at: datetime, *, limit: int = 1) -> list[Memento]:
        """Return the captures under a key up to a time, the last first."""
        return self._found(sql.UP_TO, key=key[:_LONGEST_KEY], at=at, limit=limit)

    def after(self, key: str, at: datetime, *, limit: int = 1) -> list[Memento]:
        """Return the captures under a key after a time, the first first."""
        return self._found(sql.FROM, key=key[:_LONGEST_KEY], at=at, limit=limit)

    def closest(self, key: str, at: datetime, *, limit: int = 1) -> list[Memento]:
        """Return the captures under a key by their distance from a time."""
        found = [*self.before(key, at, limit=limit), *self.after(key, at, limit=limit)]
        return sorted(found, key=lambda one: abs(one.fetched_at - at))[:limit]

    def first(self, key: str) -> Memento | None:
        """Return the first capture under a key."""
        return next(iter(self.after(key, _BEGINNING)), None)

    def last(self, key: str) -> Memento | None:
        """Return the last capture under a key."""
        return next(iter(self.before(key, _END)), None)

    def in_second(self, key: str, second: datetime) -> Memento | None:
        """Return the first capture under a key within a second, or None."""
        begin = second.replace(microsecond=0)
        found = self.after(key, begin - timedelta(microseconds=1))
        return found[0] if found and found[0].fetched_at < begin + timedelta(seconds=1) else None

    def is_record(self, key: str, *, offset: int, length: int) -> bool:
        """Tell whether a capture's record begins at a place of an object, and is at least so long."""
        with self._database.transaction() as ledger:
            arguments = {"key": key, "offset": offset, "length": length}
            return bool(ledger.rows(sql.IS_RECORD, arguments)[0]["is_record"])

    def _found(self, statement: LiteralString, **arguments: object) -> list[Memento]:
        with self._database.transaction() as ledger:
            return [memento_of(row) for row in ledger.rows(statement, arguments)]


def key_of(url: str) -> str:
    """Return the key under which the captures of a URL stand.

    Raises:
        BadUrlError: it is no URL that could have been captured.
    """
    return surt(canonical_url(url))[:_LONGEST_KEY]


def _bounds(span: Span) -> dict[str, object]:
    return {
        "first_key": span.first_key,
        "end_key": span.end_key,
        "first": span.first,
        "end": span.end,
    }


def memento_of(row: Row) -> Memento:
    """Return a capture as those who replay it need it."""
    return Memento(**row)
