"""What really happened at the outlet: the answers against which a run of the demonstration is judged."""

from __future__ import annotations

import datetime as dt
import difflib
import enum
from dataclasses import dataclass
from typing import Final


class EditClass(enum.StrEnum):
    """What an edit did, as the edit ledger of an archive would class it."""

    TYPOGRAPHY = "typography"
    WORDING = "wording"
    NAME = "name"
    NUMBER_OR_DATE = "number_or_date"
    SENTENCE_ADDED = "sentence_added"
    SENTENCE_REMOVED = "sentence_removed"
    TITLE = "title"


CHARACTER_LANGUAGES: Final = frozenset({"zh", "ja"})
"""Languages without spaces between words, in which changes are told by character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueArticle:
    """An article with every address under which it was published so far.

    Attributes:
        article_id: The outlet's own name for it, such as `en-07`; readers of the site never see it.
        edition: Language of the edition: `en`, `ko` or `zh`.
        published: The day in its dateline.
        paths: Its addresses, all equal in text; the first is the one that feeds and sitemaps carry.
        title: The headline as it stands on the day of the truth (the last one, if it is away).
        paragraphs: Its text on that day (the last one, if it is away).
        away: True while every address answers 404.
    """

    article_id: str
    edition: str
    published: dt.date
    paths: tuple[str, ...]
    title: str
    paragraphs: tuple[str, ...]
    away: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEdit:
    """A text or title that changed under the same addresses.

    `removed` and `added` are the runs of words that went and came, title first; runs of characters in
    languages written without spaces. `silent` says that the page's own modified date did not move.
    """

    article_id: str
    paths: tuple[str, ...]
    day: int
    edit_class: EditClass
    silent: bool
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueRemoval:
    """An article that answers 404 at every address from `day` on, for ever or until it returns."""

    article_id: str
    paths: tuple[str, ...]
    day: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueReturn:
    """An article that stands again at its addresses on `day`, with these words changed meanwhile."""

    article_id: str
    paths: tuple[str, ...]
    day: int
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Everything that happened up to and including `day`.

    `disallowed` are addresses that stand in lists although robots.txt forbids them.
    """

    day: int
    articles: tuple[TrueArticle, ...]
    edits: tuple[TrueEdit, ...]
    removals: tuple[TrueRemoval, ...]
    returns: tuple[TrueReturn, ...]
    disallowed: tuple[str, ...]

    @property
    def aliases(self) -> tuple[tuple[str, ...], ...]:
        """For each article with more than one address: all of them."""
        return tuple(article.paths for article in self.articles if len(article.paths) > 1)

    @property
    def paths(self) -> tuple[str, ...]:
        """Every address of every article."""
        return tuple(path for article in self.articles for path in article.paths)


def changed_words(before: str, after: str, *, by_character: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the runs of words (or of characters) that went from `before` and that came in `after`.

    White space only parts words: a text that is merely folded differently has no changes.
    """
    glue = "" if by_character else " "
    old, new = ("".join(text.split()) if by_character else text.split() for text in (before, after))
    removed: list[str] = []
    added: list[str] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        if old_end > old_start:
            removed.append(glue.join(old[old_start:old_end]))
        if new_end > new_start:
            added.append(glue.join(new[new_start:new_end]))
    return tuple(removed), tuple(added)
