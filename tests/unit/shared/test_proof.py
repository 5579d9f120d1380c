"""The log's tree, tiles and checkpoints: what RFC 6962 and C2SP say, and what must be found when it is not so."""

import base64
import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import SettingsError
from shared.proof import (
    Checkpoint,
    LogKey,
    ProofError,
    TileTree,
    VerifierKey,
    consistency_proof,
    entry_bundle,
    inclusion_proof,
    leaf_hash,
    open_checkpoint,
    read_bundle,
    root_of,
    tile_path,
    verify_consistency,
    verify_inclusion,
)
from tests.support.proof_log import Log

RFC_LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243")]
RFC_LEAVES += [bytes.fromhex("5051525354555657"), bytes.fromhex("606162636465666768696a6b6c6d6e6f")]
RFC_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
"""The tree of the reference implementation's tests of Certificate Transparency."""


def tree_hash(entries: Sequence[bytes]) -> bytes:
    """Return the root by the recursive definition of RFC 6962 section 2.1."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_hash(entries[:split]) + tree_hash(entries[split:])).digest()


def numbered(begin: int, end: int) -> list[bytes]:
    return [f"record {number}".encode() for number in range(begin, end)]


@pytest.fixture(scope="module")
def big() -> Log:
    log = Log()
    for begin, end in [(0, 1), (1, 256), (256, 257), (257, 700), (700, 66_000)]:
        log.append(numbered(begin, end))
    return log


@pytest.mark.parametrize("size", RFC_ROOTS)
def test_roots_are_those_of_the_reference_implementation(size: int) -> None:
    hashes = [leaf_hash(entry) for entry in RFC_LEAVES[:size]]
    tree = TileTree(size, {tile_path(0, 0, size): b"".join(hashes)}.__getitem__)

    assert root_of(tree.node, size).hex() == RFC_ROOTS[size]


@given(steps=st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_a_log_that_grows_in_any_steps_has_the_root_of_its_entries(steps: list[int]) -> None:
    log = Log()
    for step in steps:
        log.append(numbered(len(log.entries), len(log.entries) + step))

    assert root_of(log.tree().node, len(log.entries)) == tree_hash(log.entries)


@given(data=st.data())
def test_every_record_is_proved_in_every_tree_that_holds_it(data: st.DataObject, big: Log) -> None:
    size = data.draw(st.integers(1, len(big.entries)))
    index = data.draw(st.integers(0, size - 1))
    whole = big.tree()
    root = root_of(whole.node, size)

    proof = inclusion_proof(whole.node, index=index, size=size)

    verify_inclusion(leaf_hash(big.entries[index]), index=index, size=size, proof=proof, root=root)
    other = leaf_hash(b"another record")
    with pytest.raises(ProofError, match=f"record {index} is not in the log"):
        verify_inclusion(other, index=index, size=size, proof=proof, root=root)


@given(data=st.data())
def test_a_log_is_proved_to_begin_with_each_of_its_earlier_states(data: st.DataObject, big: Log) -> None:
    new = data.draw(st.integers(1, len(big.entries)))
    old = data.draw(st.integers(0, new))
    whole = big.tree()
    old_root, new_root = root_of(whole.node, old), root_of(whole.node, new)

    proof = consistency_proof(whole.node, old=old, new=new)

    verify_consistency(old=old, old_root=old_root, new=new, new_root=new_root, proof=proof)
    if old:
        with pytest.raises(ProofError):
            verify_consistency(old=old, old_root=bytes(32), new=new, new_root=new_root, proof=proof)


def test_proofs_that_are_cut_or_padded_are_refused(big: Log) -> None:
    node, size = big.tree().node, len(big.entries)
    root, old_root = root_of(node, size), root_of(node, 700)
    path = inclusion_proof(node, index=3, size=size)
    steps = consistency_proof(node, old=700, new=size)

    for wrong in (path[:-1], [*path, bytes(32)], []):
        with pytest.raises(ProofError):
            verify_inclusion(leaf_hash(big.entries[3]), index=3, size=size, proof=wrong, root=root)
    for wrong in (steps[:-1], [*steps, bytes(32)], []):
        with pytest.raises(ProofError):
            verify_consistency(old=700, old_root=old_root, new=size, new_root=root, proof=wrong)


def test_a_log_that_was_rolled_back_or_signed_twice_is_named_as_such(big: Log) -> None:
    node = big.tree().node
    root = root_of(node, 700)

    with pytest.raises(ProofError, match="rolled back: it had 700 records and has 257"):
        verify_consistency(old=700, old_root=root, new=257, new_root=root_of(node, 257), proof=[])
    with pytest.raises(ProofError, match="two different logs of 700 records"):
        verify_consistency(old=700, old_root=root, new=700, new_root=bytes(32), proof=[])


def test_a_damaged_tile_is_named(big: Log) -> None:
    path = tile_path(0, 2, 256)
    tree = TileTree(len(big.entries), (big.files | {path: big.files[path][:-1]}).__getitem__)

    with pytest.raises(ProofError, match="tile/0/002 has 8191 bytes where 8192"):
        inclusion_proof(tree.node, index=700, size=len(big.entries))


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 1234067, 8, "tile/0/x001/x234/067.p/8"),
        (2, 999, 256, "tile/2/999"),
        ("entries", 1000, 1, "tile/entries/x001/000.p/1"),
    ],
)
def test_tiles_are_named_as_their_layout_says(level: int | str, index: int, width: int, path: str) -> None:
    assert tile_path(level, index, width) == path


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=20))
def test_bundles_give_back_their_entries(entries: list[bytes]) -> None:
    assert read_bundle(entry_bundle(entries)) == entries


@pytest.mark.parametrize("damaged", [b"\x00\x05abc", b"\x00", b"\x00\x00", b"\x00\x01a\xff"])
def test_a_damaged_bundle_is_refused(damaged: bytes) -> None:
    with pytest.raises(ProofError, match="damaged at byte"):
        read_bundle(damaged)


@pytest.mark.parametrize("entry", [b"", bytes(65_536)])
def test_an_entry_without_a_possible_length_is_refused(entry: bytes) -> None:
    with pytest.raises(ProofError, match="cannot be logged"):
        entry_bundle([entry])


# Checkpoints

CHECKPOINT = Checkpoint(origin="archive.example/log", size=700, root=bytes(range(32)))


def test_a_signed_checkpoint_opens_with_the_key_of_its_log() -> None:
    key = LogKey.generate("archive.example/log")

    opened = open_checkpoint(key.sign(CHECKPOINT), VerifierKey.parse(str(key.verifier)))

    assert opened == CHECKPOINT


def test_a_private_key_comes_back_from_its_file() -> None:
    key = LogKey.generate("archive.example/log")

    again = LogKey.parse(key.secret() + "\n")

    assert again.sign(CHECKPOINT) == key.sign(CHECKPOINT)


def test_another_key_of_the_same_name_is_not_taken_for_it() -> None:
    note = LogKey.generate("archive.example/log").sign(CHECKPOINT)
    swapped = LogKey.generate("archive.example/log").verifier

    with pytest.raises(ProofError, match="is not signed by the key"):
        open_checkpoint(note, swapped)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("\n700\n", "\n701\n", "was altered"),
        ("— archive.example/log", "— other.example/log", "not signed"),
        ("\n\n", "\n", "no blank line"),
    ],
)
def test_an_altered_checkpoint_is_refused(old: str, new: str, reason: str) -> None:
    key = LogKey.generate("archive.example/log")
    note = key.sign(CHECKPOINT)

    with pytest.raises(ProofError, match=reason):
        open_checkpoint(note.replace(old, new), key.verifier)


def test_the_lines_of_other_signers_are_passed_over() -> None:
    key, witness = LogKey.generate("archive.example/log"), LogKey.generate("witness.example")
    signature = witness.sign(CHECKPOINT).splitlines()[-1]

    assert open_checkpoint(key.sign(CHECKPOINT) + signature + "\n", key.verifier) == CHECKPOINT


def test_a_checkpoint_of_another_log_under_the_same_key_is_refused() -> None:
    key = LogKey.generate("archive.example/log")
    foreign = Checkpoint(origin="other.example", size=1, root=bytes(32))

    with pytest.raises(ProofError, match=r"one of the log 'other\.example'"):
        open_checkpoint(key.sign(foreign), key.verifier)


@pytest.mark.parametrize(
    "text", ["", "a+b+c", "name+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode()]
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        VerifierKey.parse(text)


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+b+c", "PRIVATE+KEY+a+00000000+AQ=="])
def test_what_is_no_private_key_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(SettingsError, match="restore it from a copy"):
        LogKey.parse(text)
