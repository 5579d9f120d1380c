"""Checks a whole WARC object as strictly as we write it, before it is uploaded and whenever it is audited.

Ordinary readers accept most truncations in silence. This one proves every byte: the gzip members follow each
other without a gap, each holds one record, framing is exact, and every digest is computed again. The inflate
is zlib-ng's or zlib's, not the isal that wrote the object, so that a fault of one does not hide behind itself.
"""

import hashlib
import re
from collections.abc import Iterator

from zlib_ng import zlib_ng

from shared.errors import PressmarkError
from shared.http_message import each_payload_piece, head_length, parse_head
from shared.scratch import Scratch
from shared.warc_reading import MAX_RECORD_BYTES, WarcReadError, inflate_member

GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")
"""What isal writes at the start of a member. No checksum covers these bytes, so they are compared."""

LARGE_RECORD_BYTES = 1024 * 1024
"""A record above this size is checked in an unnamed file, so that the memory it takes does not grow with it."""
_SMALL_MEMBER_BYTES = 16 * 1024
"""What is tried in one go. The decoder copies what is behind a member: it is no more than most members have."""
_MAX_HEAD_BYTES = 256 * 1024
"""More than the fields of any record of ours; the longest is a URL."""

_FIELD = re.compile(rb"([A-Za-z][A-Za-z-]*): ([^\x00-\x1f\x7f]*)")
_FIELD_LINE = re.compile(rb"(?m)^" + _FIELD.pattern + rb"\r\n")
_VERSION_LINE = b"WARC/1.1\r\n"
_FIELD_LINE_EXTRA = len(b": \r\n")
_KNOWN_FIELDS = frozenset(
    {
        b"warc-type",
        b"warc-record-id",
        b"warc-date",
        b"warc-target-uri",
        b"warc-ip-address",
        b"warc-block-digest",
        b"warc-payload-digest",
        b"warc-truncated",
        b"warc-warcinfo-id",
        b"warc-concurrent-to",
        b"warc-filename",
        b"warc-profile",
        b"warc-refers-to",
        b"warc-refers-to-target-uri",
        b"warc-refers-to-date",
        b"content-type",
        b"content-length",
    }
)
_EVERY_RECORD = (b"warc-type", b"warc-record-id", b"warc-date", b"warc-block-digest", b"content-type")
_TYPES = frozenset({b"warcinfo", b"response", b"revisit", b"request", b"metadata"})


class WarcInvalidError(PressmarkError):
    """A WARC object is not what we write. It must not be uploaded, or must be restored."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"the WARC is invalid at offset {offset}: {reason}")
        self.offset = offset
        self.reason = reason


class _WrongRecordError(Exception):
    """A record breaks a rule; its text says which."""


def validate_warc(
    data: bytes | memoryview, *, max_record_bytes: int = MAX_RECORD_BYTES, sealed: bool = False
) -> int:
    """Check a whole WARC object and return how many records it holds.

    Args:
        data: The object, or a memory map of it.
        max_record_bytes: Largest record, its header included.
        sealed: Whether it was put together of several objects, so that it may hold several warcinfo records.

    Raises:
        WarcInvalidError: The first fault, and the offset of the member that holds it.
    """
    check = WarcCheck(sealed=sealed)
    try:
        for offset, content in _members(memoryview(data), limit=max_record_bytes):
            check.member(data[offset : offset + len(GZIP_HEADER)], content, offset)
    except WarcReadError as error:
        raise WarcInvalidError(error.offset, error.reason) from error
    if check.records == 0:
        raise WarcInvalidError(0, "there is no record")
    return check.records


def _members(view: memoryview, *, limit: int) -> Iterator[tuple[int, bytes | memoryview]]:
    """Yield offset and content of every gzip member."""
    offset = 0
    while offset < len(view):
        small = _small_member(view, offset, limit)
        length, content = _large_member(view, offset, limit) if small is None else small
        yield offset, content
        offset += length


def _small_member(view: memoryview, offset: int, limit: int) -> tuple[int, bytes] | None:
    """Inflate a member in one go; None where it is large or damaged, which the other way decides."""
    taken = view[offset : offset + _SMALL_MEMBER_BYTES]
    decoder = zlib_ng.decompressobj(31)
    try:
        content = decoder.decompress(taken, min(limit, LARGE_RECORD_BYTES))
    except zlib_ng.error:  # type: ignore[misc]  # the stub takes it for an instance
        return None
    return (len(taken) - len(decoder.unused_data), content) if decoder.eof else None


def _large_member(view: memoryview, offset: int, limit: int) -> tuple[int, bytes | memoryview]:
    scratch = Scratch(most_in_memory=LARGE_RECORD_BYTES)
    try:
        length = inflate_member(view, offset, limit=limit, take=scratch.add)
        return length, scratch.content()
    finally:
        scratch.close()


class WarcCheck:
    """Checks the records of one object, given to it in their order."""

    def __init__(self, *, sealed: bool = False) -> None:
        self.records = 0
        self._sealed = sealed
        self._warcinfo_id: bytes | None = None
        self._payloads = _PayloadDigests()

    def member(self, header: bytes | memoryview, content: bytes | memoryview, offset: int) -> None:
        """Check one gzip member: its first bytes as they are stored, and what it holds.

        Raises:
            WarcInvalidError: It breaks a rule. The next member can be checked all the same.
        """
        self.records += 1
        if header != GZIP_HEADER:
            raise WarcInvalidError(offset, "the gzip header is not ours")
        try:
            fields, block = _framed(content)
            self._check_place(fields)
            _check_block(fields, block)
            if fields[b"warc-type"] == b"response":
                _check_payload(fields, block, self._payloads)
            if fields[b"warc-type"] == b"metadata":
                _check_metadata(fields, block, self._payloads)
        except _WrongRecordError as error:
            raise WarcInvalidError(offset, str(error)) from error

    def lost(self) -> None:
        """Note that a member cannot be read: what it was is unknown, so nothing is held against the next."""
        self.records += 1
        self._warcinfo_id = None

    def _check_place(self, fields: dict[bytes, bytes]) -> None:
        if fields[b"warc-type"] == b"warcinfo":
            if self.records != 1 and not self._sealed:
                raise _WrongRecordError("the first record, and only the first, must be a warcinfo")
            self._warcinfo_id = fields[b"warc-record-id"]
            return
        if self.records == 1:
            raise _WrongRecordError("the first record, and only the first, must be a warcinfo")
        if self._sealed and self._warcinfo_id not in (None, fields.get(b"warc-warcinfo-id")):
            raise _WrongRecordError("the record belongs to another warcinfo than the one before it")


class _PayloadDigests:
    """The payload digest of the latest response, which its metadata record must repeat."""

    def __init__(self) -> None:
        self.record_id = b""
        self.digest = b""


def _check_block(fields: dict[bytes, bytes], block: memoryview) -> None:
    if fields[b"warc-block-digest"] != _digest(block):
        raise _WrongRecordError("the block digest does not match")


def _framed(content: bytes | memoryview) -> tuple[dict[bytes, bytes], memoryview]:
    """Split a record into its fields and its block, and prove that nothing else is there."""
    head, separator, _ = bytes(content[:_MAX_HEAD_BYTES]).partition(b"\r\n\r\n")
    if not separator:
        raise _WrongRecordError("no WARC/1.1 record begins here")
    fields = _fields_of(head + b"\r\n")
    return fields, _exact_block(fields, memoryview(content)[len(head) + len(separator) :])


def _fields_of(head: bytes) -> dict[bytes, bytes]:
    """Read the lines of a head, each with its line end: the version, then known fields, each once."""
    found = _FIELD_LINE.findall(head)
    fields = {name.lower(): value for name, value in found}
    # What was found is the whole head if it is as long; then nothing else stands between or behind the lines.
    length = len(_VERSION_LINE) + sum([len(name) + len(value) + _FIELD_LINE_EXTRA for name, value in found])
    is_plain = length == len(head) and head.startswith(_VERSION_LINE)
    if is_plain and len(fields) == len(found) and _KNOWN_FIELDS.issuperset(fields):
        return fields
    raise _WrongRecordError(_fault_of_head(head))


def _fault_of_head(head: bytes) -> str:
    """Name what is wrong with a head."""
    version, *lines = head.split(b"\r\n")[:-1]
    if version != b"WARC/1.1":
        return "no WARC/1.1 record begins here"
    names: set[bytes] = set()
    for line in lines:
        matched = _FIELD.fullmatch(line)
        name = matched[1].lower() if matched else b""
        if name not in _KNOWN_FIELDS:
            return f"a header line is malformed or unknown: {line[:60]!r}"
        if name in names:
            return f"a header field stands twice: {line[:60]!r}"
        names.add(name)
    return "the head is malformed"


def _exact_block(fields: dict[bytes, bytes], rest: memoryview) -> memoryview:
    missing = [name.decode() for name in _EVERY_RECORD if name not in fields]
    if missing:
        raise _WrongRecordError(f"mandatory fields are missing: {', '.join(missing)}")
    if fields[b"warc-type"] not in _TYPES:
        raise _WrongRecordError("the record type is unknown")
    length = fields.get(b"content-length", b"")
    if not length.isdigit() or len(rest) != int(length) + 4 or bytes(rest[-4:]) != b"\r\n\r\n":
        raise _WrongRecordError("the block is not as long as its Content-Length says")
    return rest[:-4]


def _check_payload(fields: dict[bytes, bytes], block: memoryview, payloads: _PayloadDigests) -> None:
    end = head_length(block)
    head = parse_head(bytes(block[:end]))
    digest = hashlib.sha256()
    each_payload_piece(head, block[end:], digest.update)
    payloads.record_id = fields[b"warc-record-id"]
    payloads.digest = _labelled(digest.hexdigest())
    stated = fields.get(b"warc-payload-digest")
    if stated is None and not head.is_chunked:
        raise _WrongRecordError("a response without chunks must state its payload digest")
    if stated is not None and stated != payloads.digest:
        raise _WrongRecordError("the payload digest does not match")


def _check_metadata(fields: dict[bytes, bytes], block: memoryview, payloads: _PayloadDigests) -> None:
    if fields.get(b"warc-concurrent-to") != payloads.record_id:
        return
    if b"payloadDigest: " + payloads.digest not in bytes(block).split(b"\r\n"):
        raise _WrongRecordError("the metadata record states another payload digest than its response has")


def _digest(data: memoryview) -> bytes:
    return _labelled(hashlib.sha256(data).hexdigest())


def _labelled(digest: str) -> bytes:
    return b"sha256:" + digest.encode("ascii")
