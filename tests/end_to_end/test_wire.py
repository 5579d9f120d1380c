"""Evidence is true to the wire: what the archive stores is what the host got and sent, byte for byte."""

import gzip
import io
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from shared.warc_reading import StoredRecord
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved, assert_evidence
from tests.support.raw_server import RawServer, linking, page, running_raw_server, source_of

TEXT = (
    b"<html><title>Harbour news</title><article><h1>Harbour news</h1><p>"
    + b"The ferry left the quay at noon and came back in the rain. " * 20
    + b"</p></article></html>"
)
CODED = gzip.compress(TEXT, mtime=0)
OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS = {
    "/news/plain": page(TEXT, b"Content-Type: text/html", b'ETag: "one"'),
    "/news/gzip": page(CODED, b"content-TYPE: text/html", b"Content-Encoding: gzip"),
    "/news/chunked": OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x;a=b\r\n%b\r\n0\r\nX-T: 1\r\n\r\n" % (len(CODED), CODED),
    "/news/latin-1": page(TEXT, b"Content-Type: text/html", b"X-Weather: caf\xe9  au lait "),
    "/news/old": b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + TEXT,
    "/news/short": OK + b"Content-Length: 99999\r\n\r\n" + TEXT,
    "/news/moved": b"HTTP/1.1 301 Moved\r\nLocation: /news/plain\r\nContent-Length: 0\r\n\r\n",
    "/news/gone": b"HTTP/1.1 410 Gone\r\nContent-Length: 4\r\n\r\ngone",
    "/news/down": b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
    "/news/warc": page(b"\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n\r\n", b"Content-Type: text/html"),
    "/news/broken": b"this is not HTTP",
    "/robots.txt": page(b"User-agent: *\nDisallow: /private/\n", b"Content-Type: text/plain"),
}  # fmt: skip
ENDED_BY_CLOSE = {"/news/old", "/news/short", "/news/broken"}
ARTICLES = [path for path in ANSWERS if path.startswith("/news/")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """An archive that has looked at every answer once, and at the good ones twice."""

    archive: Archive
    server: RawServer
    records: dict[str, list[StoredRecord]]

    def of_type(self, *types: str) -> list[StoredRecord]:
        return [record for records in self.records.values() for record in records if record.type in types]


@pytest.fixture(scope="module")
def looked(new_servers: NewServers) -> Iterator[Looked]:
    with running_raw_server() as server, running_archive(new_servers()) as archive:
        for path, answer in ANSWERS.items():
            server.url(path, answer, close=path in ENDED_BY_CLOSE)
        server.url("/list", page(linking(ARTICLES), b"Content-Type: text/html"))
        archive.kit.actions.add_source(source_of(server, "wire"))
        archive.finish("wire")
        archive.kit.actions.recheck(f"{server.origin}/news/plain")
        archive.kit.actions.recheck(f"{server.origin}/news/chunked")
        archive.finish("wire")
        yield Looked(archive=archive, server=server, records=assert_evidence(archive))


def test_every_request_in_the_evidence_is_one_the_host_got_and_none_is_missing(looked: Looked) -> None:
    stored = Counter(record.block for record in looked.of_type("request"))

    got = Counter(request.raw for request in looked.server.seen if request.path != "/news/broken")
    assert stored == got
    assert sum(got.values()) == len(ANSWERS) + 2


def test_every_response_in_the_evidence_is_what_the_host_sent(looked: Looked) -> None:
    stored = {record.target_uri: record.block for record in looked.of_type("response")}

    sent = {looked.server.origin + path: answer for path, answer in looked.server.answers.items()}
    del sent[looked.server.origin + "/news/broken"]
    assert stored == sent


def test_a_page_that_came_again_is_a_revisit_with_its_own_head(looked: Looked) -> None:
    revisits = {str(record.target_uri): record for record in looked.of_type("revisit")}

    first = {record.target_uri: record for record in looked.of_type("response")}
    assert {url.removeprefix(looked.server.origin) for url in revisits} == {"/news/plain", "/news/chunked"}
    for url, record in revisits.items():
        head, _, body = first[url].block.partition(b"\r\n\r\n")
        assert body
        assert record.block == head + b"\r\n\r\n"
        assert record.header("WARC-Refers-To") == first[url].record_id
        assert record.header("WARC-Refers-To-Target-URI") == url


def test_a_second_look_asks_whether_the_page_has_changed(looked: Looked) -> None:
    asked = [request.raw for request in looked.server.seen if request.path == "/news/plain"]

    assert b"if-none-match" not in asked[0].lower()
    assert b'if-none-match: "one"' in asked[1].lower()


def test_warcio_accepts_every_object(looked: Looked, tmp_path: Path) -> None:
    paths = []
    for key in looked.records:
        paths.append(tmp_path / key.rpartition("/")[2])
        paths[-1].write_bytes(looked.archive.evidence.get(key))

    told = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stdout + told.stderr
    assert "failed" not in told.stdout
    assert told.stdout.count("digest pass") >= len(looked.of_type("request", "response", "revisit"))


def test_fastwarc_reads_every_record_and_there_are_as_many_as_looks(looked: Looked) -> None:
    types: Counter[str] = Counter()
    for key in looked.records:
        data = io.BytesIO(looked.archive.evidence.get(key))
        types += Counter(
            record.headers["WARC-Type"]
            for record in ArchiveIterator(data, parse_http=False, verify_digests=True)
        )

    captures = looked.archive.rows("select status, revisit_of from captures")
    answered = sum(row["status"] is not None for row in captures)
    assert types == {
        "warcinfo": len(looked.records),
        "request": answered,
        "response": answered - 2,
        "revisit": 2,
        "metadata": len(captures),
    }
    assert answered == len(captures) - 1


def test_each_answer_leaves_its_url_in_the_state_it_deserves(looked: Looked) -> None:
    states = looked.archive.states("wire")

    told = {url.removeprefix(looked.server.origin): state for url, state in states.items()}
    archived = ("archived", None)
    assert told == {
        **dict.fromkeys(ARTICLES, archived),
        "/list": archived,
        "/news/short": ("failed", "truncated_disconnect"),
        "/news/gone": ("failed", "http_410"),
        "/news/down": ("failed", "http_503"),
        "/news/broken": ("failed", "protocol"),
    }
    assert_conserved(looked.archive)
