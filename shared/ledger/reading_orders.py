"""Stored pages that are to be read again at an operator's order, and how far the normalizers are with them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from shared.errors import NotFoundError
from shared.ledger import reading_orders_sql as sql
from shared.ledger.corrections import Progress, Scope
from shared.ledger.database import Database, Row, as_json

__all__ = ["NewReading", "ReadingOrder", "ReadingOrders"]

BEGIN = "begin"
"""The stage of an order at which nobody has worked yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReading:
    """What is to be read, and by what."""

    source_id: str
    scope: Scope
    definition: str | None = None
    """A source file to try; only for a preview. None: the one that stands."""
    is_preview: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOrder:
    """An order as it stands."""

    order_id: str
    wanted: NewReading
    state: str
    """open, done or failed."""
    progress: Progress
    error: str | None
    steps: int
    """Signs that somebody reads: it grows with each page."""
    total: int | None
    """Articles there are to read; None while nobody knows."""
    bell_wanted: bool
    """Whether the reader has stopped with work left."""

    @property
    def is_new(self) -> bool:
        """Whether nobody has worked on it yet."""
        return self.progress.stage == BEGIN

    @property
    def counts(self) -> Mapping[str, int]:
        """Return what was counted so far."""
        found: Mapping[str, int] = self.progress.report.get("counts", {})
        return found


class ReadingOrders:
    """Keeps orders, and hands each to one reader at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, wanted: NewReading) -> str:
        """Keep an order and return its id. It still takes a bell."""
        order_id = str(uuid4())
        arguments = {
            "order": order_id,
            "source": wanted.source_id,
            "begin": wanted.scope.begin,
            "end": wanted.scope.end,
            "older": wanted.scope.older_rules,
            "rules": wanted.scope.rules,
            "sample": wanted.scope.sample,
            "definition": wanted.definition,
            "preview": wanted.is_preview,
        }
        with self._database.transaction() as transaction:
            transaction.run(sql.FORGET_OLD)
            transaction.run(sql.ADD, arguments)
        return order_id

    def get(self, order_id: str) -> ReadingOrder:
        """Return an order.

        Raises:
            NotFoundError: there is none.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(sql.GET, {"order": order_id})
        if row is None:
            raise NotFoundError(f"there is no reading order {order_id!r}")
        return _order(row)

    @contextmanager
    def at_work(self, order_id: str) -> Iterator[ReadingOrder | None]:
        """Work on an order for as long as the context lasts; None when another does, or nothing is left to do."""
        with self._database.transaction() as holding:
            taken = holding.row(sql.LOCK, {"order": order_id})
            row = None
            if taken is not None and taken["taken"]:
                with self._database.transaction() as transaction:
                    row = transaction.row(sql.GET, {"order": order_id})
            yield _order(row) if row is not None and row["state"] == "open" else None

    def advance(self, order_id: str, progress: Progress, *, total: int | None = None) -> bool:
        """Note how far an order is. False when nobody waits for it any more."""
        arguments = {
            "order": order_id,
            "stage": progress.stage,
            "place": progress.place,
            "report": as_json(dict(progress.report)),
            "total": total,
        }
        with self._database.transaction() as transaction:
            return transaction.run(sql.ADVANCE, arguments) > 0

    def fail(self, order_id: str, error: str) -> None:
        """Note why an order cannot be done."""
        with self._database.transaction() as transaction:
            transaction.run(sql.FAIL, {"order": order_id, "error": error})

    def want_bell(self, order_id: str) -> None:
        """Note that a reader stops here, and that there is work left."""
        with self._database.transaction() as transaction:
            transaction.run(sql.WANT_BELL, {"order": order_id})

    def forget(self, order_id: str) -> None:
        """Drop an order: its outcome was taken, or nobody wants it any more. A reader stops at its next step."""
        with self._database.transaction() as transaction:
            transaction.run(sql.FORGET, {"order": order_id})


def _order(row: Row) -> ReadingOrder:
    scope = Scope(
        begin=row["begin_at"],
        end=row["end_at"],
        older_rules=row["older_rules"],
        rules=row["rules"],
        sample=row["sample"],
    )
    return ReadingOrder(
        order_id=row["order_id"],
        wanted=NewReading(
            source_id=row["source_id"],
            scope=scope,
            definition=row["definition"],
            is_preview=row["is_preview"],
        ),
        state=row["state"],
        progress=Progress(stage=row["stage"], place=row["place"], report=row["report"]),
        error=row["error"],
        steps=row["steps"],
        total=row["total"],
        bell_wanted=row["bell_wanted"],
    )
