"""Holds everything stored against the ledger: does each capture have its evidence, and each record its capture?

Nothing is taken on trust: every object is read whole, every gzip member inflated, every digest computed again.
A damaged place does not hide what comes after it, because the next member is looked for by its first bytes.
"""

import mmap
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from services.admin.record_checks import Fault, FaultKind, faults_of_capture
from shared.cdxj import CONTENT_TYPE, CdxjEntry, cdxj_file, cdxj_key, entries_of
from shared.clock import Clock
from shared.evidence import EvidenceMissingError, EvidenceStore
from shared.ledger.evidence_index import EvidenceIndex, IndexedCapture
from shared.warc_reading import StoredRecord, WarcReadError, parse_record, read_members
from shared.warc_validation import GZIP_HEADER, WarcCheck, WarcInvalidError

__all__ = ["Finding", "FindingKind", "Verification", "Verified"]

_WARCS = "warc/"
_EXCHANGES = frozenset({"response", "revisit"})


class FindingKind(StrEnum):
    """What may be found about an object. What may be found about a capture is a `FaultKind`."""

    OBJECT_MISSING = "object_missing"
    OBJECT_SIZE = "object_size"
    OBJECT_INVALID = "object_invalid"
    ORPHAN_RECORD = "orphan_record"
    ORPHAN_OBJECT = "orphan_object"
    CAPTURES_MISSING = "captures_missing"
    INDEX_MISSING = "index_missing"
    INDEX_DIFFERS = "index_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be, and where."""

    kind: FindingKind | FaultKind
    key: str
    detail: str
    offset: int | None = None
    capture_id: int | None = None
    url: str | None = None
    age: timedelta | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether something must be done. A lost lease leaves an orphan object behind, which harms nobody."""
        return self.kind is not FindingKind.ORPHAN_OBJECT

    def as_json(self) -> dict[str, object]:
        """Return the finding as a line for programs."""
        return {
            "kind": self.kind.value,
            "wrong": self.is_wrong,
            "key": self.key,
            "offset": self.offset,
            "capture": self.capture_id,
            "url": self.url,
            "detail": self.detail,
            "age_seconds": None if self.age is None else round(self.age.total_seconds()),
        }


@dataclass(slots=True, kw_only=True)
class Verified:
    """How much has been looked at."""

    objects: int = 0
    captures: int = 0
    records: int = 0


@dataclass(slots=True, kw_only=True)
class Verification:
    """Checks the store and the ledger against each other. It changes nothing, but for indexes if asked to."""

    index: EvidenceIndex
    evidence: EvidenceStore
    clock: Clock
    mend_indexes: bool = False
    """Write an index that is missing or differs again. It is made of the object, so nothing is lost."""
    verified: Verified = field(default_factory=Verified)

    def findings(self, source_id: str | None = None) -> Iterator[Finding]:
        """Yield what is found, object by object.

        Args:
            source_id: Only the objects that hold captures of this source; orphan objects are not looked for then.

        Raises:
            TryAgainError: The store or the ledger did not answer.
        """
        # The store is listed first: what is written from now on is not taken for an orphan.
        stored = list(self.evidence.keys(_WARCS)) if source_id is None else []
        known = self.index.keys(source_id)
        for key in known:
            yield from self._object(key)
        if source_id is None:
            superseded = self.index.superseded()
            for key in stored:
                if key not in superseded and not self.index.captures_of(key):
                    yield self._without_captures(key)

    def _object(self, key: str) -> Iterator[Finding]:
        captures = self.index.captures_of(key)
        if not captures:
            return  # Compaction moved them since the keys were listed; they are met under their new key.
        self.verified.objects += 1
        self.verified.captures += len(captures)
        with tempfile.TemporaryDirectory(prefix="pressmark-") as folder:
            path = Path(folder) / "object"
            try:
                self.evidence.download(key, path)
            except EvidenceMissingError:
                detail = f"{len(captures)} captures point into an object that is not in the store"
                yield Finding(kind=FindingKind.OBJECT_MISSING, key=key, detail=detail)
                return
            scan = _Scan(key, _mapped(path), captures, is_sealed=self.index.is_sealed(key))
            expected = self.index.size_of(key)
            if expected not in (None, len(scan.data)):
                detail = f"the object has {len(scan.data)} bytes where {expected} were stored"
                yield Finding(kind=FindingKind.OBJECT_SIZE, key=key, detail=detail)
                scan.is_sound = False
            yield from scan.findings()
            self.verified.records += scan.records
        if scan.is_sound:
            yield from self._index_of(key, scan.entries)

    def _index_of(self, key: str, entries: list[CdxjEntry]) -> Iterator[Finding]:
        expected = cdxj_file(entries, key)
        try:
            stored = self.evidence.get(cdxj_key(key))
        except EvidenceMissingError:
            kind, detail = FindingKind.INDEX_MISSING, "the object has no index beside it"
        else:
            if stored == expected:
                return
            kind, detail = FindingKind.INDEX_DIFFERS, "the index is not that of the object"
        if self.mend_indexes:
            self.evidence.put(cdxj_key(key), expected, content_type=CONTENT_TYPE)
            return
        yield Finding(
            kind=kind, key=cdxj_key(key), detail=f"{detail}; 'pressmark verify --mend' writes it again"
        )

    def _without_captures(self, key: str) -> Finding:
        written = self.evidence.modified_at(key)
        age = None if written is None else self.clock.now() - written
        if self.index.is_recorded(key):
            detail = "the ledger has stored this object, but no capture points into it"
            return Finding(kind=FindingKind.CAPTURES_MISSING, key=key, detail=detail, age=age)
        detail = "no capture points into this object: its worker lost its lease, or works on it now"
        return Finding(kind=FindingKind.ORPHAN_OBJECT, key=key, detail=detail, age=age)


class _Scan:
    """One pass over an object that notes what its records and the captures say of each other."""

    def __init__(
        self, key: str, data: memoryview, captures: list[IndexedCapture], *, is_sealed: bool
    ) -> None:
        self.data = data
        self.records = 0
        self.is_sound = True
        self.entries: list[CdxjEntry] = []
        self._key = key
        self._check = WarcCheck(sealed=is_sealed)
        self._digests = {one.record_id: one.payload_digest for one in captures if one.payload_digest}
        self._captures: dict[int, list[IndexedCapture]] = {}
        for capture in captures:
            self._captures.setdefault(capture.warc_offset, []).append(capture)

    def findings(self) -> Iterator[Finding]:
        for finding in self._all_findings():
            self.is_sound = False
            yield finding

    def _all_findings(self) -> Iterator[Finding]:
        offset = 0
        while offset < len(self.data):
            try:
                _, length, content = next(read_members(self.data[offset:]))
                record = parse_record(content, offset=offset, length=length)
            except WarcReadError as error:
                self._check.lost()
                yield self._invalid(offset, error.reason)
                offset = self._next_readable(offset)
                continue
            self.records += 1
            try:
                self._check.member(self.data[offset : offset + len(GZIP_HEADER)], content, offset)
            except WarcInvalidError as error:
                yield self._invalid(offset, error.reason)
            yield from self._referenced(record)
            self.entries.extend(entries_of([record], self._digests))
            offset += length
        for captures in self._captures.values():
            for capture in captures:
                fault = Fault(FaultKind.POINTER_WRONG, "no whole record begins where the capture points")
                yield self._fault(capture, fault)

    def _next_readable(self, offset: int) -> int:
        """Return where the next member can be read; behind the end when none can."""
        rest = bytes(self.data[offset:])
        found = rest.find(GZIP_HEADER, 1)
        while found != -1:
            try:
                _, length, content = next(read_members(self.data[offset + found :]))
                parse_record(content, offset=0, length=length)
            except WarcReadError:
                found = rest.find(GZIP_HEADER, found + 1)
            else:
                return offset + found
        return len(self.data)

    def _referenced(self, record: StoredRecord) -> Iterator[Finding]:
        captures = self._captures.pop(record.offset, [])
        is_exchange = record.type in _EXCHANGES
        if not captures and (is_exchange or (record.type == "metadata" and record.concurrent_to is None)):
            detail = f"no capture points at this {record.type} record"
            yield Finding(
                kind=FindingKind.ORPHAN_RECORD,
                key=self._key,
                detail=detail,
                offset=record.offset,
                url=record.target_uri,
            )
        for number, capture in enumerate(captures):
            if number:
                detail = f"capture {captures[0].capture_id} points at the same record"
                yield self._fault(capture, Fault(FaultKind.DUPLICATE, detail))
                continue
            for fault in faults_of_capture(capture, record):
                yield self._fault(capture, fault)

    def _fault(self, capture: IndexedCapture, fault: Fault) -> Finding:
        return Finding(
            kind=fault.kind,
            key=self._key,
            detail=fault.detail,
            offset=capture.warc_offset,
            capture_id=capture.capture_id,
            url=capture.url,
        )

    def _invalid(self, offset: int, reason: str) -> Finding:
        return Finding(kind=FindingKind.OBJECT_INVALID, key=self._key, detail=reason, offset=offset)


def _mapped(path: Path) -> memoryview:
    """Return the bytes of a file without reading them; an empty file cannot be mapped."""
    if path.stat().st_size == 0:
        return memoryview(b"")
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
