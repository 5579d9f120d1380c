"""The article documents of a batch: what was read from its pages, kept beside the evidence."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import zstandard

from services.normalizer.fields import Extraction
from services.normalizer.records import detail_record
from services.normalizer.sightings import fields_of
from shared.encoding import dump_json
from shared.ledger.batches import StoredCapture

__all__ = ["article_document", "documents_key", "pack_documents"]

CONTENT_TYPE = "application/zstd"


def documents_key(warc_key: str) -> str:
    """Return where the documents of a batch lie: beside its WARC, under the same day and name.

    Resting on the WARC's own key, a second delivery writes the same object again.
    """
    return warc_key.replace("warc/", "articles/", 1).removesuffix(".warc.gz") + ".jsonl.zst"


def article_document(capture: StoredCapture, warc_key: str, article: Extraction) -> dict[str, Any]:
    """Return one page as a document: its fields, and the record that they came from."""
    return {
        "url": capture.url,
        "source_id": capture.source_id,
        "fetched_at": _instant(capture.fetched_at),
        "record_id": capture.record_id,
        "warc_key": warc_key,
        "warc_offset": capture.warc_offset,
        "warc_length": capture.warc_length,
        "title": article.title,
        "body": list(article.body),
        **fields_of(article),
        **detail_record(article),
    }


def pack_documents(documents: Iterable[dict[str, Any]]) -> bytes:
    """Return documents as JSON lines under zstandard."""
    lines = b"".join(dump_json(document) + b"\n" for document in documents)
    return zstandard.ZstdCompressor(level=3).compress(lines)


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
