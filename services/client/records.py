"""What an archive tells, as frozen records. Times are aware; what a newer archive adds is left out.

`published` is text: ISO 8601 to the precision the page gave, such as 2021, 2021-10, 2021-10-16 or with a time.
"""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Alarm",
    "Article",
    "ArticleSummary",
    "Capture",
    "Change",
    "CoverageDay",
    "CoverageOfSource",
    "Edit",
    "Evidence",
    "Hit",
    "Notice",
    "Removal",
    "Revision",
    "Source",
    "Watch",
]


class Record(BaseModel):
    """One thing an archive told."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Source(Record):
    """An outlet that is followed, and how much of it is kept."""

    id: str
    name: str
    language: str
    home: str
    robots: str
    articles: int
    edits: int
    removals: int
    first_published: datetime | None
    last_published: datetime | None
    last_seen: datetime | None


class ArticleSummary(Record):
    """An article as a list shows it."""

    id: str
    source: str
    title: str
    published: str | None
    language: str | None
    url: str
    urls: tuple[str, ...]
    """Every address at which it was seen, the oldest first."""
    state: str
    """LIVE, SUSPECT, GONE, SOFT404, REDIRECTED, REPLACED or RETURNED."""
    revisions: int
    """How many wordings are kept."""


class Hit(ArticleSummary):
    """An article that a query found."""

    only_in_earlier_revision: bool
    """The words stood in an earlier revision and do not in the current one."""


class Evidence(Record):
    """The WARC record of one look."""

    url: str
    status: int | None
    fetched_at: datetime
    warc_key: str
    offset: int
    record_id: str


class Capture(Evidence):
    """One look at one address."""

    reason: str | None
    payload_digest: str | None
    length: int


class Revision(Record):
    """One wording of an article, with the capture that shows it."""

    id: int
    number: int
    url: str
    seen_at: datetime
    title: str
    text: str
    paragraphs: tuple[str, ...]
    text_digest: str
    fields: dict[str, Any]
    """Every field with its value, raw text, method and rule version."""
    capture: Capture


class Article(Record):
    """An article with every wording that is kept."""

    id: str
    source: str
    title: str
    published: str | None
    language: str | None
    url: str
    urls: tuple[str, ...]
    state: str
    state_since: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    revisions: tuple[Revision, ...]
    editions: tuple[ArticleSummary, ...]
    """The same story in other languages, as far as the keys of its sources tell."""


class Change(Record):
    """A stretch of text replaced, inserted, deleted or moved."""

    op: str
    before: str = Field(alias="from")
    after: str = Field(alias="to")


class Edit(Record):
    """What changed between two looks at one address."""

    article: str
    url: str
    urls: tuple[str, ...]
    classes: tuple[str, ...]
    silent: bool
    """The page's own date of modification did not move."""
    words_changed: int
    seen_at: datetime
    from_revision: int
    to_revision: int
    title_from: str
    title_to: str
    text_from: str = Field(alias="from")
    text_to: str = Field(alias="to")
    changes: tuple[Change, ...]


class Removal(Record):
    """An article that its source no longer shows, or shows again, with the looks that say so."""

    article: str
    url: str
    state: str
    since: datetime
    evidence: tuple[Evidence, ...]


class Watch(Record):
    """A name or phrase that is watched."""

    id: str
    name: str
    spellings: tuple[str, ...]
    sources: tuple[str, ...]
    languages: tuple[str, ...]
    added_at: datetime
    ready: bool
    """The articles from before the watch are known to it too."""


class Alarm(Record):
    """What a watch has noticed, with what proves it."""

    alarm: int
    watch: str
    name: str
    kind: str
    source: str
    article: str | None
    at: datetime
    raised_at: datetime
    proof: dict[str, Any]
    statistics: dict[str, Any] | None


class CoverageDay(Record):
    """What was expected, found and archived of a source on one day."""

    day: date
    verdict: str
    """seen, silent, partly_blind or blind."""
    expected: int | None
    published: int
    found: int
    archived: int
    not_archived: dict[str, int]
    good_looks: int
    failed_looks: dict[str, int]
    cause: str | None


class CoverageOfSource(Record):
    """How much of a source could be seen: an absence is only worth as much."""

    source: str
    first: date | None = Field(alias="from")
    last: date | None = Field(alias="to")
    days: int
    sentence: str


class Notice(Record):
    """A part of a query that was not understood, and what would be right."""

    part: str
    sentence: str
