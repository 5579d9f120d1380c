"""Reads what a capture holds: the record itself, or for a revisit the one whose payload it repeats."""

from dataclasses import dataclass

from shared.evidence import EvidenceStore
from shared.ledger.captured_urls import Memento
from shared.warc_reading import StoredExchange, exchange_at

__all__ = ["StoredAnswer", "read_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAnswer:
    """What a URL answered, as far as replay wants to know."""

    status: int
    content_type: str | None
    body: bytes


def read_answer(evidence: EvidenceStore, memento: Memento, *, limit: int) -> StoredAnswer:
    """Return what a capture shows, its codings undone.

    Raises:
        EvidenceMissingError: its object is not in the store.
        WarcReadError: its record cannot be read.
        DecodeError: its body cannot be decoded, or is longer than the limit.
        TryAgainError: the store did not answer.
    """
    own = exchange_at(evidence, memento.warc_key, offset=memento.warc_offset, length=memento.warc_length)
    if memento.revisit_of is None or own.record.type == "response":
        return _answer(own, own, limit)
    original = exchange_at(
        evidence,
        memento.original_key or "",
        offset=memento.original_offset or 0,
        length=memento.original_length or 0,
    )
    # A 304 says that all of what we hold is right, its status and type included.
    return _answer(original if memento.is_confirmation else own, original, limit)


def _answer(head: StoredExchange, payload: StoredExchange, limit: int) -> StoredAnswer:
    return StoredAnswer(
        status=head.status,
        content_type=head.content_type or payload.content_type,
        body=payload.body(limit),
    )
