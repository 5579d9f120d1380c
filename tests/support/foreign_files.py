"""WARC files as other programs write them: warcio, wget, and gzip over the whole file."""

import base64
import gzip
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

SITE = "http://herald.example"
_NAMES = UUID(int=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look of somebody else at a page."""

    path: str
    at: datetime
    body: bytes
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)

    @property
    def url(self) -> str:
        return SITE + self.path

    @property
    def date(self) -> str:
        return self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def record_id(self) -> str:
        return f"<urn:uuid:{uuid5(_NAMES, f'{self.url} {self.date}')}>"


def story(path: str, *, words: str = "opened to walkers on Saturday") -> bytes:
    return (
        f"<!doctype html><html lang=en><title>Herald</title><body><main><article><h1>The bridge of {path}</h1>"
        f"<p>The new bridge over the harbour of {path} {words}.</p>"
        f"<p>Some forty people of {path} were present, among them the workers of the depot.</p>"
        f"<p>A band played on the steps of {path} until the rain set in and everybody went home.</p>"
        "</article></main></body></html>"
    ).encode()


def look(
    path: str, *, year: int = 2019, words: str = "opened to walkers on Saturday", **more: object
) -> Look:
    at = datetime(year, 5, 4, 12, 0, 7, tzinfo=UTC)
    return Look(**({"path": path, "at": at, "body": story(path, words=words)} | more))  # type: ignore[arg-type]


def by_warcio(
    looks: Iterable[Look], *, repeats: Iterable[tuple[Look, datetime]] = (), is_gzip: bool = True
) -> bytes:
    """A WARC 1.1 with warcinfo, request and response of each look, and revisits that repeat some of them."""
    target = io.BytesIO()
    writer = WARCWriter(target, gzip=is_gzip, warc_version="WARC/1.1")
    writer.write_record(
        writer.create_warcinfo_record("theirs.warc.gz", {"software": "warcio", "operator": "them"})
    )
    for one in looks:
        response = writer.create_warc_record(
            one.url,
            "response",
            payload=io.BytesIO(one.body),
            http_headers=StatusAndHeaders(one.status, list(one.headers), protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Record-ID": one.record_id, "WARC-Date": one.date},
        )
        request = writer.create_warc_record(
            one.url,
            "request",
            http_headers=StatusAndHeaders(
                f"GET {one.path} HTTP/1.1", [("Host", "herald.example")], is_http_request=True
            ),
            warc_headers_dict={"WARC-Date": one.date},
        )
        writer.write_request_response_pair(request, response)
    for one, at in repeats:
        digest = "sha1:" + base64.b32encode(hashlib.sha1(one.body).digest()).decode()
        again = Look(path=one.path, at=at, body=b"")
        revisit = writer.create_revisit_record(
            one.url,
            digest,
            one.url,
            one.date,
            http_headers=StatusAndHeaders(one.status, list(one.headers), protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Record-ID": again.record_id, "WARC-Date": again.date},
        )
        writer.write_record(revisit)
    return target.getvalue()


def by_wget(looks: Iterable[Look]) -> bytes:
    """A WARC 1.0 as wget 1.x wrote it: target URIs in angle brackets, requests first, named by their responses."""
    return b"".join(gzip.compress(record, mtime=0) for record in _wget_records(looks))


def in_one_stream(looks: Iterable[Look]) -> bytes:
    """The same records under one gzip stream, as `gzip file.warc` leaves them."""
    return gzip.compress(b"".join(_wget_records(looks)), mtime=0)


def _wget_records(looks: Iterable[Look]) -> list[bytes]:
    info = f"<urn:uuid:{uuid5(_NAMES, 'warcinfo')}>"
    records = [
        _record(
            "warcinfo", info, "2019-01-01T00:00:00Z", b"software: Wget/1.19\r\n", "application/warc-fields"
        )
    ]
    for one in looks:
        asked = f"GET {one.path} HTTP/1.1\r\nHost: herald.example\r\n\r\n".encode()
        request = f"<urn:uuid:{uuid5(_NAMES, f'request {one.url} {one.date}')}>"
        head = "".join(f"{name}: {value}\r\n" for name, value in one.headers)
        answer = f"HTTP/1.1 {one.status}\r\n{head}\r\n".encode() + one.body
        uri = f"WARC-Target-URI: <{one.url}>\r\nWARC-Warcinfo-ID: {info}\r\n"
        kind = "application/http;msgtype="
        records.append(_record("request", request, one.date, asked, f"{kind}request", uri))
        named = f"{uri}WARC-Concurrent-To: {request}\r\nWARC-IP-Address: 192.0.2.7\r\n"
        records.append(_record("response", one.record_id, one.date, answer, f"{kind}response", named))
    return records


def _record(kind: str, record_id: str, date: str, block: bytes, content_type: str, more: str = "") -> bytes:  # noqa: PLR0917
    digest = base64.b32encode(hashlib.sha1(block).digest()).decode()
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {record_id}\r\n{more}WARC-Date: {date}\r\n"
        f"WARC-Block-Digest: sha1:{digest}\r\nContent-Type: {content_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"
