"""Holds everything stored against the ledger: does each capture have its evidence, and each record its capture?

Nothing is taken on trust: every object is read whole, every gzip member inflated, every digest computed again.
A damaged place does not hide what comes after it, because the next member is looked for by its first bytes.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from typing import IO

from services.admin.object_scan import Finding, FindingKind, ObjectScan
from services.admin.second_reader import disagreement
from shared.cdxj import CONTENT_TYPE, cdxj_key
from shared.clock import Clock
from shared.evidence import EvidenceMissingError, EvidenceStore
from shared.ledger.evidence_index import EvidenceIndex, IndexedCapture, LooksOf
from shared.sorted_lines import SortedLines

__all__ = ["EVERYTHING", "Finding", "FindingKind", "Verification", "Verified"]

EVERYTHING = LooksOf()
_WARCS = "warc/"
_LONGEST_LINE = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Verified:
    """How much has been looked at."""

    objects: int = 0
    expected: int = 0
    """Objects there are to look at."""
    captures: int = 0
    records: int = 0
    bytes: int = 0


def _told_to_nobody(_verified: Verified) -> None:
    """Tell nobody how far the work is."""


@dataclass(slots=True, kw_only=True)
class Verification:
    """Checks the store and the ledger against each other. It changes nothing, but for indexes if asked to."""

    index: EvidenceIndex
    evidence: EvidenceStore
    clock: Clock
    mend_indexes: bool = False
    """Write an index that is missing or differs again. It is made of the object, so nothing is lost."""
    told: Callable[[Verified], None] = _told_to_nobody
    """Called after each object."""
    verified: Verified = field(default_factory=Verified)

    def findings(self, looks: LooksOf = EVERYTHING) -> Iterator[Finding]:
        """Yield what is found, object by object.

        Args:
            looks: Only the objects that hold such captures; orphan objects are looked for only among all.

        Raises:
            TryAgainError: The store or the ledger did not answer.
        """
        # The store is listed first: what is written from now on is not taken for an orphan.
        stored = list(self.evidence.keys(_WARCS)) if looks.is_everything else []
        known = self.index.keys(looks)
        self.verified.expected = len(known)
        for key in known:
            yield from self.findings_of(key)
        if looks.is_everything:
            expected = self.index.superseded().union(known)
            for key in stored:
                if key not in expected and next(self.index.each_capture_of(key), None) is None:
                    yield self._without_captures(key)

    def findings_of(self, key: str) -> Iterator[Finding]:
        """Yield what is found about one object.

        Raises:
            TryAgainError: The store or the ledger did not answer.
        """
        yield from self._object(key)
        self.told(self.verified)

    def _object(self, key: str) -> Iterator[Finding]:
        captures = self.index.each_capture_of(key)
        first = next(captures, None)
        if first is None:
            return  # Compaction moved them since the keys were listed; they are met under their new key.
        self.verified.objects += 1
        with tempfile.TemporaryDirectory(prefix="pressmark-") as folder, SortedLines() as lines:
            path = Path(folder) / "object"
            try:
                self.evidence.download(key, path)
            except EvidenceMissingError:
                count = 1 + sum(1 for _ in captures)
                self.verified.captures += count
                detail = f"{count} captures point into an object that is not in the store"
                yield Finding(kind=FindingKind.OBJECT_MISSING, key=key, detail=detail)
                return
            is_sound = True
            for finding in chain(
                self._size(key, path), self._content(key, path, chain([first], captures), lines)
            ):
                is_sound = False
                yield finding
            if is_sound:
                yield from self._index(key, lines, Path(folder) / "index")

    def _size(self, key: str, path: Path) -> Iterator[Finding]:
        """Find a cut between two records, which leaves a good object with fewer of them, by the length alone."""
        expected, size = self.index.size_of(key), path.stat().st_size
        self.verified.bytes += size
        if expected not in (None, size):
            detail = f"the object has {size} bytes where {expected} were stored"
            yield Finding(kind=FindingKind.OBJECT_SIZE, key=key, detail=detail)

    def _content(
        self, key: str, path: Path, captures: Iterator[IndexedCapture], lines: SortedLines
    ) -> Iterator[Finding]:
        with path.open("rb") as file:
            scan = ObjectScan(key, file, captures, lines=lines, is_sealed=self.index.is_sealed(key))
            yield from scan.findings()
        self.verified.records += scan.records
        self.verified.captures += scan.captures
        if scan.is_sound and (told := disagreement(path, records=scan.records)) is not None:
            yield Finding(kind=FindingKind.READERS_DISAGREE, key=key, detail=told)

    def _index(self, key: str, lines: SortedLines, path: Path) -> Iterator[Finding]:
        try:
            self.evidence.download(cdxj_key(key), path)
        except EvidenceMissingError:
            kind, detail = FindingKind.INDEX_MISSING, "the object has no index beside it"
        else:
            with path.open("rb") as file:
                if all(ours == stored for ours, stored in zip_longest(lines, _lines_of(file))):
                    return
            kind, detail = FindingKind.INDEX_DIFFERS, "the index is not that of the object"
        if self.mend_indexes:
            with path.open("wb") as file:
                file.writelines(lines)
            self.evidence.put(cdxj_key(key), path, content_type=CONTENT_TYPE)
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


def _lines_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of an index; one that is too long for any comes in pieces, which are no lines of ours."""
    while line := file.readline(_LONGEST_LINE):
        yield line
