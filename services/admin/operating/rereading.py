"""Actions that have stored pages read again: by the rules of today, or by those that somebody proposes."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.crawling import SourceId
from services.admin.operating.keeping import check_days, day_begins
from services.admin.operating.parts import Parts
from services.admin.rereading import Rereading
from shared.ledger.corrections import Scope
from shared.ledger.reading_orders import NewReading, ReadingOrders

__all__ = ["Renormalize", "rereading"]


class Renormalize(Action):
    """Read stored captures again, by today's reader and the sources' rules, and correct the history.

    What a publisher changed stays an edit; what only our rules changed is none. Tried dry, it reads all the same
    and tells what would change, field by field with examples. One that was ended goes on when it is ordered again.
    """

    model_config = examples(
        {"source": "harbour-en", "rules_older": True},
        {"begin": "2026-03-01", "end": "2026-04-01"},
        {"source": "harbour-en", "rules": "1-5f3c0a9d2b71"},
    )
    name = "history.renormalize"
    is_long = True
    plans_long = True

    source: SourceId | None = None
    """Only captures of this source; left out, of every source that is watched."""

    begin: date | None = None
    """Only articles looked at on this day or later, in UTC."""

    end: date | None = None
    """Only articles looked at before this day, in UTC."""

    rules_older: bool = False
    """Only articles that were read by other rules than those that hold now."""

    rules: Annotated[str, Field(pattern=r"^[0-9]{1,6}-[0-9a-f]{12}$")] | None = None
    """Only articles that were read by this version of the rules, as each article tells it under `rules`."""

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        check_days(self.begin, self.end)
        return self

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Read everything and tell what would change."""
        return self._read(parts, work, is_preview=True)

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Read everything and correct the history."""
        return self._read(parts, work, is_preview=False)

    def _read(self, parts: Parts, work: Work, *, is_preview: bool) -> Outcome:
        sources = list(self._sources(parts))
        scope = Scope(
            begin=day_begins(self.begin),
            end=day_begins(self.end),
            older_rules=self.rules_older,
            rules=self.rules,
        )
        wanted = (NewReading(source_id=one, scope=scope, is_preview=is_preview) for one in sources)
        return {"sources": sources, **rereading(parts, work).read(wanted)}

    def _sources(self, parts: Parts) -> Iterator[str]:
        """Yield which sources are meant.

        Raises:
            NotFoundError: there is no such source.
        """
        if self.source is not None:
            yield parts.orders.registry.get(self.source).source_id
        else:
            yield from (row.source_id for row in parts.orders.registry.all() if row.removed_at is None)


def rereading(parts: Parts, work: Work) -> Rereading:
    """Return what has stored pages read, and tells how far that is."""
    return Rereading(orders=ReadingOrders(parts.database), ring=parts.ring_readers, advance=work.advance)
