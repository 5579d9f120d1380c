"""What was edited between two revisions of an article, as a list of changes that lead from one to the other.

The rule that the changes lead from the old text to the new one exactly (`apply_edit`) is held by property tests.
Comparing is symmetrical: the edit from new to old is the edit from old to new read backwards.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from services.normalizer.differences import Difference, DifferenceKind, differences
from services.normalizer.edit_classes import EditClass, classify_sentence, in_order, is_typography
from services.normalizer.fields import Picture
from services.normalizer.pictures import PictureChange, picture_changes
from services.normalizer.sentences import Passage, Reading, read
from services.normalizer.wording import is_word, normal_title, without_spaces, words

_SIZE = re.compile(r"(?:[-_@]|(?<!\d))\d++x\d*(?=\.|$)|@\dx(?=\.|$)|-scaled(?=\.)")
BETWEEN_CHANGES = " … "
"""Joins the changed words of one side in `Edit.from_text` and `Edit.to_text`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What of a revision is compared."""

    title: str
    paragraphs: tuple[str, ...]
    modified: str | None
    """The date of last change that the page itself gives, as it stands there."""
    image: str | None = None
    """The address of the article's picture."""
    pictures: tuple[Picture, ...] | None = None
    """The pictures that one address shows with it; None where they are not to be compared."""


class ChangeOp(StrEnum):
    """What was done."""

    REPLACE = "replace"
    INSERT = "insert"
    DELETE = "delete"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of the text."""

    op: ChangeOp
    before: str
    """The words that stood there; empty for an insert."""
    after: str
    """The words that stand there now; empty for a delete."""
    paragraph: int
    """Paragraph of the old version where the words stood or, for an insert, where they come in; from 0."""
    at: int
    """Offset of the change in `normal_text` of the old version: of `before`, or where `after` comes in."""
    moved_from: int | None
    """For a move: offset where the words stood; `at` is where they went."""
    classes: tuple[EditClass, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """All that changed between two versions."""

    changes: tuple[Change, ...]
    """In reading order of the new version; what was removed stands where it was."""
    classes: tuple[EditClass, ...]
    title_classes: tuple[EditClass, ...]
    """Those of the title's change; empty when it did not change."""
    words_changed: int
    """For each change the words of its longer side, summed."""
    words_before: int
    """Words in the whole old text."""
    words_after: int
    silent: bool
    """The page's own date of last change did not move, or it gives none."""
    from_text: str
    """The changed words of the old side. Mere typography is left out where there is more to tell."""
    to_text: str
    title_from: str
    title_to: str
    pictures: tuple[PictureChange, ...] = ()
    """Pictures that went and that came."""


def compare(old: Version, new: Version) -> Edit | None:
    """Return what changed between two versions, or None if they are the same but for white space.

    The address of one picture (`image`) is told beside words only; see `services.normalizer.pictures`.
    """
    old_title, new_title = normal_title(old.title), normal_title(new.title)
    before, after = read(old.paragraphs), read(new.paragraphs)
    same_title = without_spaces(old_title) == without_spaces(new_title)
    changes = tuple(_changes(before, after))
    pictures = picture_changes(old.pictures, new.pictures)
    if same_title and not changes and not pictures:
        return None
    of_pictures = (EditClass.IMAGE,) if pictures else _image_classes(old.image, new.image)
    classes = [one for change in changes for one in change.classes]
    of_title = EditClass.TYPOGRAPHY if is_typography(old_title, new_title) else EditClass.TITLE
    title_classes = () if same_title else (of_title,)
    told = [change for change in changes if change.classes != (EditClass.TYPOGRAPHY,)] or changes
    return Edit(
        changes=changes,
        classes=in_order((*classes, *title_classes, *of_pictures)),
        title_classes=title_classes,
        words_changed=sum(max(len(words(change.before)), len(words(change.after))) for change in changes),
        words_before=sum(map(is_word, before.tokens)),
        words_after=sum(map(is_word, after.tokens)),
        silent=new.modified is None or _same_moment(old.modified, new.modified),
        from_text=BETWEEN_CHANGES.join(change.before for change in told if change.before),
        to_text=BETWEEN_CHANGES.join(change.after for change in told if change.after),
        title_from=old_title,
        title_to=new_title,
        pictures=pictures,
    )


def _image_classes(old: str | None, new: str | None) -> tuple[EditClass, ...]:
    return () if _picture_name(old) == _picture_name(new) else (EditClass.IMAGE,)


def _picture_name(address: str | None) -> str:
    """Return what a picture is called, without where it is served from, its size, and what only breaks caches."""
    path = re.split(r"[?#]", address or "")[0]
    return _SIZE.sub("", path.rpartition("/")[2].casefold())


def _same_moment(old: str | None, new: str) -> bool:
    if old is None or old.strip() == new.strip():
        return old is not None
    try:
        return datetime.fromisoformat(old.strip()) == datetime.fromisoformat(new.strip())
    except ValueError:
        return False


def apply_edit(paragraphs: Sequence[str], edit: Edit) -> tuple[str, ...]:
    """Return the new text of an edit, made from the old one.

    Its visible characters are those of the new version; spacing and paragraph breaks stay the old version's
    outside the changes.
    """
    text = read(paragraphs).text
    removed = sorted(
        (change.at if change.moved_from is None else change.moved_from, len(change.before))
        for change in edit.changes
        if change.before
    )
    added = [(change.at, change.after) for change in edit.changes if change.after]
    pieces: list[str] = []
    position = 0
    for at, length, words_in in _steps(removed, added):
        pieces.append(text[position:at])
        pieces.append(f" {words_in} ")
        position = max(position, at + length)
    pieces.append(text[position:])
    return tuple("".join(pieces).split("\n"))


def _steps(removed: list[tuple[int, int]], added: list[tuple[int, str]]) -> list[tuple[int, int, str]]:
    """Merge removals and additions by offset; at one offset what is added comes before what is removed."""
    steps = [(at, 0, words_in) for at, words_in in added] + [(at, length, "") for at, length in removed]
    return sorted(steps, key=lambda step: (step[0], step[1] > 0))


def _changes(before: Reading, after: Reading) -> Iterator[Change]:
    reached = 0
    for (kind, _), together in groupby(differences(before, after), key=lambda one: (one.kind, one.group)):
        found = list(together)
        for difference, classes in zip(found, _classes(kind, found, before, after), strict=True):
            change = _change(difference, before, after, reached=reached, classes=classes)
            reached = change.at
            yield change


def _classes(
    kind: DifferenceKind, found: Sequence[Difference], before: Reading, after: Reading
) -> list[tuple[EditClass, ...]]:
    match kind:
        case DifferenceKind.SENTENCES_ADDED:
            return [(EditClass.SENTENCE_ADDED,)] * len(found)
        case DifferenceKind.SENTENCES_REMOVED:
            return [(EditClass.SENTENCE_REMOVED,)] * len(found)
        case DifferenceKind.MOVED:
            return [(EditClass.MOVED,)] * len(found)
        case DifferenceKind.WORDS:
            return classify_sentence([(Passage(before, *one.old), Passage(after, *one.new)) for one in found])


def _change(
    difference: Difference, before: Reading, after: Reading, *, reached: int, classes: tuple[EditClass, ...]
) -> Change:
    gone, come = before.slice(*difference.old), after.slice(*difference.new)
    landing = difference.landing
    at = before.offset(landing)
    moved = difference.kind is DifferenceKind.MOVED
    if moved or not gone:
        # Words that go on in a paragraph come in at its end, not at the start of the next one.
        at = before.spans[landing - 1][1] if difference.continues and landing else at
        at = max(at, reached)
    source = before.offset(difference.old[0])
    return Change(
        op=_op(difference, gone, come),
        before=gone,
        after=come,
        paragraph=before.paragraph_at(source if moved else at),
        at=at,
        moved_from=source if moved else None,
        classes=classes,
    )


def _op(difference: Difference, gone: str, come: str) -> ChangeOp:
    if difference.kind is DifferenceKind.MOVED:
        return ChangeOp.MOVE
    if gone and come:
        return ChangeOp.REPLACE
    return ChangeOp.DELETE if gone else ChangeOp.INSERT
