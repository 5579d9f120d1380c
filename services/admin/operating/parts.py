"""What actions work with."""

from collections.abc import Callable
from dataclasses import dataclass

from services.admin.actions import Actions
from services.admin.settings import BackupSettings
from shared.evidence import EvidenceStore
from shared.ledger import Database

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The ledger, the orders that change it and ring the bell, and the evidence."""

    database: Database
    orders: Actions
    evidence: EvidenceStore
    ring_readers: Callable[[str], object]
    """Tells those who read stored pages that an order has work for them."""
    backing: BackupSettings
    """Where backups go, and with what key."""
