"""The action that changes a source's file, after it was tried on stored pages."""

from collections.abc import Mapping
from difflib import unified_diff
from typing import Annotated

from pydantic import AfterValidator, Field

from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.crawling import SourceId
from services.admin.operating.parts import Parts
from services.admin.operating.rereading import rereading
from shared.errors import SettingsError
from shared.ledger.corrections import Scope
from shared.ledger.reading_orders import NewReading
from shared.ledger.tokens import TokenScope
from shared.sources import SourceFile

__all__ = ["EditSource"]

_MOST_LINES = 400


def _with_plain_ends(text: str) -> str:
    """Return a text with the ends of lines that files have; forms bring others."""
    return text.replace("\r\n", "\n").strip() + "\n"


class EditSource(Action):
    """Replace a source's file by another. Tried dry, it reads stored articles by the new rules, too.

    The trial tells what would differ from what stands, field by field with examples. What was read before stays as
    it is until it is renormalized.
    """

    model_config = examples(
        {
            "source": "harbour-en",
            "definition": 'id = "harbour-en"\nname = "Harbour"\nlanguage = "en"\n'
            'home = "https://harbour.example/"\n[[lists]]\nurl = "https://harbour.example/latest"\n'
            'kind = "listing"\n[article]\ntitle = "h1.headline"\n',
        }
    )
    name = "source.edit"
    scope = TokenScope.ADMIN
    plans_long = True

    source: SourceId
    """The source's id."""

    definition: Annotated[str, Field(min_length=1, max_length=200_000), AfterValidator(_with_plain_ends)] = (
        Field(json_schema_extra={"format": "toml"})
    )
    """The whole file as it shall be."""

    sample: int = Field(default=20, ge=0, le=500)
    """How many of the newest articles the trial reads; 20 unless you say otherwise."""

    @classmethod
    def first_values(cls, parts: Parts, named: Mapping[str, str]) -> Mapping[str, str]:
        """Begin with the file as it stands."""
        return {"definition": parts.orders.definition(named["source"])} if named.get("source") else {}

    def check(self, parts: Parts) -> None:
        """Read the file as it would be taken.

        Raises:
            SourceFileError: the file is wrong; the text says where and what would be right.
            SettingsError: it is of another source, or names private addresses that nobody has opened.
        """
        self._checked(parts)

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell what changes in the file, and what the new rules give on stored pages."""
        after = self._checked(parts)
        scope = Scope(sample=self.sample)
        trial = NewReading(source_id=after.id, scope=scope, definition=self.definition, is_preview=True)
        tried = rereading(parts, work).read([trial] if self.sample else [])
        return {**self._changes(parts, after), "trial": tried}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Take the file. Lists that are new in it are looked at soon."""
        del work
        changes = self._changes(parts, self._checked(parts))
        parts.orders.add_source(self.definition)
        return changes

    def _checked(self, parts: Parts) -> SourceFile:
        parts.orders.definition(self.source)
        after = parts.orders.checked_source(self.definition, name=f"the file of {self.source}")
        if after.id != self.source:
            raise SettingsError(
                f"this is the file of {after.id!r}, not of {self.source!r}; an id cannot be changed"
            )
        return after

    def _changes(self, parts: Parts, after: SourceFile) -> Outcome:
        text = parts.orders.definition(self.source)
        lines = unified_diff(
            text.splitlines(), self.definition.splitlines(), "before", "after", lineterm="", n=2
        )
        old = {one.url for one in parts.orders.source(self.source).lists}
        new = {one.url for one in after.lists}
        return {
            "source": self.source,
            "changes": list(lines)[:_MOST_LINES],
            "lists_added": sorted(new - old),
            "lists_left_out": sorted(old - new),
        }
