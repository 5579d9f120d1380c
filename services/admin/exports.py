"""Exports of evidence: the records of an article, a day or a source as one WARC or WACZ, byte for byte."""

import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import IO, Self

from shared.cdxj import CdxjEntry, cdxj_file, entries_of, replay_lines
from shared.errors import NotFoundError
from shared.evidence import EvidenceStore
from shared.ledger.evidence_index import EvidenceIndex, IndexedCapture, WantedCapture
from shared.sorted_lines import SortedLines
from shared.wacz import Package, PackagedPage, write_wacz
from shared.warc_reading import WarcReadError, parse_record, read_members

__all__ = ["Exported", "Exports", "Selection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is to be exported: an article, or a source, or one day (UTC) of a source."""

    article_id: str | None = None
    source_id: str | None = None
    day: date | None = None

    @property
    def title(self) -> str:
        """What the package is called."""
        if self.article_id is not None:
            return f"Article {self.article_id}"
        return f"{self.source_id}, {self.day}" if self.day else f"{self.source_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export holds."""

    captures: int
    """Captures asked for."""
    originals: int
    """Captures that came along because a revisit repeats their payload."""
    records: int
    """WARC records, all kinds together."""
    bytes: int
    """Size of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """Copies records out of the store. Whole gzip members are copied, so every digest and proof holds."""

    index: EvidenceIndex
    evidence: EvidenceStore
    told: Callable[[int, int], object] = lambda _done, _total: None
    """Receives how many captures were copied, and of how many."""

    def telling(self, told: Callable[[int, int], object]) -> Self:
        """Return the same exports, which tell how far they are."""
        return replace(self, told=told)

    def survey(self, selection: Selection) -> tuple[int, int, int]:
        """Return how many captures an export would hold, how many that they repeat, and bytes of all of them.

        Raises:
            NotFoundError: There is no capture of it.
        """
        wanted = self._wanted(selection)
        originals = sum(one.is_original for one in wanted)
        return len(wanted) - originals, originals, sum(one.capture.warc_length for one in wanted)

    def warc(self, selection: Selection, target: Path) -> Exported:
        """Write a WARC with the exchanges of a selection, their requests, and the warcinfo each belongs to.

        Raises:
            NotFoundError: There is no capture of it.
            EvidenceMissingError: An object is not in the store; `pressmark verify` tells what else is wrong.
            WarcReadError: A stored record cannot be read.
        """
        wanted = self._wanted(selection)
        with _in_place_when_whole(target) as path:
            records, _ = self._copy(wanted, path)
        return _exported(wanted, records, target)

    def wacz(self, selection: Selection, target: Path, *, software: str) -> Exported:
        """Write a WACZ file with the same WARC, its index, and the pages a reader can begin at.

        Raises:
            NotFoundError, EvidenceMissingError, WarcReadError: As for `warc`.
        """
        wanted = self._wanted(selection)
        with _in_place_when_whole(target) as path:
            warc = path.with_name("data.warc.gz")
            records, entries = self._copy(wanted, warc)
            package = Package(
                title=selection.title,
                created=max(one.capture.fetched_at for one in wanted),
                software=software,
                warc=warc,
                index=b"".join(replay_lines(cdxj_file(entries, warc.name).splitlines(keepends=True))),
                pages=_pages(wanted),
            )
            write_wacz(package, path)
        return _exported(wanted, records, target)

    def replay_index(self, target: Path) -> int:
        """Write one index of all objects for replay tools, and return how many lines it has.

        Raises:
            TryAgainError: The store did not answer.
        """
        count = 0
        with _in_place_when_whole(target) as path, SortedLines() as lines, path.open("wb") as file:
            piece = path.with_name("piece.cdxj")
            for key in self.evidence.keys("cdxj/"):
                self.evidence.download(key, piece)
                with piece.open("rb") as one:
                    for line in one:
                        lines.add(line)
            for line in replay_lines(lines):
                file.write(line)
                count += 1
        return count

    def _wanted(self, selection: Selection) -> list[WantedCapture]:
        if selection.article_id is not None:
            found = self.index.of_article(selection.article_id)
        elif selection.source_id is not None:
            first = _midnight(selection.day) if selection.day else None
            after = first + timedelta(days=1) if first else None
            found = self.index.of_source(selection.source_id, first=first, after=after)
        else:
            found = []
        if not found:
            raise NotFoundError(
                f"there is no capture of {selection.title!r}; "
                "'pressmark articles' and 'pressmark source list' show what there is"
            )
        return found

    def _copy(self, wanted: Sequence[WantedCapture], target: Path) -> tuple[int, list[CdxjEntry]]:
        """Copy the members and return how many there are, with the index entries of where they lie now."""
        digests = {
            one.capture.record_id: one.capture.payload_digest
            for one in wanted
            if one.capture.payload_digest is not None
        }
        with target.open("wb") as file:
            writer, done = _Writer(file, digests), 0
            for key, group in groupby(wanted, key=lambda one: one.capture.warc_key):
                captures = [one.capture for one in group]
                self._copy_object(key, captures, writer)
                done += len(captures)
                self.told(done, len(wanted))
        return writer.records, writer.entries

    def _copy_object(self, key: str, captures: Sequence[IndexedCapture], writer: "_Writer") -> None:
        size = self.evidence.size(key) or 0
        starts, parts = self.index.boundaries_of(key)
        edges = sorted({*starts, *parts, size})
        written_part: int | None = None
        for capture in captures:
            part = parts[bisect_right(parts, capture.warc_offset) - 1]
            if part != written_part:
                # What stands before the first capture of a part is the warcinfo all its records belong to.
                writer.warcinfo(self.evidence.get_range(key, offset=part, length=_next(edges, part) - part))
                written_part = part
            end = _next(edges, capture.warc_offset)
            members = self.evidence.get_range(
                key, offset=capture.warc_offset, length=end - capture.warc_offset
            )
            writer.exchange(members, capture.record_id)


class _Writer:
    """Appends gzip members as they are, and notes where each exchange comes to lie."""

    def __init__(self, file: IO[bytes], digests: dict[str, str]) -> None:
        self._file = file
        self._digests = digests
        self._offset = 0
        self.records = 0
        self.entries: list[CdxjEntry] = []

    def warcinfo(self, data: bytes) -> None:
        """Append the warcinfo that begins here, and those of other makers that follow it in an imported object."""
        written = 0
        for offset, length, content in read_members(data):
            if parse_record(content, offset=offset, length=length).type != "warcinfo":
                break
            self._append(data[offset : offset + length])
            written += 1
        if not written:
            raise WarcReadError(0, "no warcinfo begins here; run 'pressmark verify'")

    def exchange(self, data: bytes, record_id: str) -> None:
        """Append the record of this id, which is the first, and those that belong to it."""
        found = False
        for offset, length, content in read_members(data):
            record = parse_record(content, offset=self._offset, length=length)
            found = found or record.record_id == record_id
            if record_id in (record.record_id, record.concurrent_to):
                self.entries.extend(entries_of([record], self._digests))
                self._append(data[offset : offset + length])
        if not found:
            raise WarcReadError(
                0, f"the record {record_id} is not where the ledger says; run 'pressmark verify'"
            )

    def _append(self, member: bytes) -> None:
        self._file.write(member)
        self._offset += len(member)
        self.records += 1


@contextmanager
def _in_place_when_whole(target: Path) -> Iterator[Path]:
    """Give a path beside the target in a folder of its own, and put the file in its place when all went well."""
    with tempfile.TemporaryDirectory(prefix=".pressmark-", dir=target.parent) as folder:
        path = Path(folder) / "export"
        yield path
        path.replace(target)


def _next(edges: Sequence[int], offset: int) -> int:
    return edges[bisect_right(edges, offset)]


def _pages(wanted: Sequence[WantedCapture]) -> list[PackagedPage]:
    """Return the articles that were seen, the first seen first; each look at one is a page of its own."""
    seen = [
        one
        for one in wanted
        if one.capture.kind == "article" and one.capture.status == 200 and not one.is_original
    ]
    return [
        PackagedPage(
            page_id=str(one.capture.capture_id),
            url=one.capture.url,
            at=one.capture.fetched_at,
            title=one.title,
        )
        for one in sorted(seen, key=lambda one: (one.capture.fetched_at, one.capture.capture_id))
    ]


def _exported(wanted: Sequence[WantedCapture], records: int, target: Path) -> Exported:
    originals = sum(one.is_original for one in wanted)
    return Exported(
        captures=len(wanted) - originals, originals=originals, records=records, bytes=target.stat().st_size
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
