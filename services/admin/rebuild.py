"""Makes a ledger anew of the object store alone: sources, targets, captures, and by them articles and history.

It surveys what objects there are, then restores batch after batch in the order of time, each in one transaction,
and rings for the normalizer, which reads them as it read them first. Every step may be repeated, so a rebuild
that was killed is finished by running it again; what the ledger knows already is left as it is.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import structlog

from services.admin.actions import Actions
from services.admin.source_book import SourceBook
from services.admin.stored_looks import KnownSources, looks_in, origin_of
from shared.errors import RejectError, TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger.merging import MergeError, Merging
from shared.ledger.registry import SourceRow
from shared.ledger.restoring import FoundPart, ImportOrigin, Manners, RestoredLook, Restoring
from shared.messages import AcceptLinks, NormalizeBatch
from shared.scratch import mapped
from shared.sources import SourceFile, dump_source, load_source
from shared.warc_reading import StoredRecord, WarcReadError, read_records

__all__ = ["Rebuild", "Survey"]

log = structlog.get_logger(__name__)

_PREFIXES = ("warc/", "imported/")
_END = ".warc.gz"
_FIRST_BYTES = 16 * 1024
"""What holds the first record of an object; it has some hundred bytes."""
_AT_ONCE = 100
_TRIES = 30
_PAUSE_SECONDS = 1.0
_SILENCE = timedelta(minutes=3)
"""Without any batch read for so long, nobody reads: no normalizer runs."""

Advance = Callable[[int, int | None], None]
Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the object store holds, by the names of its objects."""

    objects: tuple[str, ...]
    sealed: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """The sealed ones first: what lies in them and for itself, too, is found there."""
        return (*self.sealed, *self.objects)


@dataclass(slots=True, kw_only=True)
class Rebuild:
    """One run."""

    restoring: Restoring
    evidence: EvidenceStore
    orders: Actions
    book: SourceBook
    merging: Merging
    advance: Advance = lambda _done, _total: None
    """Receives how many batches are restored and read, of twice as many as there are."""
    tell: Tell = lambda _: None
    """Receives each object that could not be read."""
    pause: Callable[[float], None] = time.sleep
    silence: timedelta = _SILENCE
    _sources: KnownSources = field(init=False)

    def survey(self) -> Survey:
        """List what the store holds."""
        keys = [key for prefix in _PREFIXES for key in self.evidence.keys(prefix) if key.endswith(_END)]
        sealed = tuple(key for key in keys if _name(key).startswith("sealed-"))
        return Survey(objects=tuple(key for key in keys if key not in set(sealed)), sealed=sealed)

    def run(self) -> dict[str, Any]:
        """Restore what the ledger lacks, wait until it is read, and return what was done.

        Raises:
            TryAgainError: the store, the ledger or the broker does not answer, or nobody reads. Run it again.
        """
        book = self.book.read()
        self._restore_sources(book.sources)
        survey = self.survey()
        self._find_parts(survey)
        remaining = {_name(key) for key in survey.objects}
        while parts := self.restoring.left(limit=_AT_ONCE):
            for part in parts:
                self._restore_patiently(part, part_remains=_name(part.written_key) in remaining)
                self._told_progress()
        self._await_reading()
        merges = self._repeat_merges(book.merges)
        self.orders.resume_lists()
        counts = self.restoring.counts()
        return {
            "objects": len(survey.all),
            "batches": {"restored": counts.restored, "known": counts.known, "unreadable": counts.unreadable},
            "captures": counts.captures,
            "sources": len(self._sources.files),
            "sources_made_up": sorted(self._sources.made_up),
            "merges": merges,
        }

    def _restore_sources(self, rows: Sequence[SourceRow]) -> None:
        known = {row.source_id for row in self.orders.registry.every()}
        for row in rows:
            if row.source_id not in known:
                self.orders.restore_source(row.definition, is_removed=row.removed_at is not None)
        files = {row.source_id: load_source(row.definition) for row in self.orders.registry.every()}
        self._sources = KnownSources(files=files)

    def _find_parts(self, survey: Survey) -> None:
        done = self.restoring.surveyed()
        written = {_name(key): key for key in survey.objects}
        for key in survey.all:
            if key in done:
                continue
            is_sealed = key in survey.sealed
            parts = self._sealed_parts(key, written) if is_sealed else [self._whole(key)]
            self.restoring.add_parts(key, parts, is_sealed=is_sealed)
            self._told_progress()

    def _whole(self, key: str) -> FoundPart:
        size = self.evidence.size(key) or 0
        try:
            first = next(read_records(self.evidence.get_range(key, offset=0, length=min(size, _FIRST_BYTES))))
            begun_at = first.date
        except RejectError:
            # What is wrong with it is told when it is restored.
            begun_at = self.evidence.modified_at(key) or datetime.now(UTC)
        return FoundPart(
            batch_id=_name(key).removesuffix(_END),
            object_key=key,
            written_key=key,
            part_offset=0,
            part_length=size,
            begun_at=begun_at,
            is_sealed=False,
        )

    def _sealed_parts(self, key: str, written: Mapping[str, str]) -> list[FoundPart]:
        """Find the parts of a sealed object: each begins with the record that names its file."""
        with tempfile.TemporaryDirectory(prefix="pressmark-") as folder:
            path = Path(folder) / "sealed"
            self.evidence.download(key, path)
            with path.open("rb") as file:
                data = mapped(file)
                size = len(data)
                infos = [record for record in _until_damage(data) if record.type == "warcinfo"]
        ends = [*(info.offset for info in infos), size]
        parts = []
        for info, (begin, end) in zip(infos, pairwise(ends), strict=True):
            name = info.header("WARC-Filename") or f"part-{begin}-of-{_name(key)}"
            parts.append(
                FoundPart(
                    batch_id=name.removesuffix(_END),
                    object_key=key,
                    written_key=written.get(name, f"warc/{info.date:%Y/%m/%d}/{name}"),
                    part_offset=begin,
                    part_length=end - begin,
                    begun_at=info.date,
                    is_sealed=True,
                )
            )
        return parts

    def _restore_patiently(self, part: FoundPart, *, part_remains: bool) -> None:
        for tries in range(1, _TRIES + 1):
            try:
                self._restore(part, part_remains=part_remains)
            except TryAgainError:
                if tries == _TRIES:
                    raise
                self.pause(_PAUSE_SECONDS)
            else:
                return

    def _restore(self, part: FoundPart, *, part_remains: bool) -> None:
        if self.restoring.is_known(part.batch_id):
            self.restoring.end(part, "known")
            return
        try:
            looks, origin = self._read(part)
        except RejectError as error:
            self.restoring.end(part, "unreadable", str(error))
            self.tell({"key": part.object_key, "offset": part.part_offset, "error": str(error)})
            return
        if not looks:
            self.restoring.end(part, "restored", "it holds no look")
            return
        manners = {one.source_id: _manners(self._sources.files[one.source_id]) for one in looks}
        self.restoring.restore(part, looks, manners, origin=origin, part_remains=part_remains)
        bus = self.orders.bus
        if origin is None:
            bus.publish(AcceptLinks(batch_id=part.batch_id))
        bus.publish(NormalizeBatch(batch_id=part.batch_id))

    def _read(self, part: FoundPart) -> tuple[list[RestoredLook], ImportOrigin | None]:
        data = self.evidence.get_range(part.object_key, offset=part.part_offset, length=part.part_length)
        records = list(_until_damage(data))
        if not records:
            raise WarcReadError(part.part_offset, "no record can be read")
        last = records[-1]
        if last.offset + last.length < len(data):
            told = "it is damaged from here on; what stands before is restored"
            self.tell({"key": part.object_key, "offset": part.part_offset + last.offset, "error": told})
        origin = origin_of(records[0], digest=sha256(data).hexdigest())
        known = set(self._sources.made_up)
        looks = looks_in(records, self._sources, origin=origin)
        for source_id in self._sources.made_up.keys() - known:
            self.orders.restore_source(dump_source(self._sources.made_up[source_id]))
        return looks, origin

    def _told_progress(self) -> None:
        counts = self.restoring.counts()
        self.advance(counts.done, 2 * counts.parts)

    def _await_reading(self) -> None:
        """Wait for the normalizers; the ledger is asked how far they are."""
        counts, least, since = self.restoring.counts(), None, time.monotonic()
        while unread := self.restoring.unread():
            if least is None or unread < least:
                least, since = unread, time.monotonic()
            elif time.monotonic() - since > self.silence.total_seconds():
                raise TryAgainError(
                    f"everything is restored, but nobody reads the {unread} batches that are left. "
                    "Start a normalizer and run this again"
                )
            self.advance(2 * counts.parts - unread, 2 * counts.parts)
            self.pause(_PAUSE_SECONDS)

    def _repeat_merges(self, told: Sequence[Mapping[str, Any]]) -> int:
        """Merge and part again what operators had merged and parted, and return how much of it there was."""
        repeated = 0
        for one in told:
            try:
                repeated += self._repeat_merge(one)
            except (MergeError, RejectError) as error:
                self.tell({"merge": f"{one['loser']} into {one['winner']}", "error": str(error)})
        return repeated

    def _repeat_merge(self, told: Mapping[str, Any]) -> bool:
        pair = {told["winner"], told["loser"]}
        standing = [one for one in self.merging.merges(told["loser"]) if {one.winner, one.loser} == pair]
        if any(one.unmerged_at is not None for one in standing) and told["is_parted"]:
            return False
        merged = next((one for one in standing if one.unmerged_at is None), None)
        if merged is None:
            self.merging.merge(told["winner"], told["loser"], by=told["by"], reason=told["reason"])
            standing = self.merging.merges(told["loser"])
            merged = next(one for one in standing if one.unmerged_at is None)
        elif not told["is_parted"]:
            return False
        if told["is_parted"]:
            self.merging.unmerge(
                merged.merge_id, by=told["parted_by"] or "", reason=told["parted_reason"] or ""
            )
        return True


def _until_damage(data: bytes | memoryview) -> Iterator[StoredRecord]:
    try:
        yield from read_records(data)
    except WarcReadError as error:
        log.warning("part_damaged", offset=error.offset, reason=error.reason)


def _manners(source: SourceFile) -> Manners:
    return Manners(
        delay=source.politeness.delay,
        concurrency=source.politeness.concurrency,
        look_within=source.recheck.then_every,
    )


def _name(key: str) -> str:
    return key.rpartition("/")[2]
