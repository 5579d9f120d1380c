"""Imports the records of somebody else: read, judge, choose, store as they are, record, and ring for a normalizer.

Every step may be repeated. An object is stored before its captures are recorded, in one transaction, and a record
that is recorded is known by its id from then on. So an import that was killed is finished by running it again.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import structlog

from services.admin.foreign_exchanges import FoundExchange, NoExchange, exchange_of
from services.admin.foreign_warc import DamagedRecord, ForeignWarc
from services.admin.import_objects import ObjectWriter, provenance_member
from services.admin.import_plan import ImportCounts, ImportPlan, Taken, grouped
from services.admin.import_scope import ImportScope
from services.admin.imports import ImportFileError
from shared.bus import Bus, new_trace
from shared.candidates import candidate, with_robots
from shared.cdxj import CONTENT_TYPE as CDXJ_TYPE
from shared.cdxj import cdxj_file, cdxj_key
from shared.clock import Clock
from shared.evidence import EvidenceStore
from shared.ledger.frontier import Candidate, TargetKind
from shared.ledger.imports import (
    ImportedCapture,
    ImportedFile,
    ImportedObject,
    Imports,
    KnownTarget,
    RejectedRecord,
    TakenBy,
)
from shared.media_types import WARC_TYPE
from shared.messages import NormalizeBatch
from shared.sources import SourceFile
from shared.wacz_reading import WaczFile
from shared.warc_reading import StoredRecord

__all__ = ["ImportRequest", "RecordImport", "is_record_file"]

log = structlog.get_logger(__name__)

IMPORTED = "imported/"
"""What begins the key of every object with records of somebody else."""
_AT_ONCE = 2000
Progress = Callable[[ImportCounts], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What an operator wants imported."""

    path: Path
    source: SourceFile
    imported_by: str
    takes_all: bool = False
    """Take every page of the file, whatever the link rules of the source say."""
    looks_now: bool = False
    """Look at the new addresses ourselves at once, not some time within the source's longest interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordImport:
    """What it takes to import records."""

    imports: Imports
    evidence: EvidenceStore
    bus: Bus
    clock: Clock
    software: str

    def dry_run(self, request: ImportRequest, *, progress: Progress) -> ImportCounts:
        """Count what an import would take, and change nothing.

        Raises:
            ImportFileError: the file holds no WARC record that can be read.
            WaczError: it is a WACZ that is not what it says.
        """
        plan = _plan_of(request)
        with tempfile.TemporaryDirectory(prefix="pressmark-") as folder:
            for part, warc in _parts(request.path, Path(folder)):
                scan = _scan(warc, part, plan, clock=self.clock)
                plan.counts.captures += len(self._chosen(scan, plan)[0])
                progress(plan.counts)
        return plan.counts

    def run(self, request: ImportRequest, *, progress: Progress) -> ImportCounts:
        """Import a file, or what is left to import of it, and return what became of its records in this run.

        Raises:
            ImportFileError, WaczError: as for `dry_run`.
            TryAgainError: the store, the ledger or the broker did not answer. Run it again.
        """
        plan = _plan_of(request)
        digest = _digest_of(request.path)
        file = ImportedFile(
            source_id=request.source.id,
            name=request.path.name,
            digest=digest,
            bytes=request.path.stat().st_size,
            format="wacz" if _is_zip(request.path) else "warc",
            imported_by=request.imported_by,
        )
        with tempfile.TemporaryDirectory(prefix="pressmark-") as name:
            folder = Path(name)
            import_id = ""
            for part, warc in _parts(request.path, folder):
                scan = _scan(warc, part, plan, clock=self.clock)
                taken, unresolved = self._chosen(scan, plan)
                import_id = import_id or self.imports.begin(file)
                self.imports.reject(import_id, [*scan.rejected, *map(_unresolved, unresolved)])
                run = _Run(request=request, file=file, import_id=import_id, scan=scan)
                for group in grouped(taken):
                    self._store(group, run, plan, folder)
                    progress(plan.counts)
        self.imports.finish(import_id, asdict(plan.counts))
        return plan.counts

    def _chosen(self, scan: "_Scan", plan: ImportPlan) -> tuple[list[Taken], list[FoundExchange]]:
        wanted = {one.url_key for one in scan.exchanges}
        wanted |= {one.refers_to_key for one in scan.exchanges if one.refers_to_key is not None}
        keys = sorted(wanted)
        known: dict[bytes, KnownTarget] = {}
        for at in range(0, len(keys), _AT_ONCE):
            known |= self.imports.known(keys[at : at + _AT_ONCE])
        return plan.choose(scan.exchanges, known)

    def _store(self, group: Sequence[Taken], run: "_Run", plan: ImportPlan, folder: Path) -> None:
        """Write, store, index and record one object, then ring for its pages to be read."""
        now, batch_id, trace_id = self.clock.now(), str(uuid4()), new_trace()
        key = f"{IMPORTED}{now:%Y/%m/%d}/{batch_id}.warc.gz"
        path = folder / "object.warc.gz"
        first = provenance_member(
            run.file,
            part=run.scan.part,
            recompressed=run.scan.warc.is_recompressed,
            at=now,
            software=self.software,
        )
        with path.open("wb") as file:
            writer = ObjectWriter(file, run.scan.warc)
            writer.append(first)
            for member in run.scan.warcinfos_of([one.exchange for one in group]):
                writer.append(member)
            captures = [self._capture(one, writer.exchange(one.exchange, run.scan.beside)) for one in group]
        self.evidence.put(key, path, content_type=WARC_TYPE)
        self.evidence.put(cdxj_key(key), cdxj_file(writer.entries, key), content_type=CDXJ_TYPE)
        stored = ImportedObject(
            key=key,
            batch_id=batch_id,
            trace_id=trace_id,
            part=run.scan.part,
            digest=_digest_of(path),
            bytes=path.stat().st_size,
            recompressed=run.scan.warc.is_recompressed,
        )
        recorded = self.imports.record(
            run.import_id,
            stored,
            captures,
            taken_by=_taken_by(run.request),
            robots=_robots(captures, run.request),
        )
        plan.counts.captures += recorded
        plan.counts.objects += 1
        plan.counts.recompressed += recorded if stored.recompressed else 0
        self.bus.publish(NormalizeBatch(batch_id=batch_id), trace_id=trace_id)
        log.info("records_imported", key=key, captures=recorded, bytes=stored.bytes)

    @staticmethod
    def _capture(taken: Taken, place: tuple[int, int]) -> ImportedCapture:
        one = taken.exchange
        return ImportedCapture(
            target=candidate(one.url, taken.kind),
            fetched_at=one.date,
            status=one.status,
            reason=one.reason,
            content_type=one.content_type,
            redirect_to=one.redirect_to,
            payload_digest=one.payload_digest,
            record_id=one.record_id,
            warc_offset=place[0],
            warc_length=place[1],
            truncated=one.truncated,
            ip=one.ip,
            is_good=one.reason is None,
            original_key=taken.original_key,
            original_record=taken.original_record,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One part of one run."""

    request: ImportRequest
    file: ImportedFile
    import_id: str
    scan: "_Scan"


class _Scan:
    """What one WARC holds: its looks, what stands beside each, and what was left out."""

    def __init__(self, warc: ForeignWarc, part: str) -> None:
        self.warc = warc
        self.part = part
        self.exchanges: list[FoundExchange] = []
        self.rejected: list[RejectedRecord] = []
        self.beside: dict[str, list[tuple[int, int]]] = {}
        """Places of the requests and metadata of a look, by the id of either."""
        self.warcinfos: dict[str, tuple[int, int]] = {}
        self.records = 0

    def warcinfos_of(self, exchanges: Sequence[FoundExchange]) -> Iterator[bytes]:
        """Yield the warcinfo records that these looks name, as they are."""
        for record_id in dict.fromkeys(one.warcinfo_id for one in exchanges):
            if record_id in self.warcinfos:
                yield self.warc.member_at(*self.warcinfos[record_id])


def _scan(warc: ForeignWarc, part: str, plan: ImportPlan, *, clock: Clock) -> _Scan:
    """Read a whole WARC once and keep of each record only what is needed to find it again."""
    scan, now = _Scan(warc, part), clock.now()
    latest_warcinfo: str | None = None
    for found in warc.records():
        if isinstance(found, DamagedRecord):
            plan.counts.damaged += 1
            scan.rejected.append(
                RejectedRecord(part=part, offset=found.offset, record_id=None, url=None, reason=found.reason)
            )
            continue
        scan.records += 1
        record = found.record
        place = (record.offset, record.length)
        if record.type == "warcinfo":
            latest_warcinfo = record.record_id
            scan.warcinfos[record.record_id] = place
        judged = exchange_of(found, part=part, now=now)
        if isinstance(judged, FoundExchange):
            scan.exchanges.append(replace(judged, warcinfo_id=judged.warcinfo_id or latest_warcinfo))
        elif judged.is_damaged:
            plan.counts.damaged += 1
            scan.rejected.append(_rejected(part, record, judged))
        else:
            plan.counts.other_records += 1
            for record_id in {record.concurrent_to, record.record_id} - {None}:
                scan.beside.setdefault(str(record_id), []).append(place)
    if not scan.records:
        raise ImportFileError("no WARC record can be read in this file; is it damaged from its beginning?")
    return scan


def _rejected(part: str, record: StoredRecord, judged: NoExchange) -> RejectedRecord:
    return RejectedRecord(
        part=part,
        offset=record.offset,
        record_id=record.record_id,
        url=record.target_uri,
        reason=judged.reason,
    )


def _unresolved(one: FoundExchange) -> RejectedRecord:
    reason = "it repeats a record that is neither in the file nor in the archive"
    return RejectedRecord(
        part=one.part, offset=one.offset, record_id=one.record_id, url=one.url, reason=reason
    )


def is_record_file(path: Path) -> bool:
    """Tell whether a file is a WARC or a WACZ by its first bytes; else it is taken for a list."""
    with path.open("rb") as file:
        start = file.read(5)
    return start.startswith((b"\x1f\x8b", b"PK\x03\x04", b"WARC/"))


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def _parts(path: Path, folder: Path) -> Iterator[tuple[str, ForeignWarc]]:
    """Yield the WARCs of a file, each under its name within the file."""
    if not _is_zip(path):
        yield "", ForeignWarc(path, folder=folder)
        return
    with closing(WaczFile(path)) as wacz:
        for warc in wacz.warcs:
            unpacked = folder / "part"
            wacz.extract(warc, unpacked)
            yield warc.path, ForeignWarc(unpacked, folder=folder)
            unpacked.unlink()


def _plan_of(request: ImportRequest) -> ImportPlan:
    return ImportPlan(
        source_id=request.source.id, scope=ImportScope(request.source), takes_all=request.takes_all
    )


def _taken_by(request: ImportRequest) -> TakenBy:
    source = request.source
    return TakenBy(
        source_id=source.id,
        delay=source.politeness.delay,
        concurrency=source.politeness.concurrency,
        look_within=timedelta(0) if request.looks_now else source.recheck.then_every,
    )


def _robots(captures: Sequence[ImportedCapture], request: ImportRequest) -> list[Candidate]:
    offered = with_robots([one.target for one in captures], request.source)
    own = {one.target.url_key for one in captures}
    return [one for one in offered if one.kind is TargetKind.ROBOTS and one.url_key not in own]


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
