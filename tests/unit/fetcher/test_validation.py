"""Every damage to a WARC object is found before anyone relies on it."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from isal import igzip

from services.fetcher.outcomes import FetchFailure
from services.fetcher.warc import WarcSpool, digest_of
from shared.cdxj import sha1_of
from shared.warc_reading import StoredExchange, WarcReadError, read_members, read_records
from shared.warc_validation import GZIP_HEADER, WarcInvalidError, validate_warc
from tests.support.fetching import INFO, NOON, fetched, not_fetched, previous, target


@pytest.fixture(scope="module")
def warc(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("warc") / "small.warc.gz"
    revisited = target("http://outlet.example/b", previous=previous(digest_of(b"<p>news</p>")))
    with WarcSpool(path, INFO, now=NOON) as spool:
        spool.record(fetched())
        spool.record(fetched(target=revisited))
        spool.record(not_fetched(FetchFailure.DNS))
    return path.read_bytes()


def member(text: str, block: bytes = b"") -> bytes:
    content = text.replace("\n", "\r\n").encode() + b"\r\n\r\n" + block + b"\r\n\r\n"
    return bytes(igzip.compress(content, 1, mtime=0))


def reason_of(data: bytes) -> str:
    with pytest.raises(WarcInvalidError) as caught:
        validate_warc(data)
    return caught.value.reason


INFO_RECORD = f"""WARC/1.1
WARC-Type: warcinfo
WARC-Record-ID: <urn:uuid:1>
WARC-Date: 2026-11-23T12:00:00.000000Z
Content-Type: application/warc-fields
WARC-Block-Digest: {digest_of(b"a: b")}
Content-Length: 4"""


def test_a_sound_object_is_counted(warc: bytes) -> None:
    assert validate_warc(warc) == 8
    assert validate_warc(memoryview(warc)) == 8
    assert validate_warc(member(INFO_RECORD, b"a: b")) == 1


def test_the_writer_still_begins_its_members_as_the_check_expects() -> None:
    assert bytes(igzip.compress(b"x", 1, mtime=0)).startswith(GZIP_HEADER)


def test_every_truncation_is_found(warc: bytes) -> None:
    starts = {record.offset for record in read_records(warc)}
    accepted = []
    for cut in range(len(warc)):
        try:
            validate_warc(warc[:cut])
            accepted.append(cut)
        except WarcInvalidError:
            pass

    # A cut exactly between two records leaves a shorter object that is sound in itself; what misses from it
    # is known by the number of records and the digest of the whole object.
    assert set(accepted) == starts - {0}


def contents_of(data: bytes) -> list[bytes]:
    return [content for _, _, content in read_members(data)]


def test_every_flipped_bit_is_found_unless_it_means_nothing(warc: bytes) -> None:
    undetected = []
    for position in range(len(warc)):
        damaged = bytearray(warc)
        damaged[position] ^= 1 << (position % 8)
        try:
            validate_warc(bytes(damaged))
            undetected.append(bytes(damaged))
        except WarcInvalidError:
            pass

    # Deflate ends inside a byte: the last bits of each member's last byte have no meaning (RFC 1951 §3.2.3).
    assert len(undetected) <= validate_warc(warc)
    assert all(contents_of(damaged) == contents_of(warc) for damaged in undetected)


@given(garbage=st.binary(min_size=1, max_size=50))
def test_nothing_may_stand_between_or_behind_the_records(warc: bytes, garbage: bytes) -> None:
    with pytest.raises(WarcInvalidError):
        validate_warc(warc + garbage)
    with pytest.raises(WarcInvalidError):
        validate_warc(garbage + warc)


def test_an_empty_object_is_no_warc() -> None:
    assert reason_of(b"") == "there is no record"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("WARC/1.1\n", "WARC/1.0\n", "no WARC/1.1 record begins here"),
        ("Content-Length: 4", "Content-Length: 3", "not as long as its Content-Length"),
        ("Content-Length: 4", "Content-Length: 5", "not as long as its Content-Length"),
        ("Content-Length: 4", "Content-Length: -4", "not as long as its Content-Length"),
        ("Content-Length: 4", "Content-Length: 4\nContent-Length: 4", "stands twice"),
        ("Content-Length: 4", "Content-Length: 4\nWARC-Injected: yes", "malformed or unknown"),
        ("Content-Length: 4", "Content-Length: 4\n folded", "malformed or unknown"),
        ("\nContent-Length: 4", "", "not as long as its Content-Length"),
        ("WARC-Date: 2026-11-23T12:00:00.000000Z\n", "", "mandatory fields are missing: warc-date"),
        ("WARC-Type: warcinfo", "WARC-Type: gossip", "the record type is unknown"),
        ("WARC-Type: warcinfo", "WARC-Type: response", "must be a warcinfo"),
        (digest_of(b"a: b"), digest_of(b"a: c"), "the block digest does not match"),
    ],
)
def test_a_record_that_breaks_a_rule_is_named(old: str, new: str, reason: str) -> None:
    assert reason in reason_of(member(INFO_RECORD.replace(old, new), b"a: b"))


def test_two_records_in_one_member_are_refused() -> None:
    content = gzip.decompress(member(INFO_RECORD, b"a: b"))

    assert "Content-Length" in reason_of(bytes(igzip.compress(content * 2, 1, mtime=0)))


def response(block: bytes, payload_digest: str | None) -> bytes:
    digest = f"WARC-Payload-Digest: {payload_digest}\n" if payload_digest else ""
    return member(
        f"""WARC/1.1
WARC-Type: response
WARC-Record-ID: <urn:uuid:2>
WARC-Date: 2026-11-23T12:00:00.000000Z
Content-Type: application/http; msgtype=response
WARC-Block-Digest: {digest_of(block)}
{digest}Content-Length: {len(block)}""",
        block,
    )


@pytest.mark.parametrize(
    ("digest", "reason"),
    [(digest_of(b"other"), "payload digest does not match"), (None, "must state its payload digest")],
)
def test_a_response_with_a_wrong_or_missing_payload_digest_is_found(digest: str | None, reason: str) -> None:
    block = b"HTTP/1.1 200 OK\r\n\r\nbody"

    assert reason in reason_of(member(INFO_RECORD, b"a: b") + response(block, digest))


@pytest.mark.parametrize(("stated", "sound"), [(b"hello", True), (b"5\r\nhello\r\n0\r\n\r\n", False)])
def test_the_payload_digest_of_a_chunked_response_is_checked_in_its_metadata(
    stated: bytes, *, sound: bool
) -> None:
    block = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    lines = f"payloadDigest: {digest_of(stated)}\r\n".encode()
    metadata = member(
        f"""WARC/1.1
WARC-Type: metadata
WARC-Record-ID: <urn:uuid:3>
WARC-Date: 2026-11-23T12:00:00.000000Z
WARC-Concurrent-To: <urn:uuid:2>
Content-Type: application/warc-fields
WARC-Block-Digest: {digest_of(lines)}
Content-Length: {len(lines)}""",
        lines,
    )
    data = member(INFO_RECORD, b"a: b") + response(block, None) + metadata

    if sound:
        assert validate_warc(data) == 3
    else:
        assert "another payload digest" in reason_of(data)


def test_a_record_that_inflates_without_end_is_stopped() -> None:
    bomb = bytes(igzip.compress(bytes(10_000_000), 1, mtime=0))

    with pytest.raises(WarcInvalidError, match="larger than 1000000 bytes"):
        validate_warc(bomb, max_record_bytes=1_000_000)


@given(st.binary(max_size=200))
def test_no_bytes_upset_the_check_or_the_reader(data: bytes) -> None:
    with pytest.raises(WarcInvalidError):
        validate_warc(data)
    if data:
        with pytest.raises(WarcReadError):
            list(read_records(data))


@given(st.binary(max_size=200))
def test_no_content_of_a_sound_member_upsets_the_reader(content: bytes) -> None:
    with pytest.raises(WarcReadError):
        list(read_records(bytes(igzip.compress(b"WARC/1.1\r\n" + content, 1, mtime=0))))


def test_a_sealed_object_is_sound_when_every_record_follows_its_own_warcinfo(
    warc: bytes, tmp_path: Path
) -> None:
    with WarcSpool(tmp_path / "other.warc.gz", INFO, now=NOON) as spool:
        spool.record(fetched())
    other = (tmp_path / "other.warc.gz").read_bytes()
    _, length, _ = next(read_members(other))

    assert validate_warc(warc + other, sealed=True) == 12
    assert "and only the first" in reason_of(warc + other)
    with pytest.raises(WarcInvalidError, match="another warcinfo"):
        validate_warc(warc + other[length:], sealed=True)
    with pytest.raises(WarcInvalidError, match="and only the first"):
        validate_warc(other[length:], sealed=True)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
LARGE_BODIES = {
    "plain": (b"HTTP/1.1 200 OK\r\n\r\n", bytes(range(251)) * 9000),
    "chunked": (
        CHUNKED,
        b"10000\r\n" + b"c" * 65536 + b"\r\n" + b"110000;x\n" + b"d" * 1114112 + b"\n0\r\n\r\n",
    ),
    "no chunks at all": (CHUNKED, b"<p>" * 600_000),
}


@pytest.mark.parametrize("case", LARGE_BODIES)
def test_a_large_record_is_written_and_checked_in_pieces_as_a_small_one_is_at_once(
    case: str, tmp_path: Path
) -> None:
    head, body = LARGE_BODIES[case]
    path = tmp_path / "large.warc.gz"
    with WarcSpool(path, INFO, now=NOON) as spool:
        exchange = spool.record(fetched(raw_head=head, body=memoryview(body)))
        spool.record(fetched())
    response = next(record for record in read_records(path.read_bytes()) if record.type == "response")
    payload = StoredExchange(response).payload()

    assert validate_warc(path.read_bytes()) == 7
    assert response.block == head + body
    assert exchange.payload_digest == digest_of(payload)
    assert (exchange.payload_bytes, exchange.payload_sha1) == (len(payload), sha1_of(payload))


def test_a_large_record_whose_digest_is_another_is_found() -> None:
    block = b"x" * 3_000_000
    wrong = INFO_RECORD.replace("Content-Length: 4", f"Content-Length: {len(block)}")

    assert reason_of(member(wrong, block)) == "the block digest does not match"


def test_a_large_record_with_bytes_behind_its_block_is_found() -> None:
    block = b"x" * 3_000_000
    wrong = INFO_RECORD.replace("Content-Length: 4", f"Content-Length: {len(block) - 1}")

    assert reason_of(member(wrong, block)) == "the block is not as long as its Content-Length says"


@given(tail=st.integers(0, 300), size=st.integers(1, 3_000_000))
@settings(max_examples=30, deadline=None)
def test_members_of_any_ratio_are_read_to_their_exact_end(tail: int, size: int) -> None:
    data = [bytes(igzip.compress(bytes(length), 1, mtime=0)) for length in (size, *[1000] * tail)]

    lengths = [length for _, length, _ in read_members(b"".join(data))]

    assert lengths == [len(one) for one in data]
