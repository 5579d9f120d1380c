"""Actions that hold things back and let them go: pause, resume, and how fast a source is asked."""

from datetime import timedelta
from typing import Annotated, Self

import tomlkit
from pydantic import Field, model_validator

from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.crawling import SourceId
from services.admin.operating.parts import Parts
from shared.errors import NotFoundError, SettingsError
from shared.ledger.pauses import Pauses, PauseScope
from shared.messages import DispatchDue
from shared.sources import Duration, SourceFile, load_source
from shared.urls import BadUrlError, canonical_url, host_key

__all__ = ["PauseThing", "ResumeThing", "SetRate", "known_host"]

Reason = Annotated[str, Field(min_length=1, max_length=500)]


class _OfThing(Action):
    """What is paused, or no longer."""

    scope_of_pause: PauseScope = Field(alias="scope")
    """source, host or everything."""

    subject: str = Field(default="", max_length=500)
    """A source's id, or a host as `https://example.org`; left out for everything."""

    @model_validator(mode="after")
    def _names_a_subject(self) -> Self:
        if (self.scope_of_pause is PauseScope.EVERYTHING) != (self.subject == ""):
            raise ValueError("name a subject for a source or a host, and none for everything")
        return self

    def _known_subject(self, parts: Parts) -> str:
        """Return the subject as the ledger writes it.

        Raises:
            NotFoundError: there is no such source.
            SettingsError: it is no host.
        """
        match self.scope_of_pause:
            case PauseScope.EVERYTHING:
                return ""
            case PauseScope.SOURCE:
                return parts.orders.registry.get(self.subject).source_id
        return known_host(self.subject)


class PauseThing(_OfThing):
    """Ask a source, a host or nothing at all any more, until it is resumed or the pause ends by itself.

    What a fetcher has begun to ask is finished; a batch that it has not opened yet gives back what is paused.
    """

    model_config = examples(
        {
            "scope": "source",
            "subject": "harbour-en",
            "reason": "they asked for a quiet night",
            "lasting": "8h",
        },
        {"scope": "everything", "reason": "the disk is being replaced"},
    )
    name = "pause.set"

    reason: Reason
    """Why, for whoever finds it paused."""

    lasting: Duration | None = Field(default=None, gt=timedelta(0))
    """How long, such as 30m, 6h or 2d; left out, until it is resumed."""

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell what would be paused."""
        del work
        subject = self._known_subject(parts)
        standing = [one.as_json() for one in Pauses(parts.database).in_force()]
        return {"scope": str(self.scope_of_pause), "subject": subject, "paused_already": standing}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Set the pause."""
        subject = self._known_subject(parts)
        pause = Pauses(parts.database).pause(
            self.scope_of_pause, subject, reason=self.reason, lasting=self.lasting, by=work.actor
        )
        return pause.as_json()


class ResumeThing(_OfThing):
    """End a pause. What is due is asked at once."""

    model_config = examples({"scope": "source", "subject": "harbour-en"}, {"scope": "everything"})
    name = "pause.end"

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell which pause would end."""
        del work
        subject = self._known_subject(parts)
        for one in Pauses(parts.database).in_force():
            if (one.scope, one.subject) == (self.scope_of_pause, subject):
                return one.as_json()
        raise self._not_paused(subject)

    def run(self, parts: Parts, work: Work) -> Outcome:
        """End the pause and ring for the crawler."""
        subject = self._known_subject(parts)
        pause = Pauses(parts.database).resume(self.scope_of_pause, subject, by=work.actor)
        if pause is None:
            raise self._not_paused(subject)
        parts.orders.bus.publish(DispatchDue(), urgent=True)
        return pause.as_json()

    def _not_paused(self, subject: str) -> NotFoundError:
        what = f"{self.scope_of_pause} {subject}".rstrip()
        return NotFoundError(f"{what} is not paused; 'pressmark pauses' shows what is")


class SetRate(Action):
    """Change how often the hosts of a source are asked. It is written into the source's file."""

    model_config = examples(
        {"source": "harbour-en", "delay": "10s"}, {"source": "harbour-en", "concurrency": 2}
    )
    name = "source.set_rate"

    source: SourceId
    """The source's id."""

    delay: Duration | None = None
    """Least time between two requests to one host, such as 5s."""

    concurrency: int | None = Field(default=None, ge=1, le=16)
    """Connections to one host at the same time."""

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.delay is None and self.concurrency is None:
            raise ValueError("name a delay, a concurrency or both")
        return self

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell what it is and what it would be."""
        del work
        before = parts.orders.source(self.source)
        return _rates(before, load_source(self._changed(parts)))

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Write it into the source's file, and give the file to the registry."""
        del work
        before = parts.orders.source(self.source)
        after = parts.orders.change_source(self._changed(parts))
        return _rates(before, after)

    def _changed(self, parts: Parts) -> str:
        """Return the source's file with the new politeness, and everything else in it as it was."""
        document = tomlkit.parse(parts.orders.definition(self.source))
        politeness = document.setdefault("politeness", tomlkit.table())
        changes = self.model_dump(mode="json", include={"delay", "concurrency"}, exclude_none=True)
        for key, value in changes.items():
            politeness[key] = value
        return tomlkit.dumps(document)


def known_host(text: str) -> str:
    """Return a host as the ledger writes it.

    Raises:
        SettingsError: it is none.
    """
    try:
        return host_key(canonical_url(text if "://" in text else f"https://{text}"))
    except BadUrlError as error:
        raise SettingsError(f"{text!r} is no host ({error}); write https://example.org") from None


def _rates(before: SourceFile, after: SourceFile) -> Outcome:
    fields = {"delay", "concurrency"}
    return {
        "source": after.id,
        "before": before.politeness.model_dump(mode="json", include=fields),
        "after": after.politeness.model_dump(mode="json", include=fields),
    }
