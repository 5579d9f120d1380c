"""Reads what a batch wrote back into looks, as the ledger recorded them when they were made.

A look of our own says in its metadata record of which source it was and what for. One that an earlier version
wrote, or somebody else, does not; then the source files decide, as they do for a new address.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote, urlsplit

from services.admin.import_scope import ImportScope
from services.admin.single_pages import source_for
from shared.candidates import candidate
from shared.errors import RejectError
from shared.http_message import ResponseHead
from shared.ledger.batches import CaptureRow
from shared.ledger.frontier import Candidate, TargetKind
from shared.ledger.restoring import ImportOrigin, RestoredLook
from shared.looks import is_good_look, redirect_of, short_field, trouble_of
from shared.sources import SourceFile
from shared.urls import BadUrlError, canonical_url, same_site, url_key
from shared.warc_reading import StoredExchange, StoredRecord

__all__ = ["KnownSources", "looks_in", "origin_of", "warc_fields"]

Fields = Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class KnownSources:
    """The source files that looks are read by, and those that had to be made up for want of one."""

    files: dict[str, SourceFile]
    made_up: dict[str, SourceFile] = field(default_factory=dict)

    def of(self, source_id: str | None, url: str) -> SourceFile:
        """Return the source of a look: the one it names, else the one on whose site it is, else one of its own."""
        named = self.files.get(source_id or "")
        if named is not None:
            return named
        if source_id is None:
            of_site = next((one for one in self.files.values() if same_site(url, one.home)), None)
            if of_site is not None:
                return of_site
        made_up = source_for(url)
        if source_id is not None:
            made_up = made_up.model_copy(update={"id": source_id})
        return self.made_up.setdefault(made_up.id, self.files.setdefault(made_up.id, made_up))


def looks_in(
    records: Sequence[StoredRecord], sources: KnownSources, *, origin: ImportOrigin | None
) -> list[RestoredLook]:
    """Return the looks of a part in the order of its records.

    Raises:
        RejectError: an address in it is none.
    """
    stories = {
        record.concurrent_to: warc_fields(record.block)
        for record in records
        if record.type == "metadata" and record.concurrent_to is not None
    }
    looks = []
    for record in records:
        if record.type in ("response", "revisit"):
            looks.append(_answered(record, stories.get(record.record_id, {}), sources, origin))
        elif record.type == "metadata" and record.concurrent_to is None and origin is None:
            looks.append(_unanswered(record, sources))
    return looks


def origin_of(warcinfo: StoredRecord, *, digest: str) -> ImportOrigin | None:
    """Return where the records of an object came from; None when they are our own."""
    told = warc_fields(warcinfo.block)
    if "importedFromDigest" not in told:
        return None
    part = told.get("importedFromPart", "")
    return ImportOrigin(
        source_id=told["isPartOf"],
        file_name=told["importedFrom"],
        file_digest=told["importedFromDigest"],
        part=part,
        imported_by=told.get("importedBy", ""),
        format="wacz" if part else "warc",
        object_digest=f"sha256:{digest}",
        is_recompressed=told.get("gzipMembers") != "as in the file",
    )


def warc_fields(block: bytes) -> Fields:
    """Read a block of named fields."""
    pairs = (line.partition(": ") for line in block.decode("utf-8", "replace").split("\r\n") if line)
    return {name: value for name, _, value in pairs}


def _answered(
    record: StoredRecord, story: Fields, sources: KnownSources, origin: ImportOrigin | None
) -> RestoredLook:
    exchange = StoredExchange(record)
    url = _url(record)
    is_revisit = record.type == "revisit"
    digest = None if is_revisit else f"sha256:{hashlib.sha256(exchange.payload()).hexdigest()}"
    source = sources.of(story.get("source") or (origin.source_id if origin is not None else None), url)
    kind = TargetKind.ARTICLE if origin is not None else _kind(story, url, source, exchange.head)
    row = _row(record, story, kind=kind, head=exchange.head, digest=digest)
    return RestoredLook(
        source_id=source.id,
        target=_candidate(url, kind, story),
        capture=row,
        original=_original(record, url) if is_revisit else None,
    )


def _unanswered(record: StoredRecord, sources: KnownSources) -> RestoredLook:
    story, url = warc_fields(record.block), _url(record)
    source = sources.of(story.get("source"), url)
    kind = _kind(story, url, source, None)
    row = _row(record, story, kind=kind, head=None, digest=None)
    return RestoredLook(source_id=source.id, target=_candidate(url, kind, story), capture=row)


def _row(
    record: StoredRecord, story: Fields, *, kind: TargetKind, head: ResponseHead | None, digest: str | None
) -> CaptureRow:
    status = None if head is None else head.status
    truncated, is_revisit = record.header("WARC-Truncated"), record.type == "revisit"
    return CaptureRow(
        target_id=0,
        fetched_at=record.date,
        status=status,
        reason=trouble_of(
            status, failure=story.get("fetchFailure"), truncated=truncated, is_revisit=is_revisit
        ),
        content_type=short_field(head.first("content-type")) if head else None,
        redirect_to=redirect_of(_url(record), head),
        etag=short_field(head.first("etag")) if head else None,
        last_modified=short_field(head.first("last-modified")) if head else None,
        payload_digest=digest,
        record_id=record.record_id,
        warc_offset=record.offset,
        warc_length=record.length,
        revisit_of=None,
        truncated=truncated,
        ip=record.header("WARC-IP-Address"),
        seconds=int(story.get("fetchTimeMs", "0")) / 1000,
        is_good=is_good_look(kind, status, truncated=truncated, is_revisit=is_revisit),
    )


def _candidate(url: str, kind: TargetKind, story: Fields) -> Candidate:
    return candidate(
        url,
        kind,
        via=story.get("via"),
        hops=len(story.get("hopsFromSeed", "")),
        title=_unquoted(story.get("foundTitle")),
        date=_unquoted(story.get("foundDate")),
    )


def _unquoted(value: str | None) -> str | None:
    return None if value is None else unquote(value)


def _kind(story: Fields, url: str, source: SourceFile, head: ResponseHead | None) -> TargetKind:
    """Return what a target was looked at for: what its record says, else what an address like it is for."""
    told = story.get("kind")
    if told in set(TargetKind):
        return TargetKind(told)
    if urlsplit(url).path == "/robots.txt":
        return TargetKind.ROBOTS
    for rule in source.lists:
        if canonical_url(rule.url) == url:
            return TargetKind(rule.kind.value)
    if ImportScope(source).has(url):
        return TargetKind.ARTICLE
    is_xml = head is not None and "xml" in (head.first("content-type") or "").partition(";")[0]
    return TargetKind.SITEMAP if is_xml and "sitemap" in url else TargetKind.LISTING


def _original(record: StoredRecord, url: str) -> tuple[bytes, str | None, datetime | None, str | None]:
    refers_to = record.header("WARC-Refers-To-Target-URI")
    date = record.header("WARC-Refers-To-Date")
    return (
        url_key(_canonical(refers_to) if refers_to else url),
        record.header("WARC-Refers-To"),
        datetime.fromisoformat(date) if date else None,
        record.header("WARC-Payload-Digest"),
    )


def _url(record: StoredRecord) -> str:
    return _canonical((record.target_uri or "").strip("<>"))


def _canonical(url: str) -> str:
    try:
        return canonical_url(url)
    except BadUrlError as error:
        raise RejectError(f"a record is of {url[:200]!r}, which is no address ({error.reason})") from None
