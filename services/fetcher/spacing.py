"""The order in which the targets of a batch are begun, so that no host is asked too often.

Time is seconds of a monotonic clock, given as an argument. Nothing here waits or connects.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.fetcher.outcomes import FetchTarget


@dataclass(slots=True)
class _Host:
    """The queue of one host. `unsent` counts begun looks whose request has not left yet."""

    key: str
    waiting: deque[FetchTarget] = field(default_factory=deque)
    delay: float = 0.0
    concurrency: int = 1
    next_at: float = 0.0
    active: int = 0
    unsent: int = 0
    queued: bool = False
    asked_at: float = 0.0
    is_spared: bool = False

    def has_room(self) -> bool:
        if not self.waiting or self.active >= self.concurrency:
            return False
        # The space between two requests counts from when the first one really left: a slow handshake
        # must not push it next to the second.
        return self.unsent == 0 or self.delay == 0.0


class HostQueues:
    """The waiting targets of a batch, by host.

    A host's delay is the longest, its concurrency the smallest that any of its targets asks for.
    """

    def __init__(self, targets: Iterable[FetchTarget], *, now: float) -> None:
        self._hosts: dict[str, _Host] = {}
        self._due: list[tuple[float, int, _Host]] = []
        self._turn = 0
        self._exhausted: list[_Host] = []
        self.waiting = 0
        for target in targets:
            self._admit(target, now)
        for host in self._hosts.values():
            self._queue(host)

    def _admit(self, target: FetchTarget, now: float) -> None:
        host = self._hosts.get(target.host)
        if host is None:
            host = _Host(target.host, concurrency=max(1, target.concurrency), next_at=now)
            host.next_at += target.wait.total_seconds()
            self._hosts[target.host] = host
        host.waiting.append(target)
        host.delay = max(host.delay, target.delay.total_seconds())
        host.concurrency = max(1, min(host.concurrency, target.concurrency))
        self.waiting += 1

    def _queue(self, host: _Host) -> None:
        if not host.queued and host.has_room():
            host.queued = True
            self._turn += 1
            heapq.heappush(self._due, (host.next_at, self._turn, host))

    def begin_next(self, now: float) -> FetchTarget | None:
        """Take the next target whose host may be asked now, or None."""
        if not self._due or self._due[0][0] > now:
            return None
        _, _, host = heapq.heappop(self._due)
        host.queued = False
        target = host.waiting.popleft()
        self.waiting -= 1
        host.active += 1
        host.unsent += 1
        host.asked_at = now
        host.next_at = now + host.delay
        self._queue(host)
        return target

    def request_sent(self, target: FetchTarget, now: float) -> None:
        """Note that the request of a begun target has left. To be called once for a target at most."""
        host = self._hosts[target.host]
        host.unsent -= 1
        host.asked_at = now
        host.next_at = max(host.next_at, now + host.delay)
        self._queue(host)

    def ended(self, target: FetchTarget, *, sent: bool, is_well: bool = False) -> None:
        """Note that a begun target has ended.

        Args:
            target: What was begun.
            sent: Whether `request_sent` was called for it.
            is_well: Whether its host answered as it should. One that once did not is never among the exhausted:
                how long it is to be spared is seen when the whole batch is.
        """
        host = self._hosts[target.host]
        host.active -= 1
        host.unsent -= 0 if sent else 1
        host.is_spared = host.is_spared or not is_well
        self._queue(host)
        if not (host.waiting or host.active or host.is_spared):
            self._exhausted.append(host)

    @property
    def has_exhausted(self) -> bool:
        """Whether `take_exhausted` has something to tell."""
        return bool(self._exhausted)

    def take_exhausted(self, now: float) -> dict[str, float]:
        """Return the hosts of which nothing is wanted any more, each once: seconds since its last request."""
        asked = {host.key: now - host.asked_at for host in self._exhausted}
        self._exhausted.clear()
        return asked

    def next_due(self) -> float | None:
        """Return when the next host may be asked, or None while only an ending look can make room."""
        return self._due[0][0] if self._due else None

    def take_waiting_of(self, key: str) -> Iterator[FetchTarget]:
        """Empty the queue of one host: yield every target of it that was never begun."""
        host = self._hosts[key]
        while host.waiting:
            self.waiting -= 1
            yield host.waiting.popleft()
        if host.queued:
            host.queued = False
            self._due = [entry for entry in self._due if entry[2] is not host]
            heapq.heapify(self._due)

    def take_waiting(self) -> Iterator[FetchTarget]:
        """Empty the queues: yield every target that was never begun."""
        self._due.clear()
        for host in self._hosts.values():
            host.queued = False
            while host.waiting:
                self.waiting -= 1
                yield host.waiting.popleft()
