"""What the catalogue tells: frozen records of articles, revisions, edits and removals, and their JSON shapes.

Times are aware and in UTC. `as_json` gives plain values; the shapes are a contract with those who read exports.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.ledger.cursor import Cursor

__all__ = [
    "Article",
    "ArticleSummary",
    "ArticleUrl",
    "Capture",
    "Change",
    "Edit",
    "Json",
    "Removal",
    "Revision",
    "SearchHit",
    "SourceSummary",
]

Json = dict[str, Any]
"""A JSON object; times in it are `datetime`, which `shared.encoding.dump_json` writes as ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSummary:
    """A source and how much of it is kept."""

    source_id: str
    name: str
    language: str
    home: str
    obeys_robots: bool
    robots_reason: str
    """Why robots.txt is not obeyed; empty where it is."""
    added_at: datetime
    removed_at: datetime | None
    articles: int
    edits: int
    removals: int
    """Articles that are not to be had at the source now: gone, replaced, redirected or a soft 404."""
    first_published_at: datetime | None
    last_published_at: datetime | None
    last_seen_at: datetime | None

    def as_json(self) -> Json:
        """Return the source as exports show it."""
        return {
            "id": self.source_id,
            "name": self.name,
            "language": self.language,
            "home": self.home,
            "robots": "obey" if self.obeys_robots else f"ignore: {self.robots_reason}",
            "articles": self.articles,
            "edits": self.edits,
            "removals": self.removals,
            "first_published": self.first_published_at,
            "last_published": self.last_published_at,
            "last_seen": self.last_seen_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSummary:
    """An article as a list shows it."""

    article_id: str
    source_id: str
    source_name: str
    title: str
    published: str | None
    """ISO 8601 to the precision the page gave: 2021, 2021-10, 2021-10-16 or with a time."""
    published_precision: str | None
    published_at: datetime
    """For sorting: when it was published, or first seen when no page said so."""
    language: str | None
    url: str
    urls: tuple[str, ...]
    """Every address at which the article was seen, the oldest first."""
    state: str
    state_since: datetime
    revision_id: int | None
    """The current revision: the wording the source shows, or showed last."""
    revisions: int
    excerpt: str
    first_seen_at: datetime
    last_seen_at: datetime

    @property
    def cursor(self) -> Cursor:
        """The article's place in a list by date."""
        return Cursor(at=self.published_at, key=self.article_id)

    def as_json(self) -> Json:
        """Return the article as exports show it; `revisions` is their number."""
        return {
            "id": self.article_id,
            "source": self.source_id,
            "title": self.title,
            "published": self.published,
            "language": self.language,
            "url": self.url,
            "urls": list(self.urls),
            "state": self.state,
            "revisions": self.revisions,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """An article that a query found."""

    article: ArticleSummary
    only_in_earlier: bool
    """The words stood in an earlier revision and do not in the current one."""
    text: str
    """The text that matched, up to 20,000 characters, for an excerpt around the words."""

    def as_json(self) -> Json:
        """Return the hit as exports show it."""
        return {**self.article.as_json(), "only_in_earlier_revision": self.only_in_earlier}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One look at one address, and where its WARC record lies."""

    capture_id: int
    url: str
    fetched_at: datetime
    status: int | None
    """The HTTP status; None when no response came."""
    reason: str | None
    payload_digest: str | None
    warc_key: str
    warc_offset: int
    warc_length: int
    record_id: str
    redirect_to: str | None
    revisit_of: int | None
    """The earlier capture that holds the payload, when this one was identical."""
    truncated: str | None
    article_outcome: str | None

    def as_json(self) -> Json:
        """Return the capture as exports show it."""
        return {
            "url": self.url,
            "status": self.status,
            "reason": self.reason,
            "fetched_at": self.fetched_at,
            "payload_digest": self.payload_digest,
            "warc_key": self.warc_key,
            "offset": self.warc_offset,
            "length": self.warc_length,
            "record_id": self.record_id,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleUrl:
    """An address of an article, and since when it no longer shows it."""

    url: str
    first_seen_at: datetime
    last_seen_at: datetime
    title: str
    misses: int
    missing_since: datetime | None
    missing_as: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One wording of an article, with the capture that shows it."""

    revision_id: int
    number: int
    url: str
    seen_at: datetime
    title: str
    body: tuple[str, ...]
    """Paragraphs."""
    text_digest: str
    fields: Json
    capture: Capture

    def as_json(self) -> Json:
        """Return the revision as exports show it."""
        return {
            "id": self.revision_id,
            "number": self.number,
            "url": self.url,
            "seen_at": self.seen_at,
            "title": self.title,
            "text": "\n\n".join(self.body),
            "paragraphs": list(self.body),
            "text_digest": self.text_digest,
            "fields": self.fields,
            "capture": self.capture.as_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A stretch of text replaced, inserted or deleted."""

    op: str
    before: str
    after: str
    at: int | None = None
    """Offset in the old text, paragraphs by line feeds: of `before`, or where `after` comes in."""
    moved_from: int | None = None
    """For a move the offset at which the words stood; `at` is where they went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What changed between two revisions of one address."""

    edit_id: int
    article_id: str
    source_id: str
    source_name: str
    language: str | None
    url: str
    urls: tuple[str, ...]
    classes: tuple[str, ...]
    silent: bool
    """The page's own date of modification did not move."""
    words_changed: int
    seen_at: datetime
    from_revision: int
    to_revision: int
    from_number: int
    to_number: int
    title_from: str
    title_to: str
    text_from: tuple[str, ...]
    text_to: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def cursor(self) -> Cursor:
        """The edit's place in the list."""
        return Cursor(at=self.seen_at, key=str(self.edit_id))

    def as_json(self) -> Json:
        """Return the edit as exports show it; `from` and `to` are the whole texts, paragraphs one to a line."""
        return {
            "article": self.article_id,
            "url": self.url,
            "urls": list(self.urls),
            "from": "\n".join(self.text_from),
            "to": "\n".join(self.text_to),
            "classes": list(self.classes),
            "silent": self.silent,
            "words_changed": self.words_changed,
            "seen_at": self.seen_at,
            "from_revision": self.from_revision,
            "to_revision": self.to_revision,
            "changes": [{"op": one.op, "from": one.before, "to": one.after} for one in self.changes],
            "title_from": self.title_from,
            "title_to": self.title_to,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """An article that its source no longer shows, or shows again, and the captures that say so."""

    article: ArticleSummary
    evidence: tuple[Capture, ...]

    @property
    def cursor(self) -> Cursor:
        """The removal's place in the list."""
        return Cursor(at=self.article.state_since, key=self.article.article_id)

    def as_json(self) -> Json:
        """Return the removal as exports show it."""
        return {
            "article": self.article.article_id,
            "url": self.article.url,
            "state": self.article.state,
            "since": self.article.state_since,
            "evidence": [
                {
                    "url": capture.url,
                    "status": capture.status,
                    "fetched_at": capture.fetched_at,
                    "warc_key": capture.warc_key,
                    "offset": capture.warc_offset,
                    "record_id": capture.record_id,
                }
                for capture in self.evidence
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article with all that is known of it."""

    summary: ArticleSummary
    revisions: tuple[Revision, ...]
    """By the time each was first seen. A number tells when we learnt of it, which may be later."""
    editions: tuple[ArticleSummary, ...] = ()
    """The same story in other languages, as far as the keys of its sources tell."""

    @property
    def current(self) -> Revision | None:
        """Return the wording the source shows, or showed last."""
        for revision in self.revisions:
            if revision.revision_id == self.summary.revision_id:
                return revision
        return self.revisions[-1] if self.revisions else None

    def as_json(self) -> Json:
        """Return the article as exports show it; `revisions` are all its wordings with their captures."""
        return {
            **self.summary.as_json(),
            "state_since": self.summary.state_since,
            "first_seen_at": self.summary.first_seen_at,
            "last_seen_at": self.summary.last_seen_at,
            "revisions": [revision.as_json() for revision in self.revisions],
            "editions": [edition.as_json() for edition in self.editions],
        }
