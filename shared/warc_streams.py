"""Measures the records of a WARC object one after the other in bounded memory, whatever its members hold.

A small record is held whole. Of a large one only the beginning is, and what follows is hashed as it is inflated.
So a gigabyte of sealed records, a member that inflates without end, and a file of noise cost the same memory.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from shared.http_message import parse_head, split_message
from shared.warc_reading import (
    MAX_RECORD_BYTES,
    StoredExchange,
    StoredRecord,
    WarcReadError,
    head_of_record,
    parse_record,
)

__all__ = ["MeasuredRecord", "PayloadDigests", "RecordStream", "SeekableBytes"]

SMALL_RECORD_BYTES = 4 * 1024 * 1024
"""Records up to this size are held whole. Larger ones must have their HTTP head within it."""
_BUFFER = 256 * 1024
_FIRST_PIECE = 4 * 1024
_PIECE = 64 * 1024
_INFLATED_PIECE = 256 * 1024
_LONGEST_SIZE = 64
_NO_SIZE = b"?"
"""In the place of a line that is too long for a size; whatever follows, it stays none."""
_HEX = re.compile(rb"[0-9a-fA-F]{1,16}")
_RECORD_END = b"\r\n\r\n"
_MESSAGES = frozenset({"request", "response", "revisit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRecord:
    """A record and the digests of what it holds."""

    record: StoredRecord
    """Its block is whole when `content` is there, else it ends with the HTTP head."""
    content: bytes | None
    """Everything in the gzip member; None for a large record."""
    payload_digest: str | None
    """SHA-256 of the payload of a response, labelled, in hexadecimal."""
    payload_sha1: bytes | None
    fault: str | None
    """What is wrong with a large record; a small one is for the validator to judge."""


class PayloadDigests:
    """Digests of a payload that comes in pieces: transfer-coding removed, as `without_chunks` removes it."""

    def __init__(self, *, is_chunked: bool) -> None:
        self._sha256, self._sha1 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
        self._raw = _raw_digests() if is_chunked else None
        """Of the body as it is, until the first chunk shows that there are chunks."""
        self._state = _SIZE if is_chunked else _PLAIN
        self._line = b""
        self._left = 0
        self._has_extension = False

    def feed(self, piece: bytes | memoryview) -> None:
        """Take the next bytes of the body."""
        view = memoryview(piece)
        if self._raw is not None:
            for digest in self._raw:
                digest.update(view)
        while view and self._state != _ENDED:
            view = view[self._take(view) :]

    def sha256(self) -> str:
        """Return the labelled SHA-256 in hexadecimal."""
        return f"sha256:{(self._raw or (self._sha256,))[0].hexdigest()}"

    def sha1(self) -> bytes:
        """Return the SHA-1."""
        return self._raw[1].digest() if self._raw else self._sha1.digest()

    def _take(self, view: memoryview) -> int:
        """Take some bytes of the view and return how many."""
        if self._state == _PLAIN:
            return self._take_data(view)
        if self._state == _SIZE:
            return self._take_size(view)
        if self._state == _DATA:
            taken = self._take_data(view[: self._left])
            self._left -= taken
            self._state = _DATA if self._left else _AFTER
            return taken
        # The line end behind a chunk, CRLF or a bare LF; any other byte is passed over like a LF.
        if self._state == _AFTER and view[0] == 0x0D:
            self._state = _AFTER_CR
            return 1
        is_line_feed = view[0] == 0x0A
        was_after_cr = self._state == _AFTER_CR
        self._state, self._line, self._has_extension = _SIZE, b"", False
        return 1 if is_line_feed or not was_after_cr else 0

    def _take_data(self, view: memoryview) -> int:
        self._sha256.update(view)
        self._sha1.update(view)
        return len(view)

    def _take_size(self, view: memoryview) -> int:
        piece = bytes(view[:_PIECE])
        line, line_feed, _ = piece.partition(b"\n")
        if not self._has_extension:
            size, semicolon, _ = line.partition(b";")
            self._has_extension = bool(semicolon)
            self._line = _shortened(self._line + size)
        if line_feed:
            self._begin_chunk(self._line.strip())
        return len(line) + len(line_feed)

    def _begin_chunk(self, size: bytes) -> None:
        if not _HEX.fullmatch(size):
            self._state = _ENDED
            return
        self._raw = None
        self._left = int(size, 16)
        self._state = _DATA if self._left else _ENDED


_PLAIN, _SIZE, _DATA, _AFTER, _AFTER_CR, _ENDED = range(6)


def _raw_digests() -> "tuple[hashlib._Hash, hashlib._Hash]":
    return hashlib.sha256(), hashlib.sha1(usedforsecurity=False)


def _shortened(size: bytes) -> bytes:
    """Keep what a size line says in a few bytes: space at its ends says nothing, and no size is so long."""
    if len(size) <= _LONGEST_SIZE:
        return size
    text = size.strip()
    if len(text) > _LONGEST_SIZE:
        return _NO_SIZE
    return text + (b" " if size[-1:].isspace() else b"")


class SeekableBytes(Protocol):
    """A file, or what can be read like one."""

    def seek(self, offset: int, /) -> int:
        """Go to a place."""
        ...

    def read(self, length: int, /) -> bytes:
        """Return so many bytes from there on, fewer only at the end."""
        ...


@dataclass(slots=True)
class RecordStream:
    """The records of an object that lies in a file."""

    file: SeekableBytes
    limit: int = MAX_RECORD_BYTES
    """Most bytes of a record. What inflates to more is an error."""
    end: int = 0
    """Where the member that was read last ends."""
    _buffer: bytes = field(default=b"", init=False)
    _start: int = field(default=0, init=False)

    def bytes_at(self, offset: int, length: int) -> memoryview:
        """Return so many bytes, fewer only at the end of the file."""
        if not self._start <= offset <= offset + length <= self._start + len(self._buffer):
            self.file.seek(offset)
            self._buffer, self._start = self.file.read(max(_BUFFER, length)), offset
        at = offset - self._start
        return memoryview(self._buffer)[at : at + length]

    def record_at(self, offset: int) -> MeasuredRecord:
        """Read the record whose gzip member begins here; `end` tells where the next one begins.

        Raises:
            WarcReadError: The member is cut, corrupt or larger than the limit, or holds no WARC record.
        """
        content = bytearray()
        pieces = self.pieces(offset)
        for piece in pieces:
            content += piece
            if len(content) > SMALL_RECORD_BYTES:
                return self._measured_large(offset, bytes(content), pieces)
        whole = bytes(content)
        del content
        record = parse_record(whole, offset=offset, length=self.end - offset)
        payload = StoredExchange(record).payload() if record.type == "response" else None
        return MeasuredRecord(
            record=record,
            content=whole,
            payload_digest=None if payload is None else f"sha256:{hashlib.sha256(payload).hexdigest()}",
            payload_sha1=None if payload is None else hashlib.sha1(payload, usedforsecurity=False).digest(),
            fault=None,
        )

    def next_member(self, offset: int, header: bytes) -> int | None:
        """Return where the next member with a WARC record begins at or after an offset, or None."""
        while True:
            found = self._find(offset, header)
            if found is None or self._begins_record(found):
                return found
            offset = found + 1

    def pieces(self, offset: int) -> Iterator[bytes]:
        """Inflate one gzip member.

        Raises:
            WarcReadError: It is cut, corrupt, or larger than the limit.
        """
        decoder = zlib.decompressobj(31)
        room, position = self.limit, offset
        while not decoder.eof:
            taken = self.bytes_at(position, _PIECE if position > offset else _FIRST_PIECE)
            if not taken:
                raise WarcReadError(offset, "the gzip member has no end")
            pending: bytes | memoryview = taken
            is_full = True
            while (pending or is_full) and not decoder.eof:
                try:
                    piece = decoder.decompress(pending, _INFLATED_PIECE)
                except zlib.error as error:
                    raise WarcReadError(offset, f"the gzip member is corrupt ({error})") from error
                room -= len(piece)
                if room < 0:
                    raise WarcReadError(offset, f"the record is larger than {self.limit} bytes")
                pending, is_full = decoder.unconsumed_tail, len(piece) == _INFLATED_PIECE
                yield piece
            position += len(taken)
        self.end = position - len(decoder.unused_data)

    def _find(self, offset: int, header: bytes) -> int | None:
        while piece := self.bytes_at(offset, _BUFFER):
            found = bytes(piece).find(header)
            if found >= 0:
                return offset + found
            if len(piece) < _BUFFER:
                break
            offset += len(piece) - len(header) + 1
        return None

    def _begins_record(self, offset: int) -> bool:
        try:
            return next(self.pieces(offset), b"").startswith(b"WARC/1.")
        except WarcReadError:
            return False

    def _measured_large(self, offset: int, content: bytes, rest: Iterator[bytes]) -> MeasuredRecord:
        head, separator, begun = content.partition(_RECORD_END)
        del content
        size, record = head_of_record(head, offset=offset, length=0)
        if not separator:
            raise WarcReadError(offset, "the header of the record has no end")
        raw_head = split_message(begun)[0] if record.type in _MESSAGES else b""
        is_chunked = parse_head(raw_head).is_chunked if raw_head else False
        payload = PayloadDigests(is_chunked=is_chunked)
        block = hashlib.sha256(begun[:size])
        payload.feed(memoryview(begun)[len(raw_head) : size])
        left, tail = size - min(size, len(begun)), begun[size : size + len(_RECORD_END) + 1]
        del begun
        for piece in rest:
            mine = memoryview(piece)[:left]
            block.update(mine)
            payload.feed(mine)
            left -= len(mine)
            tail = (tail + piece[len(mine) :])[: len(_RECORD_END) + 1]
        if left or tail != _RECORD_END:
            raise WarcReadError(offset, "the block is not as long as its Content-Length says")
        is_response = record.type == "response"
        return MeasuredRecord(
            record=replace(record, length=self.end - offset, block=raw_head),
            content=None,
            payload_digest=payload.sha256() if is_response else None,
            payload_sha1=payload.sha1() if is_response else None,
            fault=_fault_of_large(record, block.hexdigest(), payload.sha256(), is_chunked=is_chunked),
        )


def _fault_of_large(record: StoredRecord, block: str, payload: str, *, is_chunked: bool) -> str | None:
    if record.header("WARC-Block-Digest") != f"sha256:{block}":
        return "the block digest does not match"
    stated = record.header("WARC-Payload-Digest")
    if record.type == "response" and stated is None and not is_chunked:
        return "a response without chunks must state its payload digest"
    if record.type == "response" and stated not in (None, payload):
        return "the payload digest does not match"
    return None
