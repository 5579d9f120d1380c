"""Checks single WARC and ARC records as other archives write them: what is damaged is named, what is odd is not.

Our own objects are checked much more strictly, by `shared.warc_validation`: there every byte is known.
"""

import re
from collections.abc import Mapping

from shared.http_message import parse_head, split_message
from shared.record_bytes import RecordBytes
from shared.stated_digests import StatedDigest

__all__ = ["RecordFaultError", "check_arc_record", "check_warc_record", "pass_blank_lines"]

_VERSION = re.compile(rb"WARC/(0\.\d{1,2}|1\.[01])\r?\n")
_ARC_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:.* (\S+)\r?\n")
_MOST_HEADER_LINES = 1000
_MOST_HTTP_HEAD = 1024 * 1024
_MANDATORY = ("warc-type", "warc-record-id", "warc-date", "content-length")
_HTTP = re.compile(r"application/http\b", re.IGNORECASE)


class RecordFaultError(Exception):
    """A record is damaged; the text says how."""

    def __init__(self, reason: str, *, is_lost: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_lost = is_lost
        """Whether nobody can tell where the record ends."""


def check_warc_record(source: RecordBytes) -> None:
    """Read one WARC record (WARC 1.0 and 1.1 §4) and check its framing and the digests it states.

    Raises:
        RecordFaultError: It is damaged.
    """
    if not _VERSION.fullmatch(source.line()):
        raise RecordFaultError("no WARC record begins here", is_lost=True)
    fields = _fields(source)
    missing = [name for name in _MANDATORY if name not in fields]
    length = fields.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise RecordFaultError("the Content-Length is missing or no number", is_lost=True)
    wrong = _read_block(source, fields, int(length))
    end = source.line() + source.line()
    if end.replace(b"\r", b"") != b"\n\n":
        told = "the block is not followed by two line ends: its Content-Length is wrong, or it is cut"
        raise RecordFaultError(told, is_lost=True)
    if missing:
        raise RecordFaultError(f"mandatory fields are missing: {', '.join(missing)}")
    if wrong is not None:
        raise RecordFaultError(wrong)


def _fields(source: RecordBytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for _ in range(_MOST_HEADER_LINES):
        line = source.line()
        if not line.endswith(b"\n"):
            break
        if line in (b"\r\n", b"\n"):
            return fields
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text[:1] in (" ", "\t") and name:
            fields[name] += " " + text.strip()
            continue
        name, colon, value = text.partition(":")
        if not colon:
            raise RecordFaultError(f"a header line has no colon: {text[:60]!r}", is_lost=True)
        name = name.strip().lower()
        fields.setdefault(name, value.strip())
    raise RecordFaultError("the header of the record has no end", is_lost=True)


def _read_block(source: RecordBytes, fields: Mapping[str, str], length: int) -> str | None:
    """Read a block and return what its digests tell against it."""
    is_http = _HTTP.match(fields.get("content-type", "")) is not None
    block = StatedDigest(fields["warc-block-digest"]) if "warc-block-digest" in fields else None
    # What a revisit states is the payload of another record.
    has_payload = "warc-payload-digest" in fields and fields.get("warc-type") != "revisit"
    payload: StatedDigest | None = None
    held: bytes | None = b"" if has_payload else None
    read = 0
    for piece in source.block(length):
        read += len(piece)
        if block is not None:
            block.feed(piece)
        if held is not None:
            held += piece
            head, body = split_message(held) if is_http else (b"", held)
            if is_http and not body and len(held) < _MOST_HTTP_HEAD and read < length:
                continue
            is_chunked = is_http and parse_head(head).is_chunked
            payload = StatedDigest(fields["warc-payload-digest"], is_chunked=is_chunked)
            payload.feed(body)
            held = None
        elif payload is not None:
            payload.feed(piece)
    if read < length:
        raise RecordFaultError(f"the file ends {length - read} bytes before the record does", is_lost=True)
    if block is not None and not block.matches():
        return "the block digest does not match"
    if payload is not None and not payload.matches():
        return "the payload digest does not match"
    return None


def check_arc_record(source: RecordBytes) -> str | None:
    """Read one ARC record (ARC 1.0 and 1.1) and return what is odd about it.

    Raises:
        RecordFaultError: It is damaged.
    """
    line = source.line()
    matched = _ARC_LINE.fullmatch(line)
    if matched is None:
        raise RecordFaultError("no ARC record begins here", is_lost=True)
    length = matched[1]
    if not length.isdigit() or len(length) > 19:
        while not source.is_at_end() and not _ARC_LINE.fullmatch(source.next_line()):
            source.line()
        return f"its length is stated as {length.decode('latin-1')[:20]!r}"
    beginning, read = b"", 0
    for piece in source.block(int(length)):
        read += len(piece)
        beginning = beginning or piece
    if read < int(length):
        told = f"the file ends {int(length) - read} bytes before the record does"
        if _is_whole_message(beginning, read):
            # Line ends were converted, so the stated length is that of other bytes.
            return f"{told}, but holds the whole HTTP message"
        raise RecordFaultError(told, is_lost=True)
    if not source.is_at_end() and source.line().strip(b"\r\n"):
        raise RecordFaultError("the block is not followed by a line end: its length is wrong", is_lost=True)
    return None


def _is_whole_message(beginning: bytes, size: int) -> bool:
    head, _ = split_message(beginning)
    length = parse_head(head).content_length
    return length is not None and size - len(head) >= length


def pass_blank_lines(source: RecordBytes) -> int:
    """Pass over line ends and return how many bytes they had."""
    before = source.position
    while source.starts_with(b"\r\n") or source.starts_with(b"\n"):
        source.line()
    return source.position - before
