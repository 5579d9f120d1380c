"""HTTP/1 messages as they are stored: where the head ends, what its fields say, and the body without codings.

Everything here is lenient about what servers do wrong and strict about size: a body is decoded only as far
as a limit, because 1,827 bytes with two layers of gzip can hold a gigabyte.
"""

import importlib
import importlib.util
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from io import BytesIO
from typing import Any

import zstandard

from shared.errors import PressmarkError

# We never offer brotli, so its decoder is needed only for servers that send it unasked.
brotli: Any = importlib.import_module("brotli") if importlib.util.find_spec("brotli") else None

MAX_DECODED_BYTES = 50 * 1024 * 1024
"""The largest sitemap there may be, and larger than any page: what a bomb may cost in memory."""
MAX_CODINGS = 2
MAX_RATIO = 200
RATIO_FREE_BYTES = 1024 * 1024
MAX_CHUNKS = 1_000_000
MAX_GZIP_MEMBERS = 10_000
"""Tiny chunks and tiny members cost time, not memory; no page is cut into so many."""
MAX_LENGTH_DIGITS = 40
"""A stated length with more digits is no number to reckon with; Python itself gives up at 4,300."""
LEAST_RETRY_AFTER = timedelta(seconds=1)
MOST_RETRY_AFTER = timedelta(hours=24)
MAX_ZSTD_WINDOW = 8 * 1024 * 1024
"""What a zstd decoder must accept at least, and may demand at most (RFC 9659)."""
_CODED_PIECE = 64 * 1024
_DECODED_PIECE = 1024 * 1024

_HEAD_END = re.compile(rb"\n\r?\n")
_SPACE_BEFORE_COLON = re.compile(rb"[^:\s][^:]*[ \t]:")
_MAYBE_ODD = re.compile(
    rb"\n[ \t]|(?<!\r)\n|[ \t]:|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|\n[Tt][Rr][Aa][Nn][Ss][Ff][Ee][Rr]-"
    rb"|(?i:\ncontent-length:(?:[^\n]*,|(?s:.*)\ncontent-length))"
)
_CONTROL_IN_HEAD = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_CHUNK_LINE = re.compile(rb"[ \t\r\v\f]*([0-9a-fA-F]{1,16})[ \t\r\v\f]*(?:;[^\n]*)?\n")


class DecodeFailure(StrEnum):
    """Why a stored body cannot be read as the page it was."""

    UNKNOWN_CODING = "unknown_coding"
    CODING_CHAIN = "coding_chain"
    TOO_LARGE = "too_large"
    RATIO = "ratio"
    CORRUPT = "corrupt"


class DecodeError(PressmarkError):
    """A body cannot be decoded. The stored bytes are good all the same; look at the record itself."""

    def __init__(self, reason: DecodeFailure, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """A status line and its fields. Bytes outside ASCII are read as latin-1, so nothing is lost."""

    status: int
    fields: tuple[tuple[str, str], ...]

    def first(self, name: str) -> str | None:
        """Return the value of the first field of this name, in any case of letters."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), None)

    def listed(self, name: str) -> list[str]:
        """Return the comma-separated members of all fields of this name, lower-cased (RFC 9110 §5.6.1)."""
        wanted = name.lower()
        values = (value for key, value in self.fields if key.lower() == wanted)
        return [item.strip().lower() for value in values for item in value.split(",") if item.strip()]

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks (RFC 9112 §7.1)."""
        return "chunked" in self.listed("transfer-encoding")

    @property
    def content_length(self) -> int | None:
        """The length that the head states; None when there is none, or no one number (RFC 9112 §6.3)."""
        stated = set(self.listed("content-length"))
        text = stated.pop() if len(stated) == 1 else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_LENGTH_DIGITS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedBody:
    """A body without codings; `complete` is False where a coding had no end."""

    data: bytes
    complete: bool


def split_message(block: bytes) -> tuple[bytes, bytes]:
    """Split a message into its head (with the empty line) and its body; without an empty line all is head."""
    end = head_length(block)
    return block[:end], block[end:]


def head_length(block: bytes | memoryview) -> int:
    """Return the length of the head of a message, its empty line included; without one all is head."""
    end = _HEAD_END.search(block)
    return len(block) if end is None else end.end()


def parse_head(raw_head: bytes) -> ResponseHead:
    """Read a head. Lines without a colon are passed over, folded lines are joined; nothing is refused."""
    status_line, *lines = raw_head.decode("latin-1").replace("\r\n", "\n").rstrip("\n").split("\n")
    fields: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            fields.append((name.strip(), value.strip()))
    status = status_line.partition(" ")[2].lstrip()[:3]
    return ResponseHead(
        status=int(status) if status.isascii() and status.isdigit() else 0, fields=tuple(fields)
    )


def retry_after(head: ResponseHead, *, now: datetime) -> timedelta | None:
    """Return how long a host asks to be left alone (RFC 9110 §10.2.3), from 1 s to 24 h.

    None when it asks nothing, or nothing that can be read. A time that is past means one second.
    """
    value = head.first("retry-after")
    if not value:
        return None
    if re.fullmatch(r"-?[0-9]{1,30}", value):
        wait = timedelta(seconds=max(0, min(int(value), int(MOST_RETRY_AFTER.total_seconds()))))
    else:
        try:
            moment = parsedate_to_datetime(value[:100])
            wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return min(MOST_RETRY_AFTER, max(LEAST_RETRY_AFTER, wait))


def head_oddities(raw_head: bytes) -> tuple[str, ...]:
    """Name what parsers could read differently in a head, as short constants; empty for a plain one."""
    # Nearly every head is plain, and one search tells.
    if not _MAYBE_ODD.search(raw_head):
        return ()
    head = parse_head(raw_head)
    lines = raw_head.split(b"\n")[1:]
    has_length = any(name.lower() == "content-length" for name, _ in head.fields)
    found = {
        "length_and_chunks": has_length and head.is_chunked,
        "repeated_length": len(head.listed("content-length")) > 1,
        "folded_line": any(line[:1] in (b" ", b"\t") for line in lines),
        "space_before_colon": any(_SPACE_BEFORE_COLON.match(line) for line in lines),
        "bare_line_feed": raw_head.count(b"\n") != raw_head.count(b"\r\n"),
        "control_character": _CONTROL_IN_HEAD.search(raw_head) is not None,
    }
    return tuple(name for name, is_there in found.items() if is_there)


def without_chunks(body: bytes) -> DecodedBody:
    """Take the chunked coding off (RFC 9112 §7.1), with its extensions and trailers.

    A body that ends too early gives what there is. One that is not chunked at all, whatever its head says,
    comes back as it is.
    """
    if not _CHUNK_LINE.match(body):
        return DecodedBody(data=body, complete=False)
    pieces = BytesIO()
    complete = _each_chunk(memoryview(body), pieces.write)
    return DecodedBody(data=pieces.getvalue(), complete=complete)


def _each_chunk(view: memoryview, take: Callable[[memoryview], object]) -> bool:
    """Hand over the data of every chunk without a copy, and tell whether the last one was there."""
    position = 0
    for _ in range(MAX_CHUNKS):
        line = _CHUNK_LINE.match(view, position)
        if line is None:
            return False
        size = int(line[1], 16)
        if size == 0:
            return True
        position = min(line.end() + size, len(view))
        take(view[line.end() : position])
        # The line end behind a chunk, CRLF or a bare LF.
        position += 2 if bytes(view[position : position + 2]) == b"\r\n" else 1
    return False


def payload_of(head: ResponseHead, body: bytes) -> bytes:
    """Return the payload as WARC 1.1 §6.3.2 means it: transfer-coding removed, content-coding kept."""
    return without_chunks(body).data if head.is_chunked else body


def each_payload_piece(
    head: ResponseHead, body: bytes | memoryview, take: Callable[[bytes | memoryview], object]
) -> None:
    """Hand over what `payload_of` returns, piece by piece and without a copy."""
    if head.is_chunked and _CHUNK_LINE.match(body):
        _each_chunk(memoryview(body), take)
    else:
        take(body)


def decode_body(head: ResponseHead, body: bytes, *, limit: int = MAX_DECODED_BYTES) -> DecodedBody:
    """Take every coding off a body.

    Args:
        head: The head the body came with.
        body: The bytes behind the head.
        limit: Most bytes of the result.

    Raises:
        DecodeError: A coding is unknown or corrupt, there are more than two, or the result would be larger
            than the limit or, beyond its first MiB, 200 times what was sent.
    """
    chunked = head.is_chunked
    plain = without_chunks(body) if chunked else DecodedBody(data=body, complete=True)
    transfer = [item for item in head.listed("transfer-encoding") if item not in ("chunked", "identity")]
    codings = [item for item in head.listed("content-encoding") if item != "identity"] + transfer
    if len(codings) > MAX_CODINGS:
        raise DecodeError(DecodeFailure.CODING_CHAIN, f"{len(codings)} codings")
    ceiling = min(limit, max(RATIO_FREE_BYTES, MAX_RATIO * len(plain.data)))
    try:
        for coding in reversed(codings):
            plain = _decode_one(coding, plain, ceiling)
    except _CeilingError:
        reason = DecodeFailure.TOO_LARGE if ceiling == limit else DecodeFailure.RATIO
        raise DecodeError(reason, f"more than {ceiling} bytes") from None
    if len(plain.data) > limit:
        raise DecodeError(DecodeFailure.TOO_LARGE, f"more than {limit} bytes")
    return plain


def _decode_one(coding: str, coded: DecodedBody, ceiling: int) -> DecodedBody:
    decoder = _DECODERS.get(coding)
    if decoder is None or (coding == "br" and brotli is None):
        raise DecodeError(
            DecodeFailure.UNKNOWN_CODING, coding.encode("ascii", "backslashreplace").decode()[:40]
        )
    if not coded.data:
        return coded
    decoded = decoder(coded.data, ceiling)
    return DecodedBody(data=decoded.data, complete=decoded.complete and coded.complete)


class _CeilingError(Exception):
    """A decoder gave more than it may."""


class _Output:
    """Decoded bytes up to a ceiling. One buffer that grows in place: joined pieces would take twice the room."""

    def __init__(self, ceiling: int) -> None:
        self._room = ceiling
        self._data = BytesIO()

    @property
    def next_size(self) -> int:
        """Most bytes to ask a decoder for: one more than there is room for shows that it has more."""
        return min(self._room + 1, _DECODED_PIECE)

    def add(self, piece: bytes) -> None:
        """Take a piece.

        Raises:
            _CeilingError: There is no room for it.
        """
        self._room -= len(piece)
        if self._room < 0:
            raise _CeilingError
        self._data.write(piece)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been decoded yet."""
        return self._data.tell() == 0

    def result(self, *, complete: bool) -> DecodedBody:
        return DecodedBody(data=self._data.getvalue(), complete=complete)


def _inflate(data: memoryview, window_bits: int, output: _Output) -> int | None:
    """Inflate one zlib, gzip or raw stream into the output.

    Returns:
        Where the stream ends in the data, or None when it has no end there or is corrupt behind its beginning.

    Raises:
        DecodeError: Not even the beginning can be inflated.
    """
    decoder = zlib.decompressobj(window_bits)
    try:
        for start in range(0, len(data), _CODED_PIECE):
            pending: bytes | memoryview = data[start : start + _CODED_PIECE]
            while pending:
                output.add(decoder.decompress(pending, output.next_size))
                pending = decoder.unconsumed_tail
            if decoder.eof:
                return min(start + _CODED_PIECE, len(data)) - len(decoder.unused_data)
    except zlib.error as error:
        if output.is_empty:
            raise DecodeError(DecodeFailure.CORRUPT, str(error)[:80]) from error
    return None


def _gunzip(data: bytes, ceiling: int) -> DecodedBody:
    """Decode gzip of one or more members; what follows the last one is passed over (RFC 1952 §2.2)."""
    output = _Output(ceiling)
    rest = memoryview(data)
    for _ in range(MAX_GZIP_MEMBERS):
        end = _inflate(rest, 31, output)
        if end is None:
            return output.result(complete=False)
        rest = rest[end:]
        if bytes(rest[:2]) != b"\x1f\x8b":
            return output.result(complete=True)
    return output.result(complete=False)


def _undeflate(data: bytes, ceiling: int) -> DecodedBody:
    """Decode deflate, which servers send with and without the zlib frame (RFC 9110 §8.4.1.2)."""
    try:
        output = _Output(ceiling)
        end = _inflate(memoryview(data), 15, output)
    except DecodeError:
        output = _Output(ceiling)
        end = _inflate(memoryview(data), -15, output)
    return output.result(complete=end is not None)


def _unbrotli(data: bytes, ceiling: int) -> DecodedBody:
    decoder = brotli.Decompressor()
    output = _Output(ceiling)
    pending = data
    try:
        while not decoder.is_finished():
            output.add(decoder.process(pending, output_buffer_limit=output.next_size))
            if decoder.can_accept_more_data():
                break
            pending = b""
    except brotli.error as error:
        raise DecodeError(DecodeFailure.CORRUPT, "brotli") from error
    return output.result(complete=decoder.is_finished())


def _unzstd(data: bytes, ceiling: int) -> DecodedBody:
    decoder = zstandard.ZstdDecompressor(max_window_size=MAX_ZSTD_WINDOW)
    output = _Output(ceiling)
    try:
        with decoder.stream_reader(data, read_across_frames=True) as reader:
            while piece := reader.read(output.next_size):
                output.add(piece)
    except zstandard.ZstdError as error:
        if output.is_empty:
            raise DecodeError(DecodeFailure.CORRUPT, str(error)[:80]) from error
        return output.result(complete=False)
    return output.result(complete=True)


_DECODERS: dict[str, Callable[[bytes, int], DecodedBody]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
