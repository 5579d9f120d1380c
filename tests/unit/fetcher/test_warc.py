"""What stands in the WARC of a batch, and that it can be read again."""

import gzip
import io
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from services.fetcher.outcomes import Fetched, FetchFailure, NotFetched, Truncation
from services.fetcher.warc import (
    IDENTICAL_PAYLOAD,
    NOT_MODIFIED,
    RecordedExchange,
    WarcFieldError,
    WarcInfo,
    WarcSpool,
    digest_of,
)
from shared.warc_reading import StoredExchange, StoredRecord, exchange_at, read_records
from shared.warc_validation import validate_warc
from tests.support.fetching import INFO, NOON, fetched, not_fetched, previous, target

CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"


class OneObject:
    """A store with one object in it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def get_range(self, key: str, *, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


def spooled(
    *outcomes: Fetched | NotFetched, folder: Path, info: WarcInfo = INFO
) -> tuple[bytes, list[RecordedExchange]]:
    path = folder / f"{uuid.uuid4()}.warc.gz"
    with WarcSpool(path, info, now=NOON) as spool:
        recorded = [spool.record(outcome) for outcome in outcomes]
    return path.read_bytes(), recorded


def records_of(data: bytes) -> list[StoredRecord]:
    return list(read_records(data))


def test_the_first_record_says_who_made_the_object_and_how(tmp_path: Path) -> None:
    data, _ = spooled(folder=tmp_path)

    (record,) = records_of(data)

    lines = dict(line.split(": ", 1) for line in record.block.decode().splitlines())
    assert record.type == "warcinfo"
    assert record.header("WARC-Filename") == INFO.filename
    assert lines["format"] == "WARC File Format 1.1"
    assert lines["software"] == INFO.software
    assert lines["operator"] == INFO.operator
    assert lines["robots"] == "obey"
    assert lines["http-header-user-agent"] == INFO.user_agent


def test_an_exchange_is_a_response_a_request_and_its_story(tmp_path: Path) -> None:
    look = fetched(target=target("http://outlet.example/a?b=1", via="http://outlet.example/", hops="L"))

    data, (recorded,) = spooled(look, folder=tmp_path)

    warcinfo, response, request, metadata = records_of(data)
    assert [response.type, request.type, metadata.type] == ["response", "request", "metadata"]
    assert response.block == look.raw_head + look.body
    assert request.block == look.request
    assert {request.concurrent_to, metadata.concurrent_to} == {response.record_id}
    assert {one.date for one in (response, request, metadata)} == {NOON}
    assert {one.target_uri for one in (response, request, metadata)} == {look.target.url}
    assert {one.header("WARC-Warcinfo-ID") for one in (response, request, metadata)} == {warcinfo.record_id}
    assert response.header("WARC-IP-Address") == look.ip
    assert response.header("WARC-Date") == "2026-11-23T12:00:00.123456Z"
    assert response.header("WARC-Truncated") is None
    for line in (b"via: http://outlet.example/", b"hopsFromSeed: L", b"fetchTimeMs: 250", b"connectMs: 20"):
        assert line in metadata.block.split(b"\r\n")
    assert (recorded.offset, recorded.length) == (response.offset, response.length)
    assert recorded.record_id == response.record_id


def test_the_pointer_of_an_exchange_leads_to_its_body(tmp_path: Path) -> None:
    look = fetched(b"<p>second</p>")
    data, (_, recorded) = spooled(fetched(), look, folder=tmp_path)

    exchange = exchange_at(OneObject(data), "warc/x", offset=recorded.offset, length=recorded.length)

    assert exchange.status == 200
    assert exchange.content_type == "text/html"
    assert exchange.body() == b"<p>second</p>"
    assert exchange.record.offset == recorded.offset
    assert (
        recorded.payload_digest
        == digest_of(exchange.payload())
        == exchange.record.header("WARC-Payload-Digest")
    )


def test_a_cut_exchange_is_kept_and_says_why_it_was_cut(tmp_path: Path) -> None:
    data, (recorded,) = spooled(fetched(truncated=Truncation.TIME), folder=tmp_path)

    assert records_of(data)[1].header("WARC-Truncated") == "time"
    assert recorded.truncated is Truncation.TIME


def test_the_digest_of_a_chunked_body_is_that_of_its_payload_and_stands_in_the_metadata(
    tmp_path: Path,
) -> None:
    payload = gzip.compress(b"<p>news</p>")
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(payload), payload)

    data, (recorded,) = spooled(fetched(body, raw_head=CHUNKED_HEAD), folder=tmp_path)

    _, response, _, metadata = records_of(data)
    assert recorded.payload_digest == digest_of(payload)
    assert recorded.payload_bytes == len(payload)
    assert response.header("WARC-Payload-Digest") is None
    assert f"payloadDigest: {digest_of(payload)}".encode() in metadata.block
    assert StoredExchange(response).raw_body == body
    assert StoredExchange(response).body() == b"<p>news</p>"


def test_an_unchanged_payload_becomes_a_revisit_that_names_what_it_repeats(tmp_path: Path) -> None:
    before = previous(digest_of(b"<p>news</p>"))
    look = fetched(target=target("http://outlet.example/a?b=1", previous=before))

    data, (recorded,) = spooled(look, folder=tmp_path)

    revisit = records_of(data)[1]
    assert revisit.type == "revisit"
    assert revisit.block == look.raw_head
    assert revisit.header("WARC-Profile") == IDENTICAL_PAYLOAD
    assert revisit.header("WARC-Refers-To") == before.record_id
    assert revisit.header("WARC-Refers-To-Target-URI") == before.url
    assert revisit.header("WARC-Refers-To-Date") == "2026-11-22T12:00:00.123456Z"
    assert revisit.header("WARC-Payload-Digest") == before.payload_digest
    assert recorded.revisit
    assert recorded.kind == "revisit"
    assert recorded.revisit_of == before.record_id


def test_a_revisit_can_be_read_with_the_payload_it_refers_to(tmp_path: Path) -> None:
    first, (_,) = spooled(fetched(), folder=tmp_path)
    before = previous(digest_of(b"<p>news</p>"))
    second, (_,) = spooled(
        fetched(target=target("http://outlet.example/a", previous=before)), folder=tmp_path
    )
    original, revisit = StoredExchange(records_of(first)[1]), StoredExchange(records_of(second)[1])

    assert revisit.with_payload_of(original).body() == b"<p>news</p>"


def test_a_304_becomes_a_revisit_without_a_payload_of_its_own(tmp_path: Path) -> None:
    before = previous(digest_of(b"earlier"))
    look = fetched(
        b"",
        status=304,
        raw_head=b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n',
        target=target("http://outlet.example/a", previous=before),
    )

    data, (recorded,) = spooled(look, folder=tmp_path)

    revisit = records_of(data)[1]
    assert revisit.header("WARC-Profile") == NOT_MODIFIED
    assert revisit.header("WARC-Payload-Digest") is None
    assert recorded.payload_digest == before.payload_digest


@pytest.mark.parametrize(
    "changes",
    [
        {"truncated": Truncation.DISCONNECT},
        {"status": 404, "raw_head": b"HTTP/1.1 404 Not Found\r\n\r\n"},
        {"body": b"<p>other</p>"},
    ],
)
def test_a_cut_failed_or_changed_page_is_never_a_revisit(changes: dict[str, object], tmp_path: Path) -> None:
    before = previous(digest_of(b"<p>news</p>"))
    look = fetched(**({"target": target("http://outlet.example/a", previous=before)} | changes))

    _, (recorded,) = spooled(look, folder=tmp_path)

    assert recorded.kind == "response"


def test_a_304_nobody_asked_for_is_stored_as_a_response(tmp_path: Path) -> None:
    look = fetched(b"", status=304, raw_head=b"HTTP/1.1 304 Not Modified\r\n\r\n")

    _, (recorded,) = spooled(look, folder=tmp_path)

    assert recorded.kind == "response"


def test_a_failed_look_is_evidence_too(tmp_path: Path) -> None:
    look = not_fetched(FetchFailure.PROTOCOL, partial=b"SSH-2.0-x\r\n", ip="93.184.216.34")

    data, (recorded,) = spooled(look, folder=tmp_path)

    record = records_of(data)[1]
    assert record.type == "metadata"
    assert record.target_uri == look.target.url
    assert b"fetchFailure: protocol\r\n" in record.block
    assert b"partialReply: SSH-2.0-x%0D%0A\r\n" in record.block
    assert recorded.failure is FetchFailure.PROTOCOL
    assert recorded.kind == "metadata"
    assert (recorded.offset, recorded.length) == (record.offset, record.length)


INJECTIONS = [
    "\r\nWARC-Injected: yes",
    "\n",
    "\r",
    "\x00",
    "\x0b",
    "\x1f",
    "\x7f",
    "\x85",
    "\u2028",
    "\r\n\r\nHTTP/1.1",
]


@pytest.mark.parametrize("evil", INJECTIONS)
def test_no_control_character_of_a_url_reaches_a_header_of_a_response(evil: str, tmp_path: Path) -> None:
    look = fetched(target=target("http://outlet.example/" + evil))

    with pytest.raises(WarcFieldError):
        spooled(look, folder=tmp_path)


@pytest.mark.parametrize("evil", INJECTIONS)
def test_a_refused_url_is_recorded_in_an_escaped_form(evil: str, tmp_path: Path) -> None:
    url = "http://outlet.example/" + evil
    look = not_fetched(
        FetchFailure.BAD_URL, target=target(url, via=url, hops=evil), detail="why" + evil, partial=b"\r\n"
    )

    data, _ = spooled(look, folder=tmp_path)

    assert validate_warc(data) == 2
    record = records_of(data)[1]
    assert {name for name, _ in record.headers} == {
        "WARC-Type", "WARC-Record-ID", "WARC-Date", "WARC-Warcinfo-ID", "WARC-Target-URI", "Content-Type",
        "WARC-Block-Digest", "Content-Length",
    }  # fmt: skip
    assert len(record.block.splitlines()) == 10


@pytest.mark.parametrize("field", ["filename", "software", "operator", "hostname", "robots", "user_agent"])
def test_no_setting_can_break_the_warcinfo(field: str, tmp_path: Path) -> None:
    values = {name: getattr(INFO, name) for name in WarcInfo.__slots__} | {field: "a\r\nb: c"}

    with pytest.raises(WarcFieldError):
        spooled(folder=tmp_path, info=WarcInfo(**values))


heads = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=euc-kr\r\n\r\n",
        b"HTTP/1.0 404 Not Found\nX-T: caf\xe9\n\n",
        b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 301 Moved\r\nLocation: /\xff\xfe\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
    ]
)
bodies = st.binary(max_size=300) | st.sampled_from(
    [
        b"",
        b"\r\n\r\n",
        b"WARC/1.1\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        gzip.compress(b"x" * 50),
        b"\n\nHTTP/1.1 200 OK",
    ]
)


@given(exchanges=st.lists(st.tuples(heads, bodies), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_was_on_the_wire_reads_back_byte_for_byte_in_three_readers(
    exchanges: list[tuple[bytes, bytes]], tmp_path: Path
) -> None:
    looks = [
        fetched(body, raw_head=head, started_at=NOON + timedelta(microseconds=number))
        for number, (head, body) in enumerate(exchanges)
    ]

    data, recorded = spooled(*looks, folder=tmp_path)

    expected = [look.raw_head + look.body for look in looks]
    assert validate_warc(data) == 1 + 3 * len(looks)
    assert [one.block for one in records_of(data) if one.type == "response"] == expected
    assert [one.date for one in records_of(data) if one.type == "response"] == [one.date for one in recorded]
    others = ArchiveIterator(io.BytesIO(data), parse_http=False, verify_digests=True)
    fast = [bytes(one.reader.read()) for one in others if one.headers["WARC-Type"] == "response"]
    assert fast == expected
    third = WarcioIterator(io.BytesIO(data), check_digests="raise")
    assert [one.raw_stream.read() for one in third if one.rec_type == "response"] == [
        look.body for look in looks
    ]
