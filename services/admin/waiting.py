"""Waiting for what was ordered, with progress, and without hope when nobody works."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.bus import Broker, Bus
from shared.errors import TryAgainError
from shared.ledger.status import PendingWork, Status
from shared.messages import DispatchDue

__all__ = ["Waiter"]

_LOOK_EVERY = 0.15
_RING_EVERY = 2.0
_SILENCE = 45.0
"""Seconds without a message taken, after which a service counts as not running."""

Progress = Callable[[PendingWork], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiter:
    """Watches the ledger until there is nothing left to do."""

    status: Status
    broker: Broker
    bus: Bus

    def wait(self, sources: Sequence[str], *, timeout: float, progress: Progress) -> PendingWork:
        """Wait until nothing of these sources is due, leased or unread, and return what is left.

        Raises:
            TryAgainError: the time is over, or a service takes no messages.
        """
        started = time.monotonic()
        rung = started
        while True:
            pending = self._pending(sources)
            progress(pending)
            if pending.is_done:
                return pending
            now = time.monotonic()
            if now - started > timeout:
                raise TryAgainError(
                    f"not done after {timeout:.0f} seconds; 'pressmark status' shows what is left"
                )
            if now - rung > _RING_EVERY:
                self._check_pulses(waited=now - started)
                self.bus.publish(DispatchDue(), urgent=True)
                rung = now
            time.sleep(_LOOK_EVERY)

    def _pending(self, sources: Sequence[str]) -> PendingWork:
        each = [self.status.pending(source) for source in sources]
        return PendingWork(
            due=sum(one.due for one in each),
            leased=sum(one.leased for one in each),
            unread=sum(one.unread for one in each),
            blocked=sum(one.blocked for one in each),
        )

    def _check_pulses(self, *, waited: float) -> None:
        """A worker that is busy with one long batch shows no pulse for as long, so silence must be long."""
        if waited < _SILENCE:
            return
        pulses, since = self.broker.pulses(), time.time() - 4 * _SILENCE
        silent = [name for name in ("crawler", "fetcher", "normalizer") if pulses.get(name, 0.0) < since]
        if silent:
            raise TryAgainError(f"{', '.join(silent)} takes no messages; is 'pressmark up' running?")
