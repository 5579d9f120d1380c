"""A reader's query: words, "phrases", what is not wanted, and operators. Any text is a query."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.phrases import message
from shared.search_narrowing import LIKE_OPERATORS, OPERATORS, Narrowing, NarrowingReader, Notice
from shared.search_tokens import MAX_STEPS, Clause, clause_expression, clause_of

__all__ = ["SearchQuery", "query_tokens"]

_PART = re.compile(
    rf"(?P<minus>-(?=[\w\"]))?"
    rf"(?:(?P<operator>{'|'.join(OPERATORS)}):(?P<value>\"[^\"]*\"?|[^\s\"]*)"
    rf"|\"(?P<phrase>[^\"]*)\"?|(?P<word>[^\s\"]+))",
    re.IGNORECASE,
)
_LIKE_OPERATOR = re.compile(rf"({'|'.join(LIKE_OPERATORS)}):\w", re.IGNORECASE)
_QUOTES = str.maketrans("“”„‟«»「」『』＂", '"' * 11)
_MAX_LETTERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What a reader asks for: every clause holds, and none of those that are not wanted."""

    text: str
    """The query as typed, shortened if it was far too long."""
    words: tuple[str, ...]
    """What to mark in an excerpt: the words and phrases as typed."""
    clauses: tuple[Clause, ...]
    """What stands anywhere in title or text."""
    title_clauses: tuple[Clause, ...] = ()
    """What stands in the title."""
    unwanted: tuple[Clause, ...] = ()
    """What stands nowhere in it."""
    narrowing: Narrowing = field(default_factory=Narrowing)
    notices: tuple[Notice, ...] = ()

    @property
    def expression(self) -> str:
        """Return what is asked of the whole text in the syntax of a tsquery; empty when that is nothing."""
        return _conjunction(
            [*map(clause_expression, self.clauses), *(f"!{clause_expression(one)}" for one in self.unwanted)]
        )

    @property
    def title_expression(self) -> str:
        """Return what is asked of the title in the syntax of a tsquery; empty when that is nothing."""
        return _conjunction(map(clause_expression, self.title_clauses))

    @property
    def wanted_expression(self) -> str:
        """Return the words that are wanted, in title or text, in the syntax of a tsquery, to rank by."""
        return _conjunction(map(clause_expression, (*self.title_clauses, *self.clauses)))

    @property
    def has_expression(self) -> bool:
        """True when the index of words has to be asked."""
        return bool(self.clauses or self.title_clauses or self.unwanted)

    @property
    def asks_for_words(self) -> bool:
        """True when words have to be found, not only articles of some kind."""
        return bool(self.clauses or self.title_clauses)

    @property
    def is_empty(self) -> bool:
        """True when it asks for nothing that could be looked up."""
        return not self.asks_for_words and self.narrowing.is_empty


def query_tokens(query: str) -> SearchQuery:
    """Read a reader's query. What cannot be looked up is left out, and an operator that was is told of.

    Spellings of North and South find each other, as do all forms that `shared.spellings` folds.
    """
    text = query.translate(_QUOTES)[:_MAX_LETTERS].strip()
    operators = NarrowingReader()
    found = _Words()
    for part in _PART.finditer(text):
        operator, is_unwanted = (part["operator"] or "").lower(), part["minus"] is not None
        if operator == "title" and not is_unwanted:
            if not found.take(part["value"].strip('"'), of_title=True, is_unwanted=is_unwanted):
                operators.refuse(operator, part[0])
        elif operator:
            operators.take(operator, part["value"].strip('"'), part=part[0], is_negated=is_unwanted)
        else:
            if like := _LIKE_OPERATOR.match(part["word"] or ""):
                operators.hint(like[1].lower(), part[0])
            found.take(part["phrase"] or part["word"] or "", is_unwanted=is_unwanted)
    narrowing = operators.narrowing()
    if found.unwanted and not (found.clauses or found.title_clauses) and narrowing.is_empty:
        told = message("A search needs something to find besides what it should not find.")
        operators.notices.append(Notice(part=text, sentences=(told,)))
    return SearchQuery(
        text=text,
        words=tuple(found.words),
        clauses=tuple(dict.fromkeys(found.clauses)),
        title_clauses=tuple(dict.fromkeys(found.title_clauses)),
        unwanted=tuple(dict.fromkeys(found.unwanted)),
        narrowing=narrowing,
        notices=tuple(operators.notices),
    )


@dataclass(slots=True)
class _Words:
    """The words of a query as they are read, as many as one query may have."""

    words: list[str] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    title_clauses: list[Clause] = field(default_factory=list)
    unwanted: list[Clause] = field(default_factory=list)
    _steps: int = 0

    def take(self, words: str, *, of_title: bool = False, is_unwanted: bool = False) -> bool:
        """Take a word or a phrase; False when nothing in it could be looked up."""
        clause = clause_of(words)
        if not clause:
            return False
        self._steps += len(clause[0])
        if self._steps > MAX_STEPS:
            self._steps -= len(clause[0])
        elif is_unwanted:
            self.unwanted.append(clause)
        else:
            self.words.append(words)
            (self.title_clauses if of_title else self.clauses).append(clause)
        return True


def _conjunction(terms: Iterable[str]) -> str:
    return " & ".join(terms)
