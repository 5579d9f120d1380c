"""The texts of the three editions as TOML files, and the models that read them."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Final

from pydantic import BaseModel, ConfigDict

from services.standalone.outlet.truth import EditClass


class _Text(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StoryEdit(_Text):
    """What the outlet did to a story on a later day; `changes` are pairs of old and new words.

    `edit_class` is `class` in the file. `title` is the new title, if the edit gave it one.
    """

    day: int
    edit_class: EditClass
    silent: bool
    changes: tuple[tuple[str, str], ...] = ()
    title: str | None = None


class Story(_Text):
    """A story written by hand. It is away from the day `gone_on` until the day `back_on`, if that comes."""

    slug: str
    day: int
    sections: tuple[str, ...]
    title: str
    paragraphs: tuple[str, ...]
    gone_on: int | None = None
    back_on: int | None = None
    edit: tuple[StoryEdit, ...] = ()


class Theme(_Text):
    """A kind of story that the grammar writes: the first title belongs to the first lead, and so on."""

    slug: str
    sections: tuple[str, ...]
    titles: tuple[str, ...]
    leads: tuple[str, ...]
    sentences: tuple[str, ...]


class EditionTexts(_Text):
    """Everything that an edition prints."""

    story: tuple[Story, ...]
    theme: tuple[Theme, ...]
    words: dict[str, tuple[str, ...]]


_RENAMED: Final = {"class": "edit_class"}


def texts_of(edition: str) -> EditionTexts:
    """Read the texts of the edition `en`, `ko` or `zh`."""
    file = resources.files(__package__).joinpath(f"{edition}.toml")
    read = tomllib.loads(file.read_text(encoding="utf-8"))
    for story in read["story"]:
        story["edit"] = [
            {_RENAMED.get(key, key): value for key, value in edit.items()} for edit in story.get("edit", [])
        ]
    return EditionTexts.model_validate(read)
