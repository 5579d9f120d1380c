"""The search: articles by their words, from the newest end of the archive backwards.

A frequent word is found often enough among the newest articles; a rare one has few places in the index. So the
search looks at a short stretch of time first and at longer ones until it has enough, and never reads all the texts
that hold a frequent word (decision 0041).
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from shared.ledger import search_spans
from shared.ledger import searching_sql as sql
from shared.ledger.cursor import Cursor
from shared.ledger.database import Database, Row, Transaction
from shared.ledger.search_spans import Pace, Steps, expressions_in, marks_between
from shared.search_narrowing import Period
from shared.search_query import SearchQuery

__all__ = ["REMOVED_STATES", "Counts", "FoundRows", "Searching"]

REMOVED_STATES = ("GONE", "SOFT404", "REDIRECTED", "REPLACED")
"""The article is not to be had at its source; SUSPECT is not yet known to be, RETURNED is no longer."""

Value = TypeVar("Value", str, int)

_COUNTED = 1000
"""The newest matches that are counted by source, language and year, when that is wanted."""
_STEPS_SECONDS = 60
"""How old the moments may be at which stretches end."""
_RANKED = 200
"""The newest matches, and the newest with the words in the title, of which the most relevant are chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How the matches of a query are spread, each by how many they are."""

    sources: Mapping[str, int]
    languages: Mapping[str, int]
    years: Mapping[int, int]
    articles: int
    is_all: bool
    """False where there are more, and only the newest were counted."""

    def as_json(self) -> dict[str, object]:
        """Return the counts as exports show them."""
        return {
            "articles": self.articles,
            "is_all": self.is_all,
            "sources": dict(self.sources),
            "languages": dict(self.languages),
            "years": {str(year): count for year, count in self.years.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRows:
    """The rows of the articles of one page, how all matches are spread, and whether more follow."""

    rows: list[Row]
    has_more: bool
    counts: Counts | None


class Searching:
    """Looks in the index of the words."""

    def __init__(self, database: Database, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._steps: tuple[float, Steps] | None = None

    def _current_steps(self, ledger: Transaction) -> Steps:
        """Return the steps through the archive. Old ones only bound stretches a little otherwise."""
        now, kept = self._monotonic(), self._steps
        if kept is None or now - kept[0] >= _STEPS_SECONDS:
            rows = ledger.rows(sql.STEPS, {"step": search_spans.FIRST_SPAN})
            kept = (
                now,
                Steps(articles=search_spans.FIRST_SPAN, moments=[row["published_at"] for row in rows]),
            )
            self._steps = kept
        return kept[1]

    def newest(
        self, query: SearchQuery, limit: int, *, before: Cursor | None = None, counted: bool = False
    ) -> FoundRows:
        """Return the newest articles that match; with counts if they are wanted, or are all on this page."""
        wanted = max(limit, _COUNTED if counted else 0) + 1
        with self._database.reading(sql.PLANNING) as ledger:
            found = _collect(ledger, query, wanted, steps=self._current_steps(ledger), before=before)
            rows = _shown(ledger, found[:limit])
        is_whole = before is None and len(found) <= limit
        counts = _counts(found[:_COUNTED], found) if counted or is_whole else None
        return FoundRows(rows=rows, has_more=len(found) > limit, counts=counts)

    def most_relevant(self, query: SearchQuery, limit: int, *, start: int = 0) -> FoundRows:
        """Return those that match best among the newest with the words in the title and the newest of all."""
        in_title = replace(query, clauses=(), title_clauses=(*query.title_clauses, *query.clauses))
        with self._database.reading(sql.PLANNING) as ledger:
            steps = self._current_steps(ledger)
            found = _collect(ledger, query, _RANKED, steps=steps, is_ranked=True)
            found += _collect(ledger, in_title, _RANKED, steps=steps, is_ranked=True)
            best = {row["article_id"]: row for row in found}
            ordered = sorted(best.values(), key=lambda row: row["published_at"], reverse=True)
            ordered.sort(key=lambda row: row["rank"], reverse=True)
            rows = _shown(ledger, ordered[start : start + limit])
        return FoundRows(rows=rows, has_more=len(ordered) > start + limit, counts=None)


def _collect(
    ledger: Transaction,
    query: SearchQuery,
    wanted: int,
    *,
    steps: Steps,
    before: Cursor | None = None,
    is_ranked: bool = False,
) -> list[Row]:
    """Return what is needed to list, count and rank the newest matches, the newest first."""
    statement = sql.matches(query, is_ranked=is_ranked)
    pace = Pace(wanted=wanted, steps=steps)
    found: list[Row] = []
    for span in _spans(ledger, query, before, pace):
        arguments = _arguments(query, span, before) | {"limit": wanted - len(found)}
        found += ledger.rows(statement, arguments)
        pace.found = len(found)
        if len(found) >= wanted:
            break
    return found


def _shown(ledger: Transaction, found: list[Row]) -> list[Row]:
    """Return the rows of articles as lists show them, in the order given."""
    arguments = {
        "articles": [row["article_id"] for row in found],
        "matched": [row["matched"] for row in found],
        "only_in_earlier": [row["only_in_earlier"] for row in found],
    }
    return ledger.rows(sql.SHOWN, arguments) if found else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """A stretch of time: published at `floor` or later, and before `ceiling`; None where it is open."""

    floor: datetime | None
    ceiling: datetime | None
    words: str
    title_words: str


def _spans(ledger: Transaction, query: SearchQuery, before: Cursor | None, pace: Pace) -> Iterator[_Span]:
    """Yield stretches of time from the newest backwards, as long as the pace says, the last without end."""
    outline = ledger.row(sql.OUTLINE)
    assert outline is not None
    is_marked, since, ceiling = bool(outline["is_marked"]), query.narrowing.since, query.narrowing.until
    bounds = (outline["newest"], ceiling, before.at if before else None)
    latest = min(moment for moment in bounds if moment) if outline["newest"] else None
    while is_marked and latest is not None and query.has_expression:
        floor = pace.next_floor(latest)
        if floor is None or (since and floor <= since):
            break
        words, title_words = expressions_in(query, marks_between(floor, latest), is_marked=True)
        yield _Span(floor=floor, ceiling=ceiling, words=words, title_words=title_words)
        ceiling = latest = floor
    marks = marks_between(since, latest) if since and latest and since < latest else ""
    words, title_words = expressions_in(query, marks, is_marked=is_marked)
    yield _Span(floor=since, ceiling=ceiling, words=words, title_words=title_words)


def _arguments(query: SearchQuery, span: _Span, before: Cursor | None) -> dict[str, Any]:
    asked = query.narrowing
    arguments: dict[str, Any] = {
        "words": span.words,
        "title_words": span.title_words,
        "ranked": query.wanted_expression,
        "floor": span.floor,
        "ceiling": span.ceiling,
        "at": before.at if before else None,
        "key": before.key if before else None,
        "removed_states": list(REMOVED_STATES),
    }
    for name in ("source_ids", "not_source_ids", "languages", "not_languages"):
        arguments[name] = list(getattr(asked, name))
    for name, event in (("removed", asked.removed), ("changed", asked.changed)):
        if isinstance(event, Period):
            arguments |= {f"{name}_since": event.begin, f"{name}_until": event.end}
    return arguments


def _counts(counted: list[Row], found: list[Row]) -> Counts:
    return Counts(
        sources=_most_first(row["source_id"] for row in counted),
        languages=_most_first(row["language"] for row in counted if row["language"]),
        years=_most_first(row["published_at"].year for row in counted),
        articles=len(counted),
        is_all=len(counted) == len(found),
    )


def _most_first(values: Iterable[Value]) -> dict[Value, int]:
    return dict(Counter(values).most_common())
