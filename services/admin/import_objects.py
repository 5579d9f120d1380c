"""Writes objects of imported records: our word on where they come from first, then the records as they are."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import IO
from uuid import uuid4

from services.admin.foreign_exchanges import FoundExchange
from services.admin.foreign_warc import ForeignWarc, gzip_member
from shared.cdxj import CdxjEntry, entries_of
from shared.ledger.imports import ImportedFile
from shared.warc_reading import parse_record, read_members

__all__ = ["ObjectWriter", "provenance_member"]

_NO_VALUE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class ObjectWriter:
    """Appends gzip members to an object and notes where each look comes to lie."""

    def __init__(self, file: IO[bytes], warc: ForeignWarc) -> None:
        self._file = file
        self._warc = warc
        self._offset = 0
        self.entries: list[CdxjEntry] = []

    def append(self, member: bytes) -> tuple[int, int]:
        """Append a member and return its place."""
        place = (self._offset, len(member))
        self._file.write(member)
        self._offset += len(member)
        return place

    def exchange(
        self, exchange: FoundExchange, beside: Mapping[str, Sequence[tuple[int, int]]]
    ) -> tuple[int, int]:
        """Append a look with the requests and metadata that belong to it, and return the place of the look."""
        member = self._warc.member_at(exchange.offset, exchange.length)
        offset, length = self.append(member)
        _, _, content = next(read_members(member))
        record = parse_record(content, offset=offset, length=length)
        digests = {} if exchange.payload_digest is None else {record.record_id: exchange.payload_digest}
        self.entries.extend(entries_of([replace(record, target_uri=exchange.url)], digests))
        # wget names the request in the response, others the response in the request.
        for place in dict.fromkeys(
            (*beside.get(exchange.record_id, ()), *beside.get(exchange.concurrent_to or "", ()))
        ):
            self.append(self._warc.member_at(*place))
        return offset, length


def provenance_member(
    file: ImportedFile, *, part: str, recompressed: bool, at: datetime, software: str
) -> bytes:
    """Return a warcinfo record that says what was imported from where, by whom and when, and how it was kept."""
    kept = (
        "made of the exact bytes of each record, because the file had none"
        if recompressed
        else "as in the file"
    )
    fields = {
        "software": software,
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": file.source_id,
        "description": "records that somebody else made, imported byte for byte",
        "importedFrom": file.name,
        "importedFromDigest": file.digest,
        "importedFromPart": part,
        "importedBy": file.imported_by,
        "importedAt": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "gzipMembers": kept,
    }
    block = "".join(
        f"{name}: {_NO_VALUE.sub('?', value)}\r\n" for name, value in fields.items() if value
    ).encode()
    head = (
        "WARC/1.1\r\nWARC-Type: warcinfo\r\n"
        f"WARC-Record-ID: <urn:uuid:{uuid4()}>\r\nWARC-Date: {at:%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"Content-Type: application/warc-fields\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip_member(head.encode() + block + b"\r\n\r\n")
