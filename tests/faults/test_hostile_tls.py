"""TLS servers that are out of date, drown a client in certificates, or are somebody else: one end, one reason."""

import socket
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pycurl
import pytest

from services.fetcher.client import HttpClient, Line
from services.fetcher.fetching import fetch_all
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchFailure, FetchOutcome, FetchTarget, NotFetched
from tests.support.fetching import limits, target
from tests.support.hostile_servers import HOSTILE_HOST, OPENED, make_certificate, send_worker
from tests.support.raw_server import page, running_raw_server

DEEP = 120
"""Certificates in a chain that still fits in what a client reads; OpenSSL follows a hundred."""


def server_context(chain: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def outdated(chain: Path) -> ssl.SSLContext:
    """A server that speaks TLS 1.0 and nothing newer."""
    context = server_context(chain)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1
    return context


def with_copies(certificate: Path, count: int) -> Path:
    """A chain of one certificate, again and again."""
    text = certificate.read_text()
    one = text[: text.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----\n"
    path = certificate.with_suffix(f".{count}.pem")
    path.write_text(text + one * (count - 1))
    return path


def deep_chain(folder: Path, count: int) -> tuple[Path, Path]:
    """Certificates of which each has signed the one before. Return the chain with its key, and the root."""
    key = folder / "deep.key"
    extensions = folder / "deep.cnf"
    extensions.write_text(f"basicConstraints=CA:TRUE\nsubjectAltName=IP:{HOSTILE_HOST}\n")
    told = f"-days 3650 -extfile {extensions} -out"
    script = [f"openssl ecparam -genkey -name prime256v1 -noout -out {key}"]
    for number in reversed(range(count)):
        signer = f"-CA {folder}/{number + 1}.crt -CAkey {key}" if number + 1 < count else f"-signkey {key}"
        script += [
            f"openssl req -new -key {key} -subj /CN={number} -out {folder}/x.csr",
            f"openssl x509 -req -in {folder}/x.csr {signer} -set_serial {number + 1} {told} {folder}/{number}.crt",
        ]
    subprocess.run(["sh", "-e", "-c", "\n".join(script)], check=True, capture_output=True)
    chain = folder / "deep.pem"
    parts = [folder / f"{number}.crt" for number in range(count - 1)]
    chain.write_bytes(b"".join(part.read_bytes() for part in (*parts, key)))
    return chain, folder / f"{count - 1}.crt"


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, dict[str, dict[str, Any]]]:
    """Ends of looks by server, where bad certificates are accepted and where they are not, in one batch each."""
    folder = tmp_path_factory.mktemp("tls")
    good = make_certificate(folder, "good")
    chain, root = deep_chain(folder, DEEP)
    trusted = folder / "trusted.pem"
    trusted.write_bytes(good.read_bytes() + root.read_bytes())
    contexts = {
        "TLS 1.0 only": outdated(good),
        "300 certificates": server_context(with_copies(good, 300)),
        "a deep chain": server_context(chain),
        "good": server_context(good),
    }
    found: dict[bool, dict[str, dict[str, Any]]] = {}
    with ExitStack() as stack:
        urls = {}
        for name, context in contexts.items():
            server = stack.enter_context(running_raw_server(tls=context, host=HOSTILE_HOST))
            urls[name] = server.url("/page", page(b"ok"))
        for accepted in (False, True):
            told = {"accept_bad_certificates": accepted}
            report = send_worker(urls.values(), trusted=trusted, limits=told)
            assert report["once"]
            found[accepted] = dict(zip(urls, report["ends"], strict=True))
    return found


@pytest.mark.parametrize("accepted", [False, True])
def test_a_server_that_speaks_tls_1_0_only_is_not_spoken_to(
    ends: dict[bool, dict[str, dict[str, Any]]], *, accepted: bool
) -> None:
    assert ends[accepted]["TLS 1.0 only"]["reason"] == "tls"


@pytest.mark.parametrize("accepted", [False, True])
def test_more_certificates_than_anybody_needs_end_the_handshake(
    ends: dict[bool, dict[str, dict[str, Any]]], *, accepted: bool
) -> None:
    assert ends[accepted]["300 certificates"]["reason"] == "tls"
    assert ends[accepted]["300 certificates"]["seconds"] < 2


def test_a_chain_deeper_than_it_can_be_followed_is_a_bad_certificate(
    ends: dict[bool, dict[str, dict[str, Any]]],
) -> None:
    refused, accepted = ends[False]["a deep chain"], ends[True]["a deep chain"]

    assert refused["reason"] == "certificate"
    assert (accepted["reason"], accepted["verified"]) == (None, False)


@pytest.mark.parametrize("accepted", [False, True])
def test_a_good_server_in_the_same_batch_is_looked_at(
    ends: dict[bool, dict[str, dict[str, Any]]], *, accepted: bool
) -> None:
    assert (ends[accepted]["good"]["reason"], ends[accepted]["good"]["verified"]) == (None, True)


# Whom the client asks for


class NamedHosts(HttpClient):
    """Lets libcurl believe that every name below `.example` is the hostile host."""

    def begin(self, target: FetchTarget, *arguments: object, **named: object) -> Line:
        line = super().begin(target, *arguments, **named)  # type: ignore[arg-type]
        host, _, port = target.host.partition("://")[2].rpartition(":")
        line.curl.setopt(pycurl.RESOLVE, [f"{host}:{port}:{HOSTILE_HOST}"])
        return line


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_certificate(tmp_path, "one", names=("one.example", HOSTILE_HOST))
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    return made


@pytest.fixture
def client(certificate: Path) -> Iterator[HttpClient]:
    made = NamedHosts(limits(), Gate([ip_network(OPENED)]))
    yield made
    made.close()


def test_the_host_of_the_url_is_asked_for_and_its_certificate_is_for_no_other(
    certificate: Path, client: HttpClient
) -> None:
    def note(_connection: socket.socket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        asked_for.append(name)

    asked_for: list[str | None] = []
    context = server_context(certificate)
    context.sni_callback = note
    with running_raw_server(tls=context, host=HOSTILE_HOST) as server:
        server.url("/", page(b"ok"))
        hosts = ("one.example", "two.example", HOSTILE_HOST)
        outcomes: list[FetchOutcome] = [
            outcome
            for host in hosts
            for outcome in fetch_all([target(f"https://{host}:{server.port}/")], client=client)
        ]

    # An address is no name: RFC 6066 §3 has none sent.
    assert asked_for == ["one.example", "two.example", None]
    assert isinstance(outcomes[0], Fetched)
    assert outcomes[0].tls_verified
    assert isinstance(outcomes[1], NotFetched)
    assert outcomes[1].reason is FetchFailure.CERTIFICATE
    assert isinstance(outcomes[2], Fetched)
    assert b"Host: one.example:" in outcomes[0].request
    assert [request.raw for request in server.seen] == [outcomes[0].request, outcomes[2].request]
