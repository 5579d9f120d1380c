"""Does what an operator wants to be read again: a few steps at each bell, so that new pages need not wait."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import structlog

from services.normalizer.renormalizing import Renormalization
from services.normalizer.sandbox import ExtractPage
from shared.errors import PressmarkError, TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.corrections import Rereadings
from shared.ledger.history import History
from shared.ledger.reading_orders import ReadingOrder, ReadingOrders
from shared.ledger.registry import Registry
from shared.sources import load_source

__all__ = ["OrderedReading"]

log = structlog.get_logger(__name__)

_ARTICLES_A_STEP = 10
_SECONDS_A_BELL = 10.0
"""The last step may take longer; together they stay well below what one message may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedReading:
    """Reads for whoever ordered it and waits. How far it is stands in the ledger, so that it may be killed."""

    orders: ReadingOrders
    registry: Registry
    history: History
    rereadings: Rereadings
    evidence: EvidenceStore
    extract_page: ExtractPage
    seconds: float = _SECONDS_A_BELL
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def over(
        cls,
        database: Database,
        evidence: EvidenceStore,
        *,
        extract_page: ExtractPage,
        seconds: float = _SECONDS_A_BELL,
    ) -> Self:
        """Return what reads over one ledger and store."""
        return cls(
            orders=ReadingOrders(database),
            registry=Registry(database),
            history=History(database),
            rereadings=Rereadings(database),
            evidence=evidence,
            extract_page=extract_page,
            seconds=seconds,
        )

    def work(self, order_id: str) -> None:
        """Do as many steps of an order as its time allows; nothing when another reader does, or none is left.

        Raises:
            TryAgainError: the ledger or the evidence store does not answer.
        """
        with self.orders.at_work(order_id) as order:
            if order is None:
                log.info("reading_passed_over", order_id=order_id)
                return
            try:
                self._work_on(order)
            except TryAgainError:
                raise
            except PressmarkError as error:
                log.warning("reading_failed", order_id=order_id, error=str(error))
                self.orders.fail(order_id, str(error))

    def _work_on(self, order: ReadingOrder) -> None:
        run, begun = self._run(order), self.clock()
        progress = run.begin() if order.is_new else run.taken_up(order.progress)
        total = run.count() if order.total is None else None
        is_wanted = self.orders.advance(order.order_id, progress, total=total)
        while is_wanted and progress.stage != "done":
            progress = run.step(progress)
            is_wanted = self.orders.advance(order.order_id, progress)
            if self.clock() - begun > self.seconds:
                break
        self.orders.want_bell(order.order_id)

    def _run(self, order: ReadingOrder) -> Renormalization:
        wanted = order.wanted
        standing = self.registry.get(wanted.source_id).definition
        return Renormalization(
            history=self.history,
            rereadings=self.rereadings,
            evidence=self.evidence,
            extract_page=self.extract_page,
            source=load_source(wanted.definition or standing),
            scope=wanted.scope,
            is_preview=wanted.is_preview,
            articles_at_once=_ARTICLES_A_STEP,
        )
