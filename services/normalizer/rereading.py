"""Reads stored captures again, with the extraction and the rules of today."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.normalizer.documents import article_document
from services.normalizer.reading import read_capture
from services.normalizer.sandbox import ExtractPage
from services.normalizer.sightings import Sighting
from shared.errors import RejectError
from shared.ledger.corrections import LocatedCapture
from shared.sources import SourceFile
from shared.warc_reading import RangeReader, exchange_at

__all__ = ["Rereader", "Stretches"]

_MAX_STRETCH = 8 * 1024 * 1024
_MAX_GAP = 64 * 1024


@dataclass(slots=True, kw_only=True)
class Rereader:
    """Reads pages of one source out of its evidence, and keeps the documents that come of it.

    Attributes:
        documents: One for each page that was read, until they are taken.
        unreadable: Captures whose evidence is missing or damaged.
    """

    evidence: RangeReader
    source: SourceFile
    extract_page: ExtractPage
    documents: list[dict[str, Any]] = field(default_factory=list)
    unreadable: int = 0

    def read(self, located: LocatedCapture) -> Sighting | None:
        """Return what a capture shows; None when it shows no article, or its evidence cannot be read."""
        return self._read(located, self.evidence)

    def read_all(self, captures: Sequence[LocatedCapture]) -> dict[int, Sighting | None]:
        """Return what captures show, by their ids. The store is asked once for records that lie side by side."""
        found: dict[int, Sighting | None] = {}
        for stretch, members in stretches_of(captures):
            reader = Stretches(self.evidence, stretch)
            for located in members:
                found[located.capture.capture_id] = self._read(located, reader)
        return found

    def _read(self, located: LocatedCapture, reader: RangeReader) -> Sighting | None:
        capture = located.capture
        try:
            exchange = exchange_at(
                reader, located.warc_key, offset=capture.warc_offset, length=capture.warc_length
            )
            shown, article = read_capture(
                capture, {capture.record_id: exchange}, self.source, extract_page=self.extract_page
            )
        except RejectError:
            self.unreadable += 1
            return None
        if not isinstance(shown, Sighting) or article is None:
            return None
        document = article_document(capture, located.warc_key, article)
        self.documents.append({**document, "rules": shown.fields["rules"]})
        return shown


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    key: str
    begin: int
    end: int


class Stretches:
    """Hands out parts of one stretch of an object, which is asked for once, when the first part is."""

    def __init__(self, store: RangeReader, stretch: _Stretch) -> None:
        self._store = store
        self._stretch = stretch
        self._data: bytes | None = None

    def get_range(self, key: str, *, offset: int, length: int) -> bytes:
        """Return `length` bytes of an object from `offset` on."""
        whole = self._stretch
        if self._data is None:
            try:
                self._data = self._store.get_range(
                    whole.key, offset=whole.begin, length=whole.end - whole.begin
                )
            except RejectError:
                # The object is shorter than it should be; what is still there can be read piece by piece.
                return self._store.get_range(key, offset=offset, length=length)
        start = offset - whole.begin
        return self._data[start : start + length]


def stretches_of(
    captures: Sequence[LocatedCapture],
) -> Iterator[tuple[_Stretch, list[LocatedCapture]]]:
    """Group captures by the stretches of objects that hold them, in the order they lie there."""
    members: list[LocatedCapture] = []
    stretch: _Stretch | None = None
    for located in sorted(captures, key=lambda one: (one.warc_key, one.capture.warc_offset)):
        begin = located.capture.warc_offset
        end = begin + located.capture.warc_length
        if stretch is not None and _continues(stretch, located.warc_key, begin, end):
            stretch = _Stretch(key=stretch.key, begin=stretch.begin, end=max(stretch.end, end))
            members.append(located)
            continue
        if stretch is not None:
            yield stretch, members
        stretch, members = _Stretch(key=located.warc_key, begin=begin, end=end), [located]
    if stretch is not None:
        yield stretch, members


def _continues(stretch: _Stretch, key: str, begin: int, end: int) -> bool:
    return stretch.key == key and begin - stretch.end <= _MAX_GAP and end - stretch.begin <= _MAX_STRETCH
