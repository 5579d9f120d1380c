"""What a look at an address showed: an article, the same as before, or that the article is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.normalizer.edits import Version
from services.normalizer.fields import Extraction, Picture
from services.normalizer.pictures import pictures_from, pictures_of
from services.normalizer.ruled import rules_version
from services.normalizer.wording import identity_digest, text_digest
from shared.ledger.batches import StoredCapture
from shared.ledger.history import NewRevision
from shared.search_tokens import search_vector_text
from shared.sources import SourceFile

__all__ = ["Elsewhere", "Miss", "Sighting", "Unchanged", "Wordless", "fields_of", "sighting_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The server sent what it had sent before, or said so (304)."""

    url: str
    target_id: int
    capture_id: int
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """The address did not show the article. `missing_as`: not_found, redirected_home, error_page or replaced."""

    url: str
    host: str
    target_id: int
    capture_id: int
    seen_at: datetime
    missing_as: str
    shown_title: str | None = None
    """Of the page that stands there instead."""
    shown_article: str | None = None
    """The article that stands there instead, if it is known from elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The address leads to another, which is neither its outlet's front page nor one of its lists."""

    miss: Miss
    """What it is if the host leads there from addresses that never were."""
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordless:
    """The page came whole, and has no text by its source's rules."""

    miss: Miss
    """What it is if the host shows such a page at addresses that never were."""
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """The address showed an article."""

    url: str
    host: str
    target_id: int
    capture_id: int
    seen_at: datetime
    title: str
    body: tuple[str, ...]
    text_digest: str
    identity_digest: str
    canonical_url: str | None
    modified: str | None
    published: str | None
    published_precision: str | None
    published_at: datetime
    language: str | None
    fields: Mapping[str, Any]

    def as_revision(self) -> NewRevision:
        """Return what is stored when this is a new revision."""
        return NewRevision(
            capture_id=self.capture_id,
            url=self.url,
            seen_at=self.seen_at,
            title=self.title,
            body=self.body,
            text_digest=self.text_digest,
            identity_digest=self.identity_digest,
            published=self.published,
            published_precision=self.published_precision,
            published_at=self.published_at,
            language=self.language,
            fields=self.fields,
            search=search_vector_text(self.title, "\n".join(self.body)),
        )

    @property
    def version(self) -> Version:
        """What of it is compared with other versions."""
        image = self.fields.get("image")
        return Version(
            title=self.title,
            paragraphs=self.body,
            modified=self.modified,
            image=None if image is None else str(image),
            pictures=self.pictures,
        )

    @property
    def pictures(self) -> tuple[Picture, ...] | None:
        """What pictures the page showed with the article; None where that was not noted."""
        return pictures_from(self.fields.get("pictures"))

    def as_miss(self, missing_as: str, *, shown_article: str | None = None) -> Miss:
        """Return this look as one that did not find the article, but another page."""
        return Miss(
            url=self.url,
            host=self.host,
            target_id=self.target_id,
            capture_id=self.capture_id,
            seen_at=self.seen_at,
            missing_as=missing_as,
            shown_title=self.title,
            shown_article=shown_article,
        )


def sighting_of(capture: StoredCapture, article: Extraction, source: SourceFile) -> Sighting:
    """Join what was extracted with where and when it was seen."""
    day = None if article.published is None else article.published[:10]
    return Sighting(
        url=capture.url,
        host=capture.host,
        target_id=capture.target_id,
        capture_id=capture.capture_id,
        seen_at=capture.fetched_at,
        title=article.title or capture.found_title or capture.url,
        body=article.body,
        text_digest=text_digest(article.body),
        identity_digest=identity_digest(article.body, day),
        canonical_url=article.canonical_url,
        modified=article.modified,
        published=article.published,
        published_precision=article.published_precision,
        published_at=published_instant(article.published, source.timezone) or capture.fetched_at,
        language=article.language,
        fields={**fields_of(article), "rules": rules_version(source.article)},
    )


def published_instant(published: str | None, timezone: str) -> datetime | None:
    """Return the first instant that an ISO 8601 date of any precision may mean, in UTC."""
    if published is None:
        return None
    padded = f"{published}-01-01"[:10] if len(published) < 10 else published
    try:
        instant = datetime.fromisoformat(padded)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=ZoneInfo(timezone))
    return instant.astimezone(UTC)


def fields_of(article: Extraction) -> dict[str, Any]:
    """Return every field but title and body, with its provenance, for the ledger and the documents."""
    return {
        "published": article.published,
        "published_precision": article.published_precision,
        "modified": article.modified,
        "authors": list(article.authors),
        "language": article.language,
        "source": article.source,
        "canonical_url": article.canonical_url,
        "original_url": article.original_url,
        "description": article.description,
        "site_name": article.site_name,
        "image": article.image,
        "pictures": [
            {"url": one.url, "caption": one.caption, "alternative": one.alternative}
            for one in pictures_of(article)
        ],
        "section": article.section,
        "tags": list(article.tags),
        "words": article.words,
        "charset": article.charset,
        "confidence": article.confidence,
        "related": [
            {"title": card.title, "url": card.url, "excerpt": card.excerpt, "date": card.date}
            for card in article.related
        ],
        "provenance": {
            name: {
                "value": origin.value,
                "raw": origin.raw,
                "method": origin.method,
                "rejected": [
                    {"raw": candidate.raw, "method": candidate.method, "reason": candidate.reason}
                    for candidate in origin.rejected
                ],
            }
            for name, origin in article.provenance.items()
        },
    }
