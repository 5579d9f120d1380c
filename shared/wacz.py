"""Packs a WARC with its index and its pages as WACZ 1.1.1, which replay programs open without unpacking it.

Everything is stored uncompressed in the zip, so that one range request gives one record. Nothing in the package
comes from the clock or from chance: the same records give the same bytes.
"""

import gzip
import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.encoding import dump_json

__all__ = ["Package", "PackagedPage", "write_wacz"]

WACZ_VERSION = "1.1.1"
CONTENT_TYPE = "application/wacz"
_BLOCK_LINES = 1024
"""Lines of the index in one gzip member, as the makers of the format write it."""
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedPage:
    """A page a reader can begin at."""

    page_id: str
    url: str
    at: datetime
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What goes into a WACZ file."""

    title: str
    created: datetime
    software: str
    warc: Path
    """The WARC, of any size; its name in the package is that of the file."""
    index: bytes
    """Its CDXJ, which names the file by that name."""
    pages: Sequence[PackagedPage]


def write_wacz(package: Package, target: Path) -> None:
    """Write a WACZ file: `archive/`, `indexes/`, `pages/`, the data package and its digest."""
    compressed, secondary = _compressed_index(package.index)
    with zipfile.ZipFile(target, "w", compression=zipfile.ZIP_STORED) as file:
        moment = package.created.astimezone(UTC)
        resources = [_add_file(file, f"archive/{package.warc.name}", package.warc, moment)]
        for path, data in (
            ("indexes/index.cdx.gz", compressed),
            ("indexes/index.idx", secondary),
            ("pages/pages.jsonl", _page_lines(package.pages)),
        ):
            resources.append(_add(file, path, data, moment))
        described = dump_json(_description(package, resources))
        _add(file, "datapackage.json", described, moment)
        digest = {"path": "datapackage.json", "hash": _hash(described)}
        _add(file, "datapackage-digest.json", dump_json(digest), moment)


def _description(package: Package, resources: Sequence[dict[str, object]]) -> dict[str, object]:
    described: dict[str, object] = {
        "profile": "data-package",
        "wacz_version": WACZ_VERSION,
        "title": package.title,
        "created": _stamp(package.created),
        "software": package.software,
        "resources": list(resources),
    }
    if package.pages:
        described["mainPageUrl"] = package.pages[0].url
        described["mainPageDate"] = _stamp(package.pages[0].at)
    return described


def _page_lines(pages: Iterable[PackagedPage]) -> bytes:
    lines: list[dict[str, object]] = [{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}]
    for page in pages:
        line: dict[str, object] = {"id": page.page_id, "url": page.url, "ts": _stamp(page.at)}
        lines.append(line | ({"title": page.title} if page.title else {}))
    return b"".join(dump_json(line) + b"\n" for line in lines)


def _compressed_index(index: bytes) -> tuple[bytes, bytes]:
    """Return an index as gzip members of many lines each, and the index of those (`cdxj-gzip-1.0`)."""
    members: list[bytes] = []
    head = dump_json({"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"})
    secondary = [b"!meta 0 " + head + b"\n"]
    offset = 0
    for lines in _blocks(index.splitlines(keepends=True)):
        member = gzip.compress(b"".join(lines), mtime=0)
        prefix = lines[0].partition(b" {")[0]
        place = {"offset": offset, "length": len(member), "digest": _hash(member)}
        secondary.append(prefix + b" " + dump_json(place) + b"\n")
        members.append(member)
        offset += len(member)
    return b"".join(members), b"".join(secondary)


def _blocks(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(lines), _BLOCK_LINES):
        yield lines[start : start + _BLOCK_LINES]


def _add(file: zipfile.ZipFile, path: str, data: bytes, moment: datetime) -> dict[str, object]:
    file.writestr(_entry(path, moment), data)
    return _resource(path, digest=_hash(data), size=len(data))


def _add_file(file: zipfile.ZipFile, path: str, source: Path, moment: datetime) -> dict[str, object]:
    digest = hashlib.sha256()
    entry = _entry(path, moment)
    entry.file_size = source.stat().st_size
    with source.open("rb") as reading, file.open(entry, "w") as writing:
        while piece := reading.read(_PIECE):
            digest.update(piece)
            writing.write(piece)
    return _resource(path, digest=f"sha256:{digest.hexdigest()}", size=entry.file_size)


def _entry(path: str, moment: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, date_time=moment.timetuple()[:6])
    entry.external_attr = 0o644 << 16
    return entry


def _resource(path: str, *, digest: str, size: int) -> dict[str, object]:
    return {"name": path.rpartition("/")[2], "path": path, "hash": digest, "bytes": size}


def _hash(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _stamp(moment: datetime) -> str:
    """Write a time as RFC 3339 in whole seconds, which is what an index can tell apart."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
