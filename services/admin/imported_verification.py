"""Verifies imported objects. Their records are as their makers wrote them, so the whole object has a digest."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.admin.foreign_warc import ForeignRecord, ForeignWarc
from services.admin.imports import ImportFileError
from services.admin.record_checks import FaultKind
from services.admin.verification import EVERYTHING, Finding, FindingKind
from shared.evidence import EvidenceMissingError, EvidenceStore
from shared.ledger.evidence_index import EvidenceIndex, IndexedCapture, LooksOf
from shared.ledger.imports import Imports
from shared.warc_reading import StoredExchange

__all__ = ["ImportedVerification"]


@dataclass(slots=True, kw_only=True)
class ImportedVerification:
    """Holds what was imported against the ledger."""

    imports: Imports
    index: EvidenceIndex
    evidence: EvidenceStore
    objects: int = 0
    captures: int = 0
    told: Callable[[int], None] = lambda _: None
    """Receives the count of objects after each."""

    def findings(self, looks: LooksOf = EVERYTHING) -> Iterator[Finding]:
        """Yield what is found, object by object.

        Raises:
            TryAgainError: The store or the ledger did not answer.
        """
        recorded = self.imports.objects(looks.source_id)
        if looks.begin is not None or looks.end is not None:
            meant = set(self.index.keys(looks, imported=True))
            recorded = [one for one in recorded if one[0] in meant]
        for key, digest, size in recorded:
            self.objects += 1
            with tempfile.TemporaryDirectory(prefix="pressmark-") as folder:
                yield from self._object(key, digest, size, Path(folder))
            self.told(self.objects)
        if looks.is_everything:
            known = {key for key, _, _ in recorded}
            for key in self.evidence.keys("imported/"):
                if key.endswith(".warc.gz") and key not in known:
                    detail = "no import recorded this object: it was ended before that, or works on it now"
                    yield Finding(kind=FindingKind.ORPHAN_OBJECT, key=key, detail=detail)

    def _object(self, key: str, digest: str, size: int, folder: Path) -> Iterator[Finding]:
        path = folder / "object.warc.gz"
        captures = {capture.warc_offset: capture for capture in self.index.captures_of(key)}
        self.captures += len(captures)
        try:
            found = self.evidence.download(key, path)
        except EvidenceMissingError:
            detail = f"{len(captures)} captures point into an object that is not in the store"
            yield Finding(kind=FindingKind.OBJECT_MISSING, key=key, detail=detail)
            return
        if path.stat().st_size != size:
            detail = f"the object has {path.stat().st_size} bytes where {size} were stored"
            yield Finding(kind=FindingKind.OBJECT_SIZE, key=key, detail=detail)
        elif f"sha256:{found}" != digest:
            detail = f"the object has sha256:{found} where {digest} was stored"
            yield Finding(kind=FindingKind.OBJECT_INVALID, key=key, detail=detail)
        for found_record in _records(path, folder):
            capture = captures.pop(found_record.record.offset, None)
            if capture is not None:
                yield from _differences(capture, found_record)
        for capture in captures.values():
            yield _fault(capture, FaultKind.POINTER_WRONG, "no whole record begins where the capture points")


def _records(path: Path, folder: Path) -> Iterator[ForeignRecord]:
    try:
        for found in ForeignWarc(path, folder=folder).records():
            if isinstance(found, ForeignRecord):
                yield found
    except ImportFileError:
        return


def _differences(capture: IndexedCapture, found: ForeignRecord) -> Iterator[Finding]:
    record = found.record
    if (record.record_id, record.length, record.date) != (
        capture.record_id,
        capture.warc_length,
        capture.fetched_at,
    ):
        yield _fault(capture, FaultKind.RECORD_DIFFERS, f"the record here is {record.record_id}")
    elif record.type == "response":
        payload = StoredExchange(record).payload()
        computed = f"sha256:{hashlib.sha256(payload).hexdigest()}"
        if computed != capture.payload_digest:
            told = f"the payload has {computed}, the ledger says {capture.payload_digest}"
            yield _fault(capture, FaultKind.DIGEST_DIFFERS, told)


def _fault(capture: IndexedCapture, kind: FaultKind, detail: str) -> Finding:
    return Finding(
        kind=kind,
        key=capture.warc_key,
        detail=detail,
        offset=capture.warc_offset,
        capture_id=capture.capture_id,
        url=capture.url,
    )
