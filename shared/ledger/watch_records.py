"""What a pass over the watches reads and writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Departure", "NewAlarm", "News", "RemovalTable", "SilenceCounts", "Watch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A name or phrase that is watched."""

    watch_id: str
    name: str
    spellings: tuple[str, ...]
    expression: str
    """The tsquery that finds any spelling."""
    source_ids: tuple[str, ...]
    """Empty: all sources."""
    languages: tuple[str, ...]
    """Empty: all languages."""
    added_at: datetime
    filled_at: datetime | None
    """Since when the articles archived before are known to it; None while they are not."""
    removed_at: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Watch":
        """Return the watch of a row."""
        lists = {name: tuple(row[name]) for name in ("spellings", "source_ids", "languages")}
        return cls(**{**row, **lists})

    def as_json(self) -> dict[str, Any]:
        """Return the watch as the commands show it."""
        return {
            "id": self.watch_id,
            "name": self.name,
            "spellings": list(self.spellings),
            "sources": list(self.source_ids),
            "languages": list(self.languages),
            "added_at": self.added_at,
            "ready": self.filled_at is not None,
            "removed_at": self.removed_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What has happened since the last pass."""

    articles: tuple[str, ...]
    """Every article to which anything happened."""
    removed: tuple[str, ...]
    found: Mapping[str, int]
    """How many articles of each source were found."""
    now: datetime | None
    """The latest time at which anything was ever seen: the archive's own clock. None before there is anything."""
    is_last: bool
    """Whether nothing more is to be read now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """An edit that took the name away."""

    edit_id: int
    article_id: str
    source_id: str
    url: str
    title: str
    held_from: datetime
    held_until: datetime
    from_revision: int
    to_revision: int
    from_capture: int
    to_capture: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalTable:
    """The articles of a source that could be removed, by whether they were, and whether they hold the name."""

    articles: int
    holders: int
    removed: int
    holders_removed: int
    removed_holders: tuple[str, ...]
    """Ids, at most 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceCounts:
    """The articles of a source around the last one that held the name, by date of publication."""

    article_id: str
    published_at: datetime
    first_seen_at: datetime
    after: int
    """Articles since."""
    upto: int
    """Articles up to it, over a year."""
    holders: int
    """Those of them that hold the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAlarm:
    """An alarm to be raised."""

    kind: str
    source_id: str
    article_id: str | None
    at: datetime
    occasion: str
    """Two alarms of a watch with one kind and occasion are one."""
    proof: Mapping[str, Any]
    capture_id: int | None = None
    statistics: Mapping[str, Any] | None = None
    held_from: datetime | None = None
    held_until: datetime | None = None
