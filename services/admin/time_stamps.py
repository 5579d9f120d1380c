"""Time stamps of signed checkpoints by an outside authority (RFC 3161): planned here, and kept once they verify.

A stamp is of the signed checkpoint as it stands in the store, by its SHA-256. It says that the log was no younger;
whoever holds the archive's key cannot write such a log anew for an earlier day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from asn1crypto.tsp import TimeStampResp
from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from services.admin.upkeep import Outcome
from shared.clock import Clock
from shared.errors import PressmarkError, SettingsError
from shared.ledger.log_book import LogBook
from shared.ledger.stamps import Answered, Stamps
from shared.log_store import LogStore

__all__ = ["Authority", "StampError", "TimeStamping", "authority_of", "wrong_stamps"]

_AGAIN_AFTER = timedelta(minutes=30)


class StampError(PressmarkError):
    """A time stamp is not one of this checkpoint by this authority; the text says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Whose stamps are believed."""

    url: str
    certificates: tuple[Certificate, ...]
    """Where its chain ends, and what lies between where it does not send that along."""

    @property
    def name(self) -> str:
        """What its stamps are called in the store."""
        host = (urlsplit(self.url).hostname or "").lower()
        return re.sub(r"[^a-z0-9.-]", "-", host)[:100]

    def verified(self, note: str, answer: bytes, *, nonce: int | None = None) -> datetime:
        """Return the time that an answer stamps a checkpoint with.

        Args:
            note: The signed checkpoint.
            answer: A time stamp response, DER.
            nonce: Of the request, where it is known; else any is accepted.

        Raises:
            StampError: It is no valid stamp of it by this authority.
        """
        verifier = VerifierBuilder(roots=list(self.certificates), nonce=nonce).build()
        try:
            response = decode_timestamp_response(_in_der(answer))
            verifier.verify_message(response, note.encode())
        except (VerificationError, ValueError) as error:
            raise StampError(f"the answer of {self.name} is no valid time stamp: {error}") from None
        return response.tst_info.gen_time


def _in_der(answer: bytes) -> bytes:
    """Return an answer with its sets in the order of DER (X.690 §11.6), which some authorities do not keep.

    Certificates come in any order from openssl's own authority. No signature covers that order.

    Raises:
        ValueError: It is no time stamp response.
    """
    return bytes(TimeStampResp.load(answer, strict=True).dump(force=True))


def authority_of(url: str, certificates: Path | None) -> Authority | None:
    """Return the authority that the settings name; None where they name none.

    Raises:
        SettingsError: They name one without its certificates, or these cannot be read.
    """
    if not url:
        return None
    if certificates is None:
        raise SettingsError(
            "PRESSMARK_TIMESTAMP_CERTIFICATES names no file: a stamp is believed only by the certificates of "
            "PRESSMARK_TIMESTAMP_URL, in PEM"
        )
    try:
        chain = load_pem_x509_certificates(certificates.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"PRESSMARK_TIMESTAMP_CERTIFICATES: {certificates} holds no PEM certificates ({error})"
        ) from None
    return Authority(url=url, certificates=tuple(chain))


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamping:
    """Has checkpoints stamped, one in a while, and keeps what verifies."""

    stamps: Stamps
    book: LogBook
    log: LogStore
    authority: Authority
    every: timedelta
    clock: Clock

    def run(self) -> Outcome:
        """Take in what came, ask for what is due, and say how that stands.

        Raises:
            TryAgainError: The store or the ledger did not answer.
        """
        taken = [self._take_in(one) for one in self.stamps.answered()]
        planned = self._plan()
        last = self.stamps.last(self.authority.url) or {}
        newest = self.stamps.newest()
        return {
            "kept": sum(one is None for one in taken),
            "refused": [one for one in taken if one is not None],
            "planned": planned,
            "size": last.get("size"),
            "state": last.get("state"),
            "outcome": last.get("outcome"),
            "stamped_at": None if newest is None else newest.isoformat(),
        }

    def _take_in(self, one: Answered) -> str | None:
        """Keep a stamp that verifies; return why not otherwise, and have it asked for again."""
        try:
            stamped_at = self.authority.verified(one.note, one.answer, nonce=one.nonce)
        except StampError as error:
            again_at = self.clock.now() + _AGAIN_AFTER * min(one.attempts, 12)
            self.stamps.postpone(one, str(error), again_at=again_at)
            return str(error)
        self.log.put_stamp(one.answer, size=one.size, authority=self.authority.name)
        self.stamps.keep(one, stamped_at=stamped_at)
        return None

    def _plan(self) -> int:
        """Have the last checkpoint stamped, if one was signed since the last that was asked for."""
        newest, last, now = self.book.newest(), self.stamps.last(self.authority.url), self.clock.now()
        if newest is None or (
            last is not None and (last["size"] >= newest.size or now - last["planned_at"] < self.every)
        ):
            return 0
        request = TimestampRequestBuilder(
            data=newest.note.encode(), hash_algorithm=HashAlgorithm.SHA256
        ).build()
        assert request.nonce is not None
        self.stamps.plan(
            size=newest.size,
            authority=self.authority.url,
            request=request.as_bytes(),
            nonce=request.nonce,
            at=now,
        )
        return 1


def wrong_stamps(log: LogStore, authority: Authority) -> Iterator[tuple[int, str]]:
    """Yield the stamps of an authority that do not verify: the size of each one's checkpoint, and why."""
    for size, name in log.stamps():
        note = log.note(f"checkpoints/{size}")
        if note is None:
            yield size, "the checkpoint that a time stamp is of is gone"
        elif name == authority.name:
            try:
                authority.verified(note, log.stamp(size, name))
            except StampError as error:
                yield size, str(error)
