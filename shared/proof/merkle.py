"""Merkle tree hashing and proofs as RFC 6962 section 2.1 defines them, over SHA-256.

A tree is read through its complete subtrees: `nodes(level, index)` is the hash of the subtree that holds the
leaves `index * 2**level` up to `(index + 1) * 2**level`. Everything else follows from those.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from shared.errors import RejectError

HASH_BYTES = 32

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Nodes = Callable[[int, int], bytes]
"""Gives the 32 byte hash of a complete subtree by its level and its index within the level."""


class ProofError(RejectError):
    """A proof, a checkpoint or a tile does not say what it should. The text tells which and how."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32 byte hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32 byte hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(nodes: Nodes, size: int) -> bytes:
    """Return the root of the tree of the first `size` leaves."""
    if size == 0:
        return EMPTY_ROOT
    return _joined([nodes(level, index) for level, index in _peaks(0, size)])


def inclusion_proof(nodes: Nodes, *, index: int, size: int) -> list[bytes]:
    """Return the audit path of one leaf in the tree of the first `size` leaves (RFC 6962 section 2.1.1).

    Raises:
        ProofError: The tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ProofError(f"a log of {size} records has no record {index}")
    return list(_path(nodes, index, 0, size))


def _path(nodes: Nodes, index: int, begin: int, end: int) -> Iterator[bytes]:
    """Yield the siblings of a leaf within `[begin, end)`, the lowest first."""
    if end - begin == 1:
        return
    middle = begin + _split(end - begin)
    if index < middle:
        yield from _path(nodes, index, begin, middle)
        yield _hash_of(nodes, middle, end)
    else:
        yield from _path(nodes, index, middle, end)
        yield _hash_of(nodes, begin, middle)


def consistency_proof(nodes: Nodes, *, old: int, new: int) -> list[bytes]:
    """Return the proof that the first `old` of `new` leaves are what they were (RFC 6962 section 2.1.2).

    Raises:
        ProofError: The old tree is larger than the new one.
    """
    if not 0 <= old <= new:
        raise ProofError(f"a log of {new} records was never one of {old}")
    if old in (0, new):
        return []
    return list(_subproof(nodes, old, (0, new), is_whole=True))


def _subproof(nodes: Nodes, old: int, span: tuple[int, int], *, is_whole: bool) -> Iterator[bytes]:
    begin, end = span
    if old == end:
        if not is_whole:
            yield _hash_of(nodes, begin, end)
        return
    middle = begin + _split(end - begin)
    if old <= middle:
        yield from _subproof(nodes, old, (begin, middle), is_whole=is_whole)
        yield _hash_of(nodes, middle, end)
    else:
        yield from _subproof(nodes, old, (middle, end), is_whole=False)
        yield _hash_of(nodes, begin, middle)


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf hash stands at `index` in the tree of `size` leaves with this root (RFC 9162 §2.1.3.2).

    Raises:
        ProofError: It does not.
    """
    if not 0 <= index < size:
        raise ProofError(f"a log of {size} records has no record {index}")
    place, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError(f"the proof of record {index} is longer than the tree is high")
        if place & 1 or place == last:
            reached = node_hash(sibling, reached)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        place, last = place >> 1, last >> 1
    if last or reached != root:
        raise ProofError(f"record {index} is not in the log of {size} records whose root is {root.hex()}")


def verify_consistency(
    *, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162 section 2.1.4.2).

    Raises:
        ProofError: It does not, or the older tree is the larger one.
    """
    if not 0 <= old <= new:
        raise ProofError(f"the log was rolled back: it had {old} records and has {new}")
    if old in (0, new):
        expected = EMPTY_ROOT if old == 0 else new_root
        if proof or old_root != expected:
            raise ProofError(f"two different logs of {old} records were signed")
        return
    path = [*([old_root] if old & (old - 1) == 0 else []), *proof]
    if not path:
        raise ProofError("the proof of consistency is empty")
    reached = _replay(old, new, path)
    if reached != (old_root, new_root):
        raise ProofError(f"the log of {new} records does not begin with the {old} records signed before")


def _replay(old: int, new: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the two roots that a consistency path leads to."""
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_reached = new_reached = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the proof of consistency is longer than the tree is high")
        if place & 1 or place == last:
            old_reached, new_reached = node_hash(sibling, old_reached), node_hash(sibling, new_reached)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new_reached = node_hash(new_reached, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("the proof of consistency is shorter than the tree is high")
    return old_reached, new_reached


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _peaks(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield level and index of the complete subtrees that make up `[begin, end)`, from the left.

    `begin` is a multiple of every one of their sizes, as it is for all spans the proofs ask about.
    """
    while begin < end:
        level = (end - begin).bit_length() - 1
        yield level, begin >> level
        begin += 1 << level


def _hash_of(nodes: Nodes, begin: int, end: int) -> bytes:
    return _joined([nodes(level, index) for level, index in _peaks(begin, end)])


def _joined(peaks: Sequence[bytes]) -> bytes:
    reached = peaks[-1]
    for peak in reversed(peaks[:-1]):
        reached = node_hash(peak, reached)
    return reached
