"""What the metadata record tells about a look besides its bytes."""

from pathlib import Path

import pytest

from services.fetcher.outcomes import Fetched, FetchFailure, NotFetched, TlsFacts
from services.fetcher.tls import MAX_REMEMBERED, TlsConnections, told_by
from services.fetcher.warc import WarcSpool
from shared.warc_reading import read_records
from tests.support.fetching import INFO, NOON, fetched, not_fetched, target
from tests.support.warc_checks import validate_warc


def story_of(outcome: Fetched | NotFetched, folder: Path) -> list[str]:
    path = folder / "batch.warc.gz"
    with WarcSpool(path, INFO, now=NOON) as spool:
        spool.record(outcome)
    validate_warc(path.read_bytes())
    (block,) = [record.block for record in read_records(path.read_bytes()) if record.type == "metadata"]
    return block.decode().splitlines()


def test_protocol_cipher_suite_and_what_is_wrong_with_a_certificate_are_told(tmp_path: Path) -> None:
    facts = TlsFacts(
        protocol="tls/1.3", cipher_suite="TLS_AES_256_GCM_SHA384", fault="certificate has expired"
    )

    story = story_of(fetched(tls_verified=False, tls=facts), tmp_path)

    assert {"tlsVerified: no", "protocol: tls/1.3", "cipherSuite: TLS_AES_256_GCM_SHA384"} <= set(story)
    assert "tlsFault: certificate has expired" in story


def test_a_proxy_is_told_without_its_password_and_the_address_is_not_guessed(tmp_path: Path) -> None:
    proxied = target("http://outlet.example/", proxy="socks5h://me:secret@127.0.0.1:9050")

    story = story_of(fetched(target=proxied, ip=""), tmp_path)

    assert "proxy: socks5h://127.0.0.1:9050" in story
    assert "secret" not in str(story)


def test_an_odd_head_is_told(tmp_path: Path) -> None:
    raw_head = b"HTTP/1.1 200 OK\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"

    assert "headOddities: length_and_chunks, bare_line_feed" in story_of(fetched(raw_head=raw_head), tmp_path)


def test_a_host_that_was_not_asked_because_it_is_not_there_has_a_record(tmp_path: Path) -> None:
    assert "fetchFailure: host_unreachable" in story_of(not_fetched(FetchFailure.HOST_UNREACHABLE), tmp_path)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519 / RSASSA-PSS\n",
         ("tls/1.3", "TLS_AES_256_GCM_SHA384")),
        (b"SSL connection using TLSv1.2 / ECDHE-RSA-AES128-GCM-SHA256 / prime256v1\n",
         ("tls/1.2", "ECDHE-RSA-AES128-GCM-SHA256")),
        (b"Connected to outlet.example\n", None),
        (b"", None),
    ],
)  # fmt: skip
def test_the_protection_is_read_from_what_libcurl_says(line: bytes, told: tuple[str, str] | None) -> None:
    assert told_by(line) == told


def test_the_oldest_connections_are_forgotten_first() -> None:
    connections = TlsConnections()
    for number in range(MAX_REMEMBERED + 1):
        connections.learn(number, ("tls/1.3", "X"))

    assert connections.of(0) == ("", "")
    assert connections.of(1) == ("tls/1.3", "X")
