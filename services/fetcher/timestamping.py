"""Has an authority stamp the newest checkpoint of the log (RFC 3161), where an operator named one.

Checkpoints are signed and published without waiting for this. A stamp stands beside them as
`log/timestamps/SIZE.tsr`, after all of it was checked; one that does not hold is not kept. What fails is asked for
again later, twice as late each time.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from cryptography.x509 import Certificate

from services.fetcher.posting import Poster
from shared.evidence import EvidenceMissingError, EvidenceStore
from shared.ledger.log_book import LogBook
from shared.ledger.upkeep import UpkeepJournal
from shared.log_store import stamp_key
from shared.proof import ProofError
from shared.proof.timestamps import REQUEST_TYPE, check_response, request_for

__all__ = ["JOB", "CheckpointStamper", "pause_after"]

log = structlog.get_logger(__name__)

JOB = "timestamp"
"""What this is called among the things that the archive does by itself (`pressmark status`)."""
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
_LONGEST_DOUBLING = 20
_NONCE_BITS = 63
_GRANTED_STATUS = 200


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: doubled each time, at most six hours."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(failures - 1, _LONGEST_DOUBLING)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointStamper:
    """Asks one authority, one process at a time."""

    book: LogBook
    journal: UpkeepJournal
    evidence: EvidenceStore
    poster: Poster
    url: str
    trusted: Sequence[Certificate]
    every: timedelta
    """Least time between two stamps."""

    def stamp(self) -> bool:
        """Stamp the newest checkpoint if it is time; return whether a new stamp stands in the store.

        Raises:
            TryAgainError: The ledger or the store does not answer.
        """
        last = next((run.outcome for run in self.journal.last_runs() if run.job == JOB), {})
        failures = int(last.get("failures", 0))
        with self.journal.turn(JOB, every=pause_after(failures) if failures else self.every) as is_ours:
            if not is_ours:
                return False
            try:
                outcome = self._stamp_newest(last)
            except ProofError as error:
                outcome = {**last, "failures": failures + 1, "error": str(error)}
                log.warning("checkpoint_not_stamped", reason=str(error), failures=failures + 1)
            self.journal.end(JOB, outcome)
        return "error" not in outcome and outcome.get("size") != last.get("size")

    def _stamp_newest(self, last: dict[str, object]) -> dict[str, object]:
        newest = self.book.newest()
        if newest is None or self._is_stamped(newest.size):
            return {name: value for name, value in last.items() if name != "error"} | {"failures": 0}
        data, nonce = newest.note.encode(), secrets.randbits(_NONCE_BITS)
        posted = self.poster.ask(self.url, request_for(data, nonce=nonce), {"Content-Type": REQUEST_TYPE})
        if posted.status != _GRANTED_STATUS:
            raise ProofError(f"the authority did not stamp: {posted.failure or f'http_{posted.status}'}")
        stamp = check_response(posted.body, data, trusted=self.trusted, nonce=nonce)
        key = stamp_key(newest.size)
        self.evidence.put(key, posted.body, content_type="application/timestamp-reply")
        log.info("checkpoint_stamped", size=newest.size, at=stamp.at.isoformat(), seconds=posted.seconds)
        return {"failures": 0, "size": newest.size, "at": stamp.at.isoformat(), "authority": stamp.authority}

    def _is_stamped(self, size: int) -> bool:
        try:
            self.evidence.get(stamp_key(size))
        except EvidenceMissingError:
            return False
        return True
