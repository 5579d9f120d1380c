"""CDXJ, the index that replay tools read: one line for each response and revisit, sorted by its bytes.

A line is `<SURT> <14 digits> {json}`. Keys and fields are those that cdxj-indexer gives for the same object, with
two corrections where it has to guess: a chunked body has no `WARC-Payload-Digest` in our records and a 304 cannot
have one, so there it takes SHA-1 over the chunks, or over nothing. We give what the ledger knows.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.encoding import dump_json, load_json
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
    "replay_lines",
    "sha1_of",
]

CONTENT_TYPE = "text/x-cdxj"
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE32_PAIRS = tuple(high + low for high in _BASE32 for low in _BASE32)
_DIGITS_ONLY = dict.fromkeys(map(ord, "-T:"))
_MIME_END = re.compile(r"[;\s]")
INDEXED_TYPES = frozenset({"response", "revisit"})
"""Records that an index has a line for."""


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
        date = self.date.astimezone(UTC).isoformat(timespec="seconds")[:19].translate(_DIGITS_ONLY)
        return f"{surt(self.url)} {date} ".encode() + fields + b"\n"


def cdxj_key(warc_key: str) -> str:
    """Return where the index of a WARC object lies."""
    return warc_key.replace("warc/", "cdxj/", 1).removesuffix(".warc.gz") + ".cdxj"


def cdxj_file(entries: Iterable[CdxjEntry], filename: str) -> bytes:
    """Return the index of one object: its lines sorted by their bytes."""
    return b"".join(sorted(entry.line(filename) for entry in entries))


def replay_lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of an index for replay tools, which would show a 304 as the empty answer it is.

    The line of a 304 gets the place, type and status of the page that the host confirmed by it: a capture of the
    same URL with the digest that the line states. Without one it is left out, and the nearest capture is shown. So
    the host's word is kept (RFC 9110 §15.4.5: what the client has is what it would get now) under its own time.

    Args:
        lines: Sorted lines of one or many indexes.
    """
    key, originals = b"", dict[str, dict[str, str]]()
    for line in lines:
        urlkey, date, text = line.split(b" ", 2)
        if urlkey != key:
            key, originals = urlkey, {}
        fields = load_json(text)
        original = originals.get(fields.get("digest", ""))
        if not _is_confirmation(fields):
            if fields.get("mime") != "warc/revisit" and "digest" in fields:
                originals[fields["digest"]] = fields
            yield line
        elif original is not None:
            yield b"%b %b %b\n" % (urlkey, date, dump_json(original | {"url": fields["url"]}))


def _is_confirmation(fields: Mapping[str, str]) -> bool:
    return fields.get("status") == "304" and fields.get("mime") == "warc/revisit"


def entries_of(records: Iterable[StoredRecord], digests: Mapping[str, str]) -> Iterator[CdxjEntry]:
    """Yield an entry for each response and revisit record.

    Args:
        records: Records of one object, in any order.
        digests: Payload digests by record id, as the ledger knows them.
    """
    for record in records:
        if record.type in INDEXED_TYPES and record.target_uri is not None:
            exchange = StoredExchange(record)
            payload = None if record.type == "revisit" else exchange.payload()
            digest = digests.get(record.record_id) or record.header("WARC-Payload-Digest")
            if digest is None and payload is not None:
                digest = f"sha256:{hashlib.sha256(payload).hexdigest()}"
            yield entry_of(exchange, digest=digest, sha1=None if payload is None else sha1_of(payload))


def entry_of(exchange: StoredExchange, *, digest: str | None, sha1: str | None) -> CdxjEntry:
    """Return the entry of a response or revisit record whose payload has these digests.

    Args:
        exchange: The record; its head is enough.
        digest: The payload digest with its algorithm in front.
        sha1: In base32; None on a revisit.
    """
    record = exchange.record
    return CdxjEntry(
        url=record.target_uri or "",
        date=record.date,
        mime=mime_of(exchange.head, is_revisit=record.type == "revisit"),
        status=exchange.status,
        digest=digest,
        sha1=sha1,
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
    return base32_of(hashlib.sha1(payload, usedforsecurity=False).digest())


def base32_of(digest: bytes) -> str:
    """Return a SHA-1, 20 bytes, as other archives write it (RFC 4648 §6)."""
    # Ten bits at a time; the standard library's own shows in a profile of the whole way.
    number, characters = int.from_bytes(digest, "big"), []
    for _ in range(len(digest) * 8 // 10):
        characters.append(_BASE32_PAIRS[number & 1023])
        number >>= 10
    return "".join(reversed(characters))
