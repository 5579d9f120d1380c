"""An extraction as JSON: the same keys in the same order, whatever was found."""

from typing import Any

from services.normalizer.fields import Extraction, ExtractionError, Provenance

__all__ = ["detail_record", "error_record", "extraction_record"]


def extraction_record(extraction: Extraction, identity: str | None = None) -> dict[str, Any]:
    """Return the fields of a page as a JSON object.

    Args:
        extraction: What was read from the page.
        identity: The id of the page in the caller's list.
    """
    return {
        "id": identity,
        "url": extraction.url,
        "title": extraction.title,
        "published": extraction.published,
        "published_precision": extraction.published_precision,
        "modified": extraction.modified,
        "authors": list(extraction.authors),
        "language": extraction.language,
        "source": extraction.source,
        "canonical_url": extraction.canonical_url,
        "original_url": extraction.original_url,
        "body": list(extraction.body),
        "related": [
            {"title": card.title, "url": card.url, "excerpt": card.excerpt, "date": card.date}
            for card in extraction.related
        ],
        "provenance": {name: _provenance_record(entry) for name, entry in extraction.provenance.items()},
        "description": extraction.description,
        "site_name": extraction.site_name,
        "image": extraction.image,
        "charset": extraction.charset,
        "confidence": extraction.confidence,
        **detail_record(extraction),
    }


def error_record(error: ExtractionError, identity: str | None = None) -> dict[str, Any]:
    """Return why a page gave nothing, as a JSON object."""
    return {"id": identity, "error": {"reason": str(error.reason), "detail": error.detail}}


def _provenance_record(entry: Provenance) -> dict[str, Any]:
    return {
        "value": entry.value,
        "raw": entry.raw,
        "method": entry.method,
        "rejected": [
            {"raw": candidate.raw, "method": candidate.method, "reason": candidate.reason}
            for candidate in entry.rejected
        ],
    }


def detail_record(article: Extraction) -> dict[str, Any]:
    """Return what an article holds besides its text and its dates, as plain JSON."""
    prints = article.fingerprints
    return {
        "section": article.section,
        "tags": list(article.tags),
        "images": [
            {"url": one.url, "caption": one.caption, "alternative": one.alternative} for one in article.images
        ],
        "links": [{"url": one.url, "text": one.text} for one in article.links],
        "words": article.words,
        "characters": article.characters,
        "fingerprints": {"exact": prints.exact, "near": prints.near} if prints else None,
        "kinds": [block.kind for block in article.blocks],
    }
