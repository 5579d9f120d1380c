"""A batch from the wire to the object store, read back by other people's programs."""

import gzip
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator

from services.fetcher.client import HttpClient
from services.fetcher.fetching import fetch_all
from services.fetcher.outcomes import NotStarted
from services.fetcher.warc import RecordedExchange, WarcSpool, digest_of
from shared.evidence import EvidenceStore
from shared.settings import EvidenceSettings
from shared.warc_reading import exchange_at, read_records
from shared.warc_validation import validate_warc
from tests.support.fetching import INFO, LOOPBACK_GATE, NOON, limits, previous, target
from tests.support.raw_server import RawServer, page, running_raw_server
from tests.support.servers import ObjectStore

TEXT = b"<html><title>News</title><p>" + b"A sentence of the day. " * 50 + b"</p></html>"
OK = b"HTTP/1.1 200 OK\r\n"
CODED = gzip.compress(TEXT)
ANSWERS = {
    "/plain": page(TEXT, b"Content-Type: text/html"),
    "/gzip": page(CODED, b"Content-Encoding: gzip"),
    "/chunked": OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x;a=b\r\n%b\r\n0\r\nX-T: 1\r\n\r\n" % (len(CODED), CODED),
    "/latin-1": page(TEXT, b"X-T: caf\xe9"),
    "/bare": b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(TEXT) + TEXT,
    "/old": b"HTTP/1.0 200 OK\r\n\r\n" + TEXT,
    "/early": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + page(TEXT),
    "/short": OK + b"Content-Length: 99999\r\n\r\n" + TEXT,
    "/moved": b"HTTP/1.1 301 Moved\r\nLocation: /plain\r\nContent-Length: 0\r\n\r\n",
    "/gone": b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
    "/warc": page(b"\r\n\r\nWARC/1.1\r\nWARC-Type: response\r\n\r\n"),
    "/broken": b"this is not HTTP",
}  # fmt: skip
NEVER_KEPT = {"/old", "/short", "/broken"}


@pytest.fixture(scope="module")
def server() -> Iterator[RawServer]:
    with running_raw_server() as running:
        for path, answer in ANSWERS.items():
            running.url(path, answer, close=path in NEVER_KEPT)
        yield running


@pytest.fixture(scope="module")
def batch(
    server: RawServer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, RecordedExchange]]:
    """The WARC of one look at every answer and one repeated look, and its records by path."""
    path = tmp_path_factory.mktemp("batch") / "batch.warc.gz"
    repeated = target(server.origin + "/plain?again", target_id=2, previous=previous(digest_of(TEXT)))
    server.url("/plain?again", ANSWERS["/plain"])
    targets = [*(target(server.origin + answer) for answer in ANSWERS), repeated]
    client = HttpClient(limits(), LOOPBACK_GATE)
    recorded = {}
    with WarcSpool(path, INFO, now=NOON) as spool:
        for outcome in fetch_all(targets, client=client):
            assert not isinstance(outcome, NotStarted)
            recorded[outcome.target.url.removeprefix(server.origin)] = spool.record(outcome)
    client.close()
    return path, recorded


Batch = tuple[Path, dict[str, RecordedExchange]]


def test_every_target_is_in_the_object_and_the_object_is_sound(batch: Batch) -> None:
    path, recorded = batch

    # Three records for each of the twelve exchanges, one for the failed look, one for the object itself.
    assert validate_warc(path.read_bytes()) == 3 * 12 + 1 + 1
    assert recorded.keys() == ANSWERS.keys() | {"/plain?again"}
    assert recorded["/broken"].kind == "metadata"
    assert recorded["/plain?again"].kind == "revisit"
    assert recorded["/short"].truncated == "disconnect"


def test_warcio_finds_no_fault_with_any_digest(batch: Batch) -> None:
    path, recorded = batch
    check = [sys.executable, "-m", "warcio.cli", "check", "-v", str(path)]

    told = subprocess.run(check, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout + told.stderr
    assert "failed" not in told.stdout
    assert told.stdout.count("digest pass") >= 3 * len(recorded) - 3


def test_fastwarc_reads_every_record_as_it_was_on_the_wire(batch: Batch) -> None:
    data = batch[0].read_bytes()

    records = ArchiveIterator(io.BytesIO(data), parse_http=False, verify_digests=True)
    blocks = {
        record.headers["WARC-Target-URI"]
        .partition("/")[2]
        .partition("/")[2]
        .partition("/")[2]: record.reader.read()
        for record in records
        if record.headers["WARC-Type"] == "response"
    }

    assert blocks == {
        path[1:]: answer.partition(b"\r\n\r\n")[2] if path == "/early" else answer
        for path, answer in ANSWERS.items()
        if path != "/broken"
    }


@pytest.fixture(scope="module")
def store(s3: ObjectStore) -> EvidenceStore:
    made = EvidenceStore(
        EvidenceSettings(
            endpoint=s3.endpoint,
            bucket="evidence",
            access_key=s3.access_key,
            secret_key=s3.secret_key,
            region=s3.region,
        )
    )
    made.ensure_bucket()
    return made


def test_each_page_is_found_in_the_object_store_by_its_pointer(batch: Batch, store: EvidenceStore) -> None:
    path, recorded = batch
    key = "warc/2026/11/23/0c9d.warc.gz"
    store.put(key, path, content_type="application/warc")

    for name in ("/plain", "/gzip", "/chunked", "/latin-1", "/bare", "/old", "/early", "/short"):
        pointer = recorded[name]
        exchange = exchange_at(store, key, offset=pointer.offset, length=pointer.length)
        assert exchange.body() == TEXT, name
        assert digest_of(exchange.payload()) == pointer.payload_digest
        assert exchange.record.record_id == pointer.record_id
    assert len(list(read_records(store.get(key)))) == validate_warc(path.read_bytes())
