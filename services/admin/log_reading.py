"""Reads a log in the store from its first row to its last, and checks every tile and checkpoint on the way."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from shared.log_store import LogStore
from shared.proof import ProofError, leaf_hash, read_bundle, tile_path
from shared.proof.merkle import EMPTY_ROOT, HASH_BYTES, node_hash
from shared.proof.tiles import WIDTH

__all__ = ["LogFinding", "LogFindingKind", "LogReading", "told_row"]


class LogFindingKind(StrEnum):
    """What may be found about the log."""

    CHECKPOINT = "checkpoint"
    TILE = "tile"
    ROW = "row"
    OBJECT = "object"
    UNKNOWN_ROWS = "unknown_rows"
    TIME_STAMP = "time_stamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFinding:
    """Something that is not as it was signed, and where."""

    kind: LogFindingKind
    detail: str
    position: int | None = None
    key: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the finding as a line for programs."""
        return asdict(self) | {"kind": self.kind.value}


class LogReading:
    """One pass over the rows. Memory is bounded: of each level only the last tile is held."""

    def __init__(self, log: LogStore, *, size: int, roots: Mapping[int, bytes]) -> None:
        """Prepare the pass.

        Args:
            log: Where the log is.
            size: Records under its last checkpoint.
            roots: The roots that were signed, by size.
        """
        self.found: list[LogFinding] = []
        """What was found and nobody has taken yet."""
        self.position = 0
        """Rows that were read."""
        self._log = log
        self._size = size
        self._roots = roots
        self._levels: list[list[bytes]] = []

    def rows(self) -> Iterator[tuple[int, bytes | None]]:
        """Yield position and row of every record; None for a row that cannot be had.

        Raises:
            ProofError: A bundle and its tile are both lost, so the rest cannot be followed.
        """
        for index in range(-(-self._size // WIDTH)):
            width = min(WIDTH, self._size - index * WIDTH)
            tile, rows = self._tile(0, index, width), self._bundle(index, width)
            if tile is None and rows is None:
                raise ProofError(f"from row {index * WIDTH} on the log cannot be followed")
            for place in range(width):
                row = None if rows is None else rows[place]
                held = None if tile is None else tile[place * HASH_BYTES : (place + 1) * HASH_BYTES]
                self._take(row, held)
                yield self.position - 1, row
        for level, hashes in enumerate(self._levels[1:], start=1):
            if hashes:
                self._compare(level, self._size >> 8 * level + 8, hashes)

    def taken(self) -> Iterator[LogFinding]:
        """Yield what was found since the last call."""
        found, self.found = self.found, []
        yield from found

    def tell(self, kind: LogFindingKind, detail: str, position: int | None = None) -> None:
        """Note a finding."""
        self.found.append(LogFinding(kind=kind, detail=detail, position=position))

    def _take(self, row: bytes | None, held: bytes | None) -> None:
        leaf = held if row is None else leaf_hash(row)
        assert leaf is not None
        if row is not None and held not in (None, leaf):
            detail = f"the row {told_row(row)} is not what the tree holds there"
            self.tell(LogFindingKind.ROW, detail, self.position)
        self._push(0, leaf, self.position)
        self.position += 1
        root = self._roots.get(self.position)
        if root is not None and root != self._root():
            detail = f"the rows do not lead to the root of the signed checkpoint of {self.position} records"
            self.tell(LogFindingKind.CHECKPOINT, detail)

    def _push(self, level: int, node: bytes, number: int) -> None:
        """Take the hash of this number of a level. A tile that is full gives one of the next level."""
        if level == len(self._levels):
            self._levels.append([])
        hashes = self._levels[level]
        hashes.append(node)
        if len(hashes) == WIDTH:
            if level:
                self._compare(level, number // WIDTH, hashes)
            self._levels[level] = []
            self._push(level + 1, _folded(hashes), number // WIDTH)

    def _compare(self, level: int, index: int, hashes: Sequence[bytes]) -> None:
        data = self._tile(level, index, len(hashes))
        if data is not None and data != b"".join(hashes):
            path = tile_path(level, index, len(hashes))
            self.tell(LogFindingKind.TILE, f"{path} is not what the rows below it lead to")

    def _root(self) -> bytes:
        reached: bytes | None = None
        for hashes in self._levels:
            end = len(hashes)
            while end:
                begin = end - (end & -end)
                peak = _folded(hashes[begin:end])
                reached = peak if reached is None else node_hash(peak, reached)
                end = begin
        return EMPTY_ROOT if reached is None else reached

    def _bundle(self, index: int, width: int) -> list[bytes] | None:
        path = tile_path("entries", index, width)
        try:
            rows = read_bundle(self._log.read(path))
        except ProofError as error:
            self.tell(LogFindingKind.TILE, f"{path}: {error}", index * WIDTH)
            return None
        if len(rows) != width:
            detail = f"{path} holds {len(rows)} rows where {width} should be: rows were dropped or inserted"
            self.tell(LogFindingKind.TILE, detail, index * WIDTH)
            return None
        return rows

    def _tile(self, level: int, index: int, width: int) -> bytes | None:
        path = tile_path(level, index, width)
        try:
            data = self._log.read(path)
        except ProofError as error:
            self.tell(LogFindingKind.TILE, str(error))
            return None
        if len(data) != width * HASH_BYTES:
            detail = f"{path} has {len(data)} bytes where {width * HASH_BYTES} should be"
            self.tell(LogFindingKind.TILE, detail)
            return None
        return data


def _folded(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over hashes, a power of two of them."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def told_row(row: bytes) -> str:
    """Return what names a row to a reader: type, record and address."""
    try:
        fields = json.loads(row)
        return f"{fields['type']} {fields['record']} of {fields['url']}"
    except (ValueError, KeyError, TypeError):
        return ascii(row[:120])
