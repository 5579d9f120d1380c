"""Opens WACZ files that somebody else made. Nothing in them is believed before its digest was computed again."""

import hashlib
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shared.errors import PressmarkError

__all__ = ["WaczError", "WaczFile", "WaczWarc"]

_PIECE: Final = 1024 * 1024
_MAX_ENTRIES: Final = 100_000
_MAX_DESCRIPTION: Final = 64 * 1024 * 1024
_LEAST_LIMIT: Final = 1024 * 1024 * 1024
_MOST_RATIO: Final = 100
_ENCRYPTED: Final = 0x1
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What `zipfile` raises over a damaged file."""
_HASHES: Final = {"sha256": hashlib.sha256, "sha512": hashlib.sha512, "md5": hashlib.md5}


class WaczError(PressmarkError):
    """A WACZ file is not what its description says, or not safe to unpack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaczWarc:
    """A WARC in a package, with what the package says of it."""

    path: str
    hash: str
    bytes: int


class WaczFile:
    """A WACZ file whose description and names have been checked. Its WARCs are checked as they are taken out."""

    def __init__(self, path: Path) -> None:
        """Open a package.

        Raises:
            WaczError: it is no WACZ, its description does not have the digest it should, a name leads out of
                the package or stands twice, or it would unpack beyond reason.
        """
        try:
            self._zip = zipfile.ZipFile(path)
        except _UNREADABLE as error:
            raise WaczError(f"{path.name} is no WACZ: {error}") from None
        self._entries = _checked_entries(
            self._zip, limit=max(_LEAST_LIMIT, _MOST_RATIO * path.stat().st_size)
        )
        described = self._read("datapackage.json")
        if "datapackage-digest.json" in self._entries:
            digest = _json_object(self._read("datapackage-digest.json"), "datapackage-digest.json")
            _check_digest(described, str(digest.get("hash")), "datapackage.json")
        description = _json_object(described, "datapackage.json")
        if not description.get("wacz_version"):
            raise WaczError("datapackage.json names no wacz_version, so this is no WACZ")
        self.warcs = self._described_warcs(description)

    def extract(self, warc: WaczWarc, target: Path) -> None:
        """Write a WARC of the package to a file of our own naming.

        Raises:
            WaczError: it has another digest or size than the package says, or cannot be unpacked.
        """
        digest = _hasher(warc.hash, warc.path)
        written = 0
        try:
            with self._zip.open(self._entries[warc.path]) as reading, target.open("wb") as file:
                while piece := reading.read(_PIECE):
                    written += file.write(piece)
                    if written > warc.bytes:
                        break
                    digest.update(piece)
        except _UNREADABLE as error:
            raise WaczError(f"{warc.path} cannot be unpacked: {error}") from None
        if written != warc.bytes or digest.hexdigest() != warc.hash.partition(":")[2].lower():
            raise WaczError(
                f"{warc.path} is not what datapackage.json says; the package was changed or damaged"
            )

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def _read(self, name: str) -> bytes:
        entry = self._entries.get(name)
        if entry is None:
            raise WaczError(f"there is no {name} in it, so this is no WACZ")
        if entry.file_size > _MAX_DESCRIPTION:
            raise WaczError(f"{name} is {entry.file_size:,} bytes long, which no description is")
        try:
            with self._zip.open(entry) as file:
                return file.read(_MAX_DESCRIPTION)
        except _UNREADABLE as error:
            raise WaczError(f"{name} cannot be unpacked: {error}") from None

    def _described_warcs(self, description: dict[str, Any]) -> tuple[WaczWarc, ...]:
        resources = description.get("resources")
        listed = {
            str(one.get("path")): one
            for one in (resources if isinstance(resources, list) else [])
            if isinstance(one, dict)
        }
        warcs = [
            name
            for name in self._entries
            if name.startswith("archive/") and name.endswith((".warc", ".warc.gz"))
        ]
        unlisted = [name for name in warcs if name not in listed]
        if unlisted or not warcs:
            told = (
                f"{unlisted[0]} is not listed in datapackage.json" if unlisted else "there is no WARC in it"
            )
            raise WaczError(f"{told}; nothing of it is imported")
        return tuple(_warc_of(name, listed[name]) for name in sorted(warcs))


def _warc_of(name: str, resource: dict[str, Any]) -> WaczWarc:
    size = resource.get("bytes")
    if not isinstance(size, int) or size < 0:
        raise WaczError(f"datapackage.json does not say how many bytes {name} has")
    _hasher(str(resource.get("hash")), name)
    return WaczWarc(path=name, hash=str(resource["hash"]), bytes=size)


def _checked_entries(file: zipfile.ZipFile, *, limit: int) -> dict[str, zipfile.ZipInfo]:
    infos = file.infolist()
    entries = {info.filename: info for info in infos}
    if len(infos) > _MAX_ENTRIES or len(entries) != len(infos):
        raise WaczError("the package holds a name twice, or more than 100,000 of them")
    for info in infos:
        parts = info.filename.split("/")
        if info.filename.startswith("/") or ".." in parts or "\\" in info.filename or ":" in parts[0]:
            raise WaczError(f"the name {info.filename[:80]!r} leads out of the package")
        if info.flag_bits & _ENCRYPTED:
            raise WaczError(f"{info.filename[:80]!r} is encrypted")
    if sum(info.file_size for info in infos) > limit:
        raise WaczError(f"the package unpacks to more than {limit:,} bytes; it is not read")
    return entries


def _json_object(data: bytes, name: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise WaczError(f"{name} is no JSON object")
    return value


def _hasher(stated: str, name: str) -> "hashlib._Hash":
    algorithm = stated.partition(":")[0]
    if algorithm not in _HASHES:
        raise WaczError(
            f"the digest of {name} is {stated[:80]!r}; it should be sha256: and hexadecimal digits"
        )
    return _HASHES[algorithm](usedforsecurity=algorithm != "md5")


def _check_digest(data: bytes, stated: str, name: str) -> None:
    digest = _hasher(stated, name)
    digest.update(data)
    if digest.hexdigest() != stated.partition(":")[2].lower():
        raise WaczError(f"{name} does not have the digest that datapackage-digest.json states")
