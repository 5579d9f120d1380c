"""What the schedule remembers: how often a list changes, where it has moved, which articles were rewritten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.ledger import schedule_sql as sql
from shared.ledger.database import Database, as_json
from shared.urls import url_key

__all__ = ["EndedList", "ListMemory", "RewrittenTarget", "Schedule"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMemory:
    """What is remembered of a list from its earlier looks."""

    unchanged_looks: int = 0
    """Looks in a row without anything new; below zero, looks that brought something."""
    moved_to: str | None = None
    """Where it redirects for good."""
    moved_looks: int = 0
    """Looks in a row that redirected there."""
    is_unreadable: bool = False
    """Whether nothing could be read in what it said last, and it has said nothing else since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedList:
    """A list that is looked at no more, and the capture that says why."""

    target_id: int
    source_id: str
    url: str
    capture_id: int
    at: datetime
    moved_to: str | None = None
    """Where it is now; None when it is gone (410)."""

    @property
    def reason(self) -> str:
        """The reason for which its target is excluded."""
        return "gone" if self.moved_to is None else "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrittenTarget:
    """An address of an article that was edited, with the looks that its plan rests on."""

    target_id: int
    source_id: str
    archived_at: datetime
    looked_at: datetime


class Schedule:
    """Reads and keeps what the next looks rest on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def memories(self, target_ids: Sequence[int]) -> dict[int, ListMemory]:
        """Return what is remembered of these lists."""
        if not target_ids:
            return {}
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.MEMORIES, {"ids": list(target_ids)})
        return {row.pop("target_id"): ListMemory(**row) for row in rows}

    def remember(self, memories: Mapping[int, ListMemory]) -> None:
        """Keep what was learnt of these lists."""
        if not memories:
            return
        arguments = {
            "ids": list(memories),
            "unchanged": [memory.unchanged_looks for memory in memories.values()],
            "moved_tos": [memory.moved_to for memory in memories.values()],
            "moved": [memory.moved_looks for memory in memories.values()],
        }
        with self._database.transaction() as transaction:
            transaction.run(sql.REMEMBER, arguments)

    def end_list(self, ended: EndedList) -> bool:
        """Exclude a list that is gone, or has moved to an address that gives pages, and note the event.

        Returns:
            Whether the list ended. False for one whose new address gave nothing yet, or is no list.
        """
        arguments = {"target": ended.target_id, "reason": ended.reason}
        event = {
            "at": ended.at,
            "kind": f"list_{ended.reason}",
            "source": ended.source_id,
            "capture": ended.capture_id,
            "data": as_json({"url": ended.url, "moved_to": ended.moved_to}),
        }
        with self._database.transaction() as transaction:
            if ended.moved_to is not None:
                there = {"key": url_key(ended.moved_to).hex(), "target": ended.target_id}
                if transaction.row(sql.HAS_MOVED, there) is None:
                    return False
            if not transaction.run(sql.END_LIST, arguments):
                return False
            transaction.run(sql.ADD_EVENT, event)
        return True

    def propose_move(self, ended: EndedList) -> bool:
        """Note once that a list has moved where its source's rules do not let it go; tell whether that is news."""
        data = {"url": ended.url, "moved_to": ended.moved_to}
        event = {
            "at": ended.at,
            "source": ended.source_id,
            "capture": ended.capture_id,
            "url": ended.url,
            "moved_to": ended.moved_to,
            "data": as_json(data),
        }
        with self._database.transaction() as transaction:
            return transaction.run(sql.PROPOSE_MOVE, event) > 0

    def note_unreadable(self, reasons: Mapping[int, str]) -> None:
        """Note of lists that answered well why nothing could be read in them. The next good look takes it back."""
        if not reasons:
            return
        arguments = {"ids": list(reasons), "reasons": [f"unreadable: {one}" for one in reasons.values()]}
        with self._database.transaction() as transaction:
            transaction.run(sql.NOTE_UNREADABLE, arguments)

    def revive_lists(self, source_id: str, urls: Sequence[str]) -> int:
        """Look again at lists that had ended, because the operator names them anew. Return how many."""
        arguments = {"source": source_id, "keys": [url_key(url).hex() for url in urls]}
        with self._database.transaction() as transaction:
            return transaction.run(sql.REVIVE_LISTS, arguments)

    def edited(self, target_ids: Sequence[int]) -> frozenset[int]:
        """Return which of these addresses belong to an article that was edited."""
        if not target_ids:
            return frozenset()
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.EDITED, {"ids": list(target_ids)})
        return frozenset(row["target_id"] for row in rows) & frozenset(target_ids)

    def sample(self, source_id: str, day: date, *, count: int, apart: timedelta) -> int:
        """Plan looks at `count` random articles of a source, `apart` from each other from now on.

        The choice depends on the day and the articles only. Return how many were planned, 0 when this
        day's sample was planned before.
        """
        arguments = {
            "source": source_id,
            "day": day,
            "seed": day.toordinal(),
            "count": count,
            "apart": apart,
        }
        with self._database.transaction() as transaction:
            return transaction.run(sql.SAMPLE, arguments)

    def unprobed(self, source_id: str) -> list[str]:
        """Return an archived article's URL for each host of a source that was never asked for a missing page."""
        with self._database.transaction() as transaction:
            return [str(row["url"]) for row in transaction.rows(sql.UNPROBED, {"source": source_id})]

    def edited_since(self, since: datetime) -> list[RewrittenTarget]:
        """Return every address of the articles that were seen edited from a time on."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.EDITED_SINCE, {"since": since})
        return [RewrittenTarget(**row) for row in rows]

    def bring_forward(self, plans: Sequence[tuple[int, datetime]]) -> int:
        """Look at targets by a time at the latest, and return how many were planned for later."""
        arguments = {"ids": [plan[0] for plan in plans], "dues": [plan[1] for plan in plans]}
        with self._database.transaction() as transaction:
            return transaction.run(sql.BRING_FORWARD, arguments)
