"""What a capture says about its record, held against the record itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared.ledger.evidence_index import IndexedCapture
from shared.warc_reading import StoredExchange, StoredRecord

__all__ = ["Fault", "FaultKind", "faults_of_capture"]

_LONGEST_VALUE = 1000
"""The ledger keeps so many characters of a header field."""


class FaultKind(StrEnum):
    """What may be wrong with a capture."""

    POINTER_WRONG = "pointer_wrong"
    DUPLICATE = "duplicate_capture"
    RECORD_DIFFERS = "record_differs"
    DIGEST_DIFFERS = "digest_differs"
    REVISIT_UNRESOLVED = "revisit_unresolved"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and the sentence that tells it."""

    kind: FaultKind
    detail: str


def faults_of_capture(
    capture: IndexedCapture, record: StoredRecord, *, payload_digest: str | None
) -> Iterator[Fault]:
    """Yield what a capture says otherwise than the record it points at.

    Args:
        capture: What the ledger says.
        record: The record; of its block only the HTTP head is read.
        payload_digest: Of the payload of a response, computed from the record's bytes.
    """
    if record.length != capture.warc_length:
        told = f"the record is {record.length} bytes long where the capture says {capture.warc_length}"
        yield Fault(FaultKind.POINTER_WRONG, told)
    if record.record_id != capture.record_id:
        # Any other difference follows from this one.
        yield Fault(FaultKind.RECORD_DIFFERS, f"the record here is {record.record_id}")
        return
    for name, stored, said in _compared(capture, record):
        if stored != said:
            yield Fault(
                FaultKind.RECORD_DIFFERS, f"{name} is {stored!r} in the record, {said!r} in the ledger"
            )
    if record.type == "response":
        yield from _digest_faults(capture, payload_digest)
    if record.type == "revisit":
        yield from _revisit_faults(capture, record)


def _compared(capture: IndexedCapture, record: StoredRecord) -> Iterator[tuple[str, object, object]]:
    yield "the type", record.type, _type_of(capture)
    yield "the URL", record.target_uri, capture.url
    yield "the time", record.date.isoformat(), capture.fetched_at.isoformat()
    yield "the truncation", record.header("WARC-Truncated"), capture.truncated
    if record.type in ("response", "revisit"):
        exchange = StoredExchange(record)
        value = exchange.content_type
        yield "the status", exchange.status, capture.status
        kept = None if value is None else value.replace("\x00", "")[:_LONGEST_VALUE]
        yield "the content type", kept, capture.content_type


def _type_of(capture: IndexedCapture) -> str:
    if capture.status is None:
        return "metadata"
    return "response" if capture.revisit_of is None else "revisit"


def _digest_faults(capture: IndexedCapture, computed: str | None) -> Iterator[Fault]:
    if computed != capture.payload_digest:
        told = f"the payload has {computed}, the ledger says {capture.payload_digest}"
        yield Fault(FaultKind.DIGEST_DIFFERS, told)


def _revisit_faults(capture: IndexedCapture, record: StoredRecord) -> Iterator[Fault]:
    referred = record.header("WARC-Refers-To")
    if referred != capture.original_record:
        told = f"the record repeats {referred}, the ledger says {capture.original_record}"
        yield Fault(FaultKind.REVISIT_UNRESOLVED, told)
    if capture.payload_digest not in (None, capture.original_digest):
        told = (
            f"the record it repeats has the payload {capture.original_digest}, not {capture.payload_digest}"
        )
        yield Fault(FaultKind.DIGEST_DIFFERS, told)
