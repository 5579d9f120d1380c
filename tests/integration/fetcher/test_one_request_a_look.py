"""A look is one request: libcurl asks nothing again by itself, and a host that says wait is heard at once."""

import socket
import struct
from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.fetcher.client import LONGEST_DELAY_KEPT, HttpClient
from services.fetcher.fetching import fetch_all
from services.fetcher.outcomes import Fetched, FetchFailure, NotFetched, NotStarted
from tests.support.fetching import LOOPBACK_GATE, limits, target
from tests.support.raw_server import RawServer, page, running_raw_server


@pytest.fixture
def server() -> Iterator[RawServer]:
    with running_raw_server() as running:
        yield running


@pytest.fixture
def client() -> Iterator[HttpClient]:
    made = HttpClient(limits(), LOOPBACK_GATE)
    yield made
    made.close()


def hang_up(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("ending", [hang_up, reset])
def test_a_kept_connection_that_ends_in_place_of_an_answer_is_no_second_request(
    ending: object, server: RawServer, client: HttpClient
) -> None:
    first = server.url("/first", page(b"ok"))
    second = server.url("/second", ending)  # type: ignore[arg-type]

    outcomes = [*fetch_all([target(first)], client=client), *fetch_all([target(second)], client=client)]

    assert isinstance(outcomes[0], Fetched)
    assert isinstance(outcomes[1], NotFetched)
    assert outcomes[1].reason is FetchFailure.DISCONNECT
    assert outcomes[1].request.startswith(b"GET /second ")
    assert [request.path for request in server.seen] == ["/first", "/second"]
    assert server.connections == 1


def test_a_host_that_ends_connections_without_a_word_costs_one_look_and_not_every_second_one(
    server: RawServer, client: HttpClient
) -> None:
    def answer_and_hang_up_later(connection: socket.socket) -> None:
        connection.sendall(page(b"ok"))
        connection.recv(65536)
        connection.shutdown(socket.SHUT_RDWR)

    urls = [server.url(f"/{number}", answer_and_hang_up_later) for number in range(8)]
    outcomes = list(fetch_all([target(url) for url in urls], client=client))

    ends = [outcome.reason for outcome in outcomes if isinstance(outcome, NotFetched)]
    assert ends == [FetchFailure.DISCONNECT]


def test_a_host_that_falls_silent_on_a_kept_connection_is_not_taken_for_one_that_is_not_there(
    server: RawServer,
) -> None:
    def silence(connection: socket.socket) -> None:
        connection.recv(1)

    client = HttpClient(limits(first_byte_timeout=timedelta(seconds=0.3)), LOOPBACK_GATE)
    first, urls = server.url("/", page(b"ok")), [server.url(f"/{number}", silence) for number in range(3)]
    outcomes = [
        outcome
        for url in (first, urls[0], first, urls[1], first, urls[2])
        for outcome in fetch_all([target(url)], client=client)
    ]
    client.close()

    ends = [outcome.reason for outcome in outcomes if isinstance(outcome, NotFetched)]
    assert ends == [FetchFailure.TIMEOUT_FIRST_BYTE] * 3


def test_another_kept_connection_does_not_ask_again_either(server: RawServer, client: HttpClient) -> None:
    def answer_together(connection: socket.socket) -> None:
        together.append(1)
        while len(together) < 2:
            pass
        connection.sendall(page(b"ok"))

    together: list[int] = []
    pair = [target(server.url(f"/{number}", answer_together), concurrency=2) for number in range(2)]

    list(fetch_all(pair, client=client))
    (outcome,) = fetch_all([target(server.url("/last", hang_up))], client=client)

    assert server.connections == 2
    assert isinstance(outcome, NotFetched)
    assert [request.path for request in server.seen].count("/last") == 1


def test_a_host_that_is_asked_seldom_gets_a_connection_for_each_look(
    server: RawServer, client: HttpClient
) -> None:
    seldom = LONGEST_DELAY_KEPT + timedelta(milliseconds=1)
    url = server.url("/page", page(b"ok"))

    for delay in (timedelta(0), seldom, seldom, timedelta(0), timedelta(0)):
        list(fetch_all([target(url, delay=delay)], client=client))

    assert [request.connection for request in server.seen] == [1, 2, 3, 1, 1]


# A host that asks to be left alone

LATER = b"Retry-After: 120"
NO_CONTENT = b"\r\nContent-Length: 0\r\n\r\n"
ASKS_TO_WAIT = {
    "429 with a time": (b"HTTP/1.1 429 Too Many Requests\r\n" + LATER + NO_CONTENT, timedelta(seconds=120)),
    "429 without one": (b"HTTP/1.1 429 Too Many Requests" + NO_CONTENT, None),
    "503 with a time": (b"HTTP/1.1 503 No\r\n" + LATER + NO_CONTENT, timedelta(seconds=120)),
}


@pytest.mark.parametrize("case", ASKS_TO_WAIT)
def test_a_host_that_asks_to_wait_in_the_middle_of_a_batch_is_not_asked_for_the_rest(
    case: str, server: RawServer, client: HttpClient
) -> None:
    answer, wait = ASKS_TO_WAIT[case]
    urls = [server.url(f"/{number}", page(b"ok")) for number in range(9)]
    server.answers["/3"] = answer
    with running_raw_server() as neighbour:
        beside = [neighbour.url(f"/beside/{number}", page(b"ok")) for number in range(9)]
        outcomes = list(fetch_all([target(url) for url in (*urls, *beside)], client=client))

    ends = {outcome.target.url: outcome for outcome in outcomes}
    asked = ends[urls[3]]
    assert isinstance(asked, Fetched)
    assert asked.retry_after == wait
    assert [request.path for request in server.seen] == ["/0", "/1", "/2", "/3"]
    assert all(isinstance(ends[url], NotStarted) for url in urls[4:])
    assert all(isinstance(ends[url], Fetched) for url in beside)
    assert len(outcomes) == 18


def test_a_503_without_a_time_is_about_its_page_and_the_host_is_asked_on(
    server: RawServer, client: HttpClient
) -> None:
    urls = [server.url(f"/{number}", page(b"ok")) for number in range(4)]
    server.answers["/1"] = b"HTTP/1.1 503 No" + NO_CONTENT

    outcomes = list(fetch_all([target(url) for url in urls], client=client))

    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    assert len(server.seen) == 4
