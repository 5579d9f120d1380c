"""One article that is read again: its looks, what they show now, and its revisions as they become."""

from dataclasses import dataclass, replace

from services.normalizer.sightings import Sighting
from shared.ledger.corrections import StoredRevision

__all__ = ["Case"]


@dataclass(slots=True, kw_only=True)
class Case:
    """One article, with all looks at it and what they show now."""

    article_id: str
    rules: str
    looks: list[tuple[str, int]]
    """Address and capture of each look, the oldest first."""
    shown: dict[int, Sighting | None]
    revisions: dict[int, StoredRevision]
    current: int

    def urls(self) -> list[str]:
        """Return the addresses by their first look."""
        return list(dict.fromkeys(url for url, _ in self.looks))

    def shown_at(self, url: str) -> list[Sighting]:
        """Return what an address showed, the oldest first."""
        readings = (self.shown[capture] for address, capture in self.looks if address == url)
        return [reading for reading in readings if reading is not None]

    def of_capture(self, capture_id: int) -> StoredRevision | None:
        """Return the revision that was first seen in a capture."""
        return next((one for one in self.revisions.values() if one.capture_id == capture_id), None)

    def with_text(self, text_digest: str) -> StoredRevision | None:
        """Return the newest revision that has a text."""
        return next(
            (one for one in reversed(self.revisions.values()) if one.text_digest == text_digest), None
        )

    def take(self, revision: StoredRevision, reading: Sighting) -> None:
        """Let a revision say what was read for it."""
        self.revisions[revision.revision_id] = replace(
            revision,
            title=reading.title,
            body=reading.body,
            text_digest=reading.text_digest,
            identity_digest=reading.identity_digest,
            fields=reading.fields,
        )

    def is_read_by_present_rules(self) -> bool:
        """Whether every revision was."""
        return all(revision.rules == self.rules for revision in self.revisions.values())

    def holds_unknown_text(self) -> bool:
        """Whether a look shows words that no revision has."""
        texts = {revision.text_digest for revision in self.revisions.values()}
        remaining = {capture for _, capture in self.looks}
        return any(
            reading is not None and capture in remaining and reading.text_digest not in texts
            for capture, reading in self.shown.items()
        )
