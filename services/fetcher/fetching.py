"""Fetches a batch of targets, many at a time, each host as often as it allows."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from services.fetcher.client import HttpClient, Line
from services.fetcher.endings import printable
from services.fetcher.outcomes import (
    Fetched,
    FetchFailure,
    FetchOutcome,
    FetchTarget,
    HostsAsked,
    NotFetched,
    NotStarted,
    Tick,
)
from services.fetcher.spacing import HostQueues
from shared.metrics import POLITENESS_WAIT_SECONDS

TICK_SECONDS = 1.0
HOSTS_ASKED_EVERY_SECONDS = 0.2

MOST_DEAD_LOOKS = 2
"""Looks at one host in a row that get no connection before the rest of its targets is given up. Each costs
the connection timeout, and a batch of one dead host would be spent on nothing else."""

_TOO_MANY_REQUESTS = 429
"""RFC 6585 §4. It may come without a Retry-After; the ledger then makes the host's delay longer."""

_REFUSALS = (_TOO_MANY_REQUESTS, 503)
_SLOW_SECONDS = 2.0
"""What the ledger takes for a host that wants to be spared."""

_DEAD = frozenset(
    {
        FetchFailure.DNS,
        FetchFailure.CONNECT,
        FetchFailure.TIMEOUT_CONNECT,
        FetchFailure.TLS,
        FetchFailure.PROXY,
    }
)


def fetch_all(
    targets: Sequence[FetchTarget],
    *,
    client: HttpClient,
    on_tick: Tick = lambda: None,
    on_hosts_asked: HostsAsked = lambda _: None,
) -> Iterator[FetchOutcome]:
    """Look at every target once and yield the outcomes as they come.

    Every target ends in exactly one outcome. Closing the iterator, or an error raised by `on_tick`, ends
    all running looks at once.

    Args:
        targets: What to look at, of any number of hosts.
        client: The connections of this process.
        on_tick: Called about once a second while the batch runs.
        on_hosts_asked: Called soon after nothing more is wanted of hosts that answered well.
    """
    client.open()
    try:
        batch = _Batch(targets, client=client, on_tick=on_tick, on_hosts_asked=on_hosts_asked)
        yield from batch.outcomes()
    finally:
        client.abandon()


class _Batch:
    """One run of the event loop."""

    def __init__(
        self, targets: Sequence[FetchTarget], *, client: HttpClient, on_tick: Tick, on_hosts_asked: HostsAsked
    ) -> None:
        now = time.monotonic()
        refusals = [(target, _refusal(target, client)) for target in targets]
        self._refused = [(target, refusal) for target, refusal in refusals if refusal is not None]
        self._queues = HostQueues((target for target, refusal in refusals if refusal is None), now=now)
        self._client = client
        self._limits = client.settings
        self._on_tick = on_tick
        self._on_hosts_asked = on_hosts_asked
        self._begun_at = now
        self._next_tick = now + TICK_SECONDS
        self._tell_asked_at = now + HOSTS_ASKED_EVERY_SECONDS
        self._begin_until = now + self._limits.batch_time.total_seconds()
        self._first_byte_seconds = self._limits.first_byte_timeout.total_seconds()
        self._received = 0
        self._silent: deque[tuple[float, Line]] = deque()
        self._bad_certificates: dict[str, str] = {}
        self._dead_looks: dict[str, int] = {}

    def outcomes(self) -> Iterator[FetchOutcome]:
        """Run until every target has its outcome."""
        for target, (reason, detail) in self._refused:
            yield NotFetched(target=target, reason=reason, detail=detail, started_at=datetime.now(UTC))
        while self._queues.waiting or self._client.running:
            self._begin_due()
            self._client.wait(until=self._next_moment())
            yield from self._ended()
            yield from self._silent_too_long()
            yield from self._not_started()
            if time.monotonic() >= self._next_tick:
                self._next_tick = time.monotonic() + TICK_SECONDS
                self._on_tick()
            if time.monotonic() >= self._tell_asked_at:
                self._tell_hosts_asked()
        self._tell_hosts_asked()

    def _tell_hosts_asked(self) -> None:
        now = time.monotonic()
        self._tell_asked_at = now + HOSTS_ASKED_EVERY_SECONDS
        asked = self._queues.take_exhausted(now)
        if asked:
            self._on_hosts_asked({host: timedelta(seconds=ago) for host, ago in asked.items()})

    def _begin_due(self) -> None:
        while self._client.running < self._limits.max_connections:
            target = self._queues.begin_next(time.monotonic())
            if target is None:
                return
            POLITENESS_WAIT_SECONDS.observe(time.monotonic() - self._begun_at)
            fault = self._bad_certificates.get(target.host)
            line = self._client.begin(target, partial(self._sent, target), known_fault=fault)
            self._silent.append((line.begun_at + self._first_byte_seconds, line))

    def _sent(self, target: FetchTarget) -> None:
        self._queues.request_sent(target, time.monotonic())

    def _next_moment(self) -> float:
        """Return when this loop must act even if no socket does."""
        moments = [self._next_tick]
        if self._queues.has_exhausted:
            moments.append(self._tell_asked_at)
        if self._silent:
            moments.append(self._silent[0][0])
        if self._queues.waiting:
            moments.append(self._begin_until)
            due = self._queues.next_due()
            if due is not None and self._client.running < self._limits.max_connections:
                moments.append(due)
        return min(moments)

    def _ended(self) -> Iterator[FetchOutcome]:
        for line, failure, detail in self._client.ended():
            if failure is FetchFailure.CERTIFICATE and line.verifies and self._limits.accept_bad_certificates:
                self._bad_certificates[line.target.host] = detail
                self._client.begin_again(line, known_fault=detail)
            else:
                yield from self._finish(line, failure, detail)

    def _silent_too_long(self) -> Iterator[FetchOutcome]:
        """End the looks that got no byte in time; libcurl has no such limit itself."""
        now = time.monotonic()
        while self._silent and (self._silent[0][0] <= now or self._is_over(*self._silent[0])):
            deadline, line = self._silent.popleft()
            if not self._is_over(deadline, line):
                yield from self._finish(line, FetchFailure.TIMEOUT, "no byte of an answer came in time")

    def _is_over(self, deadline: float, line: Line) -> bool:
        """Tell whether a deadline means nothing any more: the line answers, or serves another look."""
        same_look = line.begun_at + self._first_byte_seconds == deadline
        return not same_look or line.reply.begun or not self._client.is_running(line)

    def _finish(self, line: Line, failure: FetchFailure | None, detail: str) -> Iterator[FetchOutcome]:
        """End a look, and with it those that wait behind it for a host that is not there."""
        self._received += line.reply.body_bytes
        sent = bool(line.request)
        outcome = self._client.finish(line, failure, detail=detail)
        self._queues.ended(line.target, sent=sent, is_well=_is_well(outcome))
        yield outcome
        host = line.target.host
        if isinstance(outcome, Fetched) and _asks_to_wait(outcome):
            # The ledger holds the host as long as it asked; what waits here goes back, to be asked after that.
            for target in self._queues.take_waiting_of(host):
                yield NotStarted(target=target)
        if isinstance(outcome, NotFetched) and outcome.reason in _DEAD:
            self._dead_looks[host] = self._dead_looks.get(host, 0) + 1
            if self._dead_looks[host] >= MOST_DEAD_LOOKS:
                yield from self._unreachable(host, outcome.reason)
        else:
            self._dead_looks.pop(host, None)

    def _unreachable(self, host: str, reason: FetchFailure) -> Iterator[FetchOutcome]:
        detail = f"not asked: {MOST_DEAD_LOOKS} looks at the host in a row got no connection ({reason})"
        for target in self._queues.take_waiting_of(host):
            yield NotFetched(
                target=target,
                reason=FetchFailure.HOST_UNREACHABLE,
                detail=detail,
                started_at=datetime.now(UTC),
            )

    def _not_started(self) -> Iterator[FetchOutcome]:
        if time.monotonic() >= self._begin_until or self._received >= self._limits.batch_bytes:
            for target in self._queues.take_waiting():
                yield NotStarted(target=target)


def _asks_to_wait(outcome: Fetched) -> bool:
    return outcome.retry_after is not None or outcome.status == _TOO_MANY_REQUESTS


def _is_well(outcome: FetchOutcome) -> bool:
    """Tell whether a host may be asked by others before the ledger has seen its answers.

    Nobody asks a host for more before its robots.txt is kept, which may also ask for a longer delay.
    """
    return (
        isinstance(outcome, Fetched)
        and outcome.status not in _REFUSALS
        and outcome.retry_after is None
        and outcome.timings.total <= _SLOW_SECONDS
        and not outcome.target.url.endswith("/robots.txt")
    )


def _refusal(target: FetchTarget, client: HttpClient) -> tuple[FetchFailure, str] | None:
    """Return why a target is not asked at all, and the words for it."""
    if target.proxy is None:
        reason = client.gate.url_refusal(target.url)
    elif client.settings.proxy_url(target.proxy) is None:
        return FetchFailure.PROXY, f"PRESSMARK_FETCHER_PROXIES has no proxy named {printable(target.proxy)!r}"
    else:
        reason = client.gate.refusal_behind_proxy(target.url)
    return None if reason is None else (reason, "the URL was refused before anything was asked")
