"""Changes of a source's template in the ledger: which deltas are known, and the edits that hold one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.ledger.database import Row, Transaction, as_json

__all__ = ["NewEdit", "TemplateRecords", "ToldEdit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdit:
    """How a revision differs from the one before."""

    url: str
    from_revision: int
    to_revision: int
    seen_at: datetime
    classes: Sequence[str]
    silent: bool
    words_changed: int
    changes: Sequence[Mapping[str, Any]]
    title_change: Mapping[str, Any] | None = None
    """How the title changed: `from`, `to`, `classes`, and `delta` where a template may have changed it."""
    taken_back: Sequence[Mapping[str, Any]] = field(default=())
    """Changes that turned out to be the template's."""
    template_id: int | None = None
    """The change of the template that made all of this edit."""

    @property
    def deltas(self) -> list[str]:
        """What of it other articles may share, each once; what was taken back too."""
        title = [] if self.title_change is None else [self.title_change]
        found = (change.get("delta") for change in (*title, *self.changes, *self.taken_back))
        return list(dict.fromkeys(delta for delta in found if delta))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEdit:
    """An edit that stands in the ledger."""

    article_id: str
    edit: NewEdit


class TemplateRecords:
    """What the history of one source holds of its templates, within one transaction."""

    _transaction: Transaction
    source_id: str

    def templates_of(self, deltas: Sequence[str]) -> dict[str, int]:
        """Return those of the deltas that are known as the template's, each with the change that made it."""
        arguments = {"source": self.source_id, "deltas": list(deltas)}
        rows = self._transaction.rows(_TEMPLATES_OF, arguments)
        return {row["delta"]: row["template_id"] for row in rows}

    def edits_with(self, deltas: Sequence[str]) -> list[ToldEdit]:
        """Return the edits of this source that hold any of these deltas, the earliest seen first."""
        arguments = {"source": self.source_id, "deltas": list(deltas)}
        return [_told(row) for row in self._transaction.rows(_EDITS_WITH, arguments)]

    def template_near(self, earliest: datetime, latest: datetime) -> int | None:
        """Return the change of the template that was first seen between two times."""
        arguments = {"source": self.source_id, "earliest": earliest, "latest": latest}
        row = self._transaction.row(_TEMPLATE_NEAR, arguments)
        return None if row is None else int(row["template_id"])

    def add_template(self, first_seen_at: datetime) -> int:
        """Add a change of the template and return its id."""
        row = self._transaction.row(_ADD_TEMPLATE, {"source": self.source_id, "seen": first_seen_at})
        assert row is not None
        return int(row["template_id"])

    def add_template_delta(self, template_id: int, delta: str, *, was: str, became: str) -> None:
        """Note that a delta is the template's, with the words of an example."""
        arguments = {
            "source": self.source_id,
            "template": template_id,
            "delta": delta,
            "was": was,
            "became": became,
        }
        self._transaction.run(_ADD_TEMPLATE_DELTA, arguments)

    def add_edit(self, article_id: str, edit: NewEdit) -> None:
        """Record how a revision differs from the one before, in place of what was recorded of it."""
        self._transaction.run(
            _ADD_EDIT,
            {
                "article": article_id,
                "source": self.source_id,
                "url": edit.url,
                "from": edit.from_revision,
                "to": edit.to_revision,
                "seen": edit.seen_at,
                "classes": list(edit.classes),
                "silent": edit.silent,
                "words": edit.words_changed,
                "changes": as_json([dict(change) for change in edit.changes]),
                "deltas": edit.deltas,
                "title": None if edit.title_change is None else as_json(dict(edit.title_change)),
                "taken_back": as_json([dict(change) for change in edit.taken_back]),
                "template": edit.template_id,
            },
        )


def _told(row: Row) -> ToldEdit:
    return ToldEdit(
        article_id=row["article_id"],
        edit=NewEdit(
            url=row["url"],
            from_revision=row["from_revision"],
            to_revision=row["to_revision"],
            seen_at=row["seen_at"],
            classes=row["classes"],
            silent=row["silent"],
            words_changed=row["words_changed"],
            changes=row["changes"],
            title_change=row["title_change"],
            taken_back=row["taken_back"],
            template_id=row["template_id"],
        ),
    )


_TEMPLATES_OF = """
select delta, template_id from template_deltas where source_id = %(source)s and delta = any(%(deltas)s)
"""

_EDITS_WITH = """
select article_id, url, from_revision, to_revision, seen_at, classes, silent, words_changed, changes,
       title_change, taken_back, template_id
from edits where source_id = %(source)s and deltas && %(deltas)s::text[]
order by seen_at, edit_id
"""

_TEMPLATE_NEAR = """
select template_id from templates
where source_id = %(source)s and first_seen_at between %(earliest)s and %(latest)s
order by template_id limit 1
"""

_ADD_TEMPLATE = """
insert into templates (source_id, first_seen_at) values (%(source)s, %(seen)s) returning template_id
"""

_ADD_TEMPLATE_DELTA = """
insert into template_deltas (source_id, delta, template_id, was, became)
values (%(source)s, %(delta)s, %(template)s, %(was)s, %(became)s) on conflict do nothing
"""

_ADD_EDIT = """
insert into edits (article_id, source_id, url, from_revision, to_revision, seen_at, classes, silent,
                   words_changed, changes, deltas, title_change, taken_back, template_id)
values (%(article)s, %(source)s, %(url)s, %(from)s, %(to)s, %(seen)s, %(classes)s, %(silent)s, %(words)s,
        %(changes)s, %(deltas)s, %(title)s, %(taken_back)s, %(template)s)
on conflict (to_revision) do update
set from_revision = excluded.from_revision, classes = excluded.classes, silent = excluded.silent,
    words_changed = excluded.words_changed, changes = excluded.changes, deltas = excluded.deltas,
    title_change = excluded.title_change, taken_back = excluded.taken_back, template_id = excluded.template_id
"""
