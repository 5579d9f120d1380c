"""Names with faulty answers: each look ends once, with its reason, and looks at other names go on.

The name server, the hosts and the fetcher are in a network namespace of their own, because a resolver asks port
53 of what the system names. Where no namespace can be made, these tests are left out and say so.
"""

import json
import socket
import subprocess
import sys
import threading
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pycurl
import pytest

from services.fetcher.client import MOST_ADDRESSES, HttpClient, Line
from services.fetcher.fetching import fetch_all
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchFailure, FetchTarget, NotFetched
from tests.support.dns_server import FORBIDDEN
from tests.support.fetching import LOOPBACK_GATE, limits, target
from tests.support.raw_server import page

ROOT = Path(__file__).parents[2]
NAMESPACE = ("unshare", "--map-root-user", "--mount", "--net")
FAULTS = {
    **dict.fromkeys(("nxdomain", "servfail", "refused", "empty", "circle1"), "dns"),
    **dict.fromkeys(("silent", "garbage", "forged"), "dns"),
    **dict.fromkeys(FORBIDDEN, "private_address"),
    "crowd": "connect",
}
GOOD = ("good", "under_score", "chain3", "a" * 63)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What became of a look at each name, all in one batch."""
    try:
        subprocess.run([*NAMESPACE, "mount", "--bind", "/etc", "/etc"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespace can be made here: {error}")
    names = [f"{label}.example" for label in (*FAULTS, *GOOD)]
    told = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.support.dns_worker"],
        input=json.dumps({"names": names, "to_canary": sorted(FORBIDDEN)}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def end_of(report: dict[str, Any], label: str) -> dict[str, Any]:
    (end,) = (end for end in report["ends"] if f"//{label}.example:" in end["url"])
    return dict(end)


@pytest.mark.parametrize("label", FAULTS)
def test_a_look_at_a_name_with_a_fault_ends_with_its_reason(label: str, report: dict[str, Any]) -> None:
    assert end_of(report, label)["reason"] == FAULTS[label]


@pytest.mark.parametrize("label", GOOD)
def test_a_good_name_in_the_same_batch_is_looked_at_while_others_wait(
    label: str, report: dict[str, Any]
) -> None:
    end = end_of(report, label)

    assert end["reason"] is None
    # The looks that wait for a name server that says nothing end after a second.
    assert end["seconds"] < end_of(report, "silent")["seconds"]


def test_no_name_leads_to_a_forbidden_address_and_every_look_ends_once(report: dict[str, Any]) -> None:
    assert report["hits"] == []
    assert report["once"]
    assert report["asked"] == len(GOOD)


class ManyAddresses(HttpClient):
    """Lets libcurl believe that a name has 250 addresses."""

    def begin(self, target: FetchTarget, *arguments: object, **named: object) -> Line:
        line = super().begin(target, *arguments, **named)  # type: ignore[arg-type]
        crowd = ",".join(f"127.77.1.{number}" for number in range(1, 251))
        line.curl.setopt(pycurl.RESOLVE, [f"crowd.example:1:{crowd}"])
        return line


class CountingGate(Gate):
    """Counts the addresses that are about to be connected to."""

    def refusal(self, address: str, port: int) -> FetchFailure | None:
        tried.append(address)
        return LOOPBACK_GATE.refusal(address, port)


tried: list[str] = []


def test_of_a_name_with_hundreds_of_addresses_only_a_few_are_tried() -> None:
    tried.clear()
    client = ManyAddresses(limits(), CountingGate([*LOOPBACK_GATE._allowed]))

    (outcome,) = fetch_all([target("http://crowd.example:1/")], client=client)
    client.close()

    assert isinstance(outcome, NotFetched)
    assert outcome.reason is FetchFailure.CONNECT
    assert len(tried) == MOST_ADDRESSES


LONG = ".".join(["a" * 60] * 4) + ".exampleexam"


@pytest.mark.parametrize(
    "host", ["a" * 64 + ".example", LONG, "a..example", ".example", "a b.example", "%41"]
)
def test_a_name_that_no_name_server_could_know_is_refused(host: str) -> None:
    assert Gate().url_refusal(f"http://{host}/") is FetchFailure.BAD_URL


class TwoAddresses(HttpClient):
    """Lets libcurl believe that a name has an address of each kind, of which the first is dead."""

    def begin(self, target: FetchTarget, *arguments: object, **named: object) -> Line:
        line = super().begin(target, *arguments, **named)  # type: ignore[arg-type]
        port = target.host.rpartition(":")[2]
        line.curl.setopt(pycurl.RESOLVE, [f"both.example:{port}:127.0.0.99,[::1]"])
        return line


def test_a_host_that_answers_at_its_other_address_only_is_found() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(page(b"ok", b"Connection: close"))

    with listener:
        threading.Thread(target=answer, daemon=True).start()
        client = TwoAddresses(limits(), Gate([ip_network("127.0.0.0/8"), ip_network("::1/128")]))
        (outcome,) = fetch_all([target(f"http://both.example:{listener.getsockname()[1]}/")], client=client)
        client.close()

    assert isinstance(outcome, Fetched)
    assert outcome.ip == "::1"
