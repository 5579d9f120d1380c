"""What hosts show where there is no page, learnt from the looks at addresses that never were."""

from datetime import datetime
from typing import Protocol

from services.normalizer.reading import Shown
from services.normalizer.sightings import Elsewhere, Miss, Sighting, Wordless
from services.normalizer.wording import identifies
from shared.ledger.batches import StoredCapture
from shared.ledger.history import RevisionText
from shared.ledger.host_states import HostNotice

__all__ = ["NoticeRecords", "learn_notice"]


class NoticeRecords(Protocol):
    """What is read and written here of a source's history."""

    def article_of_identity(self, identity_digest: str, *, besides: str | None = None) -> RevisionText | None:
        """Return the oldest revision with the same text and day."""

    def set_host_notice(self, host: str, notice: HostNotice, *, at: datetime, capture_id: int) -> None:
        """Note what a host shows where there is no page."""

    def forget_host_notice(self, host: str, *, at: datetime) -> None:
        """Note that a host says by its status where there is no page."""


def learn_notice(records: NoticeRecords, capture: StoredCapture, shown: Shown) -> None:
    """Keep what a host showed at an address that never was.

    A host that says by its status that there is no page, or that leads to its front page, needs no such
    measure; one that shows an article in place of it gives none. A look that brought nothing whole, or the
    same bytes as the last, changes nothing.
    """
    match shown:
        case Miss():
            records.forget_host_notice(capture.host, at=capture.fetched_at)
            return
        case Sighting() if identifies(shown.body) and records.article_of_identity(shown.identity_digest):
            records.forget_host_notice(capture.host, at=capture.fetched_at)
            return
        case Sighting():
            notice = HostNotice(title=shown.title, body=shown.body)
        case Wordless():
            notice = HostNotice(title=shown.title, body=())
        case Elsewhere():
            notice = HostNotice(title="", body=(), redirect_to=shown.to)
        case _:
            return
    records.set_host_notice(capture.host, notice, at=capture.fetched_at, capture_id=capture.capture_id)
