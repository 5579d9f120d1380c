"""The rows of the log: one for each WARC record of a stored object, in the order of the object."""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from shared.evidence import EvidenceStore
from shared.ledger.evidence_index import EvidenceIndex
from shared.warc_reading import StoredRecord, WarcReadError, head_of_record
from shared.warc_streams import RecordStream

__all__ = ["LogRows", "row_of", "rows_of_file"]

_LONGEST_FIELD = 8000
"""Characters of a field. Six bytes each when escaped, so a row stays below the 65,535 bytes of an entry."""
_PIECE = 1024 * 1024
_LONGEST_HEAD = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRows:
    """Makes the rows of objects out of their bytes, wherever these lie now."""

    index: EvidenceIndex
    evidence: EvidenceStore

    def of(self, key: str) -> list[bytes]:
        """Return the rows of an object by the key it was first stored under.

        Raises:
            EvidenceMissingError: The object is not in the store.
            RejectError: It is shorter than it should be, or cannot be read.
            TryAgainError: The store did not answer.
        """
        with tempfile.TemporaryDirectory(prefix="pressmark-") as folder:
            path = Path(folder) / "object.warc.gz"
            self._fetch(key, path)
            with path.open("rb") as file:
                return list(rows_of_file(file))

    def _fetch(self, key: str, path: Path) -> None:
        place = self.index.place_of(key)
        if place.length is None:
            self.evidence.download(key, path)
            return
        end = place.offset + place.length
        with path.open("wb") as file:
            for offset in range(place.offset, end, _PIECE):
                length = min(_PIECE, end - offset)
                file.write(self.evidence.get_range(place.key, offset=offset, length=length))


def rows_of_file(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the row of each record of a WARC with one gzip member a record, in bounded memory.

    Raises:
        WarcReadError: A member is cut or corrupt, or holds no record.
    """
    size = file.seek(0, 2)
    stream, offset = RecordStream(file), 0
    while offset < size:
        record = _record_at(stream, offset)
        yield row_of(record, _digest(file, offset, stream.end))
        offset = stream.end


def row_of(record: StoredRecord, digest: str) -> bytes:
    """Return the row of a record: canonical JSON, keys in order, no blanks, ASCII alone.

    Args:
        record: The record; its block is not needed.
        digest: SHA-256 of its gzip member as it is stored, in hexadecimal.
    """
    row = {
        "date": record.header("WARC-Date") or "",
        "digest": f"sha256:{digest}",
        "record": record.record_id.strip("<>"),
        "type": record.type,
        "url": (record.target_uri or "").strip("<>"),
    }
    cut = {name: value[:_LONGEST_FIELD] for name, value in row.items()}
    # Several long fields together happen in no archive; the address is the one that may be cut further.
    if sum(map(len, cut.values())) > _LONGEST_FIELD + 1000:
        cut = {name: value[:500] for name, value in cut.items()}
    return json.dumps(cut, sort_keys=True, separators=(",", ":")).encode()


def _record_at(stream: RecordStream, offset: int) -> StoredRecord:
    """Read the head of a record, and inflate the rest of its member to find where it ends."""
    content = b""
    head: bytes | None = None
    for piece in stream.pieces(offset):
        if head is None:
            content += piece
            before, separator, _ = content.partition(b"\r\n\r\n")
            head = before if separator else None
            if head is None and len(content) > _LONGEST_HEAD:
                break
    if head is None:
        raise WarcReadError(offset, "the header of the record has no end")
    return head_of_record(head, offset=offset, length=stream.end - offset)[1]


def _digest(file: IO[bytes], begin: int, end: int) -> str:
    digest = hashlib.sha256()
    file.seek(begin)
    while begin < end:
        piece = file.read(min(_PIECE, end - begin))
        digest.update(piece)
        begin += len(piece)
    return digest.hexdigest()
