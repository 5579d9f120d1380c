"""The records of a capture, an article, a day or a source as one WARC or WACZ, byte for byte."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Self

from shared.cdxj import cdxj_file, replay_lines
from shared.composed_files import ComposedFile, LocalFile, Part, StoredRuns
from shared.errors import NotFoundError
from shared.evidence import EvidenceStore
from shared.exporting.collecting import Collected, collect
from shared.ledger.evidence_index import EvidenceIndex, WantedCapture
from shared.wacz import WARC_NAME, Package, PackagedPage, wacz_of

__all__ = ["Export", "Exported", "Exports", "Selection", "in_place_when_whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is to be exported: a capture, or an article, or a source, or one day (UTC) of a source."""

    capture_id: int | None = None
    article_id: str | None = None
    source_id: str | None = None
    day: date | None = None

    @property
    def title(self) -> str:
        """What the package is called."""
        if self.capture_id is not None:
            return f"Capture {self.capture_id}"
        if self.article_id is not None:
            return f"Article {self.article_id}"
        return f"{self.source_id}, {self.day}" if self.day else f"{self.source_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file of evidence that is composed and nowhere written."""

    file: ComposedFile
    sha256: str
    """Another one for other bytes: of a WARC its own SHA-256, of a WACZ that of its description."""
    found: Collected
    wanted: Sequence[WantedCapture]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What a written export holds."""

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
    """Receives how many captures were read, and of how many."""

    def telling(self, told: Callable[[int, int], object]) -> Self:
        """Return the same exports, which tell how far they are."""
        return replace(self, told=told)

    def survey(self, selection: Selection) -> tuple[int, int, int]:
        """Return how many captures an export would hold, how many that they repeat, and bytes of all of them.

        Raises:
            NotFoundError: There is no capture of it.
        """
        wanted = self.wanted(selection)
        originals = sum(one.is_original for one in wanted)
        return len(wanted) - originals, originals, sum(one.capture.warc_length for one in wanted)

    def wanted(self, selection: Selection) -> list[WantedCapture]:
        """Return the captures of a selection with those that their revisits repeat, by place.

        Raises:
            NotFoundError: There is none.
        """
        if selection.capture_id is not None:
            found = self.index.of_capture(selection.capture_id)
        elif selection.article_id is not None:
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

    def compose_warc(self, wanted: Sequence[WantedCapture]) -> Export:
        """Return a WARC with the exchanges of captures, their requests, and the warcinfo each belongs to.

        Raises:
            EvidenceMissingError: An object is not in the store; `pressmark verify` tells what else is wrong.
            RejectError: A stored record cannot be read.
            TryAgainError: The store did not answer.
        """
        found = self._collected(wanted)
        return Export(
            file=ComposedFile([self._stored(found)]), sha256=found.sha256, found=found, wanted=wanted
        )

    def compose_wacz(
        self, wanted: Sequence[WantedCapture], *, title: str, software: str, copy: Path | None = None
    ) -> Export:
        """Return a WACZ file with the same WARC, its index, and the pages a reader can begin at.

        Args:
            wanted: The captures.
            title: What the package is called.
            software: What it says made it.
            copy: A file into which the WARC is copied, so that the records are read once.

        Raises:
            EvidenceMissingError, RejectError, TryAgainError: As for `compose_warc`.
        """
        warc: Part
        if copy is None:
            found = self._collected(wanted)
            warc = self._stored(found)
        else:
            with copy.open("w+b") as file:
                found = self._collected(wanted, copy=file)
            warc = LocalFile(path=copy, size=found.size, crc=found.crc)
        lines = cdxj_file(found.entries, WARC_NAME).splitlines(keepends=True)
        wacz = wacz_of(
            Package(
                title=title,
                created=max(one.capture.fetched_at for one in wanted),
                software=software,
                warc=warc,
                warc_sha256=found.sha256,
                index=b"".join(replay_lines(lines)),
                pages=_pages(wanted),
            )
        )
        return Export(file=wacz.file, sha256=wacz.sha256, found=found, wanted=wanted)

    def warc(self, selection: Selection, target: Path) -> Exported:
        """Write the WARC of a selection; it is there only when all went well.

        Raises:
            NotFoundError: There is no capture of it.
            EvidenceMissingError, RejectError, TryAgainError: As for `compose_warc`.
        """
        wanted = self.wanted(selection)
        with in_place_when_whole(target) as path, path.open("w+b") as file:
            found = self._collected(wanted, copy=file)
        return _exported(wanted, found, target)

    def wacz(self, selection: Selection, target: Path, *, software: str) -> Exported:
        """Write the WACZ file of a selection; it is there only when all went well.

        Raises:
            NotFoundError, EvidenceMissingError, RejectError, TryAgainError: As for `warc`.
        """
        wanted = self.wanted(selection)
        with in_place_when_whole(target) as path:
            copy = path.with_name(WARC_NAME)
            made = self.compose_wacz(wanted, title=selection.title, software=software, copy=copy)
            made.file.write(path)
        return _exported(wanted, made.found, target)

    def _collected(self, wanted: Sequence[WantedCapture], *, copy: IO[bytes] | None = None) -> Collected:
        return collect(wanted, index=self.index, store=self.evidence, copy=copy, told=self.told)

    def _stored(self, found: Collected) -> StoredRuns:
        def read(key: str, offset: int, length: int) -> bytes:
            return self.evidence.get_range(key, offset=offset, length=length)

        return StoredRuns(found.runs, crc=found.crc, read=read)


@contextmanager
def in_place_when_whole(target: Path) -> Iterator[Path]:
    """Give a path beside the target in a folder of its own, and put the file in its place when all went well."""
    with tempfile.TemporaryDirectory(prefix=".pressmark-", dir=target.parent) as folder:
        path = Path(folder) / "export"
        yield path
        path.replace(target)


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


def _exported(wanted: Sequence[WantedCapture], found: Collected, target: Path) -> Exported:
    originals = sum(one.is_original for one in wanted)
    return Exported(
        captures=len(wanted) - originals,
        originals=originals,
        records=len(found.members),
        bytes=target.stat().st_size,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
