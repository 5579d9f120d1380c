"""The action that lets a source or a host come before others, or after them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.parts import Parts
from services.admin.operating.pausing import known_host
from shared.ledger.priorities import Precedence, Priorities

__all__ = ["PriorityScope", "SetPriority"]


class PriorityScope(StrEnum):
    """What a precedence is of."""

    SOURCE = "source"
    HOST = "host"


class SetPriority(Action):
    """Let a source or a host be asked before everything else that is due, or after it.

    Of the pages of one host, those of the source that comes first are asked first; so are hosts that come first,
    among those that may be asked. How often a host is asked stays as it is.
    """

    model_config = examples(
        {"scope": "source", "subject": "harbour-en", "precedence": "high"},
        {"scope": "host", "subject": "https://harbour.example", "precedence": "low"},
    )
    name = "priority.set"
    is_long = True

    scope_of_priority: PriorityScope = Field(alias="scope")
    """source or host."""

    subject: Annotated[str, Field(min_length=1, max_length=500)]
    """A source's id, or a host as `https://example.org`."""

    precedence: Precedence
    """low, normal or high. For a host, normal leaves it to its sources again."""

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell what it is and what it would be."""
        del work
        subject, before = self._standing(Priorities(parts.database))
        return {
            "scope": str(self.scope_of_priority),
            "subject": subject,
            "before": str(before),
            "after": str(self.precedence),
        }

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Set it; of a source, move what is waiting already, some thousands in a transaction."""
        told, priorities = self.plan(parts, work), Priorities(parts.database)
        if self.scope_of_priority is PriorityScope.HOST:
            priorities.set_host(told["subject"], self.precedence)
            return told
        priorities.set_source(self.subject, self.precedence)
        place, last, moved = 0, priorities.last_target(), 0
        while place < last:
            place, count = priorities.move_targets(self.subject, after=place)
            moved += count
            work.advance(min(place, last), last)
        return {**told, "targets": moved}

    def _standing(self, priorities: Priorities) -> tuple[str, Precedence]:
        """Return the subject as the ledger writes it, and its precedence now.

        Raises:
            NotFoundError: there is no such source or host.
            SettingsError: it is no host.
        """
        if self.scope_of_priority is PriorityScope.SOURCE:
            return self.subject, priorities.of_source(self.subject)
        host = known_host(self.subject)
        return host, priorities.of_host(host)[0]
