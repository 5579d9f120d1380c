"""The operators of a search, `site: lang: before: after: changed: removed: in:`, and what bad values are told."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from shared.phrases import message
from shared.spellings import fold_letters

__all__ = ["OPERATORS", "Narrowing", "NarrowingReader", "Notice", "Period", "period_of"]

_SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_DATE = re.compile(r"(?P<year>[0-9]{4})(?:[-/.](?P<month>[0-9]{1,2})(?:[-/.](?P<day>[0-9]{1,2}))?)?[-/.]?")
_YES = frozenset(("yes", "true", "any", "1"))
_NO = frozenset(("no", "false", "none", "0"))

OPERATORS: Final = ("site", "lang", "before", "after", "changed", "removed", "title", "in")
LIKE_OPERATORS: Final = {
    "source": "site", "from": "after", "since": "after", "until": "before", "to": "before", "language": "lang",
    "edited": "changed", "deleted": "removed", "gone": "removed", "intitle": "title", "date": "after",
}  # fmt: skip
"""What readers may type who know another search: it is searched for as words, and they are told of ours."""

_RIGHT = {
    "site": message("site: takes the short name of a source, as its page's address ends: site:kcna-en."),
    "lang": message("lang: takes the tag of a language: lang:en, lang:ko, lang:zh."),
    "before": message(
        "before: takes a year, a month or a day, and finds what is older: before:2013, before:2013-12-09."
    ),
    "after": message(
        "after: takes a year, a month or a day, and finds that time and newer: after:2013, after:2013-12-09."
    ),
    "changed": message(
        "changed: takes yes, no, or the year, month or day of the edit: changed:yes, changed:2013-12."
    ),
    "removed": message(
        "removed: takes yes, no, or the year, month or day of the removal: removed:yes, removed:2013-12."
    ),
    "in": message(
        "in: takes only the word earlier, and finds what was said before and is gone now: in:earlier."
    ),
    "title": message('title: takes a word or a phrase of the title: title:rally, title:"mass rally".'),
}
_LEFT_OUT = message("It was left out.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something in a query that was left out or may not mean what the reader thinks, and what would be right."""

    part: str
    """As typed."""
    sentences: tuple[str, ...]
    """Each is one that the pages know in every language they speak."""

    @property
    def sentence(self) -> str:
        """Return what is to be said, in English."""
        return " ".join(self.sentences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A year, a month or a day in UTC."""

    begin: datetime
    end: datetime
    """The first moment that no longer belongs to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """Conditions on the articles that may be found; all hold, and None asks for nothing."""

    source_ids: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    not_source_ids: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()
    since: datetime | None = None
    """Published at this moment or later."""
    until: datetime | None = None
    """Published before this moment."""
    changed: bool | Period | None = None
    """Edited by its source, ever or in this time; False for never."""
    removed: bool | Period | None = None
    """Taken down by its source and not back, whenever or in this time; False for what still stands."""
    only_earlier: bool = False
    """Only where the words stand in an earlier wording and no longer in the present one."""

    @property
    def is_empty(self) -> bool:
        """True when it asks for nothing by itself: words are needed for `in:earlier`."""
        asked = (
            self.source_ids, self.languages, self.not_source_ids, self.not_languages, self.since, self.until,
        )  # fmt: skip
        return not any(asked) and self.changed is None and self.removed is None


@dataclass(slots=True)
class NarrowingReader:
    """Collects the operators of one query and what is to be said of them."""

    notices: list[Notice] = field(default_factory=list)
    _lists: dict[str, list[str]] = field(default_factory=dict)
    _since: datetime | None = None
    _until: datetime | None = None
    _events: dict[str, bool | Period] = field(default_factory=dict)
    _only_earlier: bool = False

    def take(self, operator: str, value: str, *, part: str, is_negated: bool = False) -> None:
        """Read one operator with its value; a value it cannot have is left out and told of."""
        folded = fold_letters(value).strip()
        if operator in ("site", "lang"):
            if (_SOURCE_ID if operator == "site" else _LANGUAGE).fullmatch(folded):
                self._lists.setdefault(f"-{operator}" if is_negated else operator, []).append(folded)
                return
        elif is_negated:
            refused = message("This operator cannot be turned round with a minus.")
            self.notices.append(Notice(part=part, sentences=(refused, _LEFT_OUT)))
            return
        elif self._take_single(operator, folded):
            return
        self.refuse(operator, part)

    def refuse(self, operator: str, part: str) -> None:
        """Say what an operator takes."""
        self.notices.append(Notice(part=part, sentences=(_RIGHT[operator], _LEFT_OUT)))

    def hint(self, operator: str, part: str) -> None:
        """Say that a word looks like an operator under another name."""
        told = message("This was searched for as words.")
        self.notices.append(Notice(part=part, sentences=(told, _RIGHT[LIKE_OPERATORS[operator]])))

    def narrowing(self) -> Narrowing:
        """Return what was collected."""
        if self._since and self._until and self._since >= self._until:
            told = message("No day is both after the one and before the other.")
            self.notices.append(Notice(part="after: before:", sentences=(told,)))
        lists = {name: tuple(dict.fromkeys(values)) for name, values in self._lists.items()}
        return Narrowing(
            source_ids=lists.get("site", ()),
            languages=lists.get("lang", ()),
            not_source_ids=lists.get("-site", ()),
            not_languages=lists.get("-lang", ()),
            since=self._since,
            until=self._until,
            changed=self._events.get("changed"),
            removed=self._events.get("removed"),
            only_earlier=self._only_earlier,
        )

    def _take_single(self, operator: str, value: str) -> bool:
        if operator == "in":
            self._only_earlier = self._only_earlier or value == "earlier"
            return value == "earlier"
        if operator in ("changed", "removed") and value in _YES | _NO:
            self._events[operator] = value in _YES
            return True
        period = period_of(value)
        if period is None:
            return False
        if operator == "before":
            self._until = min(self._until or period.begin, period.begin)
        elif operator == "after":
            self._since = max(self._since or period.begin, period.begin)
        else:
            self._events[operator] = period
        return True


def period_of(text: str) -> Period | None:
    """Return the year, month or day that a text names: 2013, 2013-12, 2013-12-09, also with points or strokes."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(found[name] or 0) for name in ("year", "month", "day"))
    try:
        begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            end = datetime.fromtimestamp(begin.timestamp() + 86_400, tz=UTC)
        elif month:
            end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        else:
            end = datetime(year + 1, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    if (found["month"] and not month) or (found["day"] and not day):
        return None
    return Period(begin=begin, end=end)
