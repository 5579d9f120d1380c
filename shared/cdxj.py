"""CDXJ, the index that replay tools read: one line for each response and revisit, sorted by its bytes.

A line is `<SURT> <14 digits> {json}`. Keys and fields are those that cdxj-indexer gives for the same object, with
two corrections where it has to guess: a chunked body has no `WARC-Payload-Digest` in our records and a 304 cannot
have one, so there it takes SHA-1 over the chunks, or over nothing. We give what the ledger knows.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.encoding import dump_json
from shared.http_message import ResponseHead
from shared.urls import surt
from shared.warc_reading import StoredExchange, StoredRecord

__all__ = [
    "CONTENT_TYPE",
    "CdxjEntry",
    "cdxj_file",
    "cdxj_key",
    "entries_of",
    "mime_of",
    "sha1_of",
    "sha1_text",
]

CONTENT_TYPE = "text/x-cdxj"
_MIME_END = re.compile(r"[;\s]")
_INDEXED = frozenset({"response", "revisit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CdxjEntry:
    """One response or revisit record, as an index tells of it."""

    url: str
    date: datetime
    mime: str | None
    status: int
    digest: str | None
    """The payload digest with its algorithm in front; on a revisit that of the payload it repeats."""
    sha1: str | None
    """SHA-1 of the payload in base32, as indexes of other archives have it; None on a revisit."""
    length: int
    offset: int

    def line(self, filename: str) -> bytes:
        """Return the line of this record in the index of an object, with its line end."""
        values = {
            "url": self.url,
            "mime": self.mime,
            "status": str(self.status),
            "digest": self.digest,
            "sha1": self.sha1,
            "length": str(self.length),
            "offset": str(self.offset),
            "filename": filename,
        }
        fields = dump_json({name: value for name, value in values.items() if value is not None})
        date = self.date.astimezone(UTC).strftime("%Y%m%d%H%M%S")
        return f"{surt(self.url)} {date} ".encode() + fields + b"\n"


def cdxj_key(warc_key: str) -> str:
    """Return where the index of a WARC object lies."""
    return warc_key.replace("warc/", "cdxj/", 1).removesuffix(".warc.gz") + ".cdxj"


def cdxj_file(entries: Iterable[CdxjEntry], filename: str) -> bytes:
    """Return the index of one object: its lines sorted by their bytes."""
    return b"".join(sorted(entry.line(filename) for entry in entries))


def entries_of(records: Iterable[StoredRecord], digests: Mapping[str, str]) -> Iterator[CdxjEntry]:
    """Yield an entry for each response and revisit record.

    Args:
        records: Records of one object, in any order.
        digests: Payload digests by record id, as the ledger knows them.
    """
    for record in records:
        if record.type in _INDEXED and record.target_uri is not None:
            yield _entry(StoredExchange(record), record.target_uri, digests)


def _entry(exchange: StoredExchange, url: str, digests: Mapping[str, str]) -> CdxjEntry:
    record = exchange.record
    is_revisit = record.type == "revisit"
    payload = None if is_revisit else exchange.payload()
    digest = digests.get(record.record_id) or record.header("WARC-Payload-Digest")
    if digest is None and payload is not None:
        digest = f"sha256:{hashlib.sha256(payload).hexdigest()}"
    return CdxjEntry(
        url=url,
        date=record.date,
        mime=mime_of(exchange.head, is_revisit=is_revisit),
        status=exchange.status,
        digest=digest,
        sha1=None if payload is None else sha1_of(payload),
        length=record.length,
        offset=record.offset,
    )


def mime_of(head: ResponseHead, *, is_revisit: bool) -> str | None:
    """Return the media type as an index has it: without parameters, and `warc/revisit` for a revisit."""
    if is_revisit:
        return "warc/revisit"
    value = head.first("content-type")
    return None if value is None else _MIME_END.split(value, maxsplit=1)[0].strip()


def sha1_of(payload: bytes) -> str:
    """Return the SHA-1 of a payload in base32, the digest by which archives have compared captures since 2006."""
    return sha1_text(hashlib.sha1(payload, usedforsecurity=False).digest())


def sha1_text(digest: bytes) -> str:
    """Write a SHA-1 digest in base32."""
    return base64.b32encode(digest).decode("ascii")
