"""Proof packs and copies of a real log, as a stranger checks them: with one file, and with another's program."""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.errors import TryAgainError
from shared.proof import Checkpoint, LogKey, ProofError, open_checkpoint
from shared.warc_reading import read_members
from tests.support.peers import run
from tests.support.proof_log import package
from tests.support.proof_service import LoggedArchive
from tests.support.stored_evidence import StoredEvidence

PROVED = (0, "PROVED: every record is in the signed log, unaltered\n")
WARC = "archive/data.warc.gz"


@pytest.fixture
def archive(stored: StoredEvidence) -> LoggedArchive:
    """Thirty pages that were looked at three times, a checkpoint after each; more than a tile of records."""
    archive = LoggedArchive(stored=stored)
    urls = stored.serve(30)
    for _ in range(3):
        stored.look(urls, per_batch=10)
        archive.append()
    return archive


@pytest.fixture
def pack(archive: LoggedArchive, tmp_path: Path) -> Path:
    archive.pack(archive.make_article("/news/7"), tmp_path / "pack.zip")
    return tmp_path / "pack.zip"


def contents(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as file:
        return {name: file.read(name) for name in file.namelist()}


def changed(pack: Path, change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Change the proof of a pack, and return what it said before."""
    files = contents(pack)
    before, proof = json.loads(files["proof.json"]), json.loads(files["proof.json"])
    change(proof)
    pack.write_bytes(package(files | {"proof.json": json.dumps(proof).encode()}))
    return before  # type: ignore[no-any-return]


def name_of(row: dict[str, Any]) -> str:
    return str(json.loads(row["entry"])["record"])


def test_a_pack_is_proved_and_brings_all_that_checking_takes(
    archive: LoggedArchive, pack: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(pack) as file:
        file.extractall(tmp_path / "out")

    assert archive.judge(pack) == PROVED
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("README.txt", "article.wacz", "check_proof.py", "checkpoint", "log.vkey", "proof.json")
    }
    assert (tmp_path / "out" / "log.vkey").read_text().strip() == str(archive.key.verifier)
    assert len(json.loads((tmp_path / "out" / "proof.json").read_text())["records"]) >= 7


def test_a_pack_goes_on_from_every_checkpoint_that_somebody_kept(
    archive: LoggedArchive, pack: Path, tmp_path: Path
) -> None:
    for size in archive.log.signed_sizes():
        known = tmp_path / f"known-{size}"
        known.write_text(archive.log.note(f"checkpoints/{size}") or "")
        assert archive.judge(pack, "--known", known) == PROVED

    archive.stored.evidence.delete(f"log/checkpoints/{archive.log.signed_sizes()[0]}")
    first = known.parent / min(known.parent.glob("known-*"), key=lambda path: int(path.name[6:]))
    article = archive.make_article("/news/8")
    archive.pack(article, tmp_path / "without.zip")
    assert "ask for one" in archive.judge(tmp_path / "without.zip", "--known", first)[1]
    archive.pack(article, tmp_path / "with.zip", since=first.read_text())
    assert archive.judge(tmp_path / "with.zip", "--known", first) == PROVED


def test_a_pack_of_what_is_not_signed_yet_says_what_to_do(archive: LoggedArchive, tmp_path: Path) -> None:
    article = archive.make_article("/news/7")
    archive.stored.look([row["url"] for row in archive.stored.rows("select url from targets")])

    with pytest.raises(TryAgainError, match="pressmark log append"):
        archive.pack(article, tmp_path / "pack.zip")
    assert list(tmp_path.iterdir()) == []


def swap_rows(proof: dict[str, Any]) -> None:
    one, two = proof["records"][2], proof["records"][3]
    one["index"], two["index"] = two["index"], one["index"]


ALTERED: dict[str, tuple[Callable[[dict[str, Any]], object], str, int]] = {
    "edited": (
        lambda proof: proof["records"][2].update(
            entry=proof["records"][2]["entry"].replace('"date":"20', '"date":"19')
        ),
        "altered row",
        2,
    ),
    "dropped": (lambda proof: proof["records"].pop(2), "are in no row of the log: before", 3),
    "inserted": (
        lambda proof: proof["records"].insert(2, proof["records"][2] | {"index": 0, "length": 0}),
        "altered row",
        2,
    ),
    "reordered": (swap_rows, "altered row", 3),
}


@pytest.mark.parametrize("case", ALTERED)
def test_an_altered_row_is_found_and_its_record_named(case: str, archive: LoggedArchive, pack: Path) -> None:
    change, told, number = ALTERED[case]

    before = changed(pack, change)

    code, said = archive.judge(pack)
    assert code == 1
    assert told in said
    assert name_of(before["records"][number]) in said


def test_one_byte_of_any_record_is_found_and_its_record_named(archive: LoggedArchive, pack: Path) -> None:
    whole, proof = pack.read_bytes(), json.loads(contents(pack)["proof.json"])
    with zipfile.ZipFile(pack) as outer, zipfile.ZipFile(outer.open("article.wacz")) as inner:
        warc = inner.read(WARC)
    begin = whole.index(warc)
    assert [length for _, length, _ in read_members(warc)] == [row["length"] for row in proof["records"]]
    for row in proof["records"]:
        data = bytearray(whole)
        data[begin + row["offset"] + row["length"] // 2] ^= 1
        pack.write_bytes(data)

        code, said = archive.judge(pack)

        assert code == 1
        assert f"altered record: {json.loads(row['entry'])['type']} {name_of(row)}" in said
        assert said.count("FAULT") == 1


def test_a_rolled_back_log_two_logs_of_one_size_and_a_swapped_key_are_found(
    archive: LoggedArchive, pack: Path, tmp_path: Path
) -> None:
    files, sizes, known = contents(pack), archive.log.signed_sizes(), tmp_path / "known"
    known.write_bytes(files["checkpoint"])
    last = open_checkpoint(files["checkpoint"].decode(), archive.key.verifier)

    older = (archive.log.note(f"checkpoints/{sizes[0]}") or "").encode()
    pack.write_bytes(package(files | {"checkpoint": older}))
    assert (
        f"rolled back: it had {last.size} records and has {sizes[0]}"
        in archive.judge(pack, "--known", known)[1]
    )

    forked = archive.key.sign(Checkpoint(origin=last.origin, size=last.size, root=bytes(32)))
    pack.write_bytes(package(files | {"checkpoint": forked.encode()}))
    assert f"two different logs of {last.size} records" in archive.judge(pack, "--known", known)[1]
    with pytest.raises(ProofError, match="two different logs"):
        archive.pack(archive.make_article("/news/9"), tmp_path / "other.zip", since=forked)

    swapped = LogKey.generate(archive.key.verifier.name)
    pack.write_bytes(package(files | {"checkpoint": swapped.sign(last).encode()}))
    assert "the key was swapped" in archive.judge(pack)[1]


# The whole log


def test_a_copy_of_the_log_is_proved_and_every_change_of_it_is_found(
    archive: LoggedArchive, tmp_path: Path
) -> None:
    copy = archive.copy(tmp_path / "log")
    first = copy / "checkpoints" / str(archive.log.signed_sizes()[0])
    assert archive.judge("--log", copy, "--known", first) == PROVED

    bundle = copy / "tile" / "entries" / "000"
    data = bundle.read_bytes()
    at = data.index(b"urn:uuid:") + 9
    name = data[at : at + 36].decode()
    bundle.write_bytes(data.replace(b'"date":"20', b'"date":"19', 1))

    code, said = archive.judge("--log", copy)
    assert code == 1
    assert "altered row: 0 " in said
    assert name in said

    bundle.write_bytes(data)
    shutil.copy(first, copy / "checkpoint")
    assert archive.judge("--log", copy, "--known", first)[0] == 1


def test_another_implementation_accepts_our_log(archive: LoggedArchive, tlog: Path, tmp_path: Path) -> None:
    copy = archive.copy(tmp_path / "log")
    source = ["--tiles", str(copy), "--log-key", str(archive.key.verifier)]
    *older, size = archive.log.signed_sizes()

    def judged(command: str, *words: str) -> dict[str, Any]:
        told = json.loads(run([os.fspath(tlog), command, *source, *words]))
        assert told["ok"], told
        return told  # type: ignore[no-any-return]

    assert judged("verify-checkpoint")["size"] == size
    for index in (0, 1, 255, 256, size - 1):
        [(_, row)] = archive.log.entries(index, index + 1, size=size)
        told = judged("verify-inclusion", "--index", str(index))
        assert told["entry_sha256"] == hashlib.sha256(row).hexdigest()
    for one in older:
        judged("verify-consistency", "--old-checkpoint", str(copy / "checkpoints" / str(one)))

    tile = copy / "tile" / "0" / "000"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    with pytest.raises(AssertionError):
        judged("verify-inclusion", "--index", "1")
