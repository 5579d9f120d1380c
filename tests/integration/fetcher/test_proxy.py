"""Looks through a forward proxy: plain and tunnelled, with a password that nobody else gets to see."""

import logging
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from services.fetcher.client import HttpClient
from services.fetcher.fetching import fetch_all
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchFailure, FetchOutcome, NotFetched
from services.fetcher.warc import WarcSpool
from shared.warc_reading import read_records
from tests.support.fetching import INFO, NOON, limits, target
from tests.support.forward_proxy import CLOSES, ForwardProxy, forward_proxy
from tests.support.hostile_servers import HOSTILE_HOST, make_certificate, tls_server
from tests.support.raw_server import RawServer, page, running_raw_server

SECRET = "s3cret-of-the-proxy"
OUTLET = "outlet.example:80"


@pytest.fixture
def outlet() -> Iterator[RawServer]:
    with running_raw_server() as server:
        server.url("/page?a=1", page(b"<p>news</p>"))
        yield server


@pytest.fixture
def proxy(outlet: RawServer) -> Iterator[ForwardProxy]:
    with forward_proxy({OUTLET: ("127.0.0.1", outlet.port)}, user="us", password=SECRET) as running:
        yield running


def look(url: str, *, proxy: str, proxies: str = "", gate: Gate | None = None) -> FetchOutcome:
    client = HttpClient(limits(proxies=proxies), gate or Gate())
    try:
        (outcome,) = fetch_all([target(url, proxy=proxy)], client=client)
    finally:
        client.close()
    return outcome


def test_a_page_comes_through_a_proxy_that_wants_a_password_which_is_nowhere_in_the_evidence(
    proxy: ForwardProxy, outlet: RawServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = look("http://outlet.example/page?a=1", proxy="oslo", proxies=f"oslo={proxy.url_with_password}")
    with WarcSpool(tmp_path / "x.warc.gz", INFO, now=NOON) as spool:
        assert isinstance(outcome, Fetched)
        spool.record(outcome)
    stored = b"".join(
        str(record).encode() + record.block for record in read_records((tmp_path / "x.warc.gz").read_bytes())
    )

    assert (outcome.raw_head + outcome.body).replace(CLOSES, b"") == page(b"<p>news</p>")
    assert outcome.ip == ""
    assert proxy.asked() == ["GET http://outlet.example/page?a=1"]
    assert b"GET http://outlet.example/page?a=1 HTTP/1.1\r\nHost: outlet.example\r\n" in outcome.request
    assert outcome.request.endswith(b"\r\n\r\n")
    assert len(outlet.seen) == 1
    token = proxy._token().removeprefix(b"Basic ")
    assert token in proxy.heads[0]
    for told in (stored, repr(outcome).encode(), caplog.text.encode()):
        assert token not in told
        assert SECRET.encode() not in told


def test_a_secure_page_comes_through_a_tunnel_and_its_certificate_is_the_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path, "outlet")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with tls_server(certificate) as server:
        url = server.url("/page", page(b"secure"))
        name = url.removeprefix("https://").partition("/")[0]
        with forward_proxy({name: (HOSTILE_HOST, server.port)}, user="us", password=SECRET) as proxy:
            gate = Gate([ip_network("127.0.0.0/8")])
            outcome = look(url, proxy="oslo", proxies=f"oslo={proxy.url_with_password}", gate=gate)

    assert isinstance(outcome, Fetched)
    assert outcome.raw_head + outcome.body == page(b"secure")
    assert outcome.request.startswith(b"GET /page HTTP/1.1\r\n")
    assert b"roxy" not in outcome.request
    assert outcome.tls_verified
    assert proxy.asked() == [f"CONNECT {name}"]


@pytest.mark.parametrize("url", ["http://outlet.example/page?a=1", "https://outlet.example/page"])
def test_a_wrong_password_is_a_fault_of_the_proxy_and_no_answer_of_the_host(
    url: str, proxy: ForwardProxy, outlet: RawServer
) -> None:
    wrong = f"oslo=http://us:{SECRET[:-1]}@127.0.0.1:{proxy.port}"

    outcome = look(url, proxy="oslo", proxies=wrong)

    assert isinstance(outcome, NotFetched)
    assert outcome.reason is FetchFailure.PROXY
    assert SECRET[:-1] not in repr(outcome)
    assert b"authorization" not in outcome.request.lower()
    assert outlet.seen == []


def test_a_tunnel_that_is_not_opened_is_told_as_such(proxy: ForwardProxy) -> None:
    outcome = look("https://nowhere.example/", proxy="oslo", proxies=f"oslo={proxy.url_with_password}")

    assert isinstance(outcome, NotFetched)
    assert (outcome.reason, "502" in outcome.detail) == (FetchFailure.PROXY, True)


def test_a_proxy_that_is_not_there_is_told_as_such() -> None:
    outcome = look("http://outlet.example/", proxy="http://127.0.0.1:1")

    assert isinstance(outcome, NotFetched)
    assert outcome.reason is FetchFailure.PROXY


def test_a_name_that_stands_for_no_proxy_is_never_asked_without_one(outlet: RawServer) -> None:
    outcome = look(outlet.url("/page", page(b"direct")), proxy="bergen", proxies="oslo=http://127.0.0.1:3128")

    assert isinstance(outcome, NotFetched)
    assert outcome.reason is FetchFailure.PROXY
    assert "bergen" in outcome.detail
    assert outlet.seen == []
