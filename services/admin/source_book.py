"""What only operators know, kept in the object store: the source files and what they said about merged articles.

The evidence tells what outlets published, and by whose rules it is read stands in the ledger alone. So the book of
that is written beside the evidence whenever it changes. A page of it is never overwritten.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.clock import Clock
from shared.encoding import dump_json, load_json
from shared.errors import RejectError
from shared.evidence import EvidenceStore
from shared.ledger.merging import Merge, Merging
from shared.ledger.registry import Registry, SourceRow

__all__ = ["Book", "SourceBook"]

_PAGES = "book/"
_MOST_MERGES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The newest page."""

    sources: Sequence[SourceRow]
    merges: Sequence[dict[str, Any]]
    """What operators merged and parted, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBook:
    """Writes the book, and reads its newest page."""

    registry: Registry
    merging: Merging
    evidence: EvidenceStore
    clock: Clock

    def keep(self) -> str | None:
        """Write a page when anything has changed since the newest one, and return its key.

        Raises:
            TryAgainError: the ledger or the store does not answer.
        """
        sources = {row.source_id: _told_source(row) for row in self.registry.every()}
        if not sources:
            return None
        merges = {(one.winner, one.loser): _told_merge(one) for one in self._merges()}
        newest = self._newest()
        if newest is not None:
            # A ledger that is being made anew knows less than the book for a while, and must not shorten it.
            before = load_json(self.evidence.get(newest))
            sources = {row["source_id"]: row for row in before["sources"]} | sources
            merges = {(one["winner"], one["loser"]): one for one in before["merges"]} | merges
        page = dump_json({"sources": list(sources.values()), "merges": list(merges.values())})
        digest = hashlib.sha256(page).hexdigest()[:32]
        if newest is not None and newest.endswith(f"-{digest}.json"):
            return None
        key = f"{_PAGES}{self.clock.now():%Y%m%d-%H%M%S-%f}-{digest}.json"
        self.evidence.put(key, page, content_type="application/json")
        return key

    def read(self) -> Book:
        """Return what the newest page says; nothing when there is none.

        Raises:
            RejectError: it cannot be read.
        """
        key = self._newest()
        if key is None:
            return Book(sources=(), merges=())
        try:
            page = load_json(self.evidence.get(key))
            sources = [SourceRow(**row) for row in page["sources"]]
        except (ValueError, KeyError, TypeError) as error:
            raise RejectError(
                f"{key} is no page of the book ({error}); remove it, the one before holds"
            ) from None
        return Book(sources=sources, merges=page["merges"])

    def _merges(self) -> list[Merge]:
        """Return what operators said of pairs, the oldest first. What the archive merged it merges again."""
        told = self.merging.merges(limit=_MOST_MERGES)
        return [one for one in reversed(told) if one.merged_by != "pressmark" or one.unmerged_at is not None]

    def _newest(self) -> str | None:
        return max(self.evidence.keys(_PAGES), default=None)


def _told_source(row: SourceRow) -> dict[str, Any]:
    names = ("source_id", "name", "language", "home", "definition", "added_at", "removed_at")
    others = ("robots_reason", "proxy", "editions")
    return {name: getattr(row, name) for name in (*names, *others)}


def _told_merge(merge: Merge) -> dict[str, Any]:
    return {
        "winner": merge.winner,
        "loser": merge.loser,
        "by": merge.merged_by,
        "reason": merge.reason,
        "is_parted": merge.unmerged_at is not None,
        "parted_by": merge.unmerged_by,
        "parted_reason": merge.unmerge_reason,
    }
