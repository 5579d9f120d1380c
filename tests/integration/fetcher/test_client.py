"""The HTTP client against a server that says exactly what a test wants."""

import gzip
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.fetcher.client import HttpClient
from services.fetcher.fetching import fetch_all
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchFailure, FetchOutcome, NotFetched, NotStarted, Truncation
from tests.support.fetching import LOOPBACK_GATE, limits, target, words
from tests.support.raw_server import RawServer, page, running_raw_server

PAGE_GZIP = gzip.compress(b"<p>" + b"the same sentence again. " * 40 + b"</p>")


@pytest.fixture
def server() -> Iterator[RawServer]:
    with running_raw_server() as running:
        yield running


@pytest.fixture
def new_client() -> Iterator[Callable[..., HttpClient]]:
    clients: list[HttpClient] = []

    def make(gate: Gate = LOOPBACK_GATE, **changes: object) -> HttpClient:
        clients.append(HttpClient(limits(**changes), gate))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(new_client: Callable[..., HttpClient]) -> HttpClient:
    return new_client()


def look(url: str, client: HttpClient, **changes: object) -> FetchOutcome:
    (outcome,) = fetch_all([target(url, **changes)], client=client)
    return outcome


def response(outcome: FetchOutcome) -> Fetched:
    assert isinstance(outcome, Fetched), (outcome.reason, outcome.detail)
    return outcome


def failure(outcome: FetchOutcome) -> NotFetched:
    assert isinstance(outcome, NotFetched), outcome
    return outcome


# What is on the wire is what is kept

OK = b"HTTP/1.1 200 OK\r\n"
AS_THEY_ARE = {
    "chunked and gzip": OK
    + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    % (len(PAGE_GZIP), PAGE_GZIP),
    "chunk extensions and trailers": OK
    + b"Transfer-Encoding: chunked\r\n\r\n5;name=value\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n",
    "chunked with bare line feeds": OK + b"Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
    "latin-1 in a field": OK + b"X-T: caf\xe9\r\nContent-Length: 2\r\n\r\nok",
    "bare line feeds": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    "no reason phrase": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    "odd case and spaces": OK + b"cOnTeNt-LeNgTh:   2  \r\nX:\r\n\r\nok",
    "the same length twice": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "a length and chunks": OK
    + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "gzip that is none": OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "an unknown coding": OK + b"Content-Encoding: foo\r\nContent-Length: 2\r\n\r\nok",
    "a hundred codings": OK
    + b"Content-Encoding: "
    + b", ".join([b"gzip"] * 100)
    + b"\r\nContent-Length: 2\r\n\r\nok",
    "an unknown status": b"HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nok",
    "a redirect": b"HTTP/1.1 301 Moved\r\nLocation: /elsewhere\r\nContent-Length: 4\r\n\r\nmove",
    "a redirect to nonsense": b"HTTP/1.1 302 Found\r\nLocation: gopher://x/\xff\xfe\r\nContent-Length: 0\r\n\r\n",
    "an error page": b"HTTP/1.1 503 No\r\nRetry-After: 1000000000000\r\nContent-Length: 3\r\n\r\nno!",
    "cookies": OK + b"Set-Cookie: a=b\r\nSet-Cookie: a=c\r\nContent-Length: 2\r\n\r\nok",
    "an empty body": OK + b"Content-Length: 0\r\n\r\n",
    "a megabyte of chunk extension": OK
    + b"Transfer-Encoding: chunked\r\n\r\n5;"
    + b"a" * 2**20
    + b"\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("case", AS_THEY_ARE)
def test_an_odd_response_is_kept_byte_for_byte(case: str, server: RawServer, client: HttpClient) -> None:
    url = server.url("/page", AS_THEY_ARE[case])

    outcome = response(look(url, client))

    assert outcome.raw_head + outcome.body == AS_THEY_ARE[case]
    assert outcome.truncated is None
    assert outcome.ip == "127.0.0.1"


UNTIL_CLOSE = {
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nuntil the end",
    "HTTP/1.1 without a length": OK + b"\r\nuntil the end",
}


@pytest.mark.parametrize("case", UNTIL_CLOSE)
def test_a_body_may_end_with_the_connection(case: str, server: RawServer, client: HttpClient) -> None:
    outcome = response(look(server.url("/page", UNTIL_CLOSE[case], close=True), client))

    assert outcome.raw_head + outcome.body == UNTIL_CLOSE[case]
    assert outcome.truncated is None


def test_only_the_final_head_is_kept_and_interim_ones_are_counted(
    server: RawServer, client: HttpClient
) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    url = server.url("/page", interim + page(b"ok"))

    outcome = response(look(url, client))

    assert outcome.raw_head + outcome.body == page(b"ok")
    assert outcome.interim_heads == 2


CUT = {
    "a short body": OK + b"Content-Length: 100\r\n\r\nshort",
    "no last chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "half a chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n50\r\nhello",
    "a chunk of impossible size": OK + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nhello",
    "a chunk of no size": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\nx\r\n",
    "a length nobody can send": OK + b"Content-Length: 999999999999999\r\n\r\nshort",
}


@pytest.mark.parametrize("case", CUT)
def test_a_body_that_breaks_off_is_kept_and_marked(case: str, server: RawServer, client: HttpClient) -> None:
    outcome = response(look(server.url("/page", CUT[case], close=True), client))

    assert outcome.raw_head + outcome.body == CUT[case]
    assert outcome.truncated is Truncation.DISCONNECT


def test_the_request_is_kept_as_the_server_saw_it(server: RawServer, client: HttpClient) -> None:
    url = server.url("/a/../b%20c?q=%ED%95%9C&x='|{}", page(b"ok"))

    outcome = response(look(url, client))

    assert outcome.request == server.seen[0].raw
    assert outcome.request.startswith(b"GET /a/../b%20c?q=%ED%95%9C&x='|{} HTTP/1.1\r\n")
    assert b"Accept-Encoding: gzip, deflate\r\n" in outcome.request
    assert b"User-Agent: pressmark/0.1\r\n" in outcome.request


def test_what_a_host_said_last_time_is_sent_back_to_it(server: RawServer, client: HttpClient) -> None:
    url = server.url("/page", b"HTTP/1.1 304 Not Modified\r\n\r\n")

    outcome = response(look(url, client, etag='W/"1\xe9"', last_modified="Mon, 23 Nov 2026 12:00:00 GMT"))

    assert outcome.status == 304
    assert b'If-None-Match: W/"1\xe9"\r\n' in outcome.request
    assert b"If-Modified-Since: Mon, 23 Nov 2026 12:00:00 GMT\r\n" in outcome.request


@pytest.mark.parametrize("etag", ["a\r\nX-Evil: 1", "\x00", "한", "a" * 1025])
def test_a_hostile_validator_is_not_sent_back(etag: str, server: RawServer, client: HttpClient) -> None:
    outcome = response(look(server.url("/page", page(b"ok")), client, etag=etag))

    assert b"If-None-Match" not in outcome.request
    assert b"X-Evil" not in outcome.request


def test_cookies_are_never_sent_back(server: RawServer, client: HttpClient) -> None:
    url = server.url("/page", page(b"ok", b"Set-Cookie: a=b; Path=/"))

    look(url, client)
    outcome = response(look(url, client))

    assert b"Cookie" not in outcome.request


def test_a_redirect_is_not_followed(server: RawServer, client: HttpClient) -> None:
    url = server.url("/page", b"HTTP/1.1 301 Moved\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")

    look(url, client)

    assert [request.path for request in server.seen] == ["/page"]


def test_a_proxy_of_the_environment_is_not_used(
    server: RawServer, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_raw_server() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.origin)

        look(server.url("/page", page(b"ok")), client)

        assert proxy.seen == []
        assert len(server.seen) == 1


# What is no response

NO_RESPONSE = {
    "nothing": (b"", FetchFailure.PROTOCOL),
    "HTTP/0.9": (b"<html>no status line</html>", FetchFailure.PROTOCOL),
    "garbage": (bytes(range(256)) * 20, FetchFailure.PROTOCOL),
    "a negative status": (b"HTTP/1.1 -1 X\r\nContent-Length: 2\r\n\r\nok", FetchFailure.PROTOCOL),
    "status zero": (b"HTTP/1.1 000 X\r\nContent-Length: 2\r\n\r\nok", FetchFailure.PROTOCOL),
    "a long status": (b"HTTP/1.1 99999999999 X\r\nContent-Length: 2\r\n\r\nok", FetchFailure.PROTOCOL),
    "two lengths": (OK + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\nokabc", FetchFailure.PROTOCOL),
    "a negative length": (OK + b"Content-Length: -5\r\n\r\nok", FetchFailure.PROTOCOL),
    "a length in words": (OK + b"Content-Length: abc\r\n\r\nok", FetchFailure.PROTOCOL),
    "a field without a colon": (OK + b"broken\r\nContent-Length: 2\r\n\r\nok", FetchFailure.PROTOCOL),
    "NUL in a field": (OK + b"X: a\x00b\r\nContent-Length: 2\r\n\r\nok", FetchFailure.PROTOCOL),
    "a head without an end": (OK + b"Content-Type: text/html\r\n", FetchFailure.PROTOCOL),
    "an interim head alone": (b"HTTP/1.1 103 Early Hints\r\n\r\n", FetchFailure.PROTOCOL),
    "a thousand interim heads": (
        b"HTTP/1.1 100 Continue\r\n\r\n" * 1000 + page(b"ok"),
        FetchFailure.PROTOCOL,
    ),
    "20,000 fields": (OK + b"X: y\r\n" * 20000 + b"\r\n", FetchFailure.HEADER_TOO_LARGE),
    "a field of a megabyte": (OK + b"X: " + b"a" * 2**20 + b"\r\n\r\n", FetchFailure.HEADER_TOO_LARGE),
    "a head just too long": (
        OK + b"X: " + b"a" * (64 * 1024 - 23) + b"\r\n\r\n",
        FetchFailure.HEADER_TOO_LARGE,
    ),
}


@pytest.mark.parametrize("case", NO_RESPONSE)
def test_what_is_no_http_response_is_a_failed_look_with_its_reason(
    case: str, server: RawServer, client: HttpClient
) -> None:
    answer, reason = NO_RESPONSE[case]

    outcome = failure(look(server.url("/page", answer, close=True), client))

    assert outcome.reason is reason
    assert outcome.request == server.seen[0].raw
    assert len(outcome.partial) <= 4096
    assert answer.startswith(outcome.partial) or outcome.partial in answer


def test_a_host_that_is_not_there_and_a_name_that_is_not_known_fail_as_such(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert failure(look(f"http://127.0.0.1:{port}/", client)).reason is FetchFailure.CONNECT
    assert failure(look("http://no-such-name.invalid/", client)).reason is FetchFailure.DNS


# Addresses


PRIVATE_HOSTS = words(
    """
127.0.0.1 127.1 0 2130706433 0x7f.1 017700000001 localhost [::1] [::ffff:127.0.0.1] [::127.0.0.1] [64:ff9b::7f00:1]
[2002:7f00:1::] 169.254.169.254 2852039166 [fd00:ec2::254] 100.64.0.1 224.0.0.1 198.18.0.1 192.0.0.1 0.0.0.0 [::]
[3fff::1] [5f00::1]
"""
)


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_a_private_address_is_never_connected_to(
    host: str, server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    # Port 80 and an allowed one: the address alone must be the reason.
    outcome = failure(look(f"http://{host}:8080/", new_client(Gate())))

    assert outcome.reason is FetchFailure.PRIVATE_ADDRESS
    assert outcome.request == b""
    assert server.connections == 0


def test_a_kept_connection_is_checked_again_before_every_request(server: RawServer) -> None:
    class ChangingGate(Gate):
        closed = False

        def refusal(self, address: str, port: int) -> FetchFailure | None:
            return FetchFailure.PRIVATE_ADDRESS if self.closed else None

        def url_refusal(self, url: str) -> FetchFailure | None:
            return None

    gate = ChangingGate()
    client = HttpClient(limits(), gate)
    url = server.url("/page", page(b"ok"))
    response(look(url, client))
    gate.closed = True

    outcome = failure(look(url, client))
    client.close()

    assert outcome.reason is FetchFailure.PRIVATE_ADDRESS
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://a b/", "http://user@127.0.0.1/", "http://127.0.0.1:22/"]
)
def test_a_refused_url_asks_nobody(url: str, new_client: Callable[..., HttpClient]) -> None:
    outcome = failure(look(url, new_client(Gate())))

    assert outcome.reason in (FetchFailure.SCHEME, FetchFailure.BAD_URL, FetchFailure.PORT)


# Time and size


def drip(before: bytes, *, seconds: float) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(int(seconds / 0.05)):
            connection.sendall(b"x")
            time.sleep(0.05)

    return speak


def test_a_body_that_drips_is_stopped_by_the_clock_and_kept(
    server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    url = server.url("/page", drip(OK + b"Content-Length: 500\r\n\r\n", seconds=3))
    client = new_client(fetch_timeout=timedelta(seconds=0.6))
    begun = time.monotonic()

    outcome = response(look(url, client))

    assert time.monotonic() - begun < 1.5
    assert outcome.truncated is Truncation.TIME
    assert 3 <= len(outcome.body) <= 30


def test_a_head_that_drips_is_stopped_by_the_clock(
    server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    url = server.url("/page", drip(OK + b"X: ", seconds=3))
    begun = time.monotonic()

    outcome = failure(look(url, new_client(fetch_timeout=timedelta(seconds=0.6))))

    assert time.monotonic() - begun < 1.5
    assert outcome.reason is FetchFailure.TIMEOUT
    assert outcome.partial == OK


def test_a_server_that_never_answers_is_given_up_after_the_first_byte_limit(
    server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    url = server.url("/page", lambda connection: time.sleep(2))
    client = new_client(first_byte_timeout=timedelta(seconds=0.4))

    outcome = failure(look(url, client))

    assert outcome.reason is FetchFailure.TIMEOUT_FIRST_BYTE
    assert 0.4 <= outcome.timings.total < 1.2
    assert outcome.request != b""


def test_a_tls_handshake_that_stalls_is_given_up(
    server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"

        outcome = failure(look(url, new_client(connect_timeout=timedelta(seconds=0.4))))

    assert outcome.reason is FetchFailure.TLS


@pytest.mark.parametrize(("size", "cut"), [(999, False), (1000, False), (1001, True), (50_000, True)])
def test_a_body_over_the_limit_is_kept_up_to_it(
    size: int, *, cut: bool, server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    url = server.url("/page", page(b"x" * size))

    outcome = response(look(url, new_client(max_body_bytes=1000)))

    assert outcome.body == b"x" * min(size, 1000)
    assert outcome.truncated is (Truncation.LENGTH if cut else None)


def test_an_endless_body_is_cut(server: RawServer, new_client: Callable[..., HttpClient]) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    outcome = response(look(server.url("/page", flood), new_client(max_body_bytes=1_000_000)))

    assert len(outcome.body) == 1_000_000
    assert outcome.truncated is Truncation.LENGTH


# Many targets


def test_two_requests_to_one_host_are_a_delay_apart_on_one_kept_connection(
    server: RawServer, client: HttpClient
) -> None:
    urls = [server.url(f"/{number}", page(b"ok")) for number in range(4)]
    targets = [target(url, delay=timedelta(seconds=0.3)) for url in urls]

    outcomes = list(fetch_all(targets, client=client))

    gaps = [second.at - first.at for first, second in zip(server.seen, server.seen[1:], strict=False)]
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert len(gaps) == 3
    assert all(0.295 <= gap < 0.45 for gap in gaps), gaps
    assert server.connections == 1


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_host_gets_as_many_connections_as_it_allows(
    concurrency: int, server: RawServer, client: HttpClient
) -> None:
    def slowly(connection: socket.socket) -> None:
        time.sleep(0.03)
        connection.sendall(page(b"ok"))

    targets = [target(server.url(f"/{number}", slowly), concurrency=concurrency) for number in range(12)]

    outcomes = list(fetch_all(targets, client=client))

    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert server.most_open == concurrency
    assert server.connections == concurrency


def test_a_connection_is_used_again_by_the_next_batch(server: RawServer, client: HttpClient) -> None:
    url = server.url("/page", page(b"ok"))

    look(url, client)
    look(url, client)

    assert server.connections == 1


def test_many_hosts_are_asked_at_once_and_a_slow_one_holds_up_nobody(client: HttpClient) -> None:
    def slowly(connection: socket.socket) -> None:
        time.sleep(0.5)
        connection.sendall(page(b"slow"))

    with running_raw_server() as slow, running_raw_server() as quick:
        targets = [
            target(slow.url("/", slowly)),
            *(target(quick.url(f"/{turn}", page(b"ok"))) for turn in range(20)),
        ]

        bodies = [response(outcome).body for outcome in fetch_all(targets, client=client)]

    assert bodies == [b"ok"] * 20 + [b"slow"]


def test_there_are_never_more_connections_than_the_process_may_have(
    new_client: Callable[..., HttpClient],
) -> None:
    def slowly(connection: socket.socket) -> None:
        time.sleep(0.02)
        connection.sendall(page(b"ok"))

    with running_raw_server() as server:
        url = server.url("/", slowly)
        # Every target is a host of its own here.
        targets = [target(url, host=f"host-{turn}") for turn in range(12)]

        outcomes = list(fetch_all(targets, client=new_client(max_connections=4)))

        assert len(outcomes) == 12
        assert server.most_open == 4


def test_what_a_batch_has_no_time_for_is_not_started(
    server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    targets = [target(server.url(f"/{turn}", page(b"ok")), delay=timedelta(seconds=0.4)) for turn in range(5)]
    client = new_client(batch_time=timedelta(seconds=0.6))

    outcomes = list(fetch_all(targets, client=client))

    assert [type(outcome) for outcome in outcomes] == [Fetched, Fetched, NotStarted, NotStarted, NotStarted]
    assert len(server.seen) == 2


def test_what_a_batch_has_no_room_for_is_not_started(
    server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    targets = [target(server.url(f"/{turn}", page(b"x" * 600))) for turn in range(4)]

    outcomes = list(fetch_all(targets, client=new_client(batch_bytes=1000)))

    assert [type(outcome) for outcome in outcomes] == [Fetched, Fetched, NotStarted, NotStarted]


def test_the_caller_is_called_about_every_second(server: RawServer, client: HttpClient) -> None:
    ticks: list[float] = []
    url = server.url("/page", drip(OK + b"Content-Length: 50\r\n\r\n", seconds=2.6))

    list(fetch_all([target(url)], client=client, on_tick=lambda: ticks.append(time.monotonic())))

    assert len(ticks) == 2


def test_an_error_of_the_caller_ends_the_batch_and_leaves_the_client_of_use(
    server: RawServer, client: HttpClient
) -> None:
    class LeaseLostError(Exception):
        pass

    def lose() -> None:
        raise LeaseLostError

    slow = server.url("/slow", drip(OK + b"Content-Length: 100\r\n\r\n", seconds=3))

    with pytest.raises(LeaseLostError):
        list(fetch_all([target(slow)], client=client, on_tick=lose))

    assert response(look(server.url("/page", page(b"ok")), client)).body == b"ok"


# TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed but itself, with its key behind it."""
    path = tmp_path / "certificate.pem"
    key = tmp_path / "key.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1"
    subprocess.run(
        [*make.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", path],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[RawServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running_raw_server(tls=context) as running:
        yield running


def test_a_page_behind_a_good_certificate_is_marked_as_such(
    tls_server: RawServer,
    certificate: Path,
    new_client: Callable[..., HttpClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    outcome = response(look(tls_server.url("/page", page(b"ok")), new_client()))

    assert outcome.tls_verified is True
    assert outcome.raw_head + outcome.body == page(b"ok")
    assert outcome.timings.connect < outcome.timings.tls < outcome.timings.total


def test_a_page_behind_a_bad_certificate_is_kept_and_marked_where_the_operator_accepts_that(
    tls_server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    client = new_client(accept_bad_certificates=True)
    urls = [tls_server.url(f"/{turn}", page(b"ok")) for turn in range(3)]

    outcomes = [response(outcome) for outcome in fetch_all([target(url) for url in urls], client=client)]

    assert [outcome.tls_verified for outcome in outcomes] == [False] * 3
    assert [outcome.body for outcome in outcomes] == [b"ok"] * 3
    assert outcomes[0].timings.tls > 0
    # One connection for the check that failed, one for all requests.
    assert tls_server.connections == 2


def test_a_bad_certificate_ends_the_look_where_the_operator_does_not(
    tls_server: RawServer, new_client: Callable[..., HttpClient]
) -> None:
    url = tls_server.url("/page", page(b"ok"))

    outcome = failure(look(url, new_client(accept_bad_certificates=False)))

    assert outcome.reason is FetchFailure.CERTIFICATE
    assert outcome.request == b""


def test_a_child_process_makes_its_own_connections_and_leaves_those_of_its_parent_alone(
    tls_server: RawServer,
    certificate: Path,
    new_client: Callable[..., HttpClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    client = new_client()
    url = tls_server.url("/page", page(b"ok"))
    look(url, client)

    child = os.fork()
    if child == 0:
        fetched = look(url, client)
        os._exit(0 if isinstance(fetched, Fetched) else 1)
    _, status = os.waitpid(child, 0)
    look(url, client)

    assert status == 0
    assert [request.connection for request in tls_server.seen] == [1, 2, 1]
