"""Pages with their right answers, from which the rules of a source are learnt."""

import csv
import io
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.encoding import load_json
from shared.errors import PressmarkError

__all__ = ["Example", "ExamplesError", "read_examples"]


class ExamplesError(PressmarkError):
    """The file holds no usable examples; the text says where."""


class Example(BaseModel):
    """What one page says, by somebody who has read it. What is left out is not learnt from this page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(min_length=1)
    title: str | None = None
    date: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The day it was published, `YYYY-MM-DD`."""
    body_begins: str | None = None
    """The first words of the text."""
    body_ends: str | None = None
    """The last words of the text."""
    original_url: str | None = None


def read_examples(path: Path) -> list[Example]:
    """Read examples: TOML with `[[pages]]`, a JSON list, or CSV with a heading, by the name of the file.

    Raises:
        ExamplesError: the file cannot be read, or an example says something that is not known.
    """
    try:
        rows = _rows(path.read_text(encoding="utf-8-sig"), path.suffix.lower())
    except (OSError, ValueError) as error:
        raise ExamplesError(f"{path} cannot be read as examples: {error}") from error
    if not rows:
        raise ExamplesError(f"{path} holds no examples; write one [[pages]] for each page, with its url")
    found = []
    for number, row in enumerate(rows, start=1):
        try:
            given = {name: str(value) for name, value in row.items() if value not in (None, "")}
            found.append(Example.model_validate(given))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise ExamplesError(f"{path}, example {number}, {where}: {first['msg']}") from None
    return found


def _rows(text: str, kind: str) -> list[Mapping[str, Any]]:
    if kind == ".csv":
        return list(csv.DictReader(io.StringIO(text)))
    parsed = load_json(text.encode()) if kind == ".json" else tomllib.loads(text)
    rows = parsed.get("pages", []) if isinstance(parsed, dict) else parsed
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("a list of pages is wanted")
    return rows
