"""The addresses of our own parts, whatever is opened and however their names change."""

from ipaddress import ip_network

import pytest
from pydantic import SecretStr

from services.fetcher.app import own_endpoints
from services.fetcher.gate import Gate
from services.fetcher.outcomes import FetchFailure
from services.fetcher.own_endpoints import Endpoint, OwnEndpoints, endpoints_in
from services.fetcher.settings import FetcherSettings
from shared.settings import ServiceSettings


@pytest.mark.parametrize(
    ("url", "endpoints"),
    [
        ("redis://:secret@10.0.0.5:6380/0", [("10.0.0.5", 6380)]),
        ("redis://broker/0", [("broker", 6379)]),
        ("postgresql://u:p%40@ledger/db", [("ledger", 5432)]),
        (
            "postgresql://u:p@one:5433,two,[fd00::7]:5434/db",
            [("one", 5433), ("two", 5432), ("fd00::7", 5434)],
        ),
        ("http://[::1]:8333", [("::1", 8333)]),
        ("https://store.example/path", [("store.example", 443)]),
        ("archive.example:8480", [("archive.example", 8480)]),
        ("postgresql:///db", []),
        ("unix:///run/valkey.sock", []),
    ],
)
def test_the_endpoints_of_a_service_are_read_from_its_url(url: str, endpoints: list[tuple[str, int]]) -> None:
    assert [(one.host, one.port) for one in endpoints_in(url)] == endpoints


def test_a_name_that_moves_is_followed_after_a_minute_and_not_asked_for_other_ports() -> None:
    answers = iter([frozenset({"10.0.0.5"}), frozenset({"10.0.0.6"}), frozenset()])
    now = [0.0]
    own = OwnEndpoints(
        [Endpoint(host="broker", port=6379)], resolve=lambda _: next(answers), clock=lambda: now[0]
    )

    assert not own.includes("10.0.0.5", 80)
    assert own.includes("10.0.0.5", 6379)
    assert not own.includes("10.0.0.6", 6379)
    now[0] = 61.0
    assert own.includes("10.0.0.6", 6379)
    now[0] = 122.0
    assert own.includes("10.0.0.6", 6379), "without an answer the last one holds"


def test_a_name_that_never_had_an_answer_closes_its_port() -> None:
    own = OwnEndpoints([Endpoint(host="broker", port=6379)], resolve=lambda _: frozenset())

    assert own.includes("10.9.9.9", 6379)


def test_on_the_ports_of_the_web_only_a_private_address_can_be_ours_alone() -> None:
    own = OwnEndpoints(endpoints_in("https://93.184.216.34") + endpoints_in("https://10.0.0.5"))
    gate = Gate([ip_network("10.0.0.0/8")], own=own)

    assert gate.refusal("93.184.216.34", 443) is None
    assert gate.refusal("10.0.0.5", 443) is FetchFailure.PRIVATE_ADDRESS
    assert gate.refusal("10.0.0.6", 443) is None


def test_broker_ledger_store_pages_and_what_the_operator_adds_are_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PRESSMARK_READER_HOST", "0.0.0.0")
    monkeypatch.setenv("PRESSMARK_READER_PORT", "8480")
    monkeypatch.setenv("PRESSMARK_ADMIN_PORT", "8481")
    settings = ServiceSettings(
        broker_url=SecretStr("redis://127.0.0.1:7001/0"),
        database_url=SecretStr("postgresql://u@127.0.0.1:7002/db"),
        s3_endpoint="http://127.0.0.1:7003",
    )

    gate = Gate(
        [ip_network("127.0.0.0/8")],
        own=own_endpoints(settings, FetcherSettings(own_endpoints="127.0.0.1:7004, [::1]:7005")),
    )

    closed = {port: gate.refusal("127.0.0.1", port) for port in (7001, 7002, 7003, 7004, 7005, 8480, 8481)}
    assert set(closed.values()) == {FetchFailure.PRIVATE_ADDRESS}
    assert gate.refusal("127.0.0.1", 7006) is None
