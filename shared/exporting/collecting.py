"""Finds the records of captures in the store, and notes all that a file of them needs to be made without a copy.

One pass in bounded memory: of each record its place, its digest and its line in the index are kept, of its bytes
nothing. The gzip check sums are verified on the way, so what cannot be read is found before anything is given out.
"""

import hashlib
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import IO, Protocol

from shared.cdxj import INDEXED_TYPES, CdxjEntry, base32_of, entry_of
from shared.composed_files import PIECE_BYTES, Run
from shared.evidence import EvidenceMissingError
from shared.ledger.evidence_index import IndexedCapture, WantedCapture
from shared.warc_reading import RangeReader, StoredExchange, WarcReadError
from shared.warc_streams import MeasuredRecord, RecordStream

__all__ = ["Collected", "Member", "ObjectIndex", "collect"]


class ObjectIndex(Protocol):
    """What knows where captures begin in an object; the ledger's index does."""

    def boundaries_of(self, key: str) -> tuple[list[int], list[int]]:
        """Return where captures begin in an object, and where its parts do."""
        ...

    def size_of(self, key: str) -> int | None:
        """Return how many bytes an object must have, or None where that is not known."""
        ...


class SizedReader(RangeReader, Protocol):
    """What can tell how large a stored object is, too."""

    def size(self, key: str) -> int | None:
        """Return the bytes of an object, or None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """A record in the file that is composed."""

    offset: int
    length: int
    digest: bytes
    """SHA-256 of its gzip member."""


@dataclass(slots=True)
class Collected:
    """The records of captures, in the order of their places."""

    runs: list[Run] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    entries: list[CdxjEntry] = field(default_factory=list)
    """Their lines in the index of the file that is composed."""
    size: int = 0
    crc: int = 0
    sha256: str = hashlib.sha256().hexdigest()
    """Of all their bytes one after the other."""


def collect(
    wanted: Sequence[WantedCapture],
    *,
    index: ObjectIndex,
    store: SizedReader,
    copy: IO[bytes] | None = None,
    told: Callable[[int, int], object] = lambda _done, _total: None,
) -> Collected:
    """Find the exchanges of captures, their requests, and the warcinfo each belongs to.

    Args:
        wanted: By their place in the store.
        index: Knows where records begin.
        store: Holds them.
        copy: A file to which they are copied on the way.
        told: Receives how many captures were read, and of how many.

    Raises:
        EvidenceMissingError: An object is not in the store; `pressmark verify` tells what else is wrong.
        RejectError: A stored record cannot be read, or is not where the ledger says.
        TryAgainError: The store did not answer.
    """
    digests = {
        one.capture.record_id: one.capture.payload_digest
        for one in wanted
        if one.capture.payload_digest is not None
    }
    collector, done = _Collector(digests, copy), 0
    for key, group in groupby(wanted, key=lambda one: one.capture.warc_key):
        size = store.size(key)
        if size is None:
            raise EvidenceMissingError(key)
        # Cut between two records, it would lack only those that nothing points at.
        if (known := index.size_of(key)) not in (None, size):
            raise WarcReadError(size, f"the object has {size} bytes where {known} should be")
        edges = _Edges.of(key, index=index, size=size)
        captures = [one.capture for one in group]
        collector.take_object(key, captures, edges=edges, store=store)
        done += len(captures)
        told(done, len(wanted))
    return collector.done()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edges:
    """Where something begins in an object."""

    places: Sequence[int]
    parts: Sequence[int]

    @classmethod
    def of(cls, key: str, *, index: ObjectIndex, size: int) -> "_Edges":
        starts, parts = index.boundaries_of(key)
        return cls(places=sorted({*starts, *parts, size}), parts=parts)

    def part_of(self, offset: int) -> int:
        return self.parts[bisect_right(self.parts, offset) - 1]

    def after(self, offset: int) -> int:
        """Return where what begins here ends; nowhere when the object is shorter than the ledger says."""
        at = bisect_right(self.places, offset)
        return self.places[at] if at < len(self.places) else offset


class _ObjectFile:
    """A stored object as something to read from, up to an end, some pieces at a time."""

    def __init__(self, store: RangeReader, key: str) -> None:
        self._store = store
        self._key = key
        self._at = 0
        self._held, self._start = b"", 0
        self.end = 0

    def seek(self, offset: int, /) -> int:
        self._at = offset
        return offset

    def read(self, length: int, /) -> bytes:
        stop = min(self._at + length, self.end)
        if self._at >= stop:
            return b""
        if not self._start <= self._at < stop <= self._start + len(self._held):
            size = min(max(PIECE_BYTES, length), self.end - self._at)
            self._held, self._start = self._store.get_range(self._key, offset=self._at, length=size), self._at
        begin = self._at - self._start
        self._at = stop
        return self._held[begin : begin + stop - self._start - begin]


class _MemberStream(RecordStream):
    """Reads records, and shows the bytes of their members as they were read."""

    def __init__(self, file: _ObjectFile) -> None:
        super().__init__(file)
        self._draft: _Draft | None = None
        self._pending: tuple[int, memoryview] = (0, memoryview(b""))

    def measured(self, offset: int, draft: "_Draft") -> MeasuredRecord:
        """Read the record that begins here, and give its bytes to a draft."""
        self._draft, self._pending = draft, (offset, memoryview(b""))
        measured = self.record_at(offset)
        at, rest = self._pending
        draft.feed(rest[: self.end - at])
        self._draft = None
        return measured

    def bytes_at(self, offset: int, length: int) -> memoryview:
        """Return so many bytes, as the base does. What came before them is of the record that is read."""
        taken = super().bytes_at(offset, length)
        if self._draft is not None:
            self._draft.feed(self._pending[1])
            self._pending = (offset, taken)
        return taken


class _Draft:
    """The file with one more record, of which it is not known yet whether it belongs to it."""

    def __init__(self, whole: "hashlib._Hash", crc: int, copy: IO[bytes] | None) -> None:
        self.whole = whole.copy()
        self.crc = crc
        self.length = 0
        self._member = hashlib.sha256()
        self._copy = copy

    def feed(self, piece: memoryview) -> None:
        """Take the next bytes of the record."""
        self.whole.update(piece)
        self._member.update(piece)
        self.crc = zlib.crc32(piece, self.crc)
        self.length += len(piece)
        if self._copy is not None:
            self._copy.write(piece)

    def digest(self) -> bytes:
        """Return the SHA-256 of the record."""
        return self._member.digest()


@dataclass(slots=True, kw_only=True)
class _OpenRun:
    """A run to which more may come."""

    key: str
    offset: int
    end: int
    members: list[Member] = field(default_factory=list)

    def append(self, member: Member) -> None:
        self.members.append(member)
        self.end += member.length

    def closed(self) -> Run:
        return Run(
            key=self.key,
            offset=self.offset,
            lengths=tuple(one.length for one in self.members),
            digests=tuple(one.digest for one in self.members),
        )


class _Collector:
    """Takes objects one after the other."""

    def __init__(self, digests: Mapping[str, str], copy: IO[bytes] | None) -> None:
        self._digests = digests
        self._copy = copy
        self._found = Collected()
        self._whole = hashlib.sha256()
        self._runs: list[_OpenRun] = []

    def take_object(
        self, key: str, captures: Sequence[IndexedCapture], *, edges: _Edges, store: RangeReader
    ) -> None:
        """Take the records of these captures of an object."""
        file = _ObjectFile(store, key)
        stream = _MemberStream(file)
        written_part: int | None = None
        for capture in captures:
            part = edges.part_of(capture.warc_offset)
            if part != written_part:
                # What stands before the first capture of a part is the warcinfo all its records belong to.
                file.end = edges.after(part)
                self._take_warcinfo(key, stream, part, file.end)
                written_part = part
            file.end = edges.after(capture.warc_offset)
            self._take_exchange(key, stream, capture, file.end)

    def done(self) -> Collected:
        """Return what was found."""
        self._found.sha256 = self._whole.hexdigest()
        self._found.runs = [run.closed() for run in self._runs]
        return self._found

    def _take_warcinfo(self, key: str, stream: _MemberStream, begin: int, end: int) -> None:
        """Take the warcinfo that begins here, and those of other makers that follow it in an imported object."""
        count = 0
        for at, measured, draft in self._read(stream, begin, end):
            if measured.record.type != "warcinfo":
                self._leave(draft)
                break
            self._keep(key, at, measured, draft)
            count += 1
        if not count:
            raise WarcReadError(begin, "no warcinfo begins here; run 'pressmark verify'")

    def _take_exchange(self, key: str, stream: _MemberStream, capture: IndexedCapture, end: int) -> None:
        """Take the record of a capture, which is the first, and those that belong to it."""
        wanted, is_found = capture.record_id, False
        for at, measured, draft in self._read(stream, capture.warc_offset, end):
            record = measured.record
            is_found = is_found or record.record_id == wanted
            if wanted in (record.record_id, record.concurrent_to):
                self._keep(key, at, measured, draft)
            else:
                self._leave(draft)
        if not is_found:
            reason = f"the record {wanted} is not where the ledger says; run 'pressmark verify'"
            raise WarcReadError(capture.warc_offset, reason)

    def _read(
        self, stream: _MemberStream, begin: int, end: int
    ) -> Iterator[tuple[int, MeasuredRecord, _Draft]]:
        while begin < end:
            draft = _Draft(self._whole, self._found.crc, self._copy)
            measured = stream.measured(begin, draft)
            yield begin, measured, draft
            begin = stream.end

    def _leave(self, draft: _Draft) -> None:
        """Pass over a record that is none of ours."""
        if self._copy is not None and draft.length:
            self._copy.seek(self._found.size)
            self._copy.truncate()

    def _keep(self, key: str, at: int, measured: MeasuredRecord, draft: _Draft) -> None:
        found = self._found
        member = Member(found.size, draft.length, draft.digest())
        record = measured.record
        if record.type in INDEXED_TYPES and record.target_uri is not None:
            digest = self._digests.get(record.record_id) or record.header("WARC-Payload-Digest")
            sha1 = None if measured.payload_sha1 is None else base32_of(measured.payload_sha1)
            entry = entry_of(StoredExchange(record), digest=digest or measured.payload_digest, sha1=sha1)
            found.entries.append(replace(entry, offset=found.size))
        found.members.append(member)
        found.size += draft.length
        found.crc, self._whole = draft.crc, draft.whole
        if not self._runs or (self._runs[-1].key, self._runs[-1].end) != (key, at):
            self._runs.append(_OpenRun(key=key, offset=at, end=at))
        self._runs[-1].append(member)
