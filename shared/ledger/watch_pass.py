"""One pass over what has happened, within one transaction: what is read for the watches, and what is raised."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, LiteralString

from shared.ledger import watches_sql as sql
from shared.ledger.catalogue import REMOVED_STATES
from shared.ledger.coverage import Day, days_of
from shared.ledger.database import Transaction, as_json
from shared.ledger.history import HistoryRecords
from shared.ledger.watch_records import Departure, NewAlarm, News, RemovalTable, SilenceCounts, Watch

__all__ = ["WatchPass"]

_EVENTS_AT_ONCE = 5000


class WatchPass:
    """Reads and writes for the watches. Everything is kept when the pass ends well, else nothing."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def watches(self) -> list[Watch]:
        """Return the watches."""
        return [Watch.of(row) for row in self._transaction.rows(sql.ALL)]

    def take_news(self) -> News:
        """Return what has happened since the last pass, a bounded part of it, and move on behind it."""
        place = self._transaction.row(sql.PLACE)
        assert place is not None
        rows = self._transaction.rows(sql.NEWS, {**place, "limit": _EVENTS_AT_ONCE})
        now = max((row["at"] for row in rows), default=None)
        now = max(filter(None, (now, place["newest_at"])), default=None)
        if rows:
            last = rows[-1]
            moved = {"written_in": last["written_in"], "event_id": last["event_id"], "newest_at": now}
            self._transaction.run(sql.MOVE_ON, moved)
        articles = dict.fromkeys(row["article_id"] for row in rows if row["article_id"] is not None)
        return News(
            articles=tuple(articles),
            removed=tuple(row["article_id"] for row in rows if row["kind"] == "article_removed"),
            found=Counter(row["source_id"] for row in rows if row["kind"] == "article_found"),
            now=now,
            is_last=len(rows) < _EVENTS_AT_ONCE,
        )

    def fill(self, watch: Watch) -> None:
        """Note every article that ever held it."""
        self._transaction.run(sql.NOTE_ALL, _arguments(watch))
        self._transaction.run(sql.FILLED, _arguments(watch))

    def sources_without(self, watch: Watch, sources: Sequence[str]) -> dict[str, int]:
        """Return those of the sources in which it never stood, with the articles that were read there."""
        found = {}
        for source_id in sources:
            row = self._transaction.row(sql.MENTIONS_IN_SOURCE, _arguments(watch, source=source_id))
            if row is not None and row["mentions"] == 0:
                found[source_id] = int(row["articles"])
        return found

    def note(self, watch: Watch, articles: Sequence[str]) -> frozenset[str]:
        """Note which of these articles hold it, and return the sources of those that were not known to."""
        rows = self._transaction.rows(sql.NOTE_OF, _arguments(watch, articles=list(articles)))
        return frozenset(row["source_id"] for row in rows)

    def first_mention(self, watch: Watch, source_id: str) -> Mapping[str, Any] | None:
        """Return the revision of a source that was the first to hold it."""
        return self._transaction.row(sql.FIRST_OF, _arguments(watch, source=source_id))

    def departures(self, watch: Watch, articles: Sequence[str] | None) -> list[Departure]:
        """Return the edits of these articles, or of all, that took it away."""
        if articles is None:
            rows = self._transaction.rows(sql.DEPARTURES_OF_ALL, _arguments(watch))
        else:
            rows = self._transaction.rows(sql.DEPARTURES_OF, _arguments(watch, articles=list(articles)))
        return [Departure(**row) for row in rows]

    def is_known_departure(self, watch: Watch, departure: Departure, proof: Mapping[str, Any]) -> bool:
        """Whether this departure was told already, if perhaps less exactly; then it is made as exact."""
        arguments = _arguments(watch, article=departure.article_id) | {
            "from": departure.held_from,
            "until": departure.held_until,
            "proof": as_json(dict(proof)),
        }
        row = self._transaction.row(sql.KNOWN_DEPARTURE, arguments)
        if row is None:
            return False
        self._transaction.run(sql.REFINE_DEPARTURE, {**arguments, "alarm": row["alarm_id"]})
        return True

    def sources_of(self, watch: Watch, articles: Sequence[str] | None) -> list[str]:
        """Return the sources of those articles, or of all, that ever held it."""
        statement: LiteralString = sql.SOURCES_OF_MENTIONS if articles is None else sql.HOLDERS_AMONG
        rows = self._transaction.rows(statement, _arguments(watch, articles=list(articles or ())))
        return [row["source_id"] for row in rows]

    def removals(self, watch: Watch, source_id: str, *, since: datetime) -> RemovalTable:
        """Count the articles of a source that were there at a time: holding it or not, removed since or not."""
        arguments = _arguments(watch, source=source_id)
        arguments |= {"since": since, "removed": list(REMOVED_STATES)}
        row = self._transaction.row(sql.REMOVALS_TABLE, arguments)
        assert row is not None
        return RemovalTable(**{**row, "removed_holders": tuple(row["removed_holders"] or ())})

    def removal_captures(self, articles: Sequence[str]) -> list[int]:
        """Return the captures with which these articles were found removed."""
        rows = self._transaction.rows(sql.CAPTURES_OF_REMOVALS, {"articles": list(articles)})
        return [row["capture_id"] for row in rows]

    def silence(self, watch: Watch, source_id: str, *, window: timedelta) -> SilenceCounts | None:
        """Count the articles of a source before and after the last that held it; None where none ever did."""
        row = self._transaction.row(sql.SILENCE, _arguments(watch, source=source_id) | {"window": window})
        return None if row is None else SilenceCounts(**row)

    def count_found(self, watch: Watch, source_id: str, found: int) -> int:
        """Count articles that were found, and return how many have been since the last look for silence."""
        row = self._transaction.row(sql.COUNT_FOUND, _arguments(watch, source=source_id) | {"found": found})
        assert row is not None
        return int(row["unlooked"])

    def looks(self, watch: Watch, source_id: str, test: str) -> tuple[int, datetime | None]:
        """Return how many looks a test has had, and when its last alarm was."""
        row = self._transaction.row(sql.LOOKS, _arguments(watch, source=source_id) | {"test": test})
        assert row is not None
        return int(row["looks"]), row["since"]

    def count_look(self, watch: Watch, source_id: str, test: str) -> None:
        """Count a look at the data."""
        self._transaction.run(sql.COUNT_LOOK, _arguments(watch, source=source_id) | {"test": test})

    def begin_anew(self, watch: Watch, source_id: str, test: str, *, since: datetime) -> None:
        """Let a test count only what comes after its alarm."""
        arguments = _arguments(watch, source=source_id) | {"test": test, "since": since}
        self._transaction.run(sql.BEGIN_ANEW, arguments)

    def days(self, source_id: str, first: date, last: date) -> list[Day]:
        """Return the coverage of a source."""
        return days_of(self._transaction, source_id, first, last)

    def raise_alarm(self, watch: Watch, alarm: NewAlarm) -> bool:
        """Raise an alarm and tell of it, unless it was raised before."""
        arguments = _arguments(watch, source=alarm.source_id, article=alarm.article_id) | {
            "kind": alarm.kind,
            "at": alarm.at,
            "from": alarm.held_from,
            "until": alarm.held_until,
            "occasion": alarm.occasion,
            "proof": as_json(dict(alarm.proof)),
            "statistics": None if alarm.statistics is None else as_json(dict(alarm.statistics)),
        }
        row = self._transaction.row(sql.RAISE, arguments)
        if row is None:
            return False
        HistoryRecords(self._transaction, alarm.source_id).add_event(
            "watch_alarm",
            at=alarm.at,
            article_id=alarm.article_id,
            capture_id=alarm.capture_id,
            data={
                "alarm": row["alarm_id"],
                "watch": watch.watch_id,
                "name": watch.name,
                "alarm_kind": alarm.kind,
                "proof": dict(alarm.proof),
                "statistics": alarm.statistics,
            },
        )
        return True


def _arguments(watch: Watch, **more: Any) -> dict[str, Any]:  # noqa: ANN401  (arguments of any type)
    return {
        "watch": watch.watch_id,
        "expression": watch.expression,
        "sources": list(watch.source_ids),
        "languages": list(watch.languages),
        **more,
    }
