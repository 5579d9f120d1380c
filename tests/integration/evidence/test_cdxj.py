"""The index beside each WARC, held against the program that other archives make theirs with."""

import gzip
import json
from pathlib import Path

import pytest

from shared.cdxj import cdxj_file, cdxj_key, entries_of
from shared.warc_reading import read_records
from tests.support.peers import lines_of, run
from tests.support.raw_server import page
from tests.support.stored_evidence import StoredEvidence, text_of

TEXT = text_of(7)
CODED = gzip.compress(TEXT, mtime=0)
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"%x;a=b\r\n%b\r\n0\r\nX-T: 1\r\n\r\n" % (len(CODED), CODED)
ANSWERS = {
    "/news/plain": page(TEXT, b"Content-Type: text/html;charset=utf-8", b'ETag: "one"'),
    "/news/gzip": page(CODED, b"content-TYPE: Text/HTML ; a=b", b"Content-Encoding: gzip"),
    "/news/chunked": OK + b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n"
    + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED,
    "/news/untyped": page(TEXT),
    "/News/?b=2&a=1&c=%EA%B8%B0": page(TEXT, b"Content-Type:"),
    "/news/gone": b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngone",
    "/news/moved": b"HTTP/1.1 301 Moved\r\nLocation: /news/plain\r\nContent-Length: 0\r\n\r\n",
    "/news/same": page(TEXT, b"Content-Type: text/html"),
    "/news/broken": b"this is not HTTP",
}  # fmt: skip
NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\n\r\n'


@pytest.fixture
def looked(stored: StoredEvidence) -> StoredEvidence:
    """Two looks at every kind of answer; the second finds one page not modified and others the same."""
    urls = [stored.server.url(path, answer) for path, answer in ANSWERS.items()]
    stored.server.closing.add("/news/broken")
    stored.look(urls)
    stored.server.url("/news/plain", NOT_MODIFIED)
    stored.look(urls)
    return stored


def test_the_index_beside_each_object_is_that_of_cdxj_indexer(
    looked: StoredEvidence, indexers: Path, tmp_path: Path
) -> None:
    guessed = 0
    for key in looked.evidence.keys("warc/"):
        file = tmp_path / key
        file.parent.mkdir(parents=True, exist_ok=True)
        looked.evidence.download(key, file)

        ours = lines_of(looked.evidence.get(cdxj_key(key)).decode("ascii"))
        theirs = lines_of(run([str(indexers / "cdxj-indexer"), "--dir-root", str(tmp_path), str(file)]))

        assert ours.keys() == theirs.keys()
        stated = {
            str(record.offset)
            for record in read_records(file.read_bytes())
            if record.header("WARC-Payload-Digest")
        }
        for place, fields in ours.items():
            expected = theirs[place]
            if place[2] not in stated:
                # Nothing in the record states it, so they take SHA-1 over what is stored: the chunks, or nothing.
                guessed += 1
                expected["digest"] = fields["digest"]
                assert fields["digest"].startswith("sha256:")
            assert {name: value for name, value in fields.items() if name != "sha1"} == expected
    assert guessed == 2


def test_an_index_is_sorted_by_its_bytes_and_names_every_exchange(looked: StoredEvidence) -> None:
    answered = looked.rows("select count(*) as number from captures where status is not null")[0]["number"]

    lines = [looked.evidence.get(key).splitlines() for key in looked.evidence.keys("cdxj/")]

    assert all(index == sorted(index) for index in lines)
    assert sum(len(index) for index in lines) == answered == 2 * (len(ANSWERS) - 1)
    assert {json.loads(line.split(b" ", 2)[2])["digest"] for index in lines for line in index} == {
        row["payload_digest"]
        for row in looked.rows("select payload_digest from captures where status is not null")
    }


def test_an_index_can_be_made_again_from_its_object_and_the_ledger(looked: StoredEvidence) -> None:
    for key in looked.evidence.keys("warc/"):
        records = read_records(looked.evidence.get(key))

        again = cdxj_file(entries_of(records, looked.index.digests_of(key)), key)

        assert again == looked.evidence.get(cdxj_key(key))
