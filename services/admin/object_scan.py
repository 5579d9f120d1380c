"""One pass over a stored object that notes what its records and the captures say of each other.

Memory is bounded: records are measured one by one, captures come from the ledger in pages in the order of their
offsets, and the lines of the index are sorted with the help of files.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import IO

from services.admin.record_checks import Fault, FaultKind, faults_of_capture
from shared.cdxj import INDEXED_TYPES, base32_of, entry_of
from shared.ledger.evidence_index import IndexedCapture
from shared.sorted_lines import SortedLines
from shared.warc_reading import StoredExchange, StoredRecord, WarcReadError
from shared.warc_streams import MeasuredRecord, RecordStream
from shared.warc_validation import GZIP_HEADER, WarcCheck, WarcInvalidError

__all__ = ["MOST_LOST_PLACES", "Finding", "FindingKind", "ObjectScan"]

MOST_LOST_PLACES = 1000
"""Unreadable places in one object after which its rest is given up: each costs a search and an attempt."""


class FindingKind(StrEnum):
    """What may be found about an object. What may be found about a capture is a `FaultKind`."""

    OBJECT_MISSING = "object_missing"
    OBJECT_SIZE = "object_size"
    OBJECT_INVALID = "object_invalid"
    READERS_DISAGREE = "readers_disagree"
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


class ObjectScan:
    """Holds the records of one object against the captures that point into it."""

    def __init__(
        self,
        key: str,
        file: IO[bytes],
        captures: Iterator[IndexedCapture],
        *,
        lines: SortedLines,
        is_sealed: bool,
    ) -> None:
        """Prepare the pass.

        Args:
            key: The object.
            file: Its bytes.
            captures: What points into it, by offset.
            lines: Takes the lines of the object's index.
            is_sealed: Whether it was put together of several objects.
        """
        self.records = 0
        self.captures = 0
        self.is_sound = True
        """Whether nothing has been found."""
        self._key = key
        self._size = file.seek(0, io.SEEK_END)
        self._stream = RecordStream(file)
        self._check = WarcCheck(sealed=is_sealed)
        self._captures = captures
        self._next = next(captures, None)
        self._lines = lines

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, in the order of the object."""
        for finding in self._all_findings():
            self.is_sound = False
            yield finding

    def _all_findings(self) -> Iterator[Finding]:
        offset, lost = 0, 0
        while offset < self._size and lost < MOST_LOST_PLACES:
            try:
                measured = self._stream.record_at(offset)
            except WarcReadError as error:
                lost += 1
                self._check.lost()
                yield self._invalid(offset, error.reason)
                offset = self._stream.next_member(offset + 1, GZIP_HEADER) or self._size
                continue
            self.records += 1
            yield from self._checked(measured)
            yield from self._referenced(measured)
            offset = self._stream.end
        if offset < self._size:
            yield self._invalid(offset, f"{lost} places cannot be read; from here on nothing was looked at")
        while self._next is not None:
            yield self._pointing_nowhere(self._taken())

    def _checked(self, measured: MeasuredRecord) -> Iterator[Finding]:
        offset = measured.record.offset
        header = bytes(self._stream.bytes_at(offset, len(GZIP_HEADER)))
        fault = measured.fault
        if measured.content is None:
            self._check.lost()
            fault = fault if header == GZIP_HEADER else "the gzip header is not ours"
        else:
            try:
                self._check.member(header, measured.content, offset)
            except WarcInvalidError as error:
                fault = error.reason
        if fault is not None:
            yield self._invalid(offset, fault)

    def _referenced(self, measured: MeasuredRecord) -> Iterator[Finding]:
        record = measured.record
        while self._next is not None and self._next.warc_offset < record.offset:
            yield self._pointing_nowhere(self._taken())
        first = self._taken() if self._points_at(record) else None
        if first is None:
            yield from self._orphan(record)
        else:
            for fault in faults_of_capture(first, record, payload_digest=measured.payload_digest):
                yield self._fault(first, fault)
        while first is not None and self._points_at(record):
            detail = f"capture {first.capture_id} points at the same record"
            yield self._fault(self._taken(), Fault(FaultKind.DUPLICATE, detail))
        self._index(measured, first)

    def _points_at(self, record: StoredRecord) -> bool:
        return self._next is not None and self._next.warc_offset == record.offset

    def _taken(self) -> IndexedCapture:
        capture = self._next
        assert capture is not None
        self.captures += 1
        self._next = next(self._captures, None)
        return capture

    def _orphan(self, record: StoredRecord) -> Iterator[Finding]:
        if record.type in INDEXED_TYPES or (record.type == "metadata" and record.concurrent_to is None):
            yield Finding(
                kind=FindingKind.ORPHAN_RECORD,
                key=self._key,
                detail=f"no capture points at this {record.type} record",
                offset=record.offset,
                url=record.target_uri,
            )

    def _index(self, measured: MeasuredRecord, capture: IndexedCapture | None) -> None:
        record = measured.record
        if record.type not in INDEXED_TYPES or record.target_uri is None:
            return
        known = capture.payload_digest if capture is not None else None
        digest = known or record.header("WARC-Payload-Digest") or measured.payload_digest
        sha1 = None if measured.payload_sha1 is None else base32_of(measured.payload_sha1)
        self._lines.add(entry_of(StoredExchange(record), digest=digest, sha1=sha1).line(self._key))

    def _pointing_nowhere(self, capture: IndexedCapture) -> Finding:
        fault = Fault(FaultKind.POINTER_WRONG, "no whole record begins where the capture points")
        return self._fault(capture, fault)

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
