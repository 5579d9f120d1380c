"""Hostile servers and canaries on loopback, and the worker that is sent to them."""

import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.fetcher.gate import OPEN_PORTS
from tests.support.hostile_answers import Case
from tests.support.raw_server import RawServer, running_raw_server

HOSTILE_HOST = "127.77.0.1"
"""Where hostile servers are: a network of its own, so that it can be opened and the rest of loopback not."""
OPENED = f"{HOSTILE_HOST}/32"


class Canary:
    """Listens on every address of this machine, on a port where outlets may serve, and must hear nothing."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self._listeners = _listeners_on_one_open_port()
        self.port: int = self._listeners[0].getsockname()[1]
        for listener in self._listeners:
            threading.Thread(target=self._listen, args=(listener,), daemon=True).start()

    def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, peer = listener.accept()
            except OSError:
                return
            with connection:
                self.hits.append(f"{peer[0]} -> {connection.getsockname()[0]}")

    def stop(self) -> None:
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _listeners_on_one_open_port() -> list[socket.socket]:
    for port in sorted(OPEN_PORTS - {80, 443}, reverse=True):
        with contextlib.ExitStack() as stack:
            try:
                found = [stack.enter_context(socket.create_server(("0.0.0.0", port)))]
                if socket.has_ipv6:
                    with contextlib.suppress(OSError):
                        found.append(stack.enter_context(_ipv6_listener(port)))
            except OSError:
                continue
            stack.pop_all()
            return found
    raise OSError("no port from 8000 to 8999 is free")


def _ipv6_listener(port: int) -> socket.socket:
    return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=False)


@contextlib.contextmanager
def running_canary() -> Iterator[Canary]:
    """Run a canary for the length of a with block."""
    canary = Canary()
    try:
        yield canary
    finally:
        canary.stop()


@contextlib.contextmanager
def serving(cases: Mapping[str, Case]) -> Iterator[dict[str, str]]:
    """Serve each case on a server of its own, so that none waits for another, and yield the URLs by name."""
    with contextlib.ExitStack() as stack:
        urls = {}
        for number, (name, case) in enumerate(cases.items()):
            server = stack.enter_context(running_raw_server(host=HOSTILE_HOST))
            urls[name] = server.url(f"/{number}", case.answer, close=True)
        yield urls


@contextlib.contextmanager
def unreachable_host() -> Iterator[str]:
    """Yield the origin of a host that drops every attempt to connect: its queue is full and stays so."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((HOSTILE_HOST, 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://{HOSTILE_HOST}:{listener.getsockname()[1]}"


@contextlib.contextmanager
def tls_server(certificate: Path) -> Iterator[RawServer]:
    """Run a TLS server with a certificate and the key behind it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running_raw_server(tls=context, host=HOSTILE_HOST) as server:
        yield server


def make_certificate(
    folder: Path,
    name: str,
    *,
    address: str = HOSTILE_HOST,
    names: Sequence[str] = (),
    years: tuple[int, int] = (2020, 2049),
) -> Path:
    """Make a certificate of these whole years that nobody has signed but itself, with its key behind it."""
    key, request, path = folder / f"{name}.key", folder / f"{name}.csr", folder / f"{name}.pem"
    extensions = folder / f"{name}.cnf"
    subjects = ",".join(f"{'DNS' if one[-1].isalpha() else 'IP'}:{one}" for one in names or (address,))
    extensions.write_text(
        f"subjectAltName={subjects}\nbasicConstraints=CA:TRUE\n[ca]\ndefault_ca=all\n[all]\n"
        f"database={folder}/{name}.db\nnew_certs_dir={folder}\nrand_serial=yes\ndefault_md=sha256\n"
        "policy=any\nunique_subject=no\n[any]\ncommonName=supplied\n"
    )
    (folder / f"{name}.db").write_text("")
    dates = [f"{years[0]}0101000000Z", f"{years[1]}1231000000Z"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl("req", "-new", *curve, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    _openssl(
        *("ca", "-batch", "-selfsign", "-notext", "-config", extensions, "-extfile", extensions),
        *("-keyfile", key, "-in", request, "-out", path, "-startdate", dates[0], "-enddate", dates[1]),
    )
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def send_worker(urls: Sequence[str], *, trusted: Path | None = None, **task: object) -> dict[str, Any]:
    """Let a fetcher in a process of its own look at URLs, and return its report."""
    environment = dict(os.environ) | ({"SSL_CERT_FILE": str(trusted)} if trusted else {})
    told = subprocess.run(
        [sys.executable, "-m", "tests.support.hostile_worker"],
        input=json.dumps({"urls": list(urls), "opened": [OPENED], **task}),
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    report: dict[str, Any] = json.loads(told.stdout)
    return report
