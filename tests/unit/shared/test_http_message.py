"""Reading stored HTTP messages: right where servers are wrong, and never larger than a limit."""

import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from shared.http_message import (
    MAX_CHUNKS,
    MAX_GZIP_MEMBERS,
    RATIO_FREE_BYTES,
    DecodedBody,
    DecodeError,
    DecodeFailure,
    decode_body,
    parse_head,
    split_message,
    without_chunks,
)

TEXT = "리제강의 기사 · the article, und ein Satz. ".encode() * 40
MIB = 1024 * 1024


def decode(body: bytes, *codings: str, limit: int = 100 * MIB) -> DecodedBody:
    fields = "".join(f"Content-Encoding: {coding}\r\n" for coding in codings)
    return decode_body(parse_head(f"HTTP/1.1 200 OK\r\n{fields}\r\n".encode()), body, limit=limit)


def failure_of(body: bytes, *codings: str, limit: int = 100 * MIB) -> DecodeFailure:
    with pytest.raises(DecodeError) as caught:
        decode(body, *codings, limit=limit)
    return caught.value.reason


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def chunked(
    pieces: list[bytes], *, line_end: bytes = b"\r\n", extension: bytes = b"", trailer: bytes = b""
) -> bytes:
    body = b"".join(b"%x" % len(piece) + extension + line_end + piece + line_end for piece in pieces if piece)
    return body + b"0" + line_end + trailer + line_end


# Heads


def test_a_head_ends_at_the_first_empty_line_whatever_its_line_ends() -> None:
    assert split_message(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody\r\n\r\n") == (
        b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n",
        b"body\r\n\r\n",
    )
    assert split_message(b"HTTP/1.1 200 OK\nA: b\n\nbody") == (b"HTTP/1.1 200 OK\nA: b\n\n", b"body")
    assert split_message(b"HTTP/1.1 200 OK\r\nA: b\r\n") == (b"HTTP/1.1 200 OK\r\nA: b\r\n", b"")


def test_fields_keep_their_order_their_case_and_every_byte() -> None:
    head = parse_head(b"HTTP/1.1 404 Not Found\r\nX-T: caf\xe9\r\nset-cookie: a\r\nSet-Cookie: b\r\n\r\n")

    assert head.status == 404
    assert head.fields == (("X-T", "café"), ("set-cookie", "a"), ("Set-Cookie", "b"))
    assert head.first("SET-COOKIE") == "a"
    assert head.first("missing") is None


def test_folded_lines_are_joined_and_lines_without_a_colon_are_passed_over() -> None:
    head = parse_head(b"HTTP/1.1 200\r\nA: one\r\n two\r\nbroken\r\nB : three\r\n\r\n")

    assert head.status == 200
    assert head.fields == (("A", "one two"), ("B", "three"))


@given(st.binary(max_size=300))
def test_no_bytes_upset_the_reading_of_a_head(data: bytes) -> None:
    head = parse_head(data)

    assert 0 <= head.status <= 999


# Chunks


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.sampled_from([b"\r\n", b"\n"]))
def test_a_chunked_body_is_put_together_again(pieces: list[bytes], line_end: bytes) -> None:
    body = chunked(pieces, line_end=line_end, extension=b";name=value", trailer=b"X-Trailer: 1" + line_end)

    assert without_chunks(body) == DecodedBody(data=b"".join(pieces), complete=True)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=4), st.data())
def test_a_chunked_body_cut_anywhere_gives_a_beginning_of_it_and_says_so(
    pieces: list[bytes], data: st.DataObject
) -> None:
    body = chunked(pieces)
    after_first_line = body.index(b"\n") + 1
    cut = data.draw(st.integers(after_first_line, len(body) - 5))

    decoded = without_chunks(body[:cut])

    assert b"".join(pieces).startswith(decoded.data)
    assert not decoded.complete


@pytest.mark.parametrize(
    "body", [b"<html>plain</html>", b"ZZ\r\nhello\r\n0\r\n\r\n", b"\r\n", b"-5\r\nhello"]
)
def test_a_body_that_is_not_chunked_at_all_comes_back_as_it_is(body: bytes) -> None:
    assert without_chunks(body) == DecodedBody(data=body, complete=False)


def test_a_chunk_of_impossible_size_gives_what_there_is() -> None:
    assert without_chunks(b"FFFFFFFFFFFFFFFF\r\nhello") == DecodedBody(data=b"hello", complete=False)


# Codings


@pytest.mark.parametrize(
    ("coding", "encode"),
    [
        ("gzip", gzip.compress),
        ("X-GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("identity", bytes),
        ("Identity, GZip", gzip.compress),
    ],
)
def test_every_coding_comes_off(coding: str, encode: object) -> None:
    assert callable(encode)

    assert decode(encode(TEXT), coding) == DecodedBody(data=TEXT, complete=True)


def test_chunks_and_two_codings_come_off_in_their_order() -> None:
    body = chunked([zlib.compress(gzip.compress(TEXT))])
    head = parse_head(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Encoding: gzip\r\nContent-Encoding: deflate\r\n\r\n"
    )

    assert decode_body(head, body).data == TEXT


def test_gzip_as_a_transfer_coding_comes_off_too() -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")

    assert decode_body(head, chunked([gzip.compress(TEXT)])).data == TEXT


def test_several_gzip_members_are_one_body_and_garbage_behind_them_is_passed_over() -> None:
    body = gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]) + b"\x00\x00garbage"

    assert decode(body, "gzip") == DecodedBody(data=TEXT, complete=True)


@given(st.integers(1, 60))
def test_gzip_that_is_cut_gives_a_beginning_and_says_so(cut: int) -> None:
    body = gzip.compress(TEXT)

    decoded = decode(body[:-cut], "gzip")

    assert TEXT.startswith(decoded.data)
    assert not decoded.complete


def test_an_empty_body_is_empty_whatever_its_coding() -> None:
    assert decode(b"", "gzip").data == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_that_is_not_what_its_coding_says_is_corrupt(coding: str) -> None:
    assert failure_of(b"hello, this is plain text", coding) is DecodeFailure.CORRUPT


def test_an_unknown_coding_and_a_chain_of_codings_are_named_as_such() -> None:
    assert failure_of(b"x", "foo\x00") is DecodeFailure.UNKNOWN_CODING
    assert failure_of(b"x", "gzip, gzip", "gzip") is DecodeFailure.CODING_CHAIN


@pytest.mark.parametrize(("size", "fits"), [(999, True), (1000, True), (1001, False)])
def test_a_decoded_body_may_be_as_long_as_the_limit_says(size: int, *, fits: bool) -> None:
    body = zlib.compress(b"a" * size)

    if fits:
        assert len(decode(body, "deflate", limit=1000).data) == size
    else:
        assert failure_of(body, "deflate", limit=1000) is DecodeFailure.TOO_LARGE
    assert len(decode(b"a" * 1000, limit=1000).data) == 1000
    assert failure_of(b"a" * 1001, limit=1000) is DecodeFailure.TOO_LARGE


def test_the_ratio_counts_only_beyond_the_first_mebibyte() -> None:
    assert len(decode(gzip.compress(bytes(RATIO_FREE_BYTES)), "gzip").data) == RATIO_FREE_BYTES
    assert failure_of(gzip.compress(bytes(RATIO_FREE_BYTES + 1)), "gzip") is DecodeFailure.RATIO


BOMB = bytes(64 * MIB)
BOMBS = {
    "gzip": gzip.compress(BOMB, 1),
    "gzip, gzip": gzip.compress(gzip.compress(BOMB, 1)),
    "deflate": zlib.compress(BOMB, 1),
    "br": brotli.compress(BOMB, quality=5),
    "zstd": zstandard.compress(BOMB),
    "gzip, zstd": zstandard.compress(gzip.compress(BOMB, 1)),
    "gzip (many members)": gzip.compress(bytes(MIB)) * 64,
}


@pytest.mark.parametrize("coding", BOMBS)
def test_a_bomb_is_stopped_before_it_takes_memory(coding: str) -> None:
    body = BOMBS[coding]
    tracemalloc.start()

    reason = failure_of(body, coding.partition(" (")[0])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert reason is DecodeFailure.RATIO
    assert peak < max(2 * MIB, 200 * len(body)) + 4 * MIB


def test_millions_of_tiny_pieces_are_given_up_and_not_worked_through() -> None:
    members = gzip.compress(b"x") * (MAX_GZIP_MEMBERS + 1)
    chunks = b"1\r\nx\r\n" * (MAX_CHUNKS + 1)

    assert decode(members, "gzip") == DecodedBody(data=b"x" * MAX_GZIP_MEMBERS, complete=False)
    assert without_chunks(chunks) == DecodedBody(data=b"x" * MAX_CHUNKS, complete=False)


@given(st.binary(max_size=400), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]))
def test_no_bytes_raise_anything_but_a_decode_error(body: bytes, coding: str) -> None:
    try:
        decoded = decode(body, coding)
    except DecodeError:
        return
    assert len(decoded.data) <= RATIO_FREE_BYTES
