"""What makes two changes of two articles the same change, where a change of the template may have made them.

A template stands in certain places, and only there a change that many articles share is the template's: lines at
the head or the foot that are equal in all of them, an affix of the title, marks at the edges of the text, the way
dates are written, and the form of quotes and dashes where no word changed with it. Words cut from sentences are
never the template's, in however many articles: a name that leaves five hundred articles at once is what this
archive is for. Nor is a comma: whoever rewrites a text sets commas too.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from services.normalizer.edit_classes import EditClass
from services.normalizer.edits import Change, Edit
from services.normalizer.months import month_number
from services.normalizer.wording import normal_text, words

__all__ = ["changed_affix", "delta_of_title", "deltas_of_changes"]

_SEPARATORS = re.compile(r"[|/()\[\]«»‹›·•:–—―_<>]|-0-|--|(?:^|\s)-(?:\s|$)")
_NUMBER = re.compile(r"\d+")
_WEEKDAYS = frozenset(
    day[:length]
    for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for length in (3, len(day))
)
_DATE_WORDS = frozenset(
    ["juche", "주체", "of", "de", "st", "nd", "rd", "th", "년", "월", "일", "年", "月", "日"]
)
_FIRST_JUCHE_YEAR = 1911
_EDGE_LINES = 3
"""Lines at the head and the foot of a text among which a template's lines stand: datelines, marks, notices."""
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛′`´"), "'") | dict.fromkeys(map(ord, "“”„‟″«»"), '"')
_DASHES = re.compile(r"--|[‐‑‒–—―−]")
_LONGEST_GAP = 6
"""Characters between two changed parts of one date."""


def deltas_of_changes(edit: Edit, old: Sequence[str], new: Sequence[str]) -> list[str | None]:
    """Return for each change of an edit what makes it the same as one of another article, or None.

    Args:
        edit: what `compare` found.
        old: paragraphs of the old version.
        new: paragraphs of the new one.
    """
    text = normal_text(old)
    old_lines, new_lines = text.split("\n"), normal_text(new).split("\n")
    found: list[str | None] = []
    for _, together in groupby(edit.changes, key=lambda change: change.paragraph):
        for changes in _dates_together(list(together)):
            found += [_date_delta(changes)] * len(changes)
    return [
        delta or _delta(change, text=text, old_lines=old_lines, new_lines=new_lines, edit=edit)
        for change, delta in zip(edit.changes, found, strict=True)
    ]


def delta_of_title(before: str, after: str) -> str | None:
    """Return the delta of a title of which only an affix that a separator sets apart has changed."""
    old, new = before.split(), after.split()
    head, tail = _common_ends(old, new)
    if not head and not tail:
        return None
    gone, come = changed_affix(before, after)
    # The separator may be among the words that stayed: `Herald | …` that became `Quay Herald | …`.
    beside = " ".join((*old[max(0, head - 1) : head], gone, *old[len(old) - tail :][:1]))
    if not _SEPARATORS.search(f"{gone} {come}") and not _SEPARATORS.search(beside):
        return None
    return _digest("title", "head" if head else "tail", gone, come)


def changed_affix(before: str, after: str) -> tuple[str, str]:
    """Return the words between those that two titles begin and end with: what went, and what came."""
    old, new = before.split(), after.split()
    head, tail = _common_ends(old, new)
    return " ".join(old[head : len(old) - tail]), " ".join(new[head : len(new) - tail])


def _common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    head = _common_head(old, new)
    return head, _common_head(old[head:][::-1], new[head:][::-1])


def _common_head(one: Sequence[str], other: Sequence[str]) -> int:
    return next(
        (place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )


def _delta(
    change: Change, *, text: str, old_lines: Sequence[str], new_lines: Sequence[str], edit: Edit
) -> str | None:
    if change.moved_from is not None:
        return None
    if _are_edge_lines(change.before, old_lines) and _are_edge_lines(change.after, new_lines):
        return _digest("lines", change.before, change.after)
    if edit.classes == (EditClass.TYPOGRAPHY,) and _are_other_glyphs(change.before, change.after):
        return _digest("typography", change.before, change.after)
    if _is_at_an_edge(change, text) and EditClass.NAME not in change.classes:
        return _digest("edge", change.before, change.after)
    if change.before and _is_edge_line(change.paragraph, old_lines) and EditClass.NAME not in change.classes:
        return _line_delta(change.paragraph, edit, old_lines)
    return None


def _are_edge_lines(words_in: str, lines: Sequence[str]) -> bool:
    edges = (*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:])
    return all(line in edges for line in words_in.split("\n")) if words_in else True


def _is_edge_line(place: int, lines: Sequence[str]) -> bool:
    return place < _EDGE_LINES or len(lines) - _EDGE_LINES <= place < len(lines)


def _are_other_glyphs(before: str, after: str) -> bool:
    """Tell whether nothing but the form of quotes, dashes, ellipses and spaces differs: a comma is a word's."""
    return before != after and _plain_glyphs(before) == _plain_glyphs(after)


def _plain_glyphs(text: str) -> str:
    return " ".join(_DASHES.sub("-", text.translate(_QUOTES).replace("…", "...")).split())


def _is_at_an_edge(change: Change, text: str) -> bool:
    """Tell whether a change begins or ends the text and holds a mark that sets it apart, as a dateline does."""
    if change.at > 0 and change.at + len(change.before) < len(text):
        return False
    return _SEPARATORS.search(change.before) is not None or _SEPARATORS.search(change.after) is not None


def _line_delta(paragraph: int, edit: Edit, old_lines: Sequence[str]) -> str:
    """Return the delta of a whole line: all that changed in it, and what it was. Only equal lines share it."""
    made = [
        f"{change.before}\x1f{change.after}"
        for change in edit.changes
        if change.paragraph == paragraph and change.moved_from is None
    ]
    return _digest("line", old_lines[paragraph], *made)


# -- dates --------------------------------------------------------------------------------------------------------


def _dates_together(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield changes beside each other that hold nothing but dates together, every other change for itself."""
    run: list[Change] = []
    for change in changes:
        goes_on = run and change.at - (run[-1].at + len(run[-1].before)) <= _LONGEST_GAP
        if run and not (goes_on and _is_date(f"{change.before} {change.after}")):
            yield run
            run = []
        run.append(change)
        if not _is_date(f"{change.before} {change.after}"):
            yield run
            run = []
    if run:
        yield run


def _is_date(text: str) -> bool:
    found = [word.casefold() for word in words(text)]
    return bool(found) and all(_is_date_word(word) for word in found)


def _is_date_word(word: str) -> bool:
    parts = [part for part in re.split(r"[\W\d_]+", word) if part]
    return all(month_number(part, "en") or part in _WEEKDAYS or part in _DATE_WORDS for part in parts)


def _date_delta(changes: Sequence[Change]) -> str | None:
    """Return the delta of a date that is the same date, differently written."""
    before, after = (" ".join(side) for side in zip(*((c.before, c.after) for c in changes), strict=True))
    if not _is_date(f"{before} {after}"):
        return None
    was, became = _values(before), _values(after)
    # Numbers alone may be anything that was counted (5 dead, 3 hurt): a date shows a month's name or a year.
    if was != became or not (_months(f"{before} {after}") or max(was, default=0) > _FIRST_JUCHE_YEAR):
        return None
    return _digest("date", *(_form(change.before) + "\x1f" + _form(change.after) for change in changes))


def _values(text: str) -> set[int]:
    """Return the numbers of a date: days, months also by name, years also of the Juche count."""
    found = set()
    is_juche = "juche" in text.casefold() or "주체" in text
    for number in map(int, _NUMBER.findall(text)):
        found.add(number + _FIRST_JUCHE_YEAR if is_juche and 31 < number < 200 else number)
    return found | set(_months(text))


def _months(text: str) -> list[int]:
    named = (month_number(part, "en") for part in re.split(r"[\W\d_]+", text.casefold()) if part)
    return [number for number in named if number is not None]


def _form(text: str) -> str:
    """Return how a date is written, without which date it is."""
    folded = _NUMBER.sub("0", text.casefold())
    parts = re.split(r"(\W+)", folded)
    return "".join("M" if month_number(part, "en") else "D" if part in _WEEKDAYS else part for part in parts)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1e".join(parts).encode("utf-8", "replace")).hexdigest()[:24]
