"""What hostile servers say: broken framing, bombs in every coding, floods, traps. With what a look must end in."""

import gzip
import socket
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import brotli
import zstandard

from tests.support.raw_server import Answer, page

OK = b"HTTP/1.1 200 OK\r\n"
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An answer and the one end a look at it may come to."""

    answer: Answer
    reason: str | None
    """As the ledger keeps it; None for a page that counts as whole."""
    decoded: str = "whole"
    """What reading the stored body gives: `whole`, `cut`, a DecodeFailure, or `none` without a response."""
    keeps: bool = True
    """Whether bytes of the reply must be in the evidence."""


def failed(answer: Answer, reason: str, *, keeps: bool = True) -> Case:
    return Case(answer=answer, reason=reason, decoded="none", keeps=keeps)


def cut(answer: Answer, why: str = "disconnect", decoded: str = "whole") -> Case:
    return Case(answer=answer, reason=f"truncated_{why}", decoded=decoded)


def fine(answer: Answer, reason: str | None = None, decoded: str = "whole") -> Case:
    return Case(answer=answer, reason=reason, decoded=decoded)


def drip(before: bytes, piece: bytes = b"x", pause: float = 0.1) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(100):
            connection.sendall(piece)
            time.sleep(pause)

    return speak


def forever(before: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(piece)

    return speak


def reset_in(before: bytes) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return speak


def silence(connection: socket.socket) -> None:
    connection.recv(1)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FOUND = b"HTTP/1.1 302 Found\r\nLocation: "

# The forty-one cases of framing, and some more of their kind.
FRAMING: dict[str, Case] = {
    "ok": fine(page(b"ok")),
    "empty_reply": failed(b"", "protocol", keeps=False),
    "http09": failed(b"<html>no status line</html>", "protocol"),
    "garbage": failed(bytes(range(256)) * 20, "protocol"),
    "status_999": fine(b"HTTP/1.1 999 X\r\nContent-Length: 2\r\n\r\nok", "http_999"),
    "status_neg": failed(b"HTTP/1.1 -1 X\r\nContent-Length: 2\r\n\r\nok", "protocol", keeps=False),
    "status_zero": failed(b"HTTP/1.1 000 X\r\nContent-Length: 2\r\n\r\nok", "protocol"),
    "status_big": failed(b"HTTP/1.1 99999999999 X\r\nContent-Length: 2\r\n\r\nok", "protocol"),
    "dup_cl_diff": failed(OK + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\nokabc", "protocol"),
    "cl_list_diff": failed(OK + b"Content-Length: 2, 5\r\n\r\nokabc", "protocol"),
    "cl_and_te": fine(OK + b"Content-Length: 2\r\n" + CHUNKED[17:] + b"5\r\nhello\r\n0\r\n\r\n"),
    "cl_negative": failed(OK + b"Content-Length: -5\r\n\r\nok", "protocol"),
    "cl_text": failed(OK + b"Content-Length: abc\r\n\r\nok", "protocol"),
    "cl_huge_short_body": cut(OK + b"Content-Length: 1000000\r\n\r\nshort"),
    "cl_overflow": cut(OK + b"Content-Length: 99999999999999999999999999\r\n\r\nok"),
    "chunk_bad_size": cut(CHUNKED + b"ZZ\r\nhello\r\n0\r\n\r\n", decoded="cut"),
    "chunk_huge_size": cut(CHUNKED + b"FFFFFFFFFFFFFFFF\r\nhello", decoded="cut"),
    "chunk_no_end": cut(CHUNKED + b"5\r\nhello\r\n", decoded="cut"),
    "chunk_ext_1MB": fine(CHUNKED + b"5;" + b"a" * MIB + b"\r\nhello\r\n0\r\n\r\n"),
    "trailer_flood": fine(CHUNKED + b"0\r\n" + b"X: y\r\n" * 100_000 + b"\r\n"),
    "header_1MB": failed(OK + b"X: " + b"a" * MIB + b"\r\nContent-Length: 2\r\n\r\nok", "header_too_large"),
    "headers_20000": failed(OK + b"X: y\r\n" * 20_000 + b"Content-Length: 2\r\n\r\nok", "header_too_large"),
    "headers_without_end": failed(forever(OK, b"X: y\r\n" * 100), "header_too_large"),
    "header_nul": failed(OK + b"X: a\x00b\r\nContent-Length: 2\r\n\r\nok", "protocol"),
    "header_no_colon": failed(OK + b"broken header\r\nContent-Length: 2\r\n\r\nok", "protocol"),
    "header_space_colon": fine(OK + b"X : y\r\nContent-Length: 2\r\n\r\nok"),
    "header_latin1": fine(OK + b"X-T: caf\xe9\r\nContent-Length: 2\r\n\r\nok"),
    "obs_fold": fine(OK + b"X: a\r\n b\r\nContent-Length: 2\r\n\r\nok"),
    "bare_lf": fine(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
    "info_100x1000": failed(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000 + page(b"ok"), "protocol"),
    "info_100x20": fine(b"HTTP/1.1 100 Continue\r\n\r\n" * 20 + page(b"ok")),
    "gzip_garbage": fine(page(b"hello", b"Content-Encoding: gzip"), decoded="corrupt"),
    "gzip_trunc": fine(page(gzip.compress(b"a" * 99)[:12], b"Content-Encoding: gzip"), decoded="cut"),
    "ce_unknown": fine(page(b"ok", b"Content-Encoding: foo"), decoded="unknown_coding"),
    "ce_100_links": fine(
        page(b"ok", b"Content-Encoding: " + b", ".join([b"gzip"] * 100)), decoded="coding_chain"
    ),
    "charset_evil": fine(page(b"ok", b"Content-Type: text/html; charset=../../x")),
    "charset_utf7": fine(page(b"ok", b"Content-Type: text/html; charset=utf-7")),
    "cookie_flood": fine(page(b"ok", *(b"Set-Cookie: c%d=%s" % (i, b"v" * 100) for i in range(90)))),
    "loc_self": fine(FOUND + b"/loc_self\r\nContent-Length: 0\r\n\r\n"),
    "loc_file": fine(FOUND + b"file:///etc/hostname\r\nContent-Length: 0\r\n\r\n"),
    "loc_empty": fine(FOUND + b"\r\nContent-Length: 0\r\n\r\n"),
    "loc_bad_utf8": fine(FOUND + b"/\xff\xfe\r\nContent-Length: 0\r\n\r\n"),
    "loc_gopher": fine(FOUND + b"gopher://127.0.0.1:6379/_FLUSHALL\r\nContent-Length: 0\r\n\r\n"),
    "slow_header": failed(drip(OK + b"X: "), "timeout"),
    "slow_status": failed(drip(b"HTTP/1.1 200 "), "timeout_first_byte", keeps=False),
    "slow_body": cut(drip(OK + b"Content-Length: 500\r\n\r\n"), "time"),
    "slow_chunks": cut(drip(CHUNKED, b"1\r\nx\r\n"), "time", decoded="cut"),
    "slow_interim": failed(drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "protocol"),
    "never": failed(silence, "timeout_first_byte", keeps=False),
    "reset_in_body": cut(reset_in(OK + b"Content-Length: 500\r\n\r\nhalf")),
    "reset_in_head": failed(reset_in(OK + b"X: y\r\n"), "disconnect"),
    "partial_content": fine(b"HTTP/1.1 206 Part\r\nContent-Length: 2\r\n\r\nok", "unexpected_status"),
    "unasked_304": fine(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "unexpected_status"),
    "no_content": fine(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "proxy_auth": fine(b"HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno", "http_407"),
    "unauthorised": fine(
        b'HTTP/1.1 401 Auth\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 2\r\n\r\nno', "http_401"
    ),
    "retry_for_ever": fine(
        b"HTTP/1.1 503 No\r\nRetry-After: 1000000000000\r\nContent-Length: 0\r\n\r\n", "http_503"
    ),
    "endless_body": cut(forever(OK + b"\r\n", b"x" * 65536), "length"),
    "endless_chunks": cut(forever(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"), "length", decoded="cut"),
}  # fmt: skip


def gzip_zeros(mebibytes: int) -> bytes:
    """Write that many MiB of zeros as gzip at once: one compressed MiB, repeated. Its checksum is wrong."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = compressor.compress(bytes(MIB)) + compressor.flush(zlib.Z_FULL_FLUSH)
    end = zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    return bytes.fromhex("1f8b08000000000002ff") + piece * mebibytes + end + bytes(8)


def _brotli_zeros(mebibytes: int) -> bytes:
    compressor = brotli.Compressor(quality=4, lgwin=22)
    pieces = [compressor.process(bytes(MIB)) for _ in range(mebibytes)]
    return b"".join(pieces) + bytes(compressor.finish())


def _window_of(bits: int) -> bytes:
    """Write a zstd frame that demands a window of 2**bits bytes (RFC 8878 §3.1.1.1.2)."""
    return b"\x28\xb5\x2f\xfd\x00" + bytes([(bits - 10) << 3]) + b"\x0b\x80\x00\x61"


def bombs() -> dict[str, Case]:
    """Return bodies that hold up to a thousand times what may be decoded, in every coding and chain."""
    zeros = gzip_zeros(1024)
    raw = zeros[10:-8]
    zstd_frame = zstandard.ZstdCompressor(level=3).compress(bytes(MIB))
    brotlied = _brotli_zeros(256)
    big = {
        "gzip": (zeros, b"gzip"),
        "x-gzip": (zeros, b"x-gzip"),
        "GZip": (zeros, b"GZip"),
        "gzip twice": (gzip.compress(zeros), b"gzip, gzip"),
        "gzip members": (gzip.compress(bytes(MIB)) * 1024, b"gzip"),
        "zlib": (b"\x78\xda" + raw, b"deflate"),
        "raw deflate": (raw, b"deflate"),
        "brotli": (brotlied, b"br"),
        "gzip in brotli": (brotli.compress(zeros, quality=4), b"gzip, br"),
        "brotli in gzip": (gzip.compress(brotlied), b"br, gzip"),
        "zstd": (zstd_frame * 1024, b"zstd"),
        "zstd in gzip": (gzip.compress(zstd_frame * 1024), b"zstd, gzip"),
        "gzip in zstd": (zstandard.ZstdCompressor().compress(zeros), b"gzip, zstd"),
    }
    cases = {
        name: fine(page(body, b"Content-Encoding: " + coding), decoded="bomb")
        for name, (body, coding) in big.items()
    }
    cases["gzip thrice"] = fine(
        page(gzip.compress(gzip.compress(zeros)), b"Content-Encoding: gzip, gzip, gzip"),
        decoded="coding_chain",
    )
    cases["zstd window"] = fine(page(_window_of(31), b"Content-Encoding: zstd"), decoded="corrupt")
    cases["in a redirect"] = fine(
        FOUND + b"/ok\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(zeros) + zeros,
        decoded="bomb",
    )
    cases["in an error"] = fine(
        b"HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(zeros) + zeros,
        "http_500", decoded="bomb",
    )  # fmt: skip
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(zeros), zeros)
    cases["in chunks"] = fine(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunks, decoded="bomb")
    return cases
