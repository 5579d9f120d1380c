"""What the observer reads from the ledger: figures of all that is kept, for those who watch over it.

Small figures are read at every look. Those that count whole tables are read rarely, and events are counted on
from where the last look ended, so a ledger of millions of rows is not read anew every few seconds.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.ledger import observation_sql as sql
from shared.ledger.database import Database, Row
from shared.ledger.event_order import Place

__all__ = ["EventCounts", "Observation", "SourceStanding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """One watched source."""

    source_id: str
    definition: str
    last_success: datetime | None
    """The newest look at one of its lists that missed nothing."""
    failed_looks: int
    """Looks in a row that failed at its best list; 0 while one list answers."""
    drifted_fields: int
    hosts_out: int


class EventCounts:
    """Counts the events of the history as they come. Begins with all that there are."""

    def __init__(self) -> None:
        self.by_kind: Counter[tuple[str, str]] = Counter()
        """Events by source and kind."""
        self.last_found: dict[str, datetime] = {}
        """When an article of a source was last found."""
        self._place = Place(written_in="0", event_id=0)

    def take(self, rows: list[Row]) -> None:
        """Add what `Observation.new_events` read."""
        for row in rows:
            self.by_kind[row["source_id"], row["kind"]] += row["events"]
            if row["kind"] == "article_found":
                before = self.last_found.get(row["source_id"], row["newest"])
                self.last_found[row["source_id"]] = max(before, row["newest"])
            place = Place(written_in=str(row["written_in"]), event_id=row["event_id"])
            if (int(place.written_in), place.event_id) > (int(self._place.written_in), self._place.event_id):
                self._place = place

    @property
    def place(self) -> Place:
        """How far the events are counted."""
        return self._place


class Observation:
    """Reads figures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def figures(self) -> Row:
        """Return the figures that are cheap: what is due, unread, quarantined, unlogged, told."""
        return self._one(sql.FIGURES)

    def sums(self) -> Row:
        """Return the figures for which whole tables are read: targets and articles by state, bytes kept."""
        return self._one(sql.SUMS)

    def sources(self) -> list[SourceStanding]:
        """Return how each watched source stands."""
        return [SourceStanding(**row) for row in self._rows(sql.SOURCES)]

    def upkeep(self) -> list[Row]:
        """Return the last run of each job: `job`, `finished_at`, `failed`, `wrong`, `good_at`."""
        return self._rows(sql.UPKEEP)

    def quarantine(self) -> list[Row]:
        """Return what is set aside: `queue`, `message`, `messages`, `oldest` in seconds."""
        return self._rows(sql.QUARANTINE)

    def count_events(self, counts: EventCounts) -> None:
        """Count the events that are complete since the last time."""
        place = {"written_in": counts.place.written_in, "event_id": counts.place.event_id}
        counts.take(self._rows(sql.NEW_EVENTS, place))

    def _rows(self, statement: Any, arguments: dict[str, Any] | None = None) -> list[Row]:  # noqa: ANN401  (SQL text)
        with self._database.transaction() as transaction:
            return transaction.rows(statement, arguments)

    def _one(self, statement: Any) -> Row:  # noqa: ANN401  (SQL text)
        (row,) = self._rows(statement)
        return row
