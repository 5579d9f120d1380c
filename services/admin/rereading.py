"""Has stored pages read again by those who can: an order in the ledger, bells, and waiting for the outcome.

Reading is the normalizers' work, and no service imports another. So the order stands in the ledger, a message
tells the normalizers of it, and the ledger tells how far they are. A command may bring a reader of its own, which
is rung for in the same way.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.errors import PressmarkError, TryAgainError
from shared.ledger.reading_orders import NewReading, ReadingOrder, ReadingOrders

__all__ = ["Rereading", "RereadingError", "added_up"]

_MOST_EXAMPLES = 3
_LOOK_SECONDS = 0.25
_RING_AGAIN_SECONDS = 20.0

Report = Mapping[str, Any]


class RereadingError(PressmarkError):
    """Stored pages cannot be read as ordered; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rereading:
    """Orders readings and waits for them."""

    orders: ReadingOrders
    ring: Callable[[str], object]
    """Tells a reader that this order has work for it."""
    advance: Callable[[int, int | None], None] = lambda _done, _total: None
    """Receives how many articles were read, and of how many."""
    silence: timedelta = timedelta(minutes=3)
    """Without a step for so long, nobody reads: no normalizer runs."""
    pause: Callable[[float], None] = time.sleep

    def read(self, wanted: Iterable[NewReading]) -> dict[str, Any]:
        """Have everything read, one after the other, and return what came of it, added up.

        Raises:
            RereadingError: it cannot be read as ordered.
            TryAgainError: nobody reads. What was done stays done.
        """
        reports: list[Report] = []
        for one in wanted:
            order_id = self.orders.add(one)
            try:
                reports.append(self._awaited(order_id, before=_articles(reports)))
            finally:
                self.orders.forget(order_id)
        return added_up(reports)

    def _awaited(self, order_id: str, *, before: int) -> Report:
        rung_at, steps = -1, -1
        heard = rung = time.monotonic()
        while True:
            order = self.orders.get(order_id)
            if order.state == "failed":
                raise RereadingError(order.error or "the pages cannot be read")
            total = None if order.total is None else before + order.total
            self.advance(before + order.counts.get("articles", 0), total)
            if order.state == "done":
                return order.progress.report
            now = time.monotonic()
            if order.steps != steps:
                steps, heard = order.steps, now
            if now - heard > self.silence.total_seconds():
                raise TryAgainError(
                    "nobody reads the stored pages. Start a normalizer and order it again: it goes on where it was"
                )
            if _wants_bell(order, rung_at, silent=now - max(heard, rung)):
                self.ring(order_id)
                rung_at, rung = order.steps, time.monotonic()
            else:
                self.pause(_LOOK_SECONDS)


def added_up(reports: Iterable[Report]) -> dict[str, Any]:
    """Return reports as one: counts are summed, and of each field the first examples stay."""
    counts: dict[str, int] = {}
    fields: dict[str, dict[str, Any]] = {}
    for report in reports:
        for name, count in report.get("counts", {}).items():
            counts[name] = counts.get(name, 0) + count
        for name, told in report.get("fields", {}).items():
            one = fields.setdefault(name, {"changed": 0, "examples": []})
            one["changed"] += told["changed"]
            one["examples"] = [*one["examples"], *told["examples"]][:_MOST_EXAMPLES]
    return {"counts": counts, "fields": fields}


def _wants_bell(order: ReadingOrder, rung_at: int, *, silent: float) -> bool:
    """Tell whether to ring: at first, where a reader has stopped with work left, and where a bell may be lost."""
    return (order.bell_wanted and order.steps > rung_at) or silent > _RING_AGAIN_SECONDS


def _articles(reports: Iterable[Report]) -> int:
    return int(added_up(reports)["counts"].get("articles", 0))
