"""What is written when stored captures are read again: the same revisions in other words, and nothing newer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.ledger import corrections_sql as sql
from shared.ledger import history_sql
from shared.ledger.batches import StoredCapture
from shared.ledger.database import Database, Row, Transaction, as_json
from shared.ledger.frontier import TargetKind
from shared.ledger.history import HistoryRecords, NewRevision

__all__ = ["Corrections", "LocatedCapture", "Progress", "Rereadings", "Scope", "StoredEdit", "StoredRevision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedCapture:
    """A capture of a whole page, and the object its record lies in."""

    capture: StoredCapture
    warc_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRevision:
    """A revision with all that was read for it."""

    revision_id: int
    article_id: str
    number: int
    capture_id: int
    url: str
    seen_at: datetime
    title: str
    body: tuple[str, ...]
    text_digest: str
    identity_digest: str
    fields: Mapping[str, Any]

    @property
    def rules(self) -> str:
        """What it was read by."""
        return str(self.fields.get("rules") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEdit:
    """An edit as it was told."""

    from_revision: int
    to_revision: int
    classes: Sequence[str]
    words_changed: int
    changes: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which articles of a source are read again. Times bound the looks at them, the end not included."""

    begin: datetime | None = None
    end: datetime | None = None
    older_rules: bool = False
    rules: str | None = None
    """Only articles that were read by this version of the rules."""
    sample: int | None = None
    """Only so many of the newest articles, and of the newest pages that gave nothing. For previews."""

    @property
    def name(self) -> str:
        """The choice as a word, so that a run can be taken up again."""
        ends = (None if moment is None else moment.date().isoformat() for moment in (self.begin, self.end))
        which = "older" if self.older_rules else "all"
        return "/".join([*(end or ".." for end in ends), which, *([self.rules] if self.rules else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run has come."""

    stage: str
    place: str
    report: Mapping[str, Any]


class Corrections:
    """The history of one source within one transaction, for a new reading of old looks."""

    def __init__(self, records: HistoryRecords) -> None:
        self._transaction: Transaction = records.transaction
        self._source_id = records.source_id

    def stands(self, article_id: str) -> bool:
        """Whether an article has not been made one with another."""
        return self._transaction.row(sql.STANDS, {"article": article_id}) is not None

    def revisions(self, article_id: str) -> list[StoredRevision]:
        """Return the revisions of an article in the order they were seen."""
        rows = self._transaction.rows(sql.REVISIONS, {"article": article_id})
        return [StoredRevision(**{**row, "body": tuple(row["body"])}) for row in rows]

    def captures(self, article_ids: Sequence[str]) -> list[LocatedCapture]:
        """Return the looks that showed one of these articles with a whole page, the oldest first."""
        return located(self._transaction.rows(sql.CAPTURES_OF_ARTICLES, {"articles": list(article_ids)}))

    def replace(self, revision_id: int, reading: NewRevision, *, keep: bool) -> None:
        """Put another reading in the place of a revision's; with `keep` the earlier one is kept beside it."""
        if keep:
            self._transaction.run(sql.KEEP_READING, {"revision": revision_id})
        arguments = {
            "revision": revision_id,
            "title": reading.title,
            "body": as_json(list(reading.body)),
            "digest": reading.text_digest,
            "identity": reading.identity_digest,
            "fields": as_json(dict(reading.fields)),
            "search": reading.search,
        }
        self._transaction.run(sql.REPLACE, arguments)

    def make_current(self, article_id: str, revision_id: int, reading: NewRevision) -> None:
        """Let an article say what its current revision says."""
        arguments = {
            "article": article_id,
            "revision": revision_id,
            "title": reading.title,
            "published": reading.published,
            "precision": reading.published_precision,
            "published_at": reading.published_at,
            "language": reading.language,
        }
        self._transaction.run(history_sql.MAKE_CURRENT, arguments)

    def edit_into(self, revision_id: int) -> StoredEdit | None:
        """Return how a revision was told to differ from the one before."""
        row = self._transaction.row(sql.EDIT_INTO, {"revision": revision_id})
        return None if row is None else StoredEdit(**row)

    def fold(self, revision_id: int, *, into: int) -> None:
        """Let a revision count as the one it repeats. Its edit goes; its row and its number stay."""
        for statement in sql.FOLD:
            self._transaction.run(statement, {"revision": revision_id, "into": into})

    def correct_url(self, url: str, revision: StoredRevision, *, title: str, text_digest: str) -> None:
        """Note what an address showed at its last look, by the present rules."""
        arguments = {
            "url": url,
            "article": revision.article_id,
            "revision": revision.revision_id,
            "title": title,
            "digest": text_digest,
        }
        self._transaction.run(sql.CORRECT_URL, arguments)

    def joined_by_text(self, article_id: str) -> frozenset[str]:
        """Return the addresses that were added to an article because they showed the same text."""
        rows = self._transaction.rows(sql.JOINED_BY_TEXT, {"article": article_id})
        return frozenset(row["url"] for row in rows)

    def forget_url(self, url: str, article_id: str) -> Row | None:
        """Take an address from an article and return how its looks stood."""
        return self._transaction.row(sql.FORGET_URL, {"url": url, "article": article_id})

    def restore_looks(self, url: str, looks: Mapping[str, Any]) -> None:
        """Put back how the looks at an address stood, under its new article."""
        self._transaction.run(sql.RESTORE_LOOKS, {"url": url, **looks})

    def decide_again(self, capture_id: int, outcome: str) -> None:
        """Note what a capture shows by the present rules."""
        self._transaction.run(sql.REDECIDE, {"capture": capture_id, "outcome": outcome})

    def advance(self, scope: Scope, rules: str, progress: Progress) -> None:
        """Note how far a run has come, together with what it wrote."""
        arguments = {
            "source": self._source_id,
            "rules": rules,
            "scope": scope.name,
            "stage": progress.stage,
            "place": progress.place,
            "report": as_json(dict(progress.report)),
        }
        self._transaction.run(sql.ADVANCE, arguments)


class Rereadings:
    """Finds what is to be read again, and what runs were begun."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, source_id: str, scope: Scope, rules: str) -> Progress:
        """Begin a run, or take up the one that was not finished."""
        arguments = {"source": source_id, "rules": rules, "scope": scope.name}
        with self._database.transaction() as transaction:
            row = transaction.row(sql.BEGIN, arguments)
        assert row is not None
        return Progress(**row)

    def progress(self, source_id: str, scope: Scope, rules: str) -> Progress | None:
        """Return how far a run is that was begun; None when none was."""
        arguments = {"source": source_id, "rules": rules, "scope": scope.name}
        with self._database.transaction() as transaction:
            row = transaction.row(sql.PROGRESS, arguments)
        return None if row is None else Progress(**row)

    def count(self, source_id: str, scope: Scope, rules: str) -> int:
        """Return how many articles a run would read."""
        arguments = {**_bounds(source_id, scope), "rules": rules, "after": "", "limit": None}
        with self._database.transaction() as transaction:
            row = transaction.row(sql.COUNT, arguments)
        return 0 if row is None else int(row["articles"])

    def articles(
        self, source_id: str, scope: Scope, *, rules: str, after: str, limit: int
    ) -> tuple[list[str], list[LocatedCapture]]:
        """Return the next articles of a run by their ids, and the looks that showed them."""
        arguments = {**_bounds(source_id, scope), "rules": rules, "after": after, "limit": limit}
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.ARTICLES, arguments)
            found = [row["article_id"] for row in rows]
            return found, located(transaction.rows(sql.CAPTURES_OF_ARTICLES, {"articles": found}))

    def unread(self, source_id: str, scope: Scope, *, after: int, limit: int) -> list[LocatedCapture]:
        """Return the next looks of a run at which nothing could be read."""
        arguments = {**_bounds(source_id, scope), "after": after, "limit": limit}
        with self._database.transaction() as transaction:
            return located(transaction.rows(sql.UNREAD_CAPTURES, arguments))

    def page(self, source_id: str, url: str) -> LocatedCapture | None:
        """Return the last whole capture of an address."""
        with self._database.transaction() as transaction:
            found = located(transaction.rows(sql.LAST_CAPTURE_OF_URL, {"source": source_id, "url": url}))
        return found[0] if found else None

    def sample(self, source_id: str, limit: int) -> list[LocatedCapture]:
        """Return one look at each of the pages that were looked at last."""
        with self._database.transaction() as transaction:
            return located(transaction.rows(sql.SAMPLE, {"source": source_id, "limit": limit}))


def located(rows: Sequence[Row]) -> list[LocatedCapture]:
    """Return rows of captures as what they are."""
    found = []
    for row in rows:
        known = {name: value for name, value in row.items() if name != "warc_key"}
        known["kind"] = TargetKind(known["kind"])
        found.append(LocatedCapture(capture=StoredCapture(**known), warc_key=row["warc_key"]))
    return found


def _bounds(source_id: str, scope: Scope) -> dict[str, Any]:
    return {
        "source": source_id,
        "begin": scope.begin,
        "end": scope.end,
        "older": scope.older_rules,
        "read_by": scope.rules,
        "sample": scope.sample,
    }
