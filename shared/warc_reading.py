"""Reads WARC objects as Pressmark writes them: one gzip member per record (WARC 1.1 annex D)."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Protocol

from shared.errors import RejectError
from shared.http_message import (
    MAX_DECODED_BYTES,
    DecodedBody,
    ResponseHead,
    decode_body,
    parse_head,
    payload_of,
    split_message,
)

MAX_RECORD_BYTES = 128 * 1024 * 1024
"""Largest record that is read: the largest body the fetcher keeps, with room above it."""
_PIECE = 64 * 1024
_MOST_INFLATED = 1024 * 1024
_FIRST_PIECE = 4 * 1024
"""Most records are smaller; what is handed over beyond a member's end is copied in vain."""


class WarcReadError(RejectError):
    """A WARC object cannot be read from a place on. Run the fixity check over the object."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"the WARC cannot be read at offset {offset}: {reason}")
        self.offset = offset
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """One WARC record and where it lies."""

    type: str
    record_id: str
    target_uri: str | None
    date: datetime
    offset: int
    length: int
    """Bytes of the gzip member: `[offset, offset + length)` is the whole record."""
    concurrent_to: str | None
    headers: tuple[tuple[str, str], ...]
    block: bytes

    def header(self, name: str) -> str | None:
        """Return the value of a named field, in any case of letters."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class RangeReader(Protocol):
    """What can hand out a part of a stored object; the evidence store can."""

    def get_range(self, key: str, *, offset: int, length: int) -> bytes:
        """Return `length` bytes of an object from `offset` on."""
        ...


class StoredExchange:
    """A `response` or `revisit` record as the HTTP response it holds.

    A `revisit` holds the head only: `with_payload_of` joins it with the record it refers to.
    """

    def __init__(self, record: StoredRecord) -> None:
        self.record = record

    @cached_property
    def _parts(self) -> tuple[bytes, bytes]:
        return split_message(self.record.block)

    @cached_property
    def head(self) -> ResponseHead:
        """The head, parsed."""
        return parse_head(self._parts[0])

    @property
    def raw_head(self) -> bytes:
        """The head as it was on the wire."""
        return self._parts[0]

    @property
    def raw_body(self) -> bytes:
        """The body as it was on the wire."""
        return self._parts[1]

    @property
    def status(self) -> int:
        """The status code; 0 when the status line has none."""
        return self.head.status

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The fields in their order, names as sent, bytes outside ASCII as latin-1."""
        return list(self.head.fields)

    @property
    def content_type(self) -> str | None:
        """The Content-Type as sent, with its parameters."""
        return self.head.first("content-type")

    @property
    def truncated(self) -> str | None:
        """Why the body was cut (`length`, `time`, `disconnect`), or None when it is whole."""
        return self.record.header("WARC-Truncated")

    def payload(self) -> bytes:
        """Return the body without its transfer-coding: what `WARC-Payload-Digest` is taken over."""
        return payload_of(self.head, self.raw_body)

    def decode(self, limit: int = MAX_DECODED_BYTES) -> DecodedBody:
        """Return the body without any coding, and whether the codings had their end.

        Raises:
            DecodeError: A coding is unknown or corrupt, or the result passes a limit.
        """
        return decode_body(self.head, self.raw_body, limit=limit)

    def body(self, limit: int = MAX_DECODED_BYTES) -> bytes:
        """Return the body without any coding; a cut body gives what there is of it.

        Raises:
            DecodeError: A coding is unknown or corrupt, or the result passes a limit.
        """
        return self.decode(limit).data

    def with_payload_of(self, original: "StoredExchange") -> "StoredExchange":
        """Join this revisit with the exchange whose payload it repeats, under the original's head."""
        block = original.raw_head + original.raw_body
        return StoredExchange(replace(self.record, block=block))


def read_members(
    data: bytes | memoryview, *, limit: int = MAX_RECORD_BYTES
) -> Iterator[tuple[int, int, bytes]]:
    """Yield offset, length and content of every gzip member.

    Raises:
        WarcReadError: A member is cut, corrupt, or larger than the limit.
    """
    view = memoryview(data)
    offset = 0
    while offset < len(view):
        length, content = _read_member(view, offset, limit)
        yield offset, length, content
        offset += length


def _read_member(view: memoryview, offset: int, limit: int) -> tuple[int, bytes]:
    pieces: list[bytes] = []
    length = inflate_member(view, offset, limit=limit, take=pieces.append)
    return length, b"".join(pieces)


def inflate_member(view: memoryview, offset: int, *, limit: int, take: Callable[[bytes], object]) -> int:
    """Hand over the content of one gzip member piece by piece, and return the length of the member.

    Raises:
        WarcReadError: The member is cut, corrupt, or larger than the limit.
    """
    decoder = zlib.decompressobj(31)
    is_first = True
    room = limit + 1
    position = offset
    while not decoder.eof:
        if position >= len(view):
            raise WarcReadError(offset, "the gzip member has no end")
        taken = view[position : position + (_FIRST_PIECE if is_first else _PIECE)]
        try:
            piece = decoder.decompress(taken, min(room, _MOST_INFLATED))
        except zlib.error as error:
            raise WarcReadError(offset, f"the gzip member is corrupt ({error})") from error
        is_first = False
        take(piece)
        room -= len(piece)
        if room <= 0:
            raise WarcReadError(offset, f"the record is larger than {limit} bytes")
        # At the end of a member, zlib may give what is behind it under both names.
        position += len(taken) - len(decoder.unused_data or decoder.unconsumed_tail)
    return position - offset


def read_records(data: bytes | memoryview) -> Iterator[StoredRecord]:
    """Yield the records of a WARC object in their order.

    Raises:
        WarcReadError: From here on the object cannot be read; the records before were good.
    """
    for offset, length, content in read_members(data):
        yield parse_record(content, offset=offset, length=length)


def parse_record(content: bytes, *, offset: int, length: int) -> StoredRecord:
    """Read one record from the content of its gzip member.

    Raises:
        WarcReadError: It is no WARC record, or lacks a field that WARC 1.1 §5 makes mandatory.
    """
    end = content.find(b"\r\n\r\n")
    start = len(content) if end < 0 else end + 4
    size, record = head_of_record(content[: end if end >= 0 else None], offset=offset, length=length)
    if len(content) - start < size:
        raise WarcReadError(offset, "the block is shorter than its Content-Length")
    # The one copy of a large block that is made here.
    return replace(record, block=content[start : start + size])


def head_of_record(head: bytes, *, offset: int, length: int) -> tuple[int, StoredRecord]:
    """Read the header of a record, and return how long its block is with the record, its block still empty.

    Raises:
        WarcReadError: It is no WARC record, or lacks a field that WARC 1.1 §5 makes mandatory.
    """
    version, *lines = head.decode("utf-8", "replace").split("\r\n")
    if not version.startswith("WARC/1."):
        raise WarcReadError(offset, "no WARC record begins here")
    fields = tuple(
        (name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
    )
    values = {name.lower(): value for name, value in fields}
    try:
        size = int(values["content-length"])
        record = StoredRecord(
            type=values["warc-type"],
            record_id=values["warc-record-id"],
            target_uri=values.get("warc-target-uri"),
            date=datetime.fromisoformat(values["warc-date"]),
            offset=offset,
            length=length,
            concurrent_to=values.get("warc-concurrent-to"),
            headers=fields,
            block=b"",
        )
    except (KeyError, ValueError) as error:
        raise WarcReadError(offset, f"a mandatory field is missing or wrong ({error})") from error
    if size < 0:
        raise WarcReadError(offset, "the Content-Length is negative")
    return size, record


def exchange_at(store: RangeReader, key: str, *, offset: int, length: int) -> StoredExchange:
    """Read one stored exchange by the pointer the ledger keeps.

    Raises:
        EvidenceMissingError: There is no such object.
        WarcReadError: There is no readable `response` or `revisit` record at that place.
    """
    record = next(read_records(store.get_range(key, offset=offset, length=length)), None)
    if record is None or record.type not in ("response", "revisit"):
        raise WarcReadError(offset, "no HTTP response begins here")
    return StoredExchange(replace(record, offset=offset))
