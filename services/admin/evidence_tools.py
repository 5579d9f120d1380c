"""The ledger's index and the store, opened for the commands that need neither broker nor desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from services.admin.endings import give_up
from shared.errors import PressmarkError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.evidence_index import EvidenceIndex
from shared.settings import LedgerSettings, StoreSettings, load

__all__ = ["EvidenceTools", "evidence_tools"]


class EvidenceSettings(LedgerSettings, StoreSettings):
    """What the commands about evidence need to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTools:
    """The ledger's index and the store."""

    database: Database
    index: EvidenceIndex
    evidence: EvidenceStore


@contextmanager
def evidence_tools() -> Iterator[EvidenceTools]:
    """Open the ledger and the store, and turn our errors into one line and an exit code."""
    database: Database | None = None
    try:
        settings = load(EvidenceSettings)
        database = Database(settings.database_url.get_secret_value(), max_connections=2)
        yield EvidenceTools(
            database=database, index=EvidenceIndex(database), evidence=EvidenceStore(settings.evidence())
        )
    except PressmarkError as error:
        give_up(error)
    finally:
        if database is not None:
            database.close()
