"""What actions work with."""

from dataclasses import dataclass

from services.admin.actions import Actions
from shared.ledger import Database

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The ledger, and the orders that change it and ring the bell."""

    database: Database
    orders: Actions
