"""Records are measured in bounded memory as the whole-record functions measure them."""

import gzip
import hashlib
import io
import random
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.http_message import without_chunks
from shared.sorted_lines import SortedLines
from shared.warc_reading import WarcReadError
from shared.warc_streams import SMALL_RECORD_BYTES, PayloadDigests, RecordStream

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                b"5\r\nabcde\r\n",
                b"3\nabc\n",
                b"0\r\n\r\n",
                b"00",
                b"\r",
                b"\n",
                b"\r\n",
                b"A;x=\n",
                b" ",
                b";",
            ]
        ),
        st.binary(max_size=12),
        st.integers(0, 40).map(lambda size: b"%x; a\r\n%b\r\n" % (size, b"z" * size)),
        st.integers(60, 200).map(lambda count: b" " * count),
        st.integers(60, 200).map(lambda count: b"1" * count),
    ),
    max_size=12,
)


def measured(pieces: list[bytes], *, is_chunked: bool) -> str:
    digests = PayloadDigests(is_chunked=is_chunked)
    for piece in pieces:
        digests.feed(piece)
    return digests.sha256()


@pytest.mark.parametrize("is_chunked", [True, False])
@given(pieces=PIECES)
@example(pieces=[b"0" + b" " * 63, b"1\n"])
def test_a_payload_in_pieces_has_the_digest_of_the_whole(pieces: list[bytes], *, is_chunked: bool) -> None:
    body = b"".join(pieces)
    payload = without_chunks(body).data if is_chunked else body

    expected = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    assert measured(pieces, is_chunked=is_chunked) == expected
    assert measured([bytes([byte]) for byte in body], is_chunked=is_chunked) == expected


def large_record(body: bytes, *, change: bytes = b"", head: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> bytes:
    block = head + body
    digests = [f"sha256:{hashlib.sha256(part).hexdigest()}".encode() for part in (block, body)]
    return (
        b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
        b"WARC-Target-URI: http://a.example/\r\nWARC-Block-Digest: %b\r\nWARC-Payload-Digest: %b\r\n"
        b"Content-Length: %d\r\n\r\n"
        % (*digests, len(block))
        + head
        + (change or body[: len(change)])
        + body[len(change) :]
        + b"\r\n\r\n"
    )


def read(content: bytes, **limits: int) -> tuple[str | None, str | None]:
    measured = RecordStream(io.BytesIO(gzip.compress(content, 1)), **limits).record_at(0)
    return measured.payload_digest, measured.fault


def test_a_large_record_is_measured_without_being_held() -> None:
    body = random.Random(1).randbytes(SMALL_RECORD_BYTES + 12_345)

    assert read(large_record(body)) == (f"sha256:{hashlib.sha256(body).hexdigest()}", None)
    assert read(large_record(body, change=b"X"))[1] == "the block digest does not match"


def test_a_large_chunked_record_has_the_digest_of_what_the_chunks_hold() -> None:
    body = random.Random(2).randbytes(SMALL_RECORD_BYTES)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:999], body[999:])) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    stated = f"sha256:{hashlib.sha256(chunks).hexdigest()}".encode()
    content = large_record(chunks, head=head).replace(b"WARC-Payload-Digest: %b\r\n" % stated, b"")

    assert read(content) == (f"sha256:{hashlib.sha256(body).hexdigest()}", None)


@pytest.mark.parametrize("change", [b"x", b"\r\n", b""])
def test_a_large_record_must_end_where_it_says(change: bytes) -> None:
    content = large_record(b"a" * (SMALL_RECORD_BYTES + 5))
    wrong = content + change if change else content[:-1]

    with pytest.raises(WarcReadError, match="Content-Length"):
        read(wrong)


def test_a_member_that_inflates_without_end_is_refused_at_the_limit() -> None:
    with pytest.raises(WarcReadError, match="larger than 9000000 bytes"):
        read(large_record(bytes(20_000_000)), limit=9_000_000)


def test_a_member_whose_last_output_waits_in_the_decoder_is_read_to_its_end() -> None:
    for size in range(256 * 1024 - 600, 256 * 1024 + 10, 7):
        content = large_record(bytes(size))
        stream = RecordStream(io.BytesIO(gzip.compress(content, 9) + b"next"))

        assert stream.record_at(0).content == content
        assert bytes(stream.bytes_at(stream.end, 9)) == b"next"


def test_the_next_member_is_found_across_the_edges_of_the_buffer() -> None:
    member = zlib.compressobj(1, zlib.DEFLATED, 31)
    good = member.compress(large_record(b"a")) + member.flush()
    for size in (0, 1, 256 * 1024 - 5, 256 * 1024 - 1, 300_000, 700_000):
        stream = RecordStream(io.BytesIO(b"\x00" * size + good[:10] + b"\x00" + good))

        assert stream.next_member(0, good[:10]) == size + 11
    assert RecordStream(io.BytesIO(bytes(300_000))).next_member(0, good[:10]) is None


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"") + b"\n")))
def test_lines_are_sorted_with_and_without_files(lines: list[bytes]) -> None:
    for most_bytes in (1, 300, 10**6):
        with SortedLines(most_bytes=most_bytes) as found:
            for line in lines:
                found.add(line)

            assert list(found) == list(found) == sorted(lines)
