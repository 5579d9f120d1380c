"""History: articles under their addresses, the revisions of each, and what happened to them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.ledger import history_sql as sql
from shared.ledger import merging_sql
from shared.ledger.database import Database, Transaction, as_json
from shared.ledger.host_states import HostRecords
from shared.ledger.templates import NewEdit, TemplateRecords

__all__ = [
    "ArticleHead",
    "History",
    "HistoryRecords",
    "KnownUrl",
    "NewEdit",
    "NewRevision",
    "RevisionText",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUrl:
    """An address of an article, with what it showed when it was last seen whole."""

    url: str
    article_id: str
    revision_id: int
    title: str
    text_digest: str
    last_seen_at: datetime
    misses: int
    missing_since: datetime | None
    missing_as: str | None
    pictures: Sequence[Mapping[str, Any]] | None = None
    """The pictures that it showed: `url`, `caption`, `alternative` of each. None where they were not noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleHead:
    """An article as it stands now."""

    article_id: str
    source_id: str
    key: str
    state: str
    title: str
    revision_id: int
    revisions: int
    text_digest: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionText:
    """What a revision said."""

    revision_id: int
    article_id: str
    title: str
    body: tuple[str, ...]
    text_digest: str
    modified: str | None
    seen_at: datetime
    rules: str = ""
    """What it was read by; texts read by different rules cannot be compared."""
    image: str | None = None
    """The address of the picture that stood with it."""
    pictures: Sequence[Mapping[str, Any]] | None = None
    """All its pictures: `url`, `caption`, `alternative` of each. None where they were not noted."""
    published: str | None = None
    """The day or time it is dated (ISO 8601)."""
    capture_id: int = 0
    """The capture that shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """A revision to be added."""

    capture_id: int
    url: str
    seen_at: datetime
    title: str
    body: tuple[str, ...]
    text_digest: str
    identity_digest: str
    published: str | None
    published_precision: str | None
    published_at: datetime
    language: str | None
    fields: Mapping[str, Any]
    search: str
    """A tsvector in PostgreSQL's own notation."""


class History:
    """Opens the history of one source for writing, one writer at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def writing(self, source_id: str) -> Iterator["HistoryRecords"]:
        """Open a transaction in which nobody else writes the history of this source.

        Two workers that see one new article under two addresses must not make two articles of it.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        with self._database.transaction() as transaction:
            transaction.rows(
                "select pg_advisory_xact_lock(hashtextextended(%(name)s, 1))",
                {"name": f"history:{source_id}"},
            )
            yield HistoryRecords(transaction, source_id)


class HistoryRecords(TemplateRecords, HostRecords):
    """The history of one source within one transaction."""

    def __init__(self, transaction: Transaction, source_id: str) -> None:
        self._transaction = transaction
        self._silences = {}
        self._notices = {}
        self.source_id = source_id

    @property
    def transaction(self) -> Transaction:
        """The transaction all of this happens in."""
        return self._transaction

    def is_decided(self, capture_id: int) -> bool:
        """Whether an earlier delivery has decided this capture."""
        row = self._transaction.row(
            "select article_outcome from captures where capture_id = %(capture)s", {"capture": capture_id}
        )
        return row is None or row["article_outcome"] is not None

    def decide(self, capture_id: int, outcome: str) -> None:
        """Note what a capture showed."""
        self._transaction.run(sql.DECIDE, {"capture": capture_id, "outcome": outcome})

    def url(self, url: str) -> KnownUrl | None:
        """Return an address that is known as an article's."""
        row = self._transaction.row(sql.URL, {"url": url})
        return None if row is None else KnownUrl(**row)

    def urls(self, article_id: str) -> list[KnownUrl]:
        """Return all addresses of an article."""
        rows = self._transaction.rows(sql.URLS, {"article": article_id})
        return [KnownUrl(**row) for row in rows]

    def article(self, article_id: str) -> ArticleHead:
        """Return an article as it stands now."""
        row = self._transaction.row(sql.ARTICLE, {"article": article_id})
        assert row is not None, article_id
        return ArticleHead(**row)

    def article_of_key(self, key: str) -> str | None:
        """Return the article of this source that has a key, following merges."""
        row = self._transaction.row(sql.ARTICLE_OF_KEY, {"source": self.source_id, "key": key})
        return None if row is None else str(row["article_id"])

    def article_of_identity(self, identity_digest: str, *, besides: str | None = None) -> RevisionText | None:
        """Return the oldest revision of this source with the same text and day, not of the article `besides`."""
        arguments = {"source": self.source_id, "identity": identity_digest, "besides": besides}
        row = self._transaction.row(sql.OF_IDENTITY, arguments)
        return None if row is None else _revision_text(row)

    def revision(self, revision_id: int) -> RevisionText:
        """Return what a revision said."""
        row = self._transaction.row(sql.REVISION, {"revision": revision_id})
        assert row is not None, revision_id
        return _revision_text(row)

    def revision_with_text(self, article_id: str, text_digest: str) -> RevisionText | None:
        """Return the newest revision of an article that has this text."""
        row = self._transaction.row(sql.REVISION_WITH_TEXT, {"article": article_id, "digest": text_digest})
        return None if row is None else _revision_text(row)

    def revision_beside(self, article_id: str, url: str, *, at: datetime, later: bool) -> RevisionText | None:
        """Return the revision that an address showed next before a time, or next after it."""
        arguments = {"article": article_id, "url": url, "at": at}
        row = self._transaction.row(sql.REVISION_AFTER if later else sql.REVISION_BEFORE, arguments)
        return None if row is None else _revision_text(row)

    def tells(self, article_id: str, before: str, after: str, *, besides_url: str | None = None) -> bool:
        """Whether an edit of the article, at another address than this, leads from one text digest to another."""
        arguments = {"article": article_id, "before": before, "after": after, "besides": besides_url}
        return self._transaction.row(sql.TELLS, arguments) is not None

    def date_back(self, revision_id: int, *, seen_at: datetime, capture_id: int) -> None:
        """Note that a revision stood at its address earlier than was known, and which capture shows it."""
        arguments = {"revision": revision_id, "seen": seen_at, "capture": capture_id}
        self._transaction.run(sql.DATE_BACK, arguments)
        self._transaction.run(sql.DATE_EDIT_BACK, arguments)

    def repeat_revision(self, revision_id: int, *, url: str, seen_at: datetime) -> int | None:
        """Add what a revision said once more, as what an address showed again at a look. None if there is no look.

        What was current at the address or of the article stays so, as the repeated revision.
        """
        arguments = {"revision": revision_id, "url": url, "seen": seen_at}
        row = self._transaction.row(sql.REPEAT_REVISION, arguments)
        if row is None:
            return None
        repeated = {**arguments, "fresh": row["revision_id"], "article": row["article_id"]}
        for statement in (sql.REPEAT_AT_URL, sql.REPEAT_IN_ARTICLE, sql.COUNT_REVISION):
            self._transaction.run(statement, repeated)
        return int(row["revision_id"])

    def see_earlier(self, url: str, *, seen_at: datetime) -> None:
        """Note that an address showed its article before it was first seen by us."""
        self._transaction.run(sql.SEE_URL_EARLIER, {"url": url, "seen": seen_at})
        self._transaction.run(sql.SEE_ARTICLE_EARLIER, {"url": url, "seen": seen_at})

    def add_article(self, article_id: str, key: str, revision: NewRevision) -> int:
        """Add an article with its first revision and return the revision's id."""
        self._transaction.run(
            sql.ADD_ARTICLE,
            {
                "article": article_id,
                "source": self.source_id,
                "key": key,
                "url": revision.url,
                "title": revision.title,
                "seen": revision.seen_at,
                "published_at": revision.published_at,
            },
        )
        return self.add_revision(article_id, revision)

    def add_revision(self, article_id: str, revision: NewRevision, *, is_current: bool = True) -> int:
        """Add a revision, make it the current one unless it is an old one found late, and return its id."""
        arguments = {
            "article": article_id,
            "capture": revision.capture_id,
            "url": revision.url,
            "seen": revision.seen_at,
            "title": revision.title,
            "body": as_json(list(revision.body)),
            "digest": revision.text_digest,
            "identity": revision.identity_digest,
            "fields": as_json(dict(revision.fields)),
            "search": revision.search,
            "published": revision.published,
            "precision": revision.published_precision,
            "published_at": revision.published_at,
            "language": revision.language,
        }
        row = self._transaction.row(sql.ADD_REVISION, arguments)
        assert row is not None
        self._transaction.run(sql.COUNT_REVISION, arguments)
        if is_current:
            self._transaction.run(sql.MAKE_CURRENT, {**arguments, "revision": row["revision_id"]})
        return int(row["revision_id"])

    def see_url(self, known: KnownUrl, *, target_id: int, seen_at: datetime) -> None:
        """Note that an address shows the article, as new or again. Its misses are forgotten."""
        arguments = {
            "url": known.url,
            "article": known.article_id,
            "source": self.source_id,
            "target": target_id,
            "seen": seen_at,
            "revision": known.revision_id,
            "title": known.title,
            "digest": known.text_digest,
            "pictures": None if known.pictures is None else as_json([dict(one) for one in known.pictures]),
        }
        self._transaction.run(sql.SEE_URL, arguments)
        self._transaction.run(sql.SEE_ARTICLE, arguments)

    def miss_url(self, url: str, *, seen_at: datetime, missing_as: str, capture_id: int) -> None:
        """Count a look at which an address did not show its article."""
        arguments = {"url": url, "seen": seen_at, "as": missing_as, "capture": capture_id}
        self._transaction.run(sql.MISS_URL, arguments)

    def set_state(self, article_id: str, state: str, *, since: datetime) -> None:
        """Move an article to another state."""
        arguments = {"article": article_id, "state": state, "since": since}
        self._transaction.run(sql.SET_STATE, arguments)

    def add_event(
        self,
        kind: str,
        *,
        at: datetime,
        article_id: str | None,
        capture_id: int | None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Append what happened."""
        arguments = {
            "at": at,
            "kind": kind,
            "source": self.source_id,
            "article": article_id,
            "capture": capture_id,
            "data": as_json(dict(data or {})),
        }
        self._transaction.run(sql.ADD_EVENT, arguments)

    def merge(self, loser: str, winner: str, *, by: str = "pressmark", reason: str = "") -> None:
        """Make two articles one. Revisions, addresses and edits of the loser stay, under the winner.

        What moves is recorded first, with both articles as they were, so that it can be undone.
        """
        arguments = {"loser": loser, "winner": winner, "by": by, "reason": reason, "articles": [winner]}
        for statement in merging_sql.MERGE:
            self._transaction.run(statement, arguments)

    def are_told_apart(self, first: str, second: str) -> bool:
        """Whether an operator has said of these two that they are not one."""
        row = self._transaction.row(merging_sql.ARE_TOLD_APART, {"first": first, "second": second})
        return row is not None and bool(row["apart"])


def _revision_text(row: Mapping[str, Any]) -> RevisionText:
    return RevisionText(
        revision_id=row["revision_id"],
        article_id=row["article_id"],
        title=row["title"],
        body=tuple(row["body"]),
        text_digest=row["text_digest"],
        modified=row["modified"],
        seen_at=row["seen_at"],
        rules=row["rules"],
        image=row["image"],
        pictures=row["pictures"],
        published=row["published"],
        capture_id=row["capture_id"],
    )
