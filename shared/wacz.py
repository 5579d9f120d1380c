"""Packs a WARC with its index and its pages as WACZ 1.1.1, which replay programs open without unpacking it.

Everything is stored uncompressed in the zip, so that one range request gives one record. Nothing in the package
comes from the clock or from chance: the same records give the same bytes.
"""

import gzip
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.composed_files import ComposedFile, Literal, Part
from shared.encoding import dump_json
from shared.stored_zip import ZipEntry, stored_zip

__all__ = ["WARC_NAME", "Package", "PackagedPage", "Wacz", "wacz_of"]

WACZ_VERSION = "1.1.1"
WARC_NAME = "data.warc.gz"
_BLOCK_LINES = 1024
"""Lines of the index in one gzip member, as the makers of the format write it."""


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
    warc: Part
    """The WARC, of any size."""
    warc_sha256: str
    """Its SHA-256 in hexadecimal."""
    index: bytes
    """Its CDXJ, which names the file as `WARC_NAME`."""
    pages: Sequence[PackagedPage]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wacz:
    """A WACZ file."""

    file: ComposedFile
    sha256: str
    """Of its description, which names the digests of all that is in it: the same for the same bytes alone."""


def wacz_of(package: Package) -> Wacz:
    """Return a WACZ file: `archive/`, `indexes/`, `pages/`, the data package and its digest."""
    compressed, secondary = _compressed_index(package.index)
    warc = ZipEntry(name=f"archive/{WARC_NAME}", part=package.warc)
    more = [
        _entry("indexes/index.cdx.gz", compressed),
        _entry("indexes/index.idx", secondary),
        _entry("pages/pages.jsonl", _page_lines(package.pages)),
    ]
    resources = [
        _resource(warc, f"sha256:{package.warc_sha256}"),
        *(_resource(one, _hash(data)) for one, data in more),
    ]
    described = dump_json(_description(package, resources))
    digest = dump_json({"path": "datapackage.json", "hash": _hash(described)})
    last = [_entry("datapackage.json", described), _entry("datapackage-digest.json", digest)]
    entries = [warc, *(entry for entry, _ in (*more, *last))]
    file = stored_zip(entries, at=package.created)
    return Wacz(file=file, sha256=hashlib.sha256(described).hexdigest())


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


def _entry(path: str, data: bytes) -> tuple[ZipEntry, bytes]:
    return ZipEntry(name=path, part=Literal(data)), data


def _resource(entry: ZipEntry, digest: str) -> dict[str, object]:
    name = entry.name.rpartition("/")[2]
    return {"name": name, "path": entry.name, "hash": digest, "bytes": entry.part.size}


def _hash(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _stamp(moment: datetime) -> str:
    """Write a time as RFC 3339 in whole seconds, which is what an index can tell apart."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
