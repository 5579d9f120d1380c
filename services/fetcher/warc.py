"""Writes the WARC object of one batch: WARC 1.1, one gzip member per record, the exact bytes of the wire.

Records are put together by hand, because the libraries re-make HTTP heads or let a line end through into a
WARC header; isal at level 1 writes them at seven times the speed of warcio and the same size.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from isal import igzip_lib, isal_zlib

from services.fetcher.outcomes import Fetched, FetchFailure, NotFetched, Timings, Truncation
from services.fetcher.warc_fields import (
    Field,
    WarcFieldError,
    escaped,
    exchange_fields,
    field_lines,
    reference_fields,
    story_fields,
    timing_fields,
    warc_date,
)
from shared.cdxj import base32_of
from shared.http_message import ResponseHead, each_payload_piece, parse_head

__all__ = ["RecordedExchange", "WarcFieldError", "WarcInfo", "WarcSpool", "digest_of"]

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"

LARGE_RECORD_BYTES = 1024 * 1024
"""Records above this are compressed piece by piece, so that the memory they take does not grow with them."""
_PIECE_BYTES = 256 * 1024

_FIELDS_TYPE = "application/warc-fields"
_RESPONSE_TYPE = "application/http; msgtype=response"
_REQUEST_TYPE = "application/http; msgtype=request"
_DESCRIPTION = (
    "Digests are SHA-256 in lower-case hexadecimal; see payloadDigest for chunked bodies. Bytes are as on "
    "the wire, but a folded header line (obs-fold) is joined to the one before it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcInfo:
    """What the first record says about the object and who made it."""

    filename: str
    software: str
    user_agent: str
    operator: str
    hostname: str
    robots: str
    """The robots policy, in words: `obey`, or what else held and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExchange:
    """A look that stands in the WARC: the record to point at, and what the ledger wants to know of it."""

    target_id: int
    url: str
    kind: Literal["response", "revisit", "metadata"]
    """The type of the record at `offset`; `metadata` alone for a look that brought no response."""
    record_id: str
    date: datetime
    offset: int
    length: int
    block_digest: str
    payload_digest: str | None
    """Of the body without transfer-coding; on a 304 that of the capture it confirms; None without a response."""
    payload_bytes: int
    payload_sha1: str | None
    """In base32, for the index; None on a revisit and without a response."""
    status: int | None
    head: ResponseHead | None
    failure: FetchFailure | None
    failure_detail: str
    truncated: Truncation | None
    revisit: bool
    revisit_of: str | None
    """The id of the record that holds the payload."""
    ip: str | None
    timings: Timings
    retry_after: timedelta | None
    """When the host wants to be asked again, from 1 s to 24 h; None where it said nothing."""


class WarcSpool:
    """A WARC object in the making, as a file. Use it in a with block; the file is whole after the block."""

    def __init__(self, path: Path, info: WarcInfo, *, now: datetime) -> None:
        self.path = path
        self.records = 0
        self.size = 0
        self._file = path.open("xb")
        self._ids = _RecordIds()
        self._warcinfo_id = ""
        self._warcinfo_id = self._write_warcinfo(info, now)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def record(self, outcome: Fetched | NotFetched) -> RecordedExchange:
        """Write the records of one look.

        Raises:
            WarcFieldError: The URL of a fetched target holds a control character.
        """
        if isinstance(outcome, NotFetched):
            return self._record_failure(outcome)
        head = parse_head(outcome.raw_head)
        payload = _Payload(head, outcome.body)
        digest = payload.digest
        profile = _revisit_profile(outcome, digest)
        date = warc_date(outcome.started_at)
        if profile is None:
            written = self._write_response(outcome, date, None if head.is_chunked else digest)
        else:
            written = self._write_revisit(outcome, date, profile=profile, payload_digest=digest)
        self._write_request(outcome, date, written.record_id)
        self._write_metadata(outcome, date, written.record_id, payload_digest=None if profile else digest)
        previous = outcome.target.previous if profile else None
        return RecordedExchange(
            target_id=outcome.target.target_id,
            url=outcome.target.url,
            kind="revisit" if profile else "response",
            record_id=written.record_id,
            date=outcome.started_at,
            offset=written.offset,
            length=written.length,
            block_digest=written.block_digest,
            payload_digest=previous.payload_digest if previous else digest,
            payload_bytes=payload.size,
            payload_sha1=None if profile else payload.sha1,
            status=outcome.status,
            head=head,
            failure=None,
            failure_detail="",
            truncated=outcome.truncated,
            revisit=profile is not None,
            revisit_of=previous.record_id if previous else None,
            ip=outcome.ip or None,
            timings=outcome.timings,
            retry_after=outcome.retry_after,
        )

    def _record_failure(self, outcome: NotFetched) -> RecordedExchange:
        written = self._write_metadata(outcome, warc_date(outcome.started_at), None, payload_digest=None)
        return RecordedExchange(
            target_id=outcome.target.target_id,
            url=outcome.target.url,
            kind="metadata",
            record_id=written.record_id,
            date=outcome.started_at,
            offset=written.offset,
            length=written.length,
            block_digest=written.block_digest,
            payload_digest=None,
            payload_bytes=0,
            payload_sha1=None,
            status=None,
            head=None,
            failure=outcome.reason,
            failure_detail=outcome.detail,
            truncated=None,
            revisit=False,
            revisit_of=None,
            ip=outcome.ip,
            timings=outcome.timings,
            retry_after=None,
        )

    def _write_warcinfo(self, info: WarcInfo, now: datetime) -> str:
        fields = [
            ("software", info.software),
            ("format", "WARC File Format 1.1"),
            ("conformsTo", CONFORMS_TO),
            ("operator", info.operator),
            ("hostname", info.hostname),
            ("robots", info.robots),
            ("http-header-user-agent", info.user_agent),
            ("description", _DESCRIPTION),
        ]
        head = [("WARC-Filename", info.filename), ("Content-Type", _FIELDS_TYPE)]
        return self._write("warcinfo", warc_date(now), fields=head, block=(field_lines(fields),)).record_id

    def _write_response(self, outcome: Fetched, date: str, payload_digest: str | None) -> "_Written":
        """Write a response record.

        A chunked body gets no WARC-Payload-Digest: the standard wants it over the body without chunks
        (WARC 1.1 §6.3.2), the common readers check it over the body with them, and either choice looks
        like damage to somebody. The digest stands in the metadata record beside it.
        """
        fields = [*exchange_fields(outcome), ("Content-Type", _RESPONSE_TYPE)]
        if payload_digest:
            fields.append(("WARC-Payload-Digest", payload_digest))
        if outcome.truncated:
            fields.append(("WARC-Truncated", outcome.truncated.value))
        return self._write("response", date, fields=fields, block=(outcome.raw_head, outcome.body))

    def _write_revisit(self, outcome: Fetched, date: str, *, profile: str, payload_digest: str) -> "_Written":
        previous = outcome.target.previous
        assert previous is not None
        fields = [
            *exchange_fields(outcome),
            ("Content-Type", _RESPONSE_TYPE),
            ("WARC-Profile", profile),
            *reference_fields(previous),
        ]
        if profile == IDENTICAL_PAYLOAD:
            fields.append(("WARC-Payload-Digest", payload_digest))
        return self._write("revisit", date, fields=fields, block=(outcome.raw_head,))

    def _write_request(self, outcome: Fetched, date: str, concurrent_to: str) -> None:
        fields = [
            *exchange_fields(outcome),
            ("WARC-Concurrent-To", concurrent_to),
            ("Content-Type", _REQUEST_TYPE),
        ]
        self._write("request", date, fields=fields, block=(outcome.request,))

    def _write_metadata(
        self,
        outcome: Fetched | NotFetched,
        date: str,
        concurrent_to: str | None,
        *,
        payload_digest: str | None,
    ) -> "_Written":
        fields = [("WARC-Target-URI", escaped(outcome.target.url)), ("Content-Type", _FIELDS_TYPE)]
        if concurrent_to:
            fields.insert(1, ("WARC-Concurrent-To", concurrent_to))
        lines = [*story_fields(outcome), *timing_fields(outcome.timings)]
        if payload_digest:
            lines.append(("payloadDigest", payload_digest))
        return self._write("metadata", date, fields=fields, block=(field_lines(lines),))

    def _write(
        self, kind: str, date: str, *, fields: Sequence[Field], block: tuple[bytes | memoryview, ...]
    ) -> "_Written":
        """Append one record as one gzip member. The block is given in parts."""
        record_id = self._ids.next()
        block_digest = digest_of(*block)
        head = [
            ("WARC-Type", kind),
            ("WARC-Record-ID", record_id),
            ("WARC-Date", date),
            *fields,
            ("WARC-Block-Digest", block_digest),
            ("Content-Length", str(sum(map(len, block)))),
        ]
        if self._warcinfo_id:
            head.insert(3, ("WARC-Warcinfo-ID", self._warcinfo_id))
        length = self._append((b"WARC/1.1\r\n", field_lines(head), b"\r\n", *block, b"\r\n\r\n"))
        written = _Written(record_id=record_id, offset=self.size, length=length, block_digest=block_digest)
        self.size += length
        self.records += 1
        return written

    def _append(self, parts: Sequence[bytes | memoryview]) -> int:
        """Compress the parts of a record into one gzip member and return its length."""
        if sum(map(len, parts)) <= LARGE_RECORD_BYTES:
            # Level 0 would save 15 of 53 microseconds a page and cost 780 bytes of 5,900.
            return self._file.write(igzip_lib.compress(b"".join(parts), 1, igzip_lib.COMP_GZIP))
        # The window bits of a gzip member; its header is the same that igzip writes.
        compressor = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)
        length = 0
        for part in parts:
            view = memoryview(part)
            for start in range(0, len(view), _PIECE_BYTES):
                length += self._file.write(compressor.compress(view[start : start + _PIECE_BYTES]))
        return length + self._file.write(compressor.flush())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    record_id: str
    offset: int
    length: int
    block_digest: str


class _Payload:
    """The digests and the length of a body without its transfer-coding."""

    def __init__(self, head: ResponseHead, body: bytes | memoryview) -> None:
        if head.is_chunked:
            self.size = 0
            self._sha256, self._sha1 = hashlib.sha256(), hashlib.sha1(usedforsecurity=False)
            each_payload_piece(head, body, self._take)
        else:
            self.size = len(body)
            self._sha256, self._sha1 = hashlib.sha256(body), hashlib.sha1(body, usedforsecurity=False)

    def _take(self, piece: bytes | memoryview) -> None:
        self.size += len(piece)
        self._sha256.update(piece)
        self._sha1.update(piece)

    @property
    def digest(self) -> str:
        return f"sha256:{self._sha256.hexdigest()}"

    @property
    def sha1(self) -> str:
        return base32_of(self._sha1.digest())


class _RecordIds:
    """Random UUIDs (version 4, RFC 9562 §5.4) as record ids, without the objects that `uuid` makes.

    Random bytes are fetched for many ids at a time, but for one object only, so that no fork shares them.
    """

    def __init__(self) -> None:
        self._digits = ""

    def next(self) -> str:
        """Return an id that was never given."""
        if not self._digits:
            self._digits = os.urandom(16 * 64).hex()
        digits, self._digits = self._digits[:32], self._digits[32:]
        variant = "89ab"[int(digits[16], 16) & 3]
        return (
            f"<urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}>"
        )


def digest_of(*parts: bytes | memoryview) -> str:
    """Return the labelled digest of some bytes, given in parts.

    It is `sha256:` and lower-case hexadecimal, as `sha256sum` prints it.
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return f"sha256:{digest.hexdigest()}"


def _revisit_profile(outcome: Fetched, payload_digest: str) -> str | None:
    """Choose the profile of a revisit record (WARC 1.1 §6.7), or None for a full response."""
    previous = outcome.target.previous
    if previous is None or outcome.truncated or not 200 <= outcome.status < 400:
        return None
    if outcome.status == 304:
        return NOT_MODIFIED
    same = outcome.status == 200 and outcome.body and payload_digest == previous.payload_digest
    return IDENTICAL_PAYLOAD if same else None
