"""Evidence taken away over HTTP: byte for byte what is stored, whole or not at all, and judged by others."""

import base64
import hashlib
import io
import json
import random
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from protego import Protego
from warcio.archiveiterator import ArchiveIterator as WarcioReader

from services.client import Archive, NotKeptError
from shared.evidence import EvidenceStore
from shared.exporting import Exports, Selection
from shared.warc_reading import read_members, read_records
from tests.support.fault_proxy import FaultProxy
from tests.support.peers import run
from tests.support.proof_service import LoggedArchive
from tests.support.raw_server import page
from tests.support.running_reader import RunningReader, running_reader
from tests.support.stored_evidence import StoredEvidence, text_of

HTML = b"Content-Type: text/html"


@pytest.fixture
def archive(stored: StoredEvidence) -> LoggedArchive:
    """Six pages looked at three times: new, the same again, and one of them changed."""
    archive = LoggedArchive(stored=stored)
    urls = stored.serve(6)
    stored.look(urls)
    stored.look(urls)
    stored.server.url("/news/3", page(text_of(99), HTML))
    stored.look(urls)
    archive.append()
    return archive


@pytest.fixture
def article(archive: LoggedArchive) -> str:
    return archive.make_article("/news/3")


def large_article(stored: StoredEvidence, *, pages: int = 4) -> str:
    """An article of one address whose looks gave other noise each, together about 6 MB."""
    for number in range(pages):
        noise = random.Random(number).randbytes(1_500_000)
        stored.look([stored.server.url("/news/large", page(noise, HTML))])
    return LoggedArchive(stored=stored).make_article("/news/large")


def captures_of(stored: StoredEvidence, path: str) -> list[dict[str, object]]:
    return stored.rows("select * from captures where url like %(path)s order by capture_id", path=f"%{path}")


def get(address: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    """Ask, and follow where the reader leads to."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, address, headers=named, follow_redirects=True, timeout=30)


def members_of(data: bytes) -> list[bytes]:
    return [data[offset : offset + length] for offset, length, _ in read_members(data)]


def problem(got: httpx.Response) -> tuple[int, str]:
    assert got.headers["content-type"] == "application/problem+json"
    assert got.headers["cache-control"] == "no-store"
    told = got.json()
    assert told["status"] == got.status_code
    return got.status_code, told["detail"]


# What is given out


def test_the_warc_of_a_capture_holds_its_records_as_they_are_stored(
    archive: LoggedArchive, article: str, reading: RunningReader
) -> None:
    stored = archive.stored
    every = {one for key in stored.evidence.keys("warc/") for one in members_of(stored.evidence.get(key))}
    first, again, _ = captures_of(stored, "/news/3")

    got = get(f"{reading.reader_url}/capture/{first['capture_id']}.warc.gz")
    of_revisit = get(f"{reading.reader_url}/capture/{again['capture_id']}.warc.gz")

    assert got.headers["content-type"] == "application/warc"
    name = f"pressmark-capture-{first['capture_id']}.warc.gz"
    assert got.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert set(members_of(got.content)) <= every
    types = [record.rec_type for record in WarcioReader(io.BytesIO(got.content), check_digests="raise")]
    assert types == [record.type for record in read_records(got.content)]
    assert {"warcinfo", "request", "response"} <= set(types)
    responses = [one for one in read_records(got.content) if one.type == "response"]
    assert [one.record_id for one in responses] == [first["record_id"]]
    payload = responses[0].block.partition(b"\r\n\r\n")[2]
    assert f"sha256:{hashlib.sha256(payload).hexdigest()}" == first["payload_digest"]
    # A revisit is worth nothing without the record that holds its payload.
    assert {first["record_id"], again["record_id"]} <= {
        one.record_id for one in read_records(of_revisit.content)
    }


def test_files_of_an_article_are_those_that_the_commands_write(
    archive: LoggedArchive, article: str, reading: RunningReader, tmp_path: Path
) -> None:
    exports = Exports(index=archive.stored.index, evidence=archive.stored.evidence)
    exports.warc(Selection(article_id=article), tmp_path / "warc")

    warc = get(f"{reading.reader_url}/article/{article}.warc.gz")
    wacz = get(f"{reading.reader_url}/article/{article}.wacz")
    pack = get(f"{reading.reader_url}/article/{article}.proof.zip")
    software = json.loads(zipfile.ZipFile(io.BytesIO(wacz.content)).read("datapackage.json"))["software"]
    exports.wacz(Selection(article_id=article), tmp_path / "wacz", software=software)

    assert warc.content == (tmp_path / "warc").read_bytes()
    assert wacz.content == (tmp_path / "wacz").read_bytes()
    assert zipfile.ZipFile(io.BytesIO(pack.content)).read("article.wacz") == wacz.content
    assert len(captures_of(archive.stored, "/news/3")) == 3
    digest = base64.b64encode(hashlib.sha256(warc.content).digest()).decode()
    assert warc.headers["repr-digest"] == f"sha-256=:{digest}:"
    types = {one.headers["content-type"] for one in (warc, wacz, pack)}
    assert types == {"application/warc", "application/wacz", "application/zip"}


def test_another_program_finds_the_wacz_valid(
    article: str, reading: RunningReader, indexers: Path, tmp_path: Path
) -> None:
    target = tmp_path / "article.wacz"
    target.write_bytes(get(f"{reading.reader_url}/article/{article}.wacz").content)

    told = run([str(indexers / "wacz"), "validate", "-f", str(target)])

    assert "valid" in told.lower()
    assert "not" not in told.lower().replace("note", "")


def test_a_proof_pack_is_proved_by_the_program_that_is_in_it(
    archive: LoggedArchive, article: str, reading: RunningReader, tmp_path: Path
) -> None:
    pack = tmp_path / "pack.zip"
    pack.write_bytes(get(f"{reading.reader_url}/article/{article}.proof.zip").content)
    with zipfile.ZipFile(pack) as file:
        program = Path(file.extract("check_proof.py", tmp_path))
        warc = zipfile.ZipFile(io.BytesIO(file.read("article.wacz"))).read("archive/data.warc.gz")

    def judged() -> tuple[int, str]:
        argv = [sys.executable, "-I", "-S", str(program), str(pack), "--key", str(archive.key.verifier)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    assert judged() == (0, "PROVED: every record is in the signed log, unaltered\n")
    data = bytearray(pack.read_bytes())
    data[data.index(warc) + len(warc) // 2] ^= 1
    pack.write_bytes(data)
    code, said = judged()
    assert code == 1
    assert "altered record" in said


def test_pages_and_json_name_the_files(archive: LoggedArchive, article: str, reading: RunningReader) -> None:
    [first, *_] = captures_of(archive.stored, "/news/3")

    text = get(f"{reading.reader_url}/article/{article}").text
    of_capture = get(f"{reading.reader_url}/capture/{first['capture_id']}").text
    told = get(f"{reading.reader_url}/article/{article}.json").json()

    assert told["evidence"] == {
        "warc": f"/article/{article}.warc.gz",
        "wacz": f"/article/{article}.wacz",
        "proof": f"/article/{article}.proof.zip",
    }
    assert all(f'href="{address}"' in text for address in told["evidence"].values())
    assert f'href="/capture/{first["capture_id"]}.warc.gz"' in of_capture


def test_the_client_writes_every_file_and_checks_it(
    archive: LoggedArchive, article: str, reading: RunningReader, tmp_path: Path
) -> None:
    revision = {"article": article, "url": captures_of(archive.stored, "/news/3")[0]["url"]}
    archive.stored.run(
        """insert into revisions (article_id, number, capture_id, url, seen_at, title, body, text_digest,
               identity_digest, fields, search)
           select %(article)s, 1, min(capture_id), url, now(), 't', '[]', 'x', 'x', '{}', ''
           from captures where url = %(url)s group by url""",
        **revision,
    )
    with Archive(reading.reader_url) as client:
        told = client.article(article)
        address = told.revisions[0].capture.warc
        assert address is not None
        done = [client.download(path, tmp_path / name) for name, path in told.evidence.items()]
        client.download(address, tmp_path / "capture")
        client.download_evidence(article, tmp_path / "again", form="warc")
        with pytest.raises(NotKeptError, match="No article"):
            client.download_evidence("none", tmp_path / "none")

    assert sorted(one.path.name for one in done) == ["proof", "wacz", "warc"]
    assert (tmp_path / "again").read_bytes() == (tmp_path / "warc").read_bytes()
    assert any(record.type == "response" for record in read_records((tmp_path / "capture").read_bytes()))
    assert not (tmp_path / "none").exists()


def test_robots_are_told_to_leave_files_alone(
    archive: LoggedArchive, article: str, reading: RunningReader
) -> None:
    pages, files = (
        Protego.parse(get(f"{url}/robots.txt").text) for url in (reading.reader_url, reading.replay_url)
    )

    assert pages.can_fetch(f"{reading.reader_url}/article/{article}", "robot")
    assert not pages.can_fetch(f"{reading.reader_url}/article/{article}.wacz", "robot")
    assert not files.can_fetch(f"{reading.replay_url}/evidence/article/{article}.wacz", "robot")


# Ranges and conditions


def test_a_file_can_be_had_in_ranges_and_again_only_when_it_changed(
    archive: LoggedArchive, article: str, reading: RunningReader
) -> None:
    address = f"{reading.replay_url}/evidence/article/{article}.wacz"
    whole = get(address)
    tag, size = whole.headers["etag"], len(whole.content)

    head = get(address, method="HEAD")
    assert {name: head.headers[name] for name in ("etag", "content-length", "accept-ranges")} == {
        "etag": tag, "content-length": str(size), "accept-ranges": "bytes"
    }  # fmt: skip
    for asked, begin, end in (
        ("0-9", 0, 10),
        ("7-", 7, size),
        ("-5", size - 5, size),
        (f"9-{size * 2}", 9, size),
    ):
        got = get(address, Range=f"bytes={asked}")
        assert (got.status_code, got.content) == (206, whole.content[begin:end])
        assert got.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}"
    for odd in ("bytes=-", "bytes=0-1,3-4", "lines=1-2"):
        assert get(address, Range=odd).status_code == 200
    beyond = get(address, Range=f"bytes={size}-")
    assert problem(beyond)[0] == 416
    assert beyond.headers["content-range"] == f"bytes */{size}"
    assert get(address, Range="bytes=0-9", If_Range='"other"').status_code == 200
    assert get(address, Range="bytes=0-9", If_Range=tag).status_code == 206
    assert get(address, If_None_Match=f'"x", {tag}').status_code == 304

    archive.stored.look([str(captures_of(archive.stored, "/news/3")[0]["url"])])
    assert get(address, If_None_Match=tag).status_code == 200


# What is not given out


def test_what_is_not_there_or_not_an_address_is_said_so(
    archive: LoggedArchive, article: str, reading: RunningReader
) -> None:
    at = f"{reading.replay_url}/evidence"

    assert problem(get(f"{at}/capture/99999.warc.gz"))[0] == 404
    assert problem(get(f"{at}/capture/x.warc.gz"))[0] == 400
    assert problem(get(f"{at}/article/none.wacz"))[0] == 404
    assert problem(get(f"{at}/article/%20.wacz"))[0] == 400
    assert get(f"{reading.reader_url}/article/none.wacz").status_code == 404
    assert get(f"{reading.reader_url}/capture/99999.warc.gz").status_code == 404
    told = get(f"{at}/article/none.wacz", Accept="text/html,*/*")
    assert told.headers["content-type"].startswith("text/plain")


def test_an_article_that_was_merged_leads_to_the_one_it_is_in(
    archive: LoggedArchive, article: str, reading: RunningReader
) -> None:
    merged = archive.make_article("/news/4")
    archive.stored.run(
        "update articles set merged_into = %(into)s where article_id = %(id)s", into=article, id=merged
    )

    ours = get(f"{reading.reader_url}/article/{article}.warc.gz")

    assert get(f"{reading.reader_url}/article/{merged}.warc.gz").url == ours.url
    assert get(f"{reading.replay_url}/evidence/article/{merged}.warc.gz").content == ours.content


def test_a_proof_waits_for_the_checkpoint_that_covers_it(
    archive: LoggedArchive, article: str, reading: RunningReader
) -> None:
    address = f"{reading.replay_url}/evidence/article/{article}.proof.zip"
    assert get(address).status_code == 200

    archive.stored.look([str(captures_of(archive.stored, "/news/3")[0]["url"])])
    early = get(address)
    archive.append()

    assert problem(early)[0] == 503
    assert early.headers["retry-after"] == "600"
    assert get(address).status_code == 200


def test_an_archive_without_a_log_has_no_proof_and_gives_out_the_rest(stored: StoredEvidence) -> None:
    stored.look(stored.serve(1))
    article = LoggedArchive(stored=stored).make_article("/news/0")

    with running_reader(stored) as reading:
        assert problem(get(f"{reading.replay_url}/evidence/article/{article}.proof.zip"))[0] == 404
        assert get(f"{reading.replay_url}/evidence/article/{article}.warc.gz").status_code == 200


def test_a_file_that_is_too_large_names_the_command_that_makes_it(
    archive: LoggedArchive, article: str
) -> None:
    with running_reader(archive.stored, download_bytes=2000) as reading:
        status, detail = problem(get(f"{reading.replay_url}/evidence/article/{article}.wacz"))

    assert status == 413
    assert f"pressmark export wacz --article {article} -o FILE" in detail


# Faults


def damage(stored: StoredEvidence, key: str, *, at: int, cut: bool = False) -> None:
    data = bytearray(stored.evidence.get(key))
    data[at] ^= 1
    stored.evidence.put(key, bytes(data[:at] if cut else data), content_type="application/warc")


def test_a_damaged_or_lost_record_is_found_before_anything_is_sent(
    archive: LoggedArchive, article: str, reading: RunningReader
) -> None:
    [first, *_] = captures_of(archive.stored, "/news/3")
    key, at = str(first["warc_key"]), int(str(first["warc_offset"])) + 40
    address = f"{reading.replay_url}/evidence/article/{article}.warc.gz"
    whole = archive.stored.evidence.get(key)

    damage(archive.stored, key, at=at)
    assert problem(get(address))[0] == 500
    archive.stored.evidence.put(key, whole, content_type="application/warc")
    assert get(address).status_code == 200
    damage(archive.stored, key, at=at, cut=True)
    assert problem(get(address))[0] == 500
    archive.stored.evidence.delete(key)
    assert problem(get(address))[0] == 410
    assert problem(get(address.replace(".warc.gz", ".wacz")))[0] == 410


@pytest.mark.parametrize("cut", [False, True])
def test_what_is_damaged_after_it_was_read_breaks_the_transfer(stored: StoredEvidence, *, cut: bool) -> None:
    article = large_article(stored)
    with running_reader(stored) as reading:
        address = f"{reading.replay_url}/evidence/article/{article}.wacz"
        size = int(get(address, method="HEAD").headers["content-length"])
        last = max(captures_of(stored, "/news/large"), key=lambda one: str(one["warc_key"]))
        damage(stored, str(last["warc_key"]), at=int(str(last["warc_offset"])) + 700_000, cut=cut)

        received: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            take(address, received)

        assert 2_000_000 < sum(map(len, received)) < size


def take(address: str, received: list[bytes], *, at_first: Callable[[], None] = lambda: None) -> None:
    """Take a file piece by piece, and do something when the first has come."""
    with httpx.stream("GET", address, timeout=30) as got:
        assert got.status_code == 200
        for piece in got.iter_raw():
            if not received:
                at_first()
            received.append(piece)


@contextmanager
def behind_a_proxy(stored: StoredEvidence) -> Iterator[tuple[StoredEvidence, FaultProxy]]:
    """The same archive with a store that can be stopped."""
    settings = stored.evidence._settings
    endpoint = urlsplit(settings.endpoint or "")
    assert endpoint.port is not None
    with FaultProxy(endpoint.port) as proxy:
        evidence = EvidenceStore(replace(settings, endpoint=f"http://127.0.0.1:{proxy.port}"))
        yield replace(stored, evidence=evidence), proxy


def test_a_store_that_stops_breaks_the_transfer_and_is_waited_for(stored: StoredEvidence) -> None:
    article = large_article(stored, pages=8)
    with behind_a_proxy(stored) as (fragile, proxy), running_reader(fragile) as reading:
        address = f"{reading.replay_url}/evidence/article/{article}.warc.gz"
        whole = get(address).content

        received: list[bytes] = []
        with pytest.raises(httpx.RemoteProtocolError):
            take(address, received, at_first=proxy.break_down)
        away = get(address)
        proxy.heal()

        assert problem(away)[0] == 503
        assert away.headers["retry-after"] == "10"
        assert 0 < sum(map(len, received)) < len(whole)
        assert get(address).content == whole


# Limits


def test_who_takes_nothing_holds_no_place_for_long(stored: StoredEvidence) -> None:
    article = large_article(stored, pages=8)
    with running_reader(stored, downloads=1, download_stall_seconds=1.0) as reading:
        address = f"{reading.replay_url}/evidence/article/{article}.warc.gz"
        size = int(get(address, method="HEAD").headers["content-length"])
        place = urlsplit(address)
        with socket.create_connection((place.hostname or "", place.port or 0)) as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            lazy.sendall(f"GET {place.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert lazy.recv(12) == b"HTTP/1.1 200"
            busy = get(address)
            deadline = time.monotonic() + 20
            while (got := get(address)).status_code == 503 and time.monotonic() < deadline:
                time.sleep(0.1)

        assert problem(busy)[0] == 503
        assert busy.headers["retry-after"] == "10"
        assert (got.status_code, len(got.content)) == (200, size)
