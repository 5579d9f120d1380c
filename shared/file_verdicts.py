"""The verdict on a WARC, ARC or WACZ file of anyone's: sound, or damaged where and how."""

import hashlib
import json
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from shared.foreign_records import RecordFaultError, check_arc_record, check_warc_record, pass_blank_lines
from shared.record_bytes import RecordBytes
from shared.warc_reading import WarcReadError
from shared.warc_streams import RecordStream

__all__ = ["Damage", "Verdict", "verdict_on"]

_MOST_DAMAGES = 1000
_MOST_RECORD_BYTES = 16 * 1024**4
"""A record of another archive may be a film, and is never held."""
_PIECE = 256 * 1024
_MOST_PACKAGE_BYTES = 16 * 1024 * 1024
_GZIP = b"\x1f\x8b"
_GZIP_MEMBER = b"\x1f\x8b\x08"


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What is wrong, and where."""

    reason: str
    offset: int | None = None
    """Where the record or its gzip member begins."""
    member: str | None = None
    """The file within a WACZ."""


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What can be said of a file."""

    form: str
    """WARC, ARC, WACZ, or `unknown`."""
    records: int = 0
    damages: list[Damage] = field(default_factory=list)
    remarks: list[Damage] = field(default_factory=list)
    """What is odd and harms nobody."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damages

    @property
    def is_given_up(self) -> bool:
        """Whether so much is damaged that the rest is not looked at."""
        return len(self.damages) >= _MOST_DAMAGES

    def as_json(self, path: Path) -> dict[str, object]:
        """Return the verdict as a line for programs."""
        damages, remarks = (
            [{"reason": one.reason, "offset": one.offset, "member": one.member} for one in several]
            for several in (self.damages, self.remarks)
        )
        word = "sound" if self.is_sound else "damaged"
        return {
            "file": str(path),
            "verdict": word,
            "form": self.form,
            "records": self.records,
            "damages": damages,
            "remarks": remarks,
        }


def verdict_on(path: Path) -> Verdict:
    """Read a whole file in bounded memory and judge it.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(16)
        if start.startswith(b"PK"):
            return _on_package(path)
        if start.startswith(_GZIP):
            return _on_members(file)
        return _on_plain(file)


def _on_plain(file: IO[bytes]) -> Verdict:
    file.seek(0)
    source = RecordBytes(iter(partial(file.read, _PIECE), b""))
    verdict = Verdict(form=_form(source))
    if verdict.form == "unknown":
        verdict.damages.append(_not_ours())
        return verdict
    while not source.is_at_end() and not verdict.is_given_up:
        offset = source.position
        if _check(source, verdict, offset):
            break
        if pass_blank_lines(source) and verdict.form == "WARC":
            verdict.remarks.append(Damage(reason="blank lines follow this record", offset=offset))
    return verdict


def _on_members(file: IO[bytes]) -> Verdict:
    stream = RecordStream(file, limit=_MOST_RECORD_BYTES)
    verdict = Verdict(form="unknown")
    offset: int | None = 0
    while offset is not None and stream.bytes_at(offset, 1) and not verdict.is_given_up:
        source = RecordBytes(stream.pieces(offset))
        try:
            if verdict.form == "unknown":
                verdict.form = _form(source)
            if verdict.form == "unknown":
                verdict.damages.append(_not_ours())
                return verdict
            _check(source, verdict, offset)
            pass_blank_lines(source)
            if not source.is_at_end() and (not verdict.damages or verdict.damages[-1].offset != offset):
                reason = "one gzip member holds more than one record: 'warcio recompress' makes one for each"
                verdict.damages.append(Damage(reason=reason, offset=offset))
            source.drain()
            offset = stream.end
        except WarcReadError as error:
            verdict.damages.append(Damage(reason=error.reason, offset=offset))
            offset = stream.next_member(offset + 1, _GZIP_MEMBER)
    return verdict


def _check(source: RecordBytes, verdict: Verdict, offset: int) -> bool:
    """Check one record and note what is found; return whether its end is lost."""
    try:
        if verdict.form == "WARC":
            check_warc_record(source)
            remark = None
        else:
            remark = check_arc_record(source)
    except RecordFaultError as error:
        verdict.damages.append(Damage(reason=error.reason, offset=offset))
        verdict.records += not error.is_lost
        return error.is_lost
    verdict.records += 1
    if remark is not None:
        verdict.remarks.append(Damage(reason=remark, offset=offset))
    return False


def _form(source: RecordBytes) -> str:
    if source.starts_with(b"WARC/"):
        return "WARC"
    return "ARC" if source.starts_with(b"filedesc:") else "unknown"


def _not_ours() -> Damage:
    return Damage(reason="this is no WARC, ARC or WACZ file, or its beginning is gone", offset=0)


def _on_package(path: Path) -> Verdict:
    verdict = Verdict(form="WACZ")
    try:
        with zipfile.ZipFile(path) as package:
            for damage in _damages_of_package(package, verdict):
                verdict.damages.append(damage)
                if verdict.is_given_up:
                    break
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        verdict.damages.append(Damage(reason=f"the package cannot be read: {error}"))
    return verdict


def _damages_of_package(package: zipfile.ZipFile, verdict: Verdict) -> Iterator[Damage]:
    names = set(package.namelist())
    description = _json_of(package, "datapackage.json")
    if description is None:
        yield Damage(reason="it is missing, too large, or no JSON object", member="datapackage.json")
        return
    if not isinstance(description.get("wacz_version"), str):
        yield Damage(reason="it states no wacz_version", member="datapackage.json")
    resources = description.get("resources")
    if not isinstance(resources, list) or not resources:
        yield Damage(reason="it lists no resources", member="datapackage.json")
        return
    for resource in resources:
        name = resource.get("path") if isinstance(resource, dict) else None
        if not isinstance(name, str) or name not in names:
            yield Damage(reason="the resource is not in the package", member=str(name)[:200])
        elif not _has_digest(package, name, resource):
            yield Damage(reason="its bytes have another digest or length than stated", member=name)
    if not _has_digest(package, "datapackage.json", _json_of(package, "datapackage-digest.json") or {}):
        yield Damage(reason="its digest is not that of datapackage-digest.json", member="datapackage.json")
    for name in sorted(name for name in names if name.startswith("archive/") and not name.endswith("/")):
        yield from _damages_within(package, name, verdict)


def _json_of(package: zipfile.ZipFile, name: str) -> dict[str, Any] | None:
    if name not in package.namelist() or package.getinfo(name).file_size > _MOST_PACKAGE_BYTES:
        return None
    try:
        found = json.loads(package.read(name))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _has_digest(package: zipfile.ZipFile, name: str, stated: dict[str, Any]) -> bool:
    """Hold a file of the package against what is stated of it; what is not stated is not wrong."""
    algorithm, _, value = str(stated.get("hash", "")).partition(":")
    if algorithm not in ("sha256", "md5"):
        return "hash" not in stated
    digest = hashlib.new(algorithm, usedforsecurity=False)
    size = _each_piece(package, name, digest.update)
    length = stated.get("bytes")
    return digest.hexdigest() == value and (not isinstance(length, int) or length == size)


def _each_piece(package: zipfile.ZipFile, name: str, take: Callable[[bytes], object]) -> int:
    size = 0
    with package.open(name) as file:
        while piece := file.read(_PIECE):
            take(piece)
            size += len(piece)
    return size


def _damages_within(package: zipfile.ZipFile, name: str, verdict: Verdict) -> Iterator[Damage]:
    with tempfile.NamedTemporaryFile(prefix="pressmark-") as copy:
        _each_piece(package, name, copy.write)
        copy.flush()
        found = verdict_on(Path(copy.name))
    verdict.records += found.records
    for one in found.damages:
        yield Damage(reason=one.reason, offset=one.offset, member=name)
