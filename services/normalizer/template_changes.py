"""Edits and changes of the template: what many articles of a source change alike is one event of the source.

The first articles that a new template is seen on are told as edited, because nobody can know better. When the
same delta has been seen on more than five articles within a round, it is the template's: one event is told, and
what it made of earlier edits is taken back. Later edits lose it at once. Which edits are left in the end depends
on the looks only, not on the order in which they were read.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.normalizer.chronicle_records import Records
from services.normalizer.deltas import changed_affix, delta_of_title, deltas_of_changes
from services.normalizer.edit_classes import EditClass, in_order
from services.normalizer.edits import Change, Edit
from services.normalizer.pictures import PictureChange, scheme_of
from services.normalizer.wording import words
from shared.ledger.history import RevisionText
from shared.ledger.templates import NewEdit, ToldEdit

__all__ = ["MOST_ARTICLES_EDITED_ALIKE", "ROUND", "announce_edit", "new_edit", "tell_edit"]

MOST_ARTICLES_EDITED_ALIKE = 5
"""An outlet may make one correction in a few articles. More than this, and it is the template."""
ROUND = timedelta(days=7)
"""A template is met when its articles are looked at again, which is five times in an article's first week."""
_ONE_CHANGE = timedelta(days=1)
"""Deltas that begin within this time of each other are of one change of the template."""
_EXAMPLES = 5
PICTURE = "picture"
"""What a change is called that is none of the text: a picture that went or came."""


def new_edit(edit: Edit, before: RevisionText, after: RevisionText, url: str) -> NewEdit:
    """Return an edit as it is recorded, with the deltas that other articles may share."""
    deltas = deltas_of_changes(edit, before.body, after.body)
    return NewEdit(
        url=url,
        from_revision=before.revision_id,
        to_revision=after.revision_id,
        seen_at=after.seen_at,
        classes=[str(name) for name in edit.classes],
        silent=edit.silent,
        words_changed=edit.words_changed,
        changes=[
            *(_as_recorded(change, delta) for change, delta in zip(edit.changes, deltas, strict=True)),
            *_pictures_as_recorded(edit.pictures),
        ],
        title_change=_title_change(edit),
    )


def tell_edit(records: Records, article_id: str, edit: NewEdit, *, capture_id: int) -> NewEdit:
    """Record an edit and return what of it is the article's own: all, some words, or (`template_id`) nothing."""
    records.add_edit(article_id, edit)
    if not edit.deltas:
        return edit
    known = records.templates_of(edit.deltas)
    fresh = [delta for delta in edit.deltas if delta not in known]
    told = records.edits_with(fresh) if fresh else []
    passed = [delta for delta in fresh if _is_shared(delta, told)]
    if passed:
        template_id = _add_template(records, passed, told, capture_id=capture_id)
        known |= dict.fromkeys(passed, template_id)
        _take_back(records, passed, [one for one in told if one.edit.to_revision != edit.to_revision])
    own = _without(edit, known)
    if own is not edit:
        records.add_edit(article_id, own)
    return own


def announce_edit(records: Records, edit: NewEdit, *, article_id: str, capture_id: int) -> None:
    """Append the event that an article was edited."""
    records.add_event(
        "article_edited",
        at=edit.seen_at,
        article_id=article_id,
        capture_id=capture_id,
        data={
            "url": edit.url,
            "classes": list(edit.classes),
            "silent": edit.silent,
            "words_changed": edit.words_changed,
        },
    )


def _is_shared(delta: str, told: Sequence[ToldEdit]) -> bool:
    """Tell whether more than a few articles show a delta within one round."""
    looks = [(one.edit.seen_at, one.article_id) for one in told if delta in one.edit.deltas]
    return any(
        len({article for seen, article in looks if begin <= seen <= begin + ROUND})
        > MOST_ARTICLES_EDITED_ALIKE
        for begin, _ in looks
    )


def _add_template(
    records: Records, deltas: Sequence[str], told: Sequence[ToldEdit], *, capture_id: int
) -> int:
    """Add a change of the template with its event, or more deltas to one that began at about that time."""
    held = [one for one in told if set(deltas) & set(one.edit.deltas)]
    first, last = held[0].edit.seen_at, held[-1].edit.seen_at
    examples = [_example(delta, held) for delta in deltas]
    template_id = records.template_near(first - _ONE_CHANGE, first + _ONE_CHANGE)
    if template_id is None:
        template_id = records.add_template(first)
        articles = list(dict.fromkeys(one.article_id for one in held))
        records.add_event(
            "template_changed",
            at=last,
            article_id=None,
            capture_id=capture_id,
            data={
                "template": template_id,
                "first_seen_at": first.isoformat(),
                "changes": [{"from": was, "to": became} for was, became in examples],
                "articles": len(articles),
                "examples": articles[:_EXAMPLES],
            },
        )
    for delta, (was, became) in zip(deltas, examples, strict=True):
        records.add_template_delta(template_id, delta, was=was, became=became)
    return template_id


def _example(delta: str, told: Sequence[ToldEdit]) -> tuple[str, str]:
    """Return the words of a delta as they stand in the first article that showed it."""
    edit = next(one.edit for one in told if delta in one.edit.deltas)
    title = edit.title_change
    if title is not None and title.get("delta") == delta:
        return changed_affix(title["from"], title["to"])
    held = [one for one in (*edit.changes, *edit.taken_back) if one.get("delta") == delta]
    return " … ".join(one["from"] for one in held), " … ".join(one["to"] for one in held)


def _take_back(records: Records, deltas: Sequence[str], told: Sequence[ToldEdit]) -> None:
    """Take what the template did out of the edits that were told before it was known."""
    known = records.templates_of(deltas)
    for one in told:
        own = _without(one.edit, known)
        if own is one.edit:
            continue
        records.add_edit(one.article_id, own)
        records.add_event(
            "edit_taken_back",
            at=one.edit.seen_at,
            article_id=one.article_id,
            capture_id=None,
            data={
                "url": own.url,
                "template": next(known[delta] for delta in own.deltas if delta in known),
                "to_revision": own.to_revision,
                "words_left": own.words_changed,
            },
        )


def _without(edit: NewEdit, known: Mapping[str, int]) -> NewEdit:
    """Return the edit without the changes that are the template's; itself if there are none."""
    gone = [change for change in edit.changes if change.get("delta") in known]
    title = edit.title_change
    if title is not None and title.get("delta") in known:
        gone.append(title)
        title = None
    if not gone:
        return edit
    own = [change for change in edit.changes if change.get("delta") not in known]
    classes = [name for change in own for name in change["classes"]] + list(title["classes"] if title else ())
    had_pictures = any(change["op"] == PICTURE for change in (*edit.changes, *edit.taken_back))
    if (own or title) and not had_pictures and EditClass.IMAGE in edit.classes:
        classes.append(EditClass.IMAGE)
    return replace(
        edit,
        classes=[str(name) for name in in_order(EditClass(name) for name in classes)],
        words_changed=sum(
            max(len(words(change["from"])), len(words(change["to"])))
            for change in own
            if change["op"] != PICTURE
        ),
        changes=own,
        title_change=title,
        taken_back=[*edit.taken_back, *gone],
        template_id=None if own or title else known[str(gone[0]["delta"])],
    )


def _title_change(edit: Edit) -> dict[str, Any] | None:
    classes = [str(one) for one in edit.title_classes]
    if not classes:
        return None
    return {
        "op": "title",
        "from": edit.title_from,
        "to": edit.title_to,
        "classes": classes,
        "delta": delta_of_title(edit.title_from, edit.title_to),
    }


def _pictures_as_recorded(pictures: Sequence[PictureChange]) -> Iterator[dict[str, Any]]:
    """Yield each picture that went or came, with the delta that a template's picture or naming shares."""
    schemes = [{scheme_of(one.name) for one in pictures if one.is_new is is_new} for is_new in (False, True)]
    # A picture that replaces another is called after the same scheme, unless all are called otherwise now.
    is_renaming = all(schemes) and schemes[0].isdisjoint(schemes[1])
    renaming = _delta_of("scheme", *sorted(schemes[0]), "", *sorted(schemes[1])) if is_renaming else None
    for one in pictures:
        yield {
            "op": PICTURE,
            "from": "" if one.is_new else one.shown,
            "to": one.shown if one.is_new else "",
            "paragraph": 0,
            "at": None,
            "moved_from": None,
            "classes": [str(EditClass.IMAGE)],
            "delta": renaming or _delta_of("came" if one.is_new else "went", one.name),
        }


def _delta_of(*parts: str) -> str:
    return hashlib.sha256("\x1e".join(("picture", *parts)).encode("utf-8", "replace")).hexdigest()[:24]


def _as_recorded(change: Change, delta: str | None) -> dict[str, Any]:
    return {
        "op": str(change.op),
        "from": change.before,
        "to": change.after,
        "paragraph": change.paragraph,
        "at": change.at,
        "moved_from": change.moved_from,
        "classes": [str(name) for name in change.classes],
        "delta": delta,
    }
