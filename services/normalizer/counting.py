"""Counts what reading pages gives, field by field, and how long it takes."""

import time

from services.normalizer.fields import Extraction, ExtractionError, PageContext
from services.normalizer.sandbox import ExtractPage
from shared.metrics import EXTRACTED_FIELDS, EXTRACTION_SECONDS

__all__ = ["counted"]

_FIELDS = (
    "title",
    "published",
    "modified",
    "authors",
    "language",
    "source",
    "canonical_url",
    "original_url",
    "body",
    "related",
    "description",
    "images",
)


def counted(extract_page: ExtractPage) -> ExtractPage:
    """Return what reads a page as `extract_page` does, and counts it."""

    def extract_and_count(body: bytes, context: PageContext, /) -> Extraction:
        started = time.monotonic()
        outcome = "failed"
        try:
            found = extract_page(body, context)
            outcome = "read"
        except ExtractionError as error:
            outcome = str(error.reason)
            raise
        finally:
            EXTRACTION_SECONDS.labels(outcome).observe(time.monotonic() - started)
        for field in _FIELDS:
            EXTRACTED_FIELDS.labels(field, "true" if getattr(found, field) else "false").inc()
        return found

    return extract_and_count
