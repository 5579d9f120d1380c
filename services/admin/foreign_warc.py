"""Reads WARC files that somebody else made, and names what is damaged in them without losing what comes after.

Three shapes are met: one gzip member for each record, as the standard recommends; no compression; and one gzip
stream around the whole file, as `gzip` makes it. The first is copied member by member. The others have no members
that could be copied, so the records get members of their own here, and the caller records that it was so.
"""

import mmap
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

from services.admin.imports import ImportFileError
from shared.warc_reading import MAX_RECORD_BYTES, StoredRecord, WarcReadError, parse_record, read_members

__all__ = ["DamagedRecord", "ForeignRecord", "ForeignWarc", "gzip_member"]

_GZIP: Final = b"\x1f\x8b"
_VERSION: Final = b"WARC/1."
_END: Final = b"\r\n\r\n"
_MAX_HEADER: Final = 64 * 1024
_PIECE: Final = 1024 * 1024
_LEAST_LIMIT: Final = 1024 * 1024 * 1024
_MOST_RATIO: Final = 100
"""A WARC inflates to five to twenty times its size. More than this, and above 1 GiB, is taken for a bomb."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRecord:
    """A record whose framing is sound. Its target URI stands without the angle brackets that wget writes."""

    record: StoredRecord
    """`offset` and `length` are its place in the file as it is read, for `member_at`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedRecord:
    """A place at which no whole record can be read."""

    offset: int
    reason: str


class ForeignWarc:
    """One WARC file, open for reading. What is inflated lies in a file of the given folder."""

    def __init__(self, path: Path, *, folder: Path) -> None:
        """Open a file and find out its shape.

        Raises:
            ImportFileError: it is no WARC, or inflates beyond reason.
        """
        self._view = _mapped(path)
        self.is_recompressed = True
        self._cut: DamagedRecord | None = None
        if bytes(self._view[:2]) == _GZIP:
            self.is_recompressed = _is_one_stream(self._view)
            if self.is_recompressed:
                self._view, self._cut = _inflated(self._view, folder)
        if self.is_recompressed and not bytes(self._view[: len(_VERSION)]).startswith(_VERSION):
            raise ImportFileError(
                f"{path.name} is no WARC; give a .warc, .warc.gz or .wacz, a list of URLs or a CSV. "
                "An ARC file can be made a WARC with 'warcio recompress'"
            )

    def records(self) -> Iterator[ForeignRecord | DamagedRecord]:
        """Yield the records in their order, and each place that cannot be read."""
        yield from self._plain() if self.is_recompressed else self._members()
        if self._cut is not None:
            yield self._cut

    def member_at(self, offset: int, length: int) -> bytes:
        """Return a record as a gzip member: the file's own, or one made of the record's exact bytes."""
        data = bytes(self._view[offset : offset + length])
        return gzip_member(data + _END) if self.is_recompressed else data

    def _members(self) -> Iterator[ForeignRecord | DamagedRecord]:
        offset = 0
        while offset < len(self._view):
            try:
                _, length, content = next(read_members(self._view[offset:]))
            except WarcReadError as error:
                yield DamagedRecord(offset=offset, reason=error.reason)
                offset = _next_member(self._view, offset + 1)
                continue
            yield _record_of(content, offset=offset, length=length)
            offset += length

    def _plain(self) -> Iterator[ForeignRecord | DamagedRecord]:
        offset = 0
        while offset < len(self._view):
            length = _length_at(self._view, offset)
            content = bytes(self._view[offset : offset + min(length or 0, MAX_RECORD_BYTES)])
            found = _record_of(content, offset=offset, length=len(content))
            if (
                bytes(self._view[offset + len(content) :][:1]) not in (b"", b"\r", b"\n")
                and length is not None
            ):
                found = DamagedRecord(offset=offset, reason="the block is not as long as its Content-Length")
            yield found
            if isinstance(found, DamagedRecord):
                offset = _next_record(self._view, offset + 1)
            else:
                offset = _past_line_ends(self._view, offset + len(content))


def gzip_member(content: bytes) -> bytes:
    """Return content as one gzip member without a name or a time, so that equal content is equal bytes."""
    encoder = zlib.compressobj(6, zlib.DEFLATED, 31)
    return encoder.compress(content) + encoder.flush()


def _record_of(content: bytes, *, offset: int, length: int) -> ForeignRecord | DamagedRecord:
    try:
        record = parse_record(content, offset=offset, length=length)
    except WarcReadError as error:
        return DamagedRecord(offset=offset, reason=error.reason)
    if record.date.tzinfo is None:
        return DamagedRecord(offset=offset, reason=f"the date {record.date} has no time zone")
    head = content.find(_END) + len(_END)
    if content[head + len(record.block) :].strip(b"\r\n"):
        return DamagedRecord(offset=offset, reason="more stands in the member than its one record")
    uri = record.target_uri
    if uri is not None and uri.startswith("<") and uri.endswith(">"):
        record = replace(record, target_uri=uri[1:-1])
    return ForeignRecord(record=record)


def _is_one_stream(view: memoryview) -> bool:
    """Tell whether the first gzip member holds more than the first record."""
    decoder = zlib.decompressobj(31)
    content = b""
    position = 0
    while not decoder.eof and position < len(view) and len(content) <= MAX_RECORD_BYTES:
        try:
            content += decoder.decompress(view[position : position + _PIECE], _PIECE)
        except zlib.error:
            return False  # The reading by members names the damage.
        position += min(_PIECE, len(view) - position) - len(decoder.unconsumed_tail)
        length = _length_at(memoryview(content), 0)
        if length is not None and content[length:].lstrip(b"\r\n").startswith(_VERSION):
            return True
    return len(content) > MAX_RECORD_BYTES


def _inflated(view: memoryview, folder: Path) -> tuple[memoryview, DamagedRecord | None]:
    """Inflate a file of gzip streams into another; what is damaged ends it."""
    limit = max(_LEAST_LIMIT, _MOST_RATIO * len(view))
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        cut = _inflate(view, file, limit=limit)
    return _mapped(Path(file.name)), cut


def _inflate(view: memoryview, file: IO[bytes], *, limit: int) -> DamagedRecord | None:
    decoder = zlib.decompressobj(31)
    position = written = 0
    while position < len(view):
        taken = view[position : position + _PIECE]
        try:
            piece = decoder.decompress(taken, _PIECE)
        except zlib.error as error:
            return DamagedRecord(offset=written, reason=f"the gzip stream is corrupt from here on ({error})")
        written += file.write(piece)
        if written > limit:
            raise ImportFileError(f"the file inflates to more than {limit:,} bytes; it is not read further")
        position += len(taken) - len(decoder.unconsumed_tail) - len(decoder.unused_data)
        if decoder.eof:
            decoder = zlib.decompressobj(31)
    file.write(decoder.flush())
    return None


def _length_at(view: memoryview, offset: int) -> int | None:
    """Return how many bytes the header and block of a plain record take; None when that cannot be told."""
    head = bytes(view[offset : offset + _MAX_HEADER])
    end = head.find(_END)
    if end < 0 or not head.startswith(_VERSION):
        return None
    for line in head[:end].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return end + len(_END) + int(value)
    return None


def _past_line_ends(view: memoryview, offset: int) -> int:
    while offset < len(view) and view[offset] in b"\r\n":
        offset += 1
    return offset


def _next_record(view: memoryview, offset: int) -> int:
    return _find(view, b"\r\n" + _VERSION, offset, skip=2)


def _next_member(view: memoryview, offset: int) -> int:
    """Return where the next gzip member begins that holds a WARC record; the end when there is none."""
    while (offset := _find(view, _GZIP + b"\x08", offset)) < len(view):
        try:
            if zlib.decompressobj(31).decompress(view[offset : offset + 1024], 64).startswith(_VERSION):
                return offset
        except zlib.error:
            pass
        offset += 1
    return offset


def _find(view: memoryview, wanted: bytes, offset: int, *, skip: int = 0) -> int:
    """Return where bytes stand next, looked for piece by piece; the end of the view when nowhere."""
    while offset < len(view):
        found = bytes(view[offset : offset + _PIECE]).find(wanted)
        if found >= 0:
            return offset + found + skip
        offset += max(1, _PIECE - len(wanted) + 1)
    return len(view)


def _mapped(path: Path) -> memoryview:
    if path.stat().st_size == 0:
        return memoryview(b"")
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
