"""Versions to compare, and an edit between two that has been checked to lead from one to the other."""

from services.normalizer.edits import Edit, Version, apply_edit, compare
from services.normalizer.fields import Picture
from services.normalizer.wording import text_digest


def version(
    *paragraphs: str,
    title: str = "Title",
    modified: str | None = None,
    image: str | None = None,
    pictures: tuple[Picture, ...] | None = None,
) -> Version:
    """Return a version of an article."""
    return Version(title=title, paragraphs=paragraphs, modified=modified, image=image, pictures=pictures)


def edit_between(old: Version, new: Version) -> Edit:
    """Return the edit between two versions that differ, after applying it."""
    edit = compare(old, new)
    assert edit is not None
    assert text_digest(apply_edit(old.paragraphs, edit)) == text_digest(new.paragraphs)
    return edit
