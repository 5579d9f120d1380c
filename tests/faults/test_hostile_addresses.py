"""No URL, redirect, list or answer of a resolver leads the fetcher into our own network."""

import html
import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from urllib.parse import urljoin

import pycurl
import pytest

from services.crawler.discovery import discover
from services.crawler.links import ListPage
from services.fetcher.client import HttpClient, Line
from services.fetcher.fetching import fetch_all
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchFailure, FetchOutcome, FetchTarget, NotFetched
from services.fetcher.own_endpoints import OwnEndpoints, endpoints_in
from shared.ledger.frontier import TargetKind
from shared.sources import load_source
from shared.urls import BadUrlError, canonical_url
from tests.support.address_forms import ODD_BUT_GOOD, forbidden_urls
from tests.support.fetching import limits, target
from tests.support.hostile_answers import fine
from tests.support.hostile_servers import HOSTILE_HOST, OPENED, Canary, running_canary, send_worker, serving
from tests.support.raw_server import page, running_raw_server

REFUSALS = {FetchFailure.BAD_URL, FetchFailure.SCHEME, FetchFailure.PORT, FetchFailure.PRIVATE_ADDRESS}
# What a form may come to when it names no address at all: a name that nobody knows.
NO_SUCH_HOST = REFUSALS | {FetchFailure.DNS}


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    with running_canary() as running:
        yield running


class HomelyGate(Gate):
    """Lets through what the real one does, but nothing that would leave this machine: that is told."""

    def refusal(self, address: str, port: int) -> FetchFailure | None:
        reason = super().refusal(address, port)
        return reason if reason or ip_address(address.partition("%")[0]).is_loopback else FetchFailure.CONNECT


def look_at(urls: list[str], gate: Gate) -> list[FetchOutcome]:
    client = HttpClient(limits(), gate)
    try:
        targets = [target(url, target_id=n, host=f"http://h{n}:80") for n, url in enumerate(urls)]
        return sorted(fetch_all(targets, client=client), key=lambda outcome: outcome.target.target_id)
    finally:
        client.close()


def refused(outcomes: list[FetchOutcome]) -> dict[str, object]:
    """The outcomes that are no refusal, by URL."""
    return {
        outcome.target.url: outcome
        for outcome in outcomes
        if not isinstance(outcome, NotFetched) or outcome.reason not in NO_SUCH_HOST or outcome.request
    }


def canonical(urls: list[str], base: str) -> list[str]:
    """Return what the crawler would make of URLs, without those that it takes for none."""
    found = []
    for url in urls:
        try:
            found.append(canonical_url(urljoin(base, url)))
        except (BadUrlError, ValueError):
            continue
    return found


def test_the_canary_hears_what_an_open_gate_lets_through(canary: Canary) -> None:
    with running_canary() as control:
        look_at(
            [f"http://127.1:{control.port}/", f"http://[::1]:{control.port}/"],
            Gate([ip_network("0.0.0.0/0")]),
        )

        assert control.hits != []


def test_the_table_of_forms_is_long(canary: Canary) -> None:
    assert len(forbidden_urls(canary.port)) >= 150
    assert len(set(ODD_BUT_GOOD)) >= 50


def test_no_form_of_a_forbidden_address_in_a_url_is_asked(canary: Canary) -> None:
    urls = forbidden_urls(canary.port)
    gate = HomelyGate([ip_network(OPENED)])

    base = f"http://{HOSTILE_HOST}/"
    # Some forms are paths below the page they stand on, as a browser reads them too.
    away = [url for url in canonical(urls, base) if not url.startswith(base)]

    assert refused(look_at(urls, gate)) == {}
    assert refused(look_at(away, gate)) == {}
    assert canary.hits == []


def test_no_form_of_a_forbidden_address_in_a_redirect_is_asked(canary: Canary) -> None:
    forms = [url for url in forbidden_urls(canary.port) if not set(url) & set("\r\n\x00")]
    answers = [
        b"HTTP/1.1 302 Found\r\nLocation: " + form.encode() + b"\r\nContent-Length: 0\r\n\r\n"
        for form in forms
    ]
    with running_raw_server(host=HOSTILE_HOST) as server:
        urls = [server.url(f"/{number}", answer) for number, answer in enumerate(answers)]
        first = send_worker(urls)
        leads = [end["redirect"] for end in first["ends"] if end["redirect"]]
        # Some are paths on the hostile server itself, as a browser reads them too.
        away = [url for url in leads if not url.startswith(server.origin)]
        second = look_at(away, HomelyGate([ip_network(OPENED)]))

    assert {end["kind"] for end in first["ends"]} == {"response"}
    assert len(away) > 100
    assert refused(second) == {}
    assert canary.hits == []


def test_no_form_of_a_forbidden_address_in_a_list_is_asked(canary: Canary) -> None:
    forms = forbidden_urls(canary.port)
    links = "".join(f'<p><a href="{html.escape(form)}">A headline of this day</a></p>' for form in forms)
    home = f"http://{HOSTILE_HOST}/"
    source = load_source(
        f'id="x"\nname="X"\nlanguage="en"\nhome="{home}"\n[[lists]]\nurl="{home}"\nkind="listing"\nevery="15m"\n'
        "[links]\naccept=['.']\n"
    )
    body = f"<html><body>{links}<a href='/good'>A good headline</a></body></html>".encode()
    document = ListPage(url=home, kind=TargetKind.LISTING, content_type="text/html; charset=utf-8", body=body)

    found = [link.url for link in discover(document, source).links]

    assert f"{home}good" in found
    assert refused(look_at([url for url in found if not url.startswith(home)], HomelyGate())) == {}
    assert canary.hits == []


@pytest.mark.parametrize("url", ODD_BUT_GOOD)
def test_an_odd_but_honest_url_is_not_blocked(url: str) -> None:
    assert Gate().url_refusal(canonical_url(url)) is None


# Redirect traps, followed by hand as the crawler does


TRAPS = {
    "itself": "/trap",
    "endless": "/trap?n={n}",
    "empty": "",
    "fragment": "#a",
    "query": "?",
    "up": "../../../../",
    "slashes": "//",
    "file": "file:///etc/hostname",
    "bytes": "/\udcff\udcfe",
    "user": "http://a:b@{host}/",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_redirect_trap_is_a_chain_of_captures_that_ends(trap: str, canary: Canary) -> None:
    def answer(connection: socket.socket) -> None:
        turns.append(1)
        location = TRAPS[trap].format(n=len(turns), host=HOSTILE_HOST).encode("utf-8", "surrogateescape")
        connection.sendall(b"HTTP/1.1 302 F\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")

    turns: list[int] = []
    with running_raw_server(host=HOSTILE_HOST) as server:
        url: str | None = server.url("/trap", answer)
        for path in ("/", "/%FF%FE", *(f"/trap?n={n}" for n in range(12))):
            server.url(path, answer)
        ends = []
        while url is not None and len(ends) < 10:
            end = _end_of(url)
            ends.append(end)
            url = end["redirect"]

    assert 1 <= len(ends) <= 10
    assert {end["kind"] for end in ends} == {"response"}


def _end_of(url: str) -> dict[str, str | None]:
    (outcome,) = look_at([url], HomelyGate([ip_network(OPENED)]))
    if not isinstance(outcome, Fetched):
        return {"kind": "metadata", "redirect": None}
    location = _location(outcome)
    leads = canonical([location], outcome.target.url) if location else []
    return {"kind": "response", "redirect": leads[0] if leads else None}


def _location(outcome: Fetched) -> str:
    line = outcome.raw_head.partition(b"Location:")[2].partition(b"\r\n")[0]
    return line.decode("latin-1").strip()


# Names that change their answer


class RebindingClient(HttpClient):
    """Lets libcurl believe an answer of its resolver for each request, given in the target's `via`."""

    def begin(self, target: FetchTarget, *arguments: object, **named: object) -> Line:
        line = super().begin(target, *arguments, **named)  # type: ignore[arg-type]
        line.curl.setopt(pycurl.RESOLVE, [target.via or ""])
        return line


@pytest.mark.parametrize(
    "answers",
    [
        "127.0.0.1", "127.0.0.2", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1",
        "127.0.0.1,127.77.0.1", "[::1],127.77.0.1", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]",
    ],
)  # fmt: skip
def test_a_name_with_a_forbidden_answer_is_not_asked(answers: str, canary: Canary) -> None:
    client = RebindingClient(limits(), Gate([ip_network(OPENED)]))
    aim = target(f"http://rebind.example:{canary.port}/", via=f"rebind.example:{canary.port}:{answers}")

    (outcome,) = fetch_all([aim], client=client)
    client.close()

    assert isinstance(outcome, NotFetched)
    assert outcome.reason is FetchFailure.PRIVATE_ADDRESS
    assert canary.hits == []


@pytest.mark.parametrize("keeps_connection", [True, False])
def test_a_name_that_changes_its_answer_between_two_looks_gains_nothing(
    *, keeps_connection: bool, canary: Canary
) -> None:
    gate = Gate([ip_network(OPENED)])
    client = RebindingClient(limits(), gate)
    with running_raw_server(host=HOSTILE_HOST) as server:
        said = [] if keeps_connection else [b"Connection: close"]
        server.url("/robots.txt", page(b"ok", *said), close=not keeps_connection)
        server.url("/page", page(b"ok"))
        outcomes = []
        for path, answer in (("/robots.txt", HOSTILE_HOST), ("/page", "127.0.0.1"), ("/page", "127.0.0.1")):
            name = f"rebind.example:{server.port}"
            aim = target(f"http://{name}{path}", via=f"{name}:{answer}")
            outcomes += fetch_all([aim], client=client)
    client.close()

    assert isinstance(outcomes[0], Fetched)
    for outcome in outcomes[1:]:
        # On the kept connection it is still the first host that answers.
        assert outcome.ip == HOSTILE_HOST if isinstance(outcome, Fetched) else outcome.reason in REFUSALS
    assert canary.hits == []


# Our own parts, in a network that is opened


def test_our_own_parts_are_not_asked_though_loopback_is_opened(canary: Canary) -> None:
    url = f"redis://:secret@127.0.0.1:{canary.port}/0"
    hosts = ["127.0.0.1", "127.1", "localhost", "127.0.0.9", "2130706433"]
    neighbour = {"page": fine(page(b"ok"))}

    with serving(neighbour) as good:
        report = send_worker(
            [*(f"http://{host}:{canary.port}/" for host in hosts), *good.values()],
            opened=["127.0.0.0/8", "::1/128"],
            own=[url],
        )

    assert [end["reason"] for end in report["ends"]] == ["private_address"] * len(hosts) + [None]
    assert canary.hits == []


def test_a_proxy_may_be_private_but_none_of_our_own_parts_and_leads_to_no_address_of_ours(
    canary: Canary,
) -> None:
    own = OwnEndpoints(endpoints_in(f"127.0.0.1:{canary.port}"))
    client = HttpClient(limits(), Gate(own=own))
    with running_raw_server() as proxy:
        proxy.answers["http://outlet.example/a"] = page(b"through")
        through = [
            ("http://outlet.example/a", proxy.origin),
            ("http://outlet.example/b", f"http://127.0.0.1:{canary.port}"),
            ("http://169.254.169.254/", proxy.origin),
            ("http://localhost/", proxy.origin),
            ("http://metadata.google.internal/", proxy.origin),
            ("http://outlet.example/c", "socks5://127.0.0.1:1"),
        ]
        outcomes = [
            next(iter(fetch_all([target(url, proxy=proxied)], client=client))) for url, proxied in through
        ]
    client.close()

    assert isinstance(outcomes[0], Fetched)
    assert (outcomes[0].body, outcomes[0].ip) == (b"through", "")
    reasons = [outcome.reason for outcome in outcomes[1:] if isinstance(outcome, NotFetched)]
    assert reasons == [FetchFailure.PRIVATE_ADDRESS] * 4 + [FetchFailure.PROXY]
    assert len(proxy.seen) == 1
    assert canary.hits == []


def test_through_a_tunnel_the_evidence_is_what_the_host_said_and_nothing_of_the_proxy() -> None:
    def tunnel(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: 1\r\n\r\n")
        connection.recv(65536)

    client = HttpClient(limits(), Gate())
    with running_raw_server() as proxy:
        proxy.answers["outlet.example:443"] = tunnel
        (outcome,) = fetch_all([target("https://outlet.example/a", proxy=proxy.origin)], client=client)
    client.close()

    # The proxy does not know the host: the handshake ends, and neither head nor request of the tunnel is kept.
    assert isinstance(outcome, NotFetched)
    assert outcome.reason is FetchFailure.TLS
    assert (outcome.request, outcome.partial, outcome.ip) == (b"", b"", None)
    assert proxy.seen[0].raw.startswith(b"CONNECT outlet.example:443 ")
