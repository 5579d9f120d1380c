"""Making two articles one by an operator's hand, and making two of one again when that was wrong.

Nothing is deleted either way: captures, revisions and edits only change the article they stand under. What was
seen after a merge goes with the address it was seen at. A pair that was parted is never merged by the archive
itself again; only an operator can.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.errors import NotFoundError, PressmarkError
from shared.ledger import merging_sql as sql
from shared.ledger.database import Database, Row, Transaction, as_json
from shared.ledger.history import History, HistoryRecords

__all__ = ["Merge", "MergeError", "Merging"]


class MergeError(PressmarkError):
    """Two articles cannot be made one, or two; the text says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """That two articles were made one, and whether that was undone."""

    merge_id: int
    source_id: str
    winner: str
    loser: str
    winner_title: str
    loser_title: str
    merged_at: datetime
    merged_by: str
    """`pressmark` where the archive did it itself."""
    reason: str
    unmerged_at: datetime | None
    unmerged_by: str | None
    unmerge_reason: str | None

    def as_json(self) -> dict[str, Any]:
        """Return it as the commands show it."""
        return {
            "merge": self.merge_id,
            "source": self.source_id,
            "article": self.winner,
            "title": self.winner_title,
            "merged": self.loser,
            "merged_title": self.loser_title,
            "merged_at": self.merged_at,
            "by": self.merged_by,
            "reason": self.reason,
            "unmerged_at": self.unmerged_at,
            "unmerged_by": self.unmerged_by,
            "unmerge_reason": self.unmerge_reason,
        }


class Merging:
    """Merges and parts articles at an operator's word."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._history = History(database)

    def merges(self, article_id: str | None = None, *, limit: int = 100) -> list[Merge]:
        """Return the merges of an article, or of all, the newest first."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.MERGES, {"article": article_id, "merge": None, "limit": limit})
        return [Merge(**row) for row in rows]

    def merge(self, winner: str, loser: str, *, by: str, reason: str) -> None:
        """Make two articles of one source one; what the loser has goes to the winner.

        Raises:
            NotFoundError: One of them does not exist.
            MergeError: They are one already, of different sources, or merged elsewhere.
        """
        source_id = self._source_of_pair(winner, loser)
        with self._history.writing(source_id) as records:
            # Asked again: another writer may have merged one of them while this one waited.
            heads = {row["article_id"]: row for row in _heads(records.transaction, winner, loser)}
            _refuse_merged(heads.values())
            records.merge(loser, winner, by=by, reason=reason)
            _note(records, "articles_merged", winner, data={"merged": loser, "by": by, "reason": reason})

    def check(self, winner: str, loser: str) -> None:
        """Raise what `merge` would raise, and change nothing."""
        self._source_of_pair(winner, loser)

    def one(self, merge_id: int) -> Merge:
        """Return one merge.

        Raises:
            NotFoundError: There is no such merge.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(sql.MERGES, {"article": None, "merge": merge_id, "limit": 1})
        if row is None:
            raise NotFoundError(f"there is no merge {merge_id}; 'pressmark merges' lists those there are")
        return Merge(**row)

    def check_undo(self, merge_id: int) -> None:
        """Raise what `unmerge` would raise, and change nothing."""
        self.one(merge_id)
        with self._database.transaction() as transaction:
            row = transaction.row(sql.ONE_MERGE, {"merge": merge_id})
            assert row is not None
            self._refuse_unmerge(transaction, row)

    def unmerge(self, merge_id: int, *, by: str, reason: str) -> Merge:
        """Make two articles of one again, as they would be without the merge.

        Raises:
            NotFoundError: There is no such merge.
            MergeError: It is undone already, or a later one has to be undone first.
        """
        found = self.one(merge_id)
        with self._history.writing(found.source_id) as records:
            row = records.transaction.row(sql.ONE_MERGE, {"merge": merge_id})
            assert row is not None
            self._refuse_unmerge(records.transaction, row)
            _part(records.transaction, row)
            records.transaction.run(sql.NOTE_UNMERGED, {"merge": merge_id, "by": by, "reason": reason})
            told = {"by": by, "reason": reason, "merge": merge_id}
            for article, other in ((found.winner, found.loser), (found.loser, found.winner)):
                _note(records, "articles_unmerged", article, data={"parted_from": other, **told})
        return self.one(merge_id)

    def _source_of_pair(self, winner: str, loser: str) -> str:
        if winner == loser:
            raise MergeError("an article cannot be merged with itself: name two")
        with self._database.transaction() as transaction:
            rows = _heads(transaction, winner, loser)
        for article_id in (winner, loser):
            if article_id not in {row["article_id"] for row in rows}:
                raise NotFoundError(
                    f"there is no article {article_id}; 'pressmark articles' lists those there are"
                )
        sources = {str(row["source_id"]) for row in rows}
        if len(sources) != 1:
            raise MergeError(
                f"{winner} and {loser} are of different sources ({', '.join(sorted(sources))}): "
                "what two outlets publish stays two articles"
            )
        _refuse_merged(rows)
        return sources.pop()

    @staticmethod
    def _refuse_unmerge(transaction: Transaction, merge: Row) -> None:
        if merge["unmerged_at"] is not None:
            raise MergeError(
                f"merge {merge['merge_id']} was undone on {merge['unmerged_at']:%Y-%m-%d} already"
            )
        arguments = {"merge": merge["merge_id"], "articles": [merge["winner"], merge["loser"]]}
        later = [str(row["merge_id"]) for row in transaction.rows(sql.LATER_MERGES, arguments)]
        if later:
            raise MergeError(
                f"undo what came after merge {merge['merge_id']} first, the newest first: {', '.join(later)}"
            )


def _heads(transaction: Transaction, *articles: str) -> list[Row]:
    return transaction.rows(
        "select article_id, source_id, merged_into from articles where article_id = any(%(articles)s)",
        {"articles": list(articles)},
    )


def _refuse_merged(heads: Iterable[Row]) -> None:
    for head in heads:
        if head["merged_into"] is not None:
            raise MergeError(f"{head['article_id']} is part of {head['merged_into']} already: name that one")


def _part(transaction: Transaction, merge: Row) -> None:
    """Give the loser back what was its own and what was seen at its addresses since."""
    moved: Mapping[str, Any] = merge["moved"]
    winner, loser = merge["winner"], merge["loser"]
    arguments = {
        "winner": winner,
        "loser": loser,
        "moved": [one["revision_id"] for one in moved["revisions"]],
        "revisions": as_json(moved["revisions"]),
        "urls": [one["url"] for one in moved["urls"]],
        "edits": moved["edits"],
        "merged": moved["merged"],
    }
    for statement in (
        sql.PARK_REVISIONS,
        sql.OLD_NUMBERS,
        sql.NEW_NUMBERS,
        sql.MOVE_EDITS_BACK,
        sql.MOVE_URLS_BACK,
        sql.MOVE_MERGED_BACK,
        sql.PART,
    ):
        transaction.run(statement, arguments)
    _copy_borrowed(transaction, winner, loser)
    for article, before in ((winner, moved["winner"]), (loser, moved["loser"])):
        transaction.run(
            sql.STAND_ALONE,
            {
                "article": article,
                "revision_id": before["revision_id"],
                "title": before["title"],
                "state": before["state"],
                "state_since": before["state_since"],
            },
        )
    transaction.run(sql.COUNT_REVISIONS, {"articles": [winner, loser]})


def _copy_borrowed(transaction: Transaction, *articles: str) -> None:
    for borrowed in transaction.rows(sql.BORROWED_REVISIONS, {"articles": list(articles)}):
        copied = transaction.row(
            sql.COPY_REVISION,
            {
                "article": borrowed["article_id"],
                "capture": borrowed["capture_id"],
                "url": borrowed["url"],
                "revision": borrowed["revision_id"],
            },
        )
        assert copied is not None
        transaction.run(sql.POINT_URL, {"fresh": copied["revision_id"], "url": borrowed["url"]})


def _note(records: HistoryRecords, kind: str, article_id: str, *, data: Mapping[str, Any]) -> None:
    moment = records.transaction.row("select now() as now")
    assert moment is not None
    records.add_event(kind, at=moment["now"], article_id=article_id, capture_id=None, data=data)
