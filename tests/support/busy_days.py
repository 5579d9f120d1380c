"""Two busy days of one source, up to now: looks that went well and that failed, an edit, a removal."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.ledger.database import Database
from tests.support.catalogue_factory import CatalogueFactory, Text

__all__ = ["BusyDays", "fill_busy_days"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyDays:
    """What was put in, within the last 48 hours."""

    well: int
    failed: int
    edits: int
    removals: int


def fill_busy_days(database: Database, source_id: str = "harbour") -> BusyDays:
    """Put in one article that was edited and then removed, a look every two hours, and ten failures at once."""
    factory, now = CatalogueFactory(database), datetime.now(UTC)
    article = factory.article(
        source_id, Text(title="Storm", body=["All boats are in."]), at=now - timedelta(hours=20)
    )
    after = Text(title="Storm", body=["Most boats are in."])
    change = {"op": "replace", "from": "All", "to": "Most"}
    factory.rewrite(article, after, at=now - timedelta(hours=10), changes=[change])
    factory.miss(article, "GONE", at=now - timedelta(hours=1))
    for hours in range(2, 46, 2):
        factory.capture(source_id, f"http://harbour.example/{hours}", at=now - timedelta(hours=hours))
    for number in range(8):
        factory.capture(source_id, f"http://harbour.example/out/{number}", at=now, status=None)
    for number in range(2):
        factory.capture(source_id, f"http://harbour.example/slow/{number}", at=now, status=429)
    factory.capture(source_id, "http://harbour.example/old", at=now - timedelta(hours=60))
    return BusyDays(well=22 + 3, failed=10, edits=1, removals=1)
