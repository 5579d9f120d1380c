"""The HTTP/1.1 connections of one process, which keep what was on the wire byte for byte.

The one module that knows pycurl. One CurlMulti is driven with `socket_action` and epoll: a `perform()` loop
was measured at eight times the CPU while hosts are waited for. Redirects are not followed, bodies are not
decoded, the environment (proxies, .netrc) is not read, and there are no cookies.
"""

import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import ceil

import pycurl

from services.fetcher.asking import request_fields
from services.fetcher.endings import Ending, outcome_of, printable, without_credentials
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchFailure, FetchTarget, NotFetched, Timings, TlsFacts
from services.fetcher.reply import HeldBytes, Reply
from services.fetcher.settings import FetcherSettings
from services.fetcher.tls import TlsConnections, told_by

MOST_ADDRESSES = 8
"""Addresses of one name that a look tries. A name may have hundreds, none of which answers."""

LONGEST_DELAY_KEPT = timedelta(seconds=1)
"""Where a host is asked no more often than this, each look has a connection of its own. Servers close what is
idle after a few seconds, often just as long as a delay is, and a request that crosses that end is lost."""

MOST_HOSTS_THAT_HANG_UP = 10_000
"""Hosts of which a process remembers that they end connections without saying so, and keeps none of theirs."""

ENDED_UNANSWERED = "the kept connection ended in place of an answer"

_SUPPRESS_CONNECT_HEADERS = 265
"""CURLOPT_SUPPRESS_CONNECT_HEADERS, for which pycurl has no name: what a proxy says about a tunnel is no reply."""

_FAILURES: dict[int, FetchFailure] = {
    pycurl.E_URL_MALFORMAT: FetchFailure.BAD_URL,
    pycurl.E_COULDNT_RESOLVE_HOST: FetchFailure.DNS,
    pycurl.E_COULDNT_CONNECT: FetchFailure.CONNECT,
    pycurl.E_INTERFACE_FAILED: FetchFailure.CONNECT,
    pycurl.E_OPERATION_TIMEDOUT: FetchFailure.TIMEOUT,
    pycurl.E_SSL_CONNECT_ERROR: FetchFailure.TLS,
    pycurl.E_SSL_CERTPROBLEM: FetchFailure.TLS,
    pycurl.E_SSL_CIPHER: FetchFailure.TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: FetchFailure.CERTIFICATE,
    pycurl.E_SSL_CACERT_BADFILE: FetchFailure.TLS,
    pycurl.E_SSL_ISSUER_ERROR: FetchFailure.CERTIFICATE,
    pycurl.E_SSL_INVALIDCERTSTATUS: FetchFailure.TLS,
    pycurl.E_SEND_ERROR: FetchFailure.DISCONNECT,
    pycurl.E_RECV_ERROR: FetchFailure.DISCONNECT,
    pycurl.E_PARTIAL_FILE: FetchFailure.DISCONNECT,
    pycurl.E_COULDNT_RESOLVE_PROXY: FetchFailure.PROXY,
    97: FetchFailure.PROXY,  # CURLE_PROXY: it answered, and would not connect
    100: FetchFailure.HEADER_TOO_LARGE,  # CURLE_TOO_LARGE, for which pycurl has no name
}
"""What an error number of libcurl says; every other one is a server that does not speak HTTP/1."""


class HttpClient:
    """The connections of one process. Everything inside is made on first use, after a fork.

    Serves one batch at a time: a worker process fetches one batch after the other, and what a host kept
    open for the last one is used again by the next.
    """

    _multi: pycurl.CurlMulti
    _held: HeldBytes
    _poller: select.epoll
    _idle: list["Line"]

    def __init__(self, settings: FetcherSettings, gate: Gate) -> None:
        self.settings = settings
        self.gate = gate
        self._owner = 0
        self._of_parents: list[object] = []
        self._running: dict[pycurl.Curl, Line] = {}
        self._hosts_that_hang_up: set[str] = set()

    @property
    def running(self) -> int:
        """How many looks are under way."""
        return len(self._running)

    def open(self) -> None:
        """Make ready for a batch: make the multi handle of this process, unless it is there."""
        if self._owner == os.getpid():
            self._held.in_batch = 0
            return
        if self._owner:
            # What the parent had is kept and never touched: freeing it would speak on the parent's connections.
            self._of_parents.append((self._multi, self._poller, self._idle, self._running))
        self._owner = os.getpid()
        self._held = HeldBytes()
        self._tls = TlsConnections()
        self._running = {}
        self._idle = []
        self._watched: set[int] = set()
        self._timer_at: float | None = None
        self._poller = select.epoll()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, self.settings.max_connections)
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, self.settings.max_connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def close(self) -> None:
        """Close every connection."""
        if self._owner == os.getpid():
            self.abandon()
            for line in self._idle:
                line.curl.close()
            self._multi.close()
            self._poller.close()
        self._owner = 0

    def begin(
        self, target: FetchTarget, on_sent: Callable[[], None], *, known_fault: str | None = None
    ) -> "Line":
        """Begin a look.

        Args:
            target: What to look at.
            on_sent: Called once, when the request has left.
            known_fault: What is wrong with the certificate, which is then not checked; None checks it.
        """
        line = (
            self._idle.pop() if self._idle else Line(self.settings, self.gate, held=self._held, tls=self._tls)
        )
        keep = target.delay <= LONGEST_DELAY_KEPT and target.host not in self._hosts_that_hang_up
        line.prepare(target, on_sent, known_fault=known_fault, keep=keep)
        self._running[line.curl] = line
        self._multi.add_handle(line.curl)
        return line

    def begin_again(self, line: "Line", *, known_fault: str) -> None:
        """Begin a look again that has just failed on its certificate, without the check."""
        self._multi.remove_handle(line.curl)
        line.check_certificate(known_fault=known_fault)
        self._multi.add_handle(line.curl)

    def finish(self, line: "Line", failure: FetchFailure | None, *, detail: str) -> Fetched | NotFetched:
        """End a look, over or not, and make its outcome."""
        outcome = outcome_of(line.ending(failure, detail))
        if line.ended_unanswered and len(self._hosts_that_hang_up) < MOST_HOSTS_THAT_HANG_UP:
            self._hosts_that_hang_up.add(line.target.host)
        self._release(line)
        self._idle.append(line)
        return outcome

    def _release(self, line: "Line") -> None:
        del self._running[line.curl]
        self._multi.remove_handle(line.curl)
        line.reply.release()

    def abandon(self) -> None:
        """Drop every look that still runs, with its connection."""
        for line in list(self._running.values()):
            self._release(line)
            line.curl.close()

    def is_running(self, line: "Line") -> bool:
        """Tell whether a look is still under way."""
        return line.curl in self._running

    def wait(self, until: float) -> None:
        """Sleep until a socket, a timer of libcurl or the given moment, then let libcurl act.

        Args:
            until: A moment of `time.monotonic()`.
        """
        until = until if self._timer_at is None else min(until, self._timer_at)
        for fd, mask in self._poller.poll(max(0.0, until - time.monotonic())):
            readable = pycurl.CSELECT_IN if mask & ~select.EPOLLOUT else 0
            writable = pycurl.CSELECT_OUT if mask & ~select.EPOLLIN else 0
            self._multi.socket_action(fd, readable | writable)
        if self._timer_at is not None and self._timer_at <= time.monotonic():
            self._timer_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def ended(self) -> Iterator[tuple["Line", FetchFailure | None, str]]:
        """Yield the looks that are over, what stopped them (None: nothing) and libcurl's words for it."""
        left = 1
        while left:
            left, succeeded, failed = self._multi.info_read(100)
            for curl in succeeded:
                yield self._running[curl], None, ""
            for curl, number, text in failed:
                yield self._running[curl], _FAILURES.get(number, FetchFailure.PROTOCOL), text or curl.errstr()

    def _watch(self, event: int, fd: int, _multi: object, _data: object) -> None:
        if event == pycurl.POLL_REMOVE:
            if fd in self._watched:
                self._watched.discard(fd)
                self._poller.unregister(fd)
            return
        mask = select.EPOLLIN if event & pycurl.POLL_IN else 0
        mask |= select.EPOLLOUT if event & pycurl.POLL_OUT else 0
        if fd in self._watched:
            self._poller.modify(fd, mask)
        else:
            self._watched.add(fd)
            self._poller.register(fd, mask)

    def _set_timer(self, timeout_ms: int) -> None:
        self._timer_at = None if timeout_ms < 0 else time.monotonic() + timeout_ms / 1000


class Line:
    """One easy handle with its callbacks, used for one look after the other."""

    def __init__(
        self, settings: FetcherSettings, gate: Gate, *, held: HeldBytes, tls: TlsConnections
    ) -> None:
        self._settings = settings
        self._gate = gate
        self._held = held
        self._tls = tls
        self.curl = _new_handle(settings)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        self.curl.setopt(pycurl.PREREQFUNCTION, self._may_request)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._on_head)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._on_body)
        self.curl.setopt(pycurl.DEBUGFUNCTION, self._on_debug)

    def prepare(
        self, target: FetchTarget, on_sent: Callable[[], None], *, known_fault: str | None, keep: bool
    ) -> None:
        """Make ready for a look at a target; `keep` tells whether its connection serves other looks too."""
        self.target = target
        self._on_sent = on_sent
        self.reply = Reply(self._settings, self._held)
        self.request = b""
        self._tls_said: tuple[str, str] | None = None
        self._refused: FetchFailure | None = None
        self.started_at = datetime.now(UTC)
        self.begun_at = time.monotonic()
        self.curl.setopt(pycurl.URL, target.url)
        self.curl.setopt(pycurl.HTTPHEADER, request_fields(self._settings, target))
        proxy = None if target.proxy is None else self._settings.proxy_url(target.proxy)
        # An empty text is no proxy, whatever the environment says; a name that stands for none leads nowhere.
        self.curl.setopt(pycurl.PROXY, proxy or target.proxy or "")
        self.curl.setopt(pycurl.FRESH_CONNECT, not keep)
        self.curl.setopt(pycurl.FORBID_REUSE, not keep)
        self.check_certificate(known_fault=known_fault)

    def check_certificate(self, *, known_fault: str | None) -> None:
        """Set whether the certificate of the host is checked: it is, unless a fault is known and accepted."""
        self.known_fault = known_fault
        self._addresses_tried = 0
        self.curl.setopt(pycurl.SSL_VERIFYPEER, 1 if self.verifies else 0)
        self.curl.setopt(pycurl.SSL_VERIFYHOST, 2 if self.verifies else 0)

    @property
    def ended_unanswered(self) -> bool:
        """Whether a kept connection ended in place of the answer."""
        return self._refused is FetchFailure.DISCONNECT

    @property
    def verifies(self) -> bool:
        """Whether the certificate is checked."""
        return self.known_fault is None

    def _open_socket(
        self, _purpose: int, address: tuple[int, int, int, tuple[str, int]]
    ) -> socket.socket | int:
        family, kind, protocol, peer = address
        self._refuse_repeat()
        self._addresses_tried += 1
        if self._addresses_tried > MOST_ADDRESSES:
            return int(pycurl.SOCKET_BAD)
        if family not in (socket.AF_INET, socket.AF_INET6):
            self._refused = FetchFailure.PRIVATE_ADDRESS
        # A name with one forbidden address among good ones is refused from there on.
        self._refused = self._refused or self._refusal(peer[0], peer[1])
        return pycurl.SOCKET_BAD if self._refused else socket.socket(family, kind, protocol)

    def _may_request(self, peer_ip: str, _local_ip: str, peer_port: int, _local_port: int) -> int:
        # Called for kept connections too, whose socket was opened for an earlier look.
        self._refuse_repeat()
        self._refused = self._refused or self._refusal(peer_ip, peer_port)
        return int(pycurl.PREREQFUNC_ABORT if self._refused else pycurl.PREREQFUNC_OK)

    def _refuse_repeat(self) -> None:
        """End the look when its request has left before.

        libcurl has no switch for this: when a kept connection ends in place of an answer, it takes it for a
        stale one and asks again at once (RFC 9110 §9.2.2), sooner than the host allows and off the record.
        """
        if self.request:
            self._refused = self._refused or FetchFailure.DISCONNECT

    def _refusal(self, address: str, port: int) -> FetchFailure | None:
        if self.target.proxy is not None:
            return self._gate.proxy_refusal(address, port)
        return self._gate.refusal(address, port)

    def _on_head(self, line: bytes) -> int:
        return len(line) if self.reply.add_head_line(line) else -1

    def _on_body(self, data: bytes) -> int:
        return len(data) if self.reply.add_body(data) else -1

    def _on_debug(self, kind: int, data: bytes) -> None:
        if kind == pycurl.INFOTYPE_TEXT:
            self._tls_said = told_by(data) or self._tls_said
        # The request to a proxy for a tunnel is none to the host.
        if kind != pycurl.INFOTYPE_HEADER_OUT or data.startswith(b"CONNECT "):
            return
        if not self.request:
            self._on_sent()
        self.request += data

    def timings(self) -> Timings:
        """Read the seconds of each phase from libcurl."""
        read = self.curl.getinfo
        return Timings(
            dns=read(pycurl.NAMELOOKUP_TIME),
            connect=read(pycurl.CONNECT_TIME),
            tls=read(pycurl.APPCONNECT_TIME),
            first_byte=read(pycurl.STARTTRANSFER_TIME),
            # libcurl has no total for a look that we end ourselves, because not a byte came.
            total=read(pycurl.TOTAL_TIME) if self.reply.begun else time.monotonic() - self.begun_at,
        )

    def ending(self, failure: FetchFailure | None, detail: str) -> Ending:
        """Describe the finished transfer."""
        secure = self.target.url[:6].lower() == "https:"
        return Ending(
            target=self.target,
            reply=self.reply,
            request=self.request if self.target.proxy is None else without_credentials(self.request),
            started_at=self.started_at,
            timings=self.timings(),
            ip=(self.curl.getinfo(pycurl.PRIMARY_IP) or "") if self.target.proxy is None else "",
            tls_verified=self.verifies if secure else None,
            tls=self._tls_facts() if secure else None,
            failure=self._refused or failure,
            detail=ENDED_UNANSWERED if self.ended_unanswered else detail,
        )

    def _tls_facts(self) -> TlsFacts:
        connection = self.curl.getinfo(pycurl.CONN_ID)
        if self._tls_said is not None:
            self._tls.learn(connection, self._tls_said)
        protocol, cipher_suite = self._tls.of(connection)
        return TlsFacts(protocol=protocol, cipher_suite=cipher_suite, fault=printable(self.known_fault or ""))


def _new_handle(settings: FetcherSettings) -> pycurl.Curl:
    """Make an easy handle with everything that is the same for every look."""
    curl = pycurl.Curl()
    options = {
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        pycurl.HTTP_TRANSFER_DECODING: 0,
        pycurl.HTTP_CONTENT_DECODING: 0,
        # A reply without a head is no response, but what it began with is kept.
        pycurl.HTTP09_ALLOWED: 1,
        pycurl.FOLLOWLOCATION: 0,
        pycurl.PATH_AS_IS: 1,
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.PROXY: "",
        pycurl.NOPROXY: "",
        _SUPPRESS_CONNECT_HEADERS: 1,
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.NOSIGNAL: 1,
        pycurl.VERBOSE: 1,
        pycurl.BUFFERSIZE: 128 * 1024,
        pycurl.MAXAGE_CONN: ceil(settings.keep_connection.total_seconds()),
        # Zero would mean libcurl's own default, which is minutes or for ever.
        pycurl.CONNECTTIMEOUT_MS: ceil(settings.connect_timeout.total_seconds() * 1000),
        pycurl.TIMEOUT_MS: ceil(settings.fetch_timeout.total_seconds() * 1000),
    }
    for option, value in options.items():
        curl.setopt(option, value)
    authorities = ssl.get_default_verify_paths().cafile
    if authorities:
        curl.setopt(pycurl.CAINFO, authorities)
    return curl
