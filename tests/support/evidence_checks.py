"""The promises about evidence, held against the ledger and the object store of an archive."""

import hashlib
from typing import Any

from shared.warc_reading import StoredExchange, StoredRecord, read_members, read_records
from tests.support.archive import Archive

CAPTURES = """
select capture_id, target_id, url, kind, status, payload_digest, record_id, warc_key, warc_offset, warc_length,
       revisit_of, article_outcome
from captures order by capture_id
"""


def assert_conserved(archive: Archive) -> None:
    """Every accepted URL is in exactly one state, and nobody holds any."""
    figures = archive.kit.figures()
    targets = figures["targets"]
    assert targets["accepted"] == sum(count for state, count in targets.items() if state != "accepted")
    assert figures["conserved"]
    assert targets["leased"] == 0


def assert_evidence(archive: Archive) -> dict[str, list[StoredRecord]]:
    """Every capture points at a whole gzip member whose record and digests are its own; return all records."""
    captures = archive.rows(CAPTURES)
    objects = {key: archive.evidence.get(key) for key in sorted({row["warc_key"] for row in captures})}
    places = {
        key: {(offset, length) for offset, length, _ in read_members(data)} for key, data in objects.items()
    }
    for row in captures:
        place = row["warc_offset"], row["warc_length"]
        assert place in places[row["warc_key"]], row
        member = objects[row["warc_key"]][place[0] : sum(place)]
        [record] = read_records(member)
        _assert_is_of(record, row)
    return {key: list(read_records(data)) for key, data in objects.items()}


def _assert_is_of(record: StoredRecord, row: dict[str, Any]) -> None:
    assert record.record_id == row["record_id"]
    assert record.target_uri == row["url"]
    assert record.header("WARC-Block-Digest") == digest(record.block)
    if row["status"] is None:
        assert record.type == "metadata"
        return
    assert record.type == ("response" if row["revisit_of"] is None else "revisit")
    exchange = StoredExchange(record)
    assert exchange.status == row["status"]
    # A chunked body has none: the standard means it over the body without chunks, and readers differ.
    assert record.header("WARC-Payload-Digest") in {row["payload_digest"], None}
    if record.type == "response":
        assert digest(exchange.payload()) == row["payload_digest"]


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
