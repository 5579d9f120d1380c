"""A WARC, ARC or WACZ file of anyone's is judged rightly: damage is named, and good ones raise no alarm."""

import gzip
import hashlib
import json
import os
import zipfile
from pathlib import Path

import pytest

from shared.file_verdicts import Verdict, verdict_on

ORACLES = Path(os.environ.get("PRESSMARK_CORPUS", "../shared/corpus")) / "gold" / "oracles"


def oracle_lines(kind: str) -> list[dict[str, object]]:
    index = ORACLES / kind / "INDEX.jsonl"
    return [json.loads(line) for line in index.read_text().splitlines()] if index.is_file() else []


def judged(tmp_path: Path, data: bytes) -> Verdict:
    path = tmp_path / "file"
    path.write_bytes(data)
    return verdict_on(path)


def record(
    block: bytes = b"HTTP/1.1 200 OK\r\n\r\nhello", *fields: bytes, kind: bytes = b"response"
) -> bytes:
    head = [
        b"WARC/1.0",
        b"WARC-Type: " + kind,
        b"WARC-Record-ID: <urn:uuid:1>",
        b"WARC-Date: 2026-01-01T00:00:00Z",
        b"Content-Type: application/http; msgtype=response",
        b"Content-Length: %d" % len(block),
        *fields,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + block + b"\r\n\r\n"


HELLO = hashlib.sha1(b"hello").hexdigest().encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
ARC = b"filedesc://a.arc 127.0.0.1 20140216050221 text/plain 6\n1 0 a\n\n"
ARC_RECORD = b"http://a.example/b c 127.0.0.1 20140216050221 text/html %d\n%b\n"
GOOD = {
    "one record": record(),
    "several": record() * 3,
    "members": b"".join(gzip.compress(record()) for _ in range(3)),
    "digest in hexadecimal": record(b"HTTP/1.1 200 OK\r\n\r\nhello", b"WARC-Payload-Digest: sha1:" + HELLO),
    "digest without chunks": record(CHUNKED, b"WARC-Payload-Digest: sha1:" + HELLO),
    "digest of the chunks": record(
        CHUNKED,
        b"WARC-Payload-Digest: sha256:"
        + hashlib.sha256(CHUNKED.partition(b"\r\n\r\n")[2]).hexdigest().encode(),
    ),
    "unknown digest": record(b"x", b"WARC-Block-Digest: crc:1"),
    "line feeds alone": record().replace(b"\r\n", b"\n").replace(b"Length: 24", b"Length: 22"),
    "revisit": record(b"HTTP/1.1 200 OK\r\n\r\n", b"WARC-Payload-Digest: sha1:" + HELLO, kind=b"revisit"),
    "ARC": ARC + ARC_RECORD % (5, b"hello"),
    "ARC in members": gzip.compress(ARC) + gzip.compress(ARC_RECORD % (5, b"hello")),
}
DAMAGED = {
    "cut": (record()[:-9], "before the record does", 0),
    "cut in its end": (record()[:-1], "two line ends", 0),
    "cut in its header": (record()[:40], "header of the record has no end", 0),
    "second record cut": (record() * 2 + record()[:-9], "before the record does", 2 * len(record())),
    "block digest": (record(b"x", b"WARC-Block-Digest: sha1:" + HELLO), "block digest", 0),
    "payload digest": (
        record(b"HTTP/1.1 200 OK\r\n\r\nhullo", b"WARC-Payload-Digest: sha1:" + HELLO),
        "payload digest",
        0,
    ),
    "wrong length": (record() + record().replace(b"Length: 24", b"Length: 23"), "two line ends", len(record())),
    "no length": (record().replace(b"Content-Length", b"Length"), "Content-Length is missing", 0),
    "no date": (record().replace(b"WARC-Date", b"Date"), "mandatory fields are missing: warc-date", 0),
    "no record between": (record() + b"noise" + record(), "no WARC record begins here", len(record())),
    "one member for several": (gzip.compress(record() * 2), "more than one record", 0),
    "member cut": (gzip.compress(record()) + gzip.compress(record())[:-9], "no end", len(gzip.compress(record()))),
    "ARC cut": (ARC + (ARC_RECORD % (5, b"hello"))[:-3], "before the record does", len(ARC)),
    "neither": (b"<html>", "no WARC, ARC or WACZ", 0),
    "nothing": (b"", "no WARC, ARC or WACZ", 0),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_raises_no_alarm(tmp_path: Path, name: str) -> None:
    found = judged(tmp_path, GOOD[name])

    assert found.damages == []
    assert found.records >= 1


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_named_with_its_place(tmp_path: Path, name: str) -> None:
    data, reason, offset = DAMAGED[name]

    found = judged(tmp_path, data)

    assert reason in found.damages[0].reason
    assert found.damages[0].offset == offset


def test_a_damaged_member_does_not_hide_those_behind_it(tmp_path: Path) -> None:
    good = gzip.compress(record(), mtime=0)
    broken = good[:30] + bytes([good[30] ^ 255]) + good[31:]

    found = judged(tmp_path, good + broken + good + good[:-3])

    assert found.records >= 2
    assert {one.offset for one in found.damages} == {len(good), 3 * len(good)}


def package(tmp_path: Path, **changes: bytes) -> Path:
    warc = gzip.compress(record())
    digest = f"sha256:{hashlib.sha256(warc).hexdigest()}"
    resource = {"name": "data", "path": "archive/data.warc.gz", "hash": digest, "bytes": len(warc)}
    files = {
        "archive/data.warc.gz": warc,
        "datapackage.json": json.dumps({"wacz_version": "1.1.1", "resources": [resource]}).encode(),
        **{name.replace("_", "/", 1): data for name, data in changes.items()},
    }
    path = tmp_path / "a.wacz"
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def test_a_package_is_judged_by_its_list_and_by_the_records_within(tmp_path: Path) -> None:
    good = verdict_on(package(tmp_path))
    assert (good.damages, good.records) == ([], 1)

    wrong = {
        "archive_data.warc.gz": gzip.compress(record())[:-4],
        "datapackage.json": b'{"resources": [{"path": "gone"}]}',
        "datapackage-digest.json": b'{"hash": "sha256:00"}',
    }
    for name, data in wrong.items():
        found = verdict_on(package(tmp_path, **{name: data}))
        assert not found.is_sound, name
    path = package(tmp_path)
    path.write_bytes(path.read_bytes()[:-60])
    assert not verdict_on(path).is_sound


@pytest.mark.skipif(not oracle_lines("warc"), reason="the corpus is not here")
def test_every_warc_and_arc_of_the_corpus_is_judged_as_its_index_says() -> None:
    lines = oracle_lines("warc")

    wrong = []
    for line in lines:
        found = verdict_on(ORACLES / "warc" / Path(str(line["file"])).name)
        is_good = line["check"]["warcio_check_rc"] == 0  # type: ignore[index]
        if found.is_sound != is_good or (is_good and found.records != sum(line["types"].values())):  # type: ignore[attr-defined]
            wrong.append((line["file"], found))
    assert wrong == []
    assert len(lines) == 17


@pytest.mark.skipif(not oracle_lines("wacz"), reason="the corpus is not here")
def test_every_package_of_the_corpus_is_judged_as_its_index_says() -> None:
    for line in oracle_lines("wacz"):
        found = verdict_on(ORACLES / "wacz" / Path(str(line["file"])).name)

        assert found.is_sound == (line["expected"] == "valid"), found
