"""What is told: events in words that feeds and webhooks pass on, each with the record that proves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID, uuid5

from shared.ledger.database import Database, Row

__all__ = ["ALARMS", "ARTICLES", "EDITS", "KINDS", "REMOVALS", "TOLD", "Telling", "Told", "told_of"]

ARTICLES = ("article_found",)
EDITS = ("article_edited",)
REMOVALS = ("article_removed", "article_returned")
ALARMS = ("watch_alarm",)
KINDS = (*ARTICLES, *EDITS, *REMOVALS, *ALARMS)
"""The kinds of events that are told to the outside. The others (another address, a suspicion) are for us."""

_NAMESPACE = UUID("6f6bd3a2-6f0e-5a0c-9c35-0d8a3a1b6c11")
_MOST_CHANGES = 50

TOLD: LiteralString = """
select e.event_id, e.at, e.kind, e.source_id, s.name as source_name, s.language as source_language, e.article_id,
    a.title, a.url, a.language, a.state, a.published, e.data, c.capture_id, c.record_id, c.warc_key, c.warc_offset,
    c.payload_digest, c.status, c.fetched_at, c.url as capture_url, x.edit_id, x.changes
from events e join sources s using (source_id)
left join articles a using (article_id)
left join captures c using (capture_id)
left join lateral (
    select edit_id, changes from revisions r join edits on edits.to_revision = r.revision_id
    where e.kind = 'article_edited' and r.article_id = e.article_id and r.capture_id = e.capture_id
    order by edit_id limit 1
) x on true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as it is told."""

    event_id: int
    at: datetime
    kind: str
    source_id: str
    source_name: str
    language: str | None
    article_id: str | None
    title: str | None
    url: str | None
    """Of the article at its source: foreign text, to be linked only after a check."""
    state: str | None
    published: str | None
    data: Mapping[str, Any]
    edit_id: int | None
    changes: tuple[Mapping[str, Any], ...]
    capture: Mapping[str, Any] | None

    @property
    def urn(self) -> str:
        """Return a name that never changes, whatever becomes of the article's title or address."""
        return uuid5(_NAMESPACE, f"{self.event_id} {self.kind} {self.at.isoformat()} {self.source_id}").urn

    def as_json(self) -> dict[str, Any]:
        """Return the event as webhooks get it, in the shape of the Standard Webhooks conventions."""
        return {
            "type": self.kind.replace("_", ".", 1),
            "timestamp": self.at,
            "data": {
                "event": self.event_id,
                "id": self.urn,
                "source": self.source_id,
                "source_name": self.source_name,
                "article": self.article_id,
                "title": self.title,
                "url": self.url,
                "language": self.language,
                "state": self.state,
                "published": self.published,
                "edit": self.edit_id,
                "changes": [
                    {"op": one.get("op"), "from": one.get("from") or "", "to": one.get("to") or ""}
                    for one in self.changes
                ],
                "capture": self.capture,
                **{name: value for name, value in self.data.items() if name not in _OWN_NAMES},
            },
        }


_OWN_NAMES = frozenset(
    {"event", "id", "source", "article", "title", "url", "state", "edit", "changes", "capture"}
)
_CAPTURE = ("record_id", "warc_key", "warc_offset", "payload_digest", "status", "fetched_at", "capture_url")


def told_of(row: Row) -> Told:
    """Return the event of a row of `TOLD`."""
    names = ("event_id", "at", "kind", "source_id", "source_name", "article_id", "title", "url", "state")
    capture = None
    if row["capture_id"] is not None:
        capture = {name.removeprefix("capture_"): row[name] for name in _CAPTURE}
    return Told(
        **{name: row[name] for name in names},
        published=row["published"],
        language=row["language"] or row["source_language"],
        data=row["data"],
        edit_id=row["edit_id"],
        changes=tuple(row["changes"] or ())[:_MOST_CHANGES],
        capture=capture,
    )


class Telling:
    """Reads the newest events.

    Every method may raise `TryAgainError`: the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(
        self,
        kinds: Sequence[str],
        limit: int,
        *,
        source_id: str | None = None,
        language: str | None = None,
        watch_id: str | None = None,
    ) -> list[Told]:
        """Return the last events of these kinds, the newest first.

        Args:
            kinds: of events, some of `KINDS`.
            limit: how many at most.
            source_id: only of this source.
            language: only of articles in this language.
            watch_id: only of articles that this watch's name ever stood in, and its own alarms.
        """
        arguments = {
            "kinds": list(kinds),
            "limit": limit,
            "source": source_id,
            "language": language,
            "watch": watch_id,
        }
        with self._database.reading() as ledger:
            return [told_of(row) for row in ledger.rows(TOLD + _NEWEST, arguments)]


_NEWEST: LiteralString = """
where e.kind = any(%(kinds)s) and (%(source)s::text is null or e.source_id = %(source)s)
  and (%(language)s::text is null or coalesce(a.language, s.language) = %(language)s)
  and (%(watch)s::text is null or e.data ->> 'watch' = %(watch)s
       or e.article_id in (select article_id from watch_mentions where watch_id = %(watch)s))
order by e.event_id desc limit %(limit)s
"""
