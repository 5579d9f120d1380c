"""The verifier a stranger runs: it passes what is whole, and names what is not."""

import copy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.proof import LogKey, check_proof, entry_bundle, read_bundle, tile_path
from tests.support.proof_log import Log, entry_of, pack_of, proof_of

KEY = LogKey.generate("archive.example/log")
RECORDS = {number: f"record {number}".encode() * 20 for number in range(600)}
OURS = {number: RECORDS[number] for number in (3, 4, 300)}
WARC = b"".join(OURS.values())


@pytest.fixture(scope="module")
def log() -> Log:
    whole = Log()
    whole.append([entry_of(RECORDS[number], number) for number in range(400)])
    whole.append([entry_of(RECORDS[number], number) for number in range(400, 600)])
    return whole


def run(*arguments: object) -> tuple[int, str]:
    """Run the verifier as a stranger does: a file, and an interpreter without anything of ours."""
    program = Path(check_proof.__file__)
    done = subprocess.run(
        [sys.executable, "-I", "-S", program, *map(str, arguments), "--key", str(KEY.verifier)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@settings(max_examples=20)
@given(message=st.binary(max_size=200), flipped=st.integers(0, 511))
def test_signatures_hold_exactly_when_another_implementation_made_them(message: bytes, flipped: int) -> None:
    private = Ed25519PrivateKey.generate()
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    wrong = bytearray(signature)
    wrong[flipped // 8] ^= 1 << flipped % 8

    assert check_proof.signature_holds(public, message, signature)
    assert not check_proof.signature_holds(public, message, bytes(wrong))
    assert not check_proof.signature_holds(public, message + b".", signature)


def test_a_whole_pack_is_proved(log: Log, tmp_path: Path) -> None:
    pack = tmp_path / "pack.zip"
    pack.write_bytes(pack_of(proof_of(log, OURS), warc=WARC, checkpoint=log.checkpoint(KEY)))

    assert run(pack) == (0, "PROVED: every record is in the signed log, unaltered\n")


def test_a_pack_is_proved_to_go_on_from_a_checkpoint_that_was_kept(log: Log, tmp_path: Path) -> None:
    known, pack = tmp_path / "known", tmp_path / "pack.zip"
    known.write_text(log.checkpoint(KEY, 400), encoding="utf-8")
    proof = proof_of(log, OURS, since=[400])
    pack.write_bytes(pack_of(proof, warc=WARC, checkpoint=log.checkpoint(KEY)))

    assert run(pack, "--known", known)[0] == 0


def alter(proof: dict[str, Any], number: int, **fields: object) -> None:
    proof["records"][number] |= fields


def swap_rows(proof: dict[str, Any]) -> None:
    first, second = proof["records"][:2]
    first["index"], second["index"] = second["index"], first["index"]


ALTERED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a row edited": (
        lambda proof: alter(proof, 1, entry=proof["records"][1]["entry"].replace("2013", "2014")),
        "altered row: response urn:uuid:00000000000000000000000000000004 of https://outlet.example/4",
    ),
    "a row dropped": (
        lambda proof: proof["records"].pop(1),
        "are in no row of the log: before response urn:uuid:0000000000000000000000000000012c",
    ),
    "the last row dropped": (lambda proof: proof["records"].pop(), "are in no row of the log"),
    "all rows dropped": (lambda proof: proof["records"].clear(), "are in no row of the log"),
    "a row inserted": (
        lambda proof: proof["records"].insert(0, proof["records"][0] | {"index": 5, "length": 0}),
        "altered row: response urn:uuid:00000000000000000000000000000003",
    ),
    "rows reordered": (swap_rows, "altered row: response urn:uuid:00000000000000000000000000000004"),
    "a row beyond the log": (lambda proof: alter(proof, 0, index=600), "is not record 600"),
    "a field missing": (lambda proof: proof["records"][0].pop("path"), "path"),
}


@pytest.mark.parametrize("case", ALTERED)
def test_an_altered_pack_is_not_proved_and_the_record_is_named(case: str, log: Log, tmp_path: Path) -> None:
    change, named = ALTERED[case]
    proof = copy.deepcopy(proof_of(log, OURS))
    change(proof)
    pack = tmp_path / "pack.zip"
    pack.write_bytes(pack_of(proof, warc=WARC, checkpoint=log.checkpoint(KEY)))

    code, said = run(pack)

    assert code == 1
    assert named in said
    assert said.endswith("NOT PROVED\n")


@pytest.mark.parametrize("number", [0, len(OURS[3]), len(WARC) - 1])
def test_one_byte_of_a_record_is_found_and_the_record_named(number: int, log: Log, tmp_path: Path) -> None:
    data = bytearray(pack_of(proof_of(log, OURS), warc=WARC, checkpoint=log.checkpoint(KEY)))
    data[bytes(data).index(WARC) + number] ^= 1
    pack = tmp_path / "pack.zip"
    pack.write_bytes(data)

    code, said = run(pack)

    touched = {0: 3, len(OURS[3]): 4, len(WARC) - 1: 300}[number]
    assert code == 1
    assert f"altered record: response urn:uuid:{touched:032x}" in said
    assert said.count("FAULT") == 1


def test_another_key_a_rolled_back_log_and_a_second_log_of_one_size_are_found(
    log: Log, tmp_path: Path
) -> None:
    pack, known = tmp_path / "pack.zip", tmp_path / "known"
    proof = proof_of(log, OURS)
    swapped = LogKey.generate("archive.example/log")
    other = Log()
    other.append([*log.entries[:-1], b"another"])

    pack.write_bytes(pack_of(proof, warc=WARC, checkpoint=log.checkpoint(swapped)))
    assert "the key was swapped" in run(pack)[1]

    pack.write_bytes(pack_of(proof, warc=WARC, checkpoint=log.checkpoint(KEY, 400)))
    known.write_text(log.checkpoint(KEY), encoding="utf-8")
    assert "rolled back: it had 600 records and has 400" in run(pack, "--known", known)[1]

    pack.write_bytes(pack_of(proof, warc=WARC, checkpoint=other.checkpoint(KEY)))
    assert "two different logs of 600 records" in run(pack, "--known", known)[1]


def test_a_log_that_does_not_go_on_from_a_kept_checkpoint_is_found(log: Log, tmp_path: Path) -> None:
    pack, known = tmp_path / "pack.zip", tmp_path / "known"
    other = Log()
    other.append([b"another", *log.entries[1:400]])
    known.write_text(other.checkpoint(KEY), encoding="utf-8")
    proof = proof_of(log, OURS, since=[400])
    pack.write_bytes(pack_of(proof, warc=WARC, checkpoint=log.checkpoint(KEY)))

    assert "does not begin with the 400 records" in run(pack, "--known", known)[1]


# A whole log


def test_a_whole_log_is_proved(log: Log, tmp_path: Path) -> None:
    log.write(tmp_path, KEY)
    (tmp_path / "known").write_text(log.checkpoint(KEY, 400), encoding="utf-8")

    assert run("--log", tmp_path, "--known", tmp_path / "known")[0] == 0


def edit(rows: list[bytes]) -> list[bytes]:
    return [rows[0], rows[1].replace(b"2013", b"2014"), *rows[2:]]


CHANGED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "edited": (edit, "altered row: 257 "),
    "dropped": (lambda rows: rows[:1] + rows[2:], "holds 255 rows where 256 should be"),
    "inserted": (lambda rows: [*rows[:1], b'{"record":"new"}', *rows[1:]], "holds 257 rows where 256"),
    "reordered": (lambda rows: [rows[1], rows[0], *rows[2:]], "altered row: 256 "),
}


@pytest.mark.parametrize("case", CHANGED)
def test_a_changed_row_of_a_log_is_found_and_named(case: str, log: Log, tmp_path: Path) -> None:
    change, named = CHANGED[case]
    log.write(tmp_path, KEY)
    bundle = tmp_path / tile_path("entries", 1)
    bundle.write_bytes(entry_bundle(change(read_bundle(bundle.read_bytes()))))

    code, said = run("--log", tmp_path)

    assert code == 1
    assert named in said


def test_a_rewritten_log_under_the_same_key_is_found_by_a_kept_checkpoint(log: Log, tmp_path: Path) -> None:
    rewritten = Log()
    rewritten.append(edit(log.entries))
    rewritten.write(tmp_path, KEY)
    (tmp_path / "known").write_text(log.checkpoint(KEY, 400), encoding="utf-8")

    assert run("--log", tmp_path)[0] == 0
    assert "does not begin with the 400 records" in run("--log", tmp_path, "--known", tmp_path / "known")[1]


def test_a_lost_tile_is_named(log: Log, tmp_path: Path) -> None:
    log.write(tmp_path, KEY)
    (tmp_path / tile_path(0, 1)).unlink()

    assert "tile/0/001 is missing from the log" in run("--log", tmp_path)[1]
