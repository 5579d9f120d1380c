"""What a new reading changes, counted field by field, with a few examples of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.normalizer.sightings import Sighting
from shared.encoding import dump_json, load_json
from shared.ledger.corrections import StoredRevision

__all__ = ["Report", "changed_fields"]

_EXAMPLES = 3
_EXAMPLE_CHARS = 160
_QUIET = frozenset({"rules", "provenance", "confidence", "words"})
"""Say how a page was read or follow from its body, and are none of what it says."""


@dataclass(slots=True, kw_only=True)
class Report:
    """Counts of one run.

    Attributes:
        counts: Articles and captures that were read, and what became of revisions, edits and addresses.
        fields: For each field, in how many revisions it changes, and examples.
    """

    counts: dict[str, int] = field(default_factory=dict)
    fields: dict[str, dict[str, Any]] = field(default_factory=dict)

    def count(self, name: str, number: int = 1) -> None:
        """Count something."""
        if number:
            self.counts[name] = self.counts.get(name, 0) + number

    def tell_fields(self, url: str, changes: Mapping[str, tuple[object, object]]) -> None:
        """Count the fields of one revision that change."""
        for name, (before, after) in changes.items():
            told = self.fields.setdefault(name, {"changed": 0, "examples": []})
            told["changed"] += 1
            if len(told["examples"]) < _EXAMPLES:
                told["examples"].append({"url": url, "before": _short(before), "after": _short(after)})

    def as_json(self) -> dict[str, Any]:
        """Return it as it is printed and kept."""
        by_count = sorted(self.fields.items(), key=lambda item: (-int(item[1]["changed"]), item[0]))
        return {"counts": dict(sorted(self.counts.items())), "fields": dict(by_count)}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> "Report":
        """Read what `as_json` wrote."""
        return cls(counts=dict(kept.get("counts", {})), fields=dict(kept.get("fields", {})))


def changed_fields(stored: StoredRevision, reading: Sighting) -> dict[str, tuple[object, object]]:
    """Return what differs between what a revision says and what is read for it now: before and after."""
    old: dict[str, Any] = {**stored.fields, "title": stored.title, "body": list(stored.body)}
    new: dict[str, Any] = load_json(
        dump_json({**reading.fields, "title": reading.title, "body": list(reading.body)})
    )
    # What was not kept of a page when it was read is no change of what it says.
    names = [name for name in old if name not in _QUIET]
    differing = {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}
    if "body" in differing:
        differing["body"] = _differing_paragraphs(old["body"], new["body"])
    return differing


def _differing_paragraphs(old: list[str], new: list[str]) -> tuple[object, object]:
    """Return the paragraphs that stand on one side only."""
    gone = " … ".join(paragraph for paragraph in old if paragraph not in new)
    come = " … ".join(paragraph for paragraph in new if paragraph not in old)
    return gone or None, come or None


def _short(value: object) -> object:
    text = value if isinstance(value, str) else None if value is None else dump_json(value).decode()
    return text if text is None or len(text) <= _EXAMPLE_CHARS else f"{text[: _EXAMPLE_CHARS - 1]}…"
