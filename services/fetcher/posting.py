"""One POST to an address that an operator named, through the same gate as every look.

Nothing is followed, nothing of the answer is kept but its status (and its body, where that is asked for), and no
proxy or environment is used. The gate
judges the URL before the request and the socket address when libcurl is about to open it, so that a webhook can
reach neither our own parts nor the operator's network.
"""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pycurl

from services.fetcher.gate import Gate
from services.fetcher.outcomes import FetchFailure
from shared.urls import BadUrlError, canonical_url

__all__ = ["Posted", "Poster"]

_MOST_ADDRESSES = 8
_MOST_ANSWER_BYTES = 64 * 1024
_CONNECT_PART = 2
"""The connection may take this part of the whole time: one half."""

_FAILURES = {
    pycurl.E_COULDNT_RESOLVE_HOST: "dns",
    pycurl.E_COULDNT_CONNECT: "connect",
    pycurl.E_OPERATION_TIMEDOUT: "timeout",
    pycurl.E_SSL_CONNECT_ERROR: "tls",
    pycurl.E_PEER_FAILED_VERIFICATION: "certificate",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of a POST."""

    status: int | None
    """Of the answer; None when there was none."""
    failure: str | None
    """Why there was none; None when there was one."""
    retry_after: int | None
    """Seconds that the server asks to be left alone."""
    seconds: float
    body: bytes = b""
    """Of the answer, where it was asked for: at most 64 KiB."""


class Poster:
    """Sends POST requests, each on a connection of its own. May be used by several threads at once."""

    def __init__(self, gate: Gate, *, user_agent: str, timeout: timedelta) -> None:
        self._gate = gate
        self._user_agent = user_agent
        self._timeout = timeout

    def post(self, url: str, body: bytes, headers: Mapping[str, str], *, keep_answer: bool = False) -> Posted:
        """Send one request and wait for its answer, whose body is dropped unless it is to be kept."""
        try:
            canonical = canonical_url(url)
        except BadUrlError:
            return _not_posted(FetchFailure.BAD_URL)
        refusal = self._gate.url_refusal(canonical)
        if refusal is not None:
            return _not_posted(refusal)
        return _Request(self._gate, keep_answer=keep_answer).send(self._handle(canonical, body, headers))

    def _handle(self, url: str, body: bytes, headers: Mapping[str, str]) -> "pycurl.Curl":
        milliseconds = int(self._timeout.total_seconds() * 1000)
        fields = [f"{name}: {value}" for name, value in headers.items()]
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.POSTFIELDS, body)
        curl.setopt(pycurl.HTTPHEADER, [*fields, f"User-Agent: {self._user_agent}", "Expect:"])
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.TIMEOUT_MS, milliseconds)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, milliseconds // _CONNECT_PART)
        return curl


class _Request:
    """One request under way."""

    def __init__(self, gate: Gate, *, keep_answer: bool) -> None:
        self._gate = gate
        self._answer = bytearray() if keep_answer else None
        self._refused: FetchFailure | None = None
        self._tried = 0
        self._received = 0
        self._retry_after: int | None = None

    def send(self, curl: "pycurl.Curl") -> Posted:
        curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        curl.setopt(pycurl.HEADERFUNCTION, self._on_head)
        curl.setopt(pycurl.WRITEFUNCTION, self._on_body)
        begun = time.monotonic()
        failure = None
        try:
            curl.perform()
        except pycurl.error as error:
            failure = str(self._refused or _FAILURES.get(error.args[0], "disconnect"))
        status = int(curl.getinfo(pycurl.RESPONSE_CODE)) or None
        curl.close()
        if status is not None and self._received > _MOST_ANSWER_BYTES and self._answer is None:
            # It has answered; that it goes on and on is its own affair.
            failure = None
        return Posted(
            status=status if failure is None else None,
            failure=failure,
            retry_after=self._retry_after,
            seconds=time.monotonic() - begun,
            body=bytes(self._answer or b"") if failure is None else b"",
        )

    def _open_socket(
        self, _purpose: int, address: tuple[int, int, int, tuple[str, int]]
    ) -> socket.socket | int:
        family, kind, protocol, peer = address
        self._tried += 1
        if self._tried > _MOST_ADDRESSES or family not in (socket.AF_INET, socket.AF_INET6):
            self._refused = self._refused or FetchFailure.PRIVATE_ADDRESS
        # A name with one forbidden address among good ones is refused from there on.
        self._refused = self._refused or self._gate.refusal(peer[0], peer[1])
        return int(pycurl.SOCKET_BAD) if self._refused else socket.socket(family, kind, protocol)

    def _on_head(self, line: bytes) -> int:
        name, _, value = line.partition(b":")
        text = value.strip()
        if name.lower() == b"retry-after" and text.isdigit() and len(text) < 7:
            self._retry_after = int(text)
        self._received += len(line)
        return len(line) if self._received <= _MOST_ANSWER_BYTES else -1

    def _on_body(self, data: bytes) -> int:
        self._received += len(data)
        if self._answer is not None:
            self._answer += data
        return len(data) if self._received <= _MOST_ANSWER_BYTES else -1


def _not_posted(refusal: FetchFailure) -> Posted:
    return Posted(status=None, failure=str(refusal), retry_after=None, seconds=0.0)
