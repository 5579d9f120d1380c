"""Zip files whose entries are stored as they are, composed of parts that nobody has to copy (APPNOTE 6.3.9).

Python's own writer wants every byte; here a header is made of the size and the CRC-32 that a part knows. Files
and places beyond 4 GB have the fields of ZIP64 (APPNOTE §4.5.3).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.composed_files import ComposedFile, Literal, Part

__all__ = ["ZipEntry", "stored_zip"]

_LIMIT = 0xFFFFFFFF
_MOST_ENTRIES = 0xFFFF
_LOCAL = struct.Struct("<4s2B4HL2L2H")
_CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_UNIX = 3
_PLAIN, _WITH_64 = 20, 45
_MODE = 0o644 << 16
_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry:
    """One file of a package."""

    name: str
    """ASCII."""
    part: Part


def stored_zip(entries: Sequence[ZipEntry], *, at: datetime = _EPOCH) -> ComposedFile:
    """Return a zip file with these entries in their order, all of one time."""
    parts: list[Part] = []
    directory: list[bytes] = []
    offset = 0
    for entry in entries:
        crc = entry.part.crc
        header = _local(entry, crc=crc, at=at)
        directory.append(_central(entry, crc=crc, at=at, offset=offset))
        parts += [Literal(header), entry.part]
        offset += len(header) + entry.part.size
    listed = b"".join(directory)
    parts.append(Literal(listed + _end(len(entries), size=len(listed), offset=offset)))
    return ComposedFile(parts)


def _local(entry: ZipEntry, *, crc: int, at: datetime) -> bytes:
    size, name = entry.part.size, entry.name.encode("ascii")
    is_large = size >= _LIMIT
    extra = struct.pack("<2H2Q", 1, 16, size, size) if is_large else b""
    shown = _LIMIT if is_large else size
    version = _WITH_64 if is_large else _PLAIN
    fields = (b"PK\3\4", version, 0, 0, 0, *_dos(at), crc, shown, shown, len(name), len(extra))
    return _LOCAL.pack(*fields) + name + extra


def _central(entry: ZipEntry, *, crc: int, at: datetime, offset: int) -> bytes:
    size, name = entry.part.size, entry.name.encode("ascii")
    beyond = [size, size] if size >= _LIMIT else []
    beyond += [offset] if offset >= _LIMIT else []
    extra = struct.pack(f"<2H{len(beyond)}Q", 1, 8 * len(beyond), *beyond) if beyond else b""
    shown, version = min(size, _LIMIT), _WITH_64 if beyond else _PLAIN
    fields = (
        *(b"PK\1\2", version, _UNIX, version, 0, 0, 0, *_dos(at), crc, shown, shown),
        *(len(name), len(extra), 0, 0, 0, _MODE, min(offset, _LIMIT)),
    )
    return _CENTRAL.pack(*fields) + name + extra


def _end(count: int, *, size: int, offset: int) -> bytes:
    large = b""
    if offset >= _LIMIT or size >= _LIMIT or count >= _MOST_ENTRIES:
        large = _END_64.pack(b"PK\6\6", 44, _WITH_64, _WITH_64, 0, 0, count, count, size, offset)
        large += _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1)
    shown = min(count, _MOST_ENTRIES)
    return large + _END.pack(b"PK\5\6", 0, 0, shown, shown, min(size, _LIMIT), min(offset, _LIMIT), 0)


def _dos(at: datetime) -> tuple[int, int]:
    """Return time and date in the two words of MS-DOS, whose first year is 1980."""
    at = max(at.astimezone(UTC), _EPOCH)
    return at.hour << 11 | at.minute << 5 | at.second // 2, at.year - 1980 << 9 | at.month << 5 | at.day
