"""Judges the records of somebody else: which are looks at a page that can be trusted, and what each says."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urljoin

from services.admin.foreign_warc import ForeignRecord
from shared.urls import BadUrlError, canonical_url, url_key
from shared.warc_reading import StoredExchange, StoredRecord

__all__ = ["FoundExchange", "NoExchange", "exchange_of"]

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_AHEAD: Final = timedelta(days=1)
_RECORD_ID: Final = re.compile(r"<[\x21-\x7e]{1,400}>")
_STATUS_LINE: Final = re.compile(rb"HTTP/\d(?:\.\d)? [1-5]\d\d(?:[ \r\n]|$)")
_ALGORITHMS: Final = {"sha1": 20, "sha256": 32, "sha512": 64, "md5": 16}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundExchange:
    """A response or revisit record that can be trusted, as far as a record can say so itself."""

    part: str
    offset: int
    length: int
    record_id: str
    url: str
    """In canonical form; the record keeps its own spelling."""
    url_key: bytes
    date: datetime
    is_revisit: bool
    status: int
    content_type: str | None
    redirect_to: str | None
    payload_digest: str | None
    """SHA-256 computed by us; None on a revisit."""
    stated_digest: str | None
    truncated: str | None
    ip: str | None
    warcinfo_id: str | None
    concurrent_to: str | None
    refers_to: str | None
    refers_to_key: bytes | None
    refers_to_date: datetime | None

    @property
    def reason(self) -> str | None:
        """Why this is no good answer, in the words that our own looks use."""
        if self.truncated is not None:
            return f"truncated_{self.truncated}"
        return f"http_{self.status}" if self.status >= 400 else None

    @property
    def is_html(self) -> bool:
        """Whether this may be a page: HTML, or an answer of any kind that is no document."""
        return self.status != 200 or "html" in (self.content_type or "html").lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoExchange:
    """A record that is no look at a page, or none that can be trusted."""

    reason: str
    is_damaged: bool = True
    """Whether something is wrong with it; a request or an image of a dns query is only something else."""


def exchange_of(found: ForeignRecord, *, part: str, now: datetime) -> FoundExchange | NoExchange:
    """Judge a record whose framing is sound: its address, its date, its HTTP head and its digests."""
    record = found.record
    if record.type not in ("response", "revisit"):
        return NoExchange(reason=f"a {record.type[:20]} record", is_damaged=False)
    if not _STATUS_LINE.match(record.block[:64]):
        return NoExchange(reason="no HTTP response", is_damaged=False)
    try:
        url = canonical_url(record.target_uri or "")
    except BadUrlError as error:
        return NoExchange(reason=f"its address cannot be asked for ({error.reason})")
    exchange = StoredExchange(record)
    fault = _field_fault(record, now) or _digest_fault(record, exchange)
    if fault is not None:
        return NoExchange(reason=fault)
    return _found(record, exchange, part=part, url=url)


def _found(record: StoredRecord, exchange: StoredExchange, *, part: str, url: str) -> FoundExchange:
    is_revisit = record.type == "revisit"
    return FoundExchange(
        part=part,
        offset=record.offset,
        length=record.length,
        record_id=record.record_id,
        url=url,
        url_key=url_key(url),
        date=record.date,
        is_revisit=is_revisit,
        status=exchange.status,
        content_type=_short(exchange.content_type),
        redirect_to=_redirect(exchange, url),
        payload_digest=None if is_revisit else f"sha256:{hashlib.sha256(exchange.payload()).hexdigest()}",
        stated_digest=record.header("WARC-Payload-Digest"),
        truncated=_short(record.header("WARC-Truncated")),
        ip=_short(record.header("WARC-IP-Address")),
        warcinfo_id=record.header("WARC-Warcinfo-ID"),
        concurrent_to=record.concurrent_to,
        refers_to=record.header("WARC-Refers-To"),
        refers_to_key=_key_of(record.header("WARC-Refers-To-Target-URI")),
        refers_to_date=_date_of(record.header("WARC-Refers-To-Date")),
    )


def _field_fault(record: StoredRecord, now: datetime) -> str | None:
    if not _RECORD_ID.fullmatch(record.record_id):
        return "its record id is no URI in angle brackets"
    if record.date > now + _AHEAD:
        return f"its date lies in the future: {record.date:%Y-%m-%d}"
    return None


def _digest_fault(record: StoredRecord, exchange: StoredExchange) -> str | None:
    """Hold a record against the digests that it states itself.

    Writers differ in whether a payload digest is taken with or without the transfer coding (WARC 1.1 §6.3.2 says
    without), so either is right. A digest of an unknown kind proves nothing and harms nothing.
    """
    stated = _stated_digest(record.header("WARC-Block-Digest"))
    if stated is not None and hashlib.new(stated[0], record.block).digest() != stated[1]:
        return "its block does not have the digest that it states"
    stated = _stated_digest(record.header("WARC-Payload-Digest"))
    if stated is None or record.type == "revisit":
        return None
    bodies = (exchange.payload(), exchange.raw_body)
    if all(hashlib.new(stated[0], body).digest() != stated[1] for body in bodies):
        return "its payload does not have the digest that it states"
    return None


def _stated_digest(value: str | None) -> tuple[str, bytes] | None:
    """Read `algorithm:value`, in hexadecimal, base32 or base64; None when it is nothing that we can compute."""
    algorithm, _, text = (value or "").strip().partition(":")
    algorithm = algorithm.lower().replace("-", "")
    size = _ALGORITHMS.get(algorithm)
    if size is None:
        return None
    for decode in (bytes.fromhex, _from_base32, _from_base64):
        try:
            digest = decode(text)
        except (ValueError, binascii.Error):
            continue
        if len(digest) == size:
            return algorithm, digest
    return None


def _from_base32(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)


def _redirect(exchange: StoredExchange, url: str) -> str | None:
    location = exchange.head.first("location")
    if exchange.status not in _REDIRECTS or not location:
        return None
    try:
        return canonical_url(urljoin(url, location))
    except (BadUrlError, ValueError):
        return None


def _key_of(uri: str | None) -> bytes | None:
    try:
        return None if uri is None else url_key(canonical_url(uri.strip("<>")))
    except BadUrlError:
        return None


def _date_of(value: str | None) -> datetime | None:
    try:
        date = None if value is None else datetime.fromisoformat(value)
    except ValueError:
        return None
    return date if date is not None and date.tzinfo is not None else None


def _short(value: str | None) -> str | None:
    return None if value is None else value.replace("\x00", "")[:1000]
