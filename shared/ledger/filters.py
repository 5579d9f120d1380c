"""What lists of edits and removals may be narrowed to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

__all__ = ["ALL", "Filters"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Conditions that all hold; None asks for nothing."""

    language: str | None = None
    edit_class: str | None = None
    silent: bool | None = None
    since: datetime | None = None
    """Seen at this time or later."""
    watch_id: str | None = None
    """Of articles in which the name of this watch ever stood."""

    @property
    def of_edits(self) -> LiteralString:
        """Return the conditions on the edits `e` of the articles `a`."""
        where: LiteralString = ""
        if self.edit_class is not None:
            where += " and %(edit_class)s = any(e.classes)"
        if self.silent is not None:
            where += " and e.silent = %(silent)s"
        if self.since is not None:
            where += " and e.seen_at >= %(since)s"
        return where + self._of_articles

    @property
    def of_removals(self) -> LiteralString:
        """Return the conditions on the removed articles `a`."""
        where: LiteralString = ""
        if self.since is not None:
            where += " and a.state_since >= %(since)s"
        return where + self._of_articles

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what the conditions name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def _of_articles(self) -> LiteralString:
        where: LiteralString = ""
        if self.language is not None:
            where += " and a.language = %(language)s"
        if self.watch_id is not None:
            where += """ and a.article_id in (
                select m.article_id from watch_mentions m where m.watch_id = %(watch_id)s)"""
        return where


ALL = Filters()
"""No condition."""
