"""Whatever a server does, each look ends once, with a reason, in evidence that stands, and nobody else waits."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.hostile_answers import FRAMING, Case, bombs, fine
from tests.support.hostile_servers import (
    HOSTILE_HOST,
    make_certificate,
    running_canary,
    send_worker,
    serving,
    tls_server,
    unreachable_host,
)
from tests.support.raw_server import page, running_raw_server

MIB = 1024 * 1024
MOST_EXTRA_BYTES = 64 * MIB
"""What a worker may need over its base to fetch, write and check, whatever comes."""
MOST_EXTRA_TO_READ_BYTES = 128 * MIB
"""What it may need where it reads what it has written too, as the other services do."""
BOMBS = {f"bomb: {name}": case for name, case in bombs().items()}
CASES = FRAMING | BOMBS
GOOD_HOSTS, GOOD_PAGES = 8, 8

Report = dict[str, Any]


@contextlib.contextmanager
def good_hosts() -> Iterator[list[str]]:
    """Hosts that answer as they should, a tenth of a second after they are asked."""

    def answer(connection: socket.socket) -> None:
        time.sleep(0.1)
        connection.sendall(page(b"<p>" + b"good " * 3000))

    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(running_raw_server(host=HOSTILE_HOST)) for _ in range(GOOD_HOSTS)]
        yield [server.url(f"/{number}", answer) for server in servers for number in range(GOOD_PAGES)]


@pytest.fixture(scope="module")
def reports() -> Iterator[tuple[Report, Report, dict[str, str], list[str]]]:
    """The report of good hosts alone, the one of all hosts, the URLs of the cases, the good URLs, the hits."""
    with running_canary() as canary, good_hosts() as good, serving(CASES) as urls:
        alone = send_worker(good, delay=0.1)
        together = send_worker([*urls.values(), *good], delay=0.1)
        yield alone, together, urls, good
        assert canary.hits == []


def end_of(report: Report, url: str) -> dict[str, Any]:
    (end,) = (end for end in report["ends"] if end["url"] == url)
    return dict(end)


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_answer_ends_in_one_state_with_its_reason_and_its_bytes(
    name: str, reports: tuple[Report, Report, dict[str, str], list[str]]
) -> None:
    case: Case = CASES[name]

    end = end_of(reports[1], reports[2][name])

    assert end["reason"] == case.reason
    assert end["decoded"] in ({"too_large", "ratio"} if case.decoded == "bomb" else {case.decoded})
    assert (end["kept"] > 0) is case.keeps


def test_every_look_ends_exactly_once_and_the_evidence_is_valid(
    reports: tuple[Report, Report, dict[str, str], list[str]],
) -> None:
    together = reports[1]

    assert len(CASES) >= 41 + 18
    assert together["once"]
    assert together["records"] > len(CASES)


def test_good_hosts_of_the_same_batch_are_done_about_as_soon_as_without_hostile_ones(
    reports: tuple[Report, Report, dict[str, str], list[str]],
) -> None:
    alone, together, _, good = reports

    ends = [end_of(together, url) for url in good]

    assert {end["reason"] for end in ends} == {None}
    # A second of grace for a machine that does other things; the hostile looks themselves last longer.
    assert max(end["seconds"] for end in ends) < max(2 * alone["seconds"], alone["seconds"] + 1)


def test_the_worker_needs_little_memory_for_all_of_it(
    reports: tuple[Report, Report, dict[str, str], list[str]],
) -> None:
    assert reports[1]["extra"] < MOST_EXTRA_BYTES
    assert reports[1]["extra_with_reading"] < MOST_EXTRA_TO_READ_BYTES


def in_chunks(body: bytes) -> bytes:
    chunks = [b"%x\r\n%b\r\n" % (MIB, body[start : start + MIB]) for start in range(0, len(body), MIB)]
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(chunks) + b"0\r\n\r\n"


@pytest.mark.parametrize("shape", [page, in_chunks])
@pytest.mark.parametrize("sizes", [[26 * MIB, *[5 * MIB] * 20], [26 * MIB, *[20 * MIB] * 5]])
def test_many_large_bodies_at_once_stay_within_the_memory_and_whole(
    sizes: list[int], shape: Callable[[bytes], bytes]
) -> None:
    cases = {str(n): fine(shape(n.to_bytes(1) * size)) for n, size in enumerate(sizes)}

    with serving(cases) as urls:
        report = send_worker(urls.values())

    assert report["extra"] < MOST_EXTRA_BYTES
    assert report["extra_with_reading"] < MOST_EXTRA_TO_READ_BYTES
    assert [end["reason"] for end in report["ends"]] == ["truncated_length", *[None] * (len(sizes) - 1)]
    assert all(end["kept"] > 5 * MIB for end in report["ends"])


# Hosts that are not there


def test_a_dead_host_costs_two_connection_timeouts_and_not_one_for_each_page() -> None:
    with unreachable_host() as origin, good_hosts() as good:
        report = send_worker([*(f"{origin}/{number}" for number in range(20)), *good])

    reasons = [end["reason"] for end in report["ends"]]
    assert report["once"]
    # As many looks as run at once may be under way when the second one fails.
    assert reasons[:20].count("timeout_connect") <= 5
    assert reasons[:20].count("host_unreachable") >= 15
    assert set(reasons[20:]) == {None}
    assert report["seconds"] < 4


def test_a_host_that_answers_now_and_then_is_not_given_up() -> None:
    def refuse_every_second(connection: socket.socket) -> None:
        turns.append(1)
        connection.sendall(page(b"ok", b"Connection: close") if len(turns) % 2 else b"")

    turns: list[int] = []
    with running_raw_server(host=HOSTILE_HOST) as server:
        urls = [server.url(f"/{number}", refuse_every_second, close=True) for number in range(6)]
        report = send_worker(urls)

    assert sorted(str(end["reason"]) for end in report["ends"]) == ["None"] * 3 + ["protocol"] * 3


# TLS


@contextlib.contextmanager
def speaking(answer: bytes | None) -> Iterator[str]:
    """A port that is no TLS server: it says something else, or nothing."""
    listener = socket.create_server((HOSTILE_HOST, 0))

    def speak() -> None:
        held = []
        with contextlib.suppress(OSError):
            while True:
                held.append(listener.accept()[0])
                if answer is not None:
                    held[-1].sendall(answer)

    threading.Thread(target=speak, daemon=True).start()
    try:
        yield f"https://{HOSTILE_HOST}:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Certificates by what is wrong with them, and under `trusted` those that the worker knows."""
    folder = tmp_path_factory.mktemp("certificates")
    made = {
        "good": make_certificate(folder, "good"),
        "expired": make_certificate(folder, "expired", years=(2020, 2020)),
        "not_yet_valid": make_certificate(folder, "future", years=(2048, 2049)),
        "wrong_host": make_certificate(folder, "wrong", address="127.77.0.9"),
        "self_signed": make_certificate(folder, "self"),
    }
    trusted = folder / "trusted.pem"
    known = ("good", "expired", "not_yet_valid", "wrong_host")
    trusted.write_bytes(b"".join(made[name].read_bytes() for name in known))
    return made | {"trusted": trusted}


FAULTS = {
    "expired": "expired",
    "not_yet_valid": "not yet valid",
    "wrong_host": "subject",
    "self_signed": "self",
}
NO_TLS = {
    "stalls": None,
    "speaks plain HTTP": b"HTTP/1.1 200 OK\r\n\r\n",
    "sends an alert": b"\x15\x03\x01\x00\x02\x02\x28",
    "sends zeros": b"\x00" * 99,
}


@pytest.fixture(scope="module")
def tls_ends(certificates: dict[str, Path]) -> dict[bool, dict[str, dict[str, Any]]]:
    """The ends of looks at TLS servers by name, where bad certificates are accepted and where they are not."""
    ends: dict[bool, dict[str, dict[str, Any]]] = {}
    with contextlib.ExitStack() as stack:
        urls = {name: stack.enter_context(speaking(answer)) for name, answer in NO_TLS.items()}
        for name in (*FAULTS, "good"):
            server = stack.enter_context(tls_server(certificates[name]))
            urls[name] = server.url("/page", page(b"ok"))
        for accepted in (False, True):
            limits = {"accept_bad_certificates": accepted}
            report = send_worker(urls.values(), trusted=certificates["trusted"], limits=limits)
            ends[accepted] = dict(zip(urls, report["ends"], strict=True))
    return ends


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_certificate_ends_the_look_unless_the_operator_accepts_it(
    fault: str, tls_ends: dict[bool, dict[str, dict[str, Any]]]
) -> None:
    refused, accepted = tls_ends[False][fault], tls_ends[True][fault]

    assert refused["reason"] == "certificate"
    assert FAULTS[fault] in refused["detail"]
    assert (accepted["reason"], accepted["verified"]) == (None, False)
    assert FAULTS[fault] in accepted["tls"]["fault"]


@pytest.mark.parametrize("accepted", [False, True])
def test_a_good_certificate_is_told_with_the_protocol(
    *, accepted: bool, tls_ends: dict[bool, dict[str, dict[str, Any]]]
) -> None:
    end = tls_ends[accepted]["good"]

    assert (end["reason"], end["verified"]) == (None, True)
    assert end["tls"] == {"protocol": "tls/1.3", "cipher_suite": "TLS_AES_256_GCM_SHA384", "fault": ""}


@pytest.mark.parametrize("name", NO_TLS)
def test_a_handshake_that_stalls_or_is_none_ends_in_time(
    name: str, tls_ends: dict[bool, dict[str, dict[str, Any]]]
) -> None:
    end = tls_ends[False][name]

    assert end["reason"] == "tls"
    assert end["seconds"] < 2
