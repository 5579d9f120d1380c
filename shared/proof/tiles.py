"""The log as files: tiles of 256 hashes and bundles of 256 entries, laid out as C2SP tlog-tiles says.

A full tile or bundle never changes again. The last one of a level is partial, and its name holds its width,
so nothing that was written is ever written over with something else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from shared.proof.merkle import HASH_BYTES, Nodes, ProofError, leaf_hash, node_hash

WIDTH = 256
"""Hashes of a full tile, entries of a full bundle."""
HEIGHT = 8
"""Levels of the tree within one tile."""
MAX_ENTRY_BYTES = 65_535

ReadTile = Callable[[str], bytes]
"""Gives the bytes of a tile by its path, and raises when there is none."""


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Return the path of a tile, or of a bundle when the level is `entries`.

    >>> tile_path(0, 1234067, 8)
    'tile/0/x001/x234/067.p/8'
    """
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


class TileTree:
    """The tree of the first `size` leaves, read from its tiles; each tile is read and measured once."""

    def __init__(self, size: int, read: ReadTile) -> None:
        self.size = size
        self._read = read
        self._tile = lru_cache(maxsize=512)(self._load)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree.

        Raises:
            ProofError: The tree of this size has no such subtree, or its tile is damaged.
        """
        if (index + 1) << level > self.size:
            raise ProofError(f"a log of {self.size} records has no subtree {index} at level {level}")
        tile_level, inner = divmod(level, HEIGHT)
        first = index << inner
        tile = self._tile(tile_level, first // WIDTH)
        begin = first % WIDTH * HASH_BYTES
        return _subtree(tile[begin : begin + (HASH_BYTES << inner)])

    def edge(self, tile_level: int) -> bytes:
        """Return the hashes of the partial tile at the right edge of a level, empty when it is full."""
        count = self.size >> HEIGHT * tile_level
        return self._tile(tile_level, count // WIDTH) if count % WIDTH else b""

    def _load(self, tile_level: int, index: int) -> bytes:
        count = self.size >> HEIGHT * tile_level
        width = min(WIDTH, count - index * WIDTH)
        path = tile_path(tile_level, index, width)
        data = self._read(path)
        if len(data) != width * HASH_BYTES:
            raise ProofError(f"the tile {path} has {len(data)} bytes where {width * HASH_BYTES} should be")
        return data


def _subtree(hashes: bytes) -> bytes:
    row = [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def grow(tree: TileTree, entries: Sequence[bytes], last_bundle: bytes) -> tuple[dict[str, bytes], Nodes]:
    """Return the files that a log gets by new entries, and the nodes of the grown tree.

    Args:
        tree: The log so far.
        entries: What comes new, in order, 1 to 65,535 bytes each.
        last_bundle: The partial bundle at the end of the log so far, empty when there is none.

    Returns:
        The new tiles and bundles by their paths, entries first and then levels from below; and a reader of
        nodes of the tree of `tree.size + len(entries)` leaves, that needs only the old tiles and these files.

    Raises:
        ProofError: An entry is empty or too long.
    """
    new_size = tree.size + len(entries)
    files = dict(_bundles(tree.size, entries, last_bundle))
    row: Iterable[bytes] = [leaf_hash(entry) for entry in entries]
    level, old_count = 0, tree.size
    while fresh := list(row):
        full: list[bytes] = []
        hashes = tree.edge(level) + b"".join(fresh)
        first = old_count // WIDTH
        for number, begin in enumerate(range(0, len(hashes), WIDTH * HASH_BYTES)):
            tile = hashes[begin : begin + WIDTH * HASH_BYTES]
            files[tile_path(level, first + number, len(tile) // HASH_BYTES)] = tile
            if len(tile) == WIDTH * HASH_BYTES:
                full.append(_subtree(tile))
        row = full
        level, old_count = level + 1, old_count // WIDTH

    def read(path: str) -> bytes:
        return files[path] if path in files else tree._read(path)  # noqa: SLF001 -- the same class of trees

    return files, TileTree(new_size, read).node


def _bundles(size: int, entries: Sequence[bytes], last_bundle: bytes) -> Iterator[tuple[str, bytes]]:
    waiting = read_bundle(last_bundle)
    if len(waiting) != size % WIDTH:
        raise ProofError(f"the last bundle holds {len(waiting)} entries where {size % WIDTH} should be")
    everything = [*waiting, *entries]
    for begin in range(0, len(everything), WIDTH):
        part = everything[begin : begin + WIDTH]
        yield tile_path("entries", size // WIDTH + begin // WIDTH, len(part)), entry_bundle(part)


def entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as one bundle: each after its length in two bytes, the high one first.

    Raises:
        ProofError: An entry is empty or too long.
    """
    parts = []
    for entry in entries:
        if not 0 < len(entry) <= MAX_ENTRY_BYTES:
            raise ProofError(f"an entry of {len(entry)} bytes cannot be logged")
        parts += [len(entry).to_bytes(2), entry]
    return b"".join(parts)


def read_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle.

    Raises:
        ProofError: It is cut, or holds an empty entry.
    """
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2])
        entry = data[at + 2 : at + 2 + length]
        if not length or len(entry) != length:
            raise ProofError(f"the bundle of entries is damaged at byte {at}")
        entries.append(entry)
        at += 2 + length
    return entries
