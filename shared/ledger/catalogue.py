"""What the ledger knows of articles, read for people: lists, one article, its history, search.

Every list is newest first and read in pages by its last item, never by offset, so that page 1,000 costs what
page 1 costs. Nothing here writes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

from shared.ledger import catalogue_sql as sql
from shared.ledger.catalogue_rows import (
    Item,
    edit_of,
    evidence_of,
    hit_of,
    page_of,
    revision_of,
    summary_of,
)
from shared.ledger.cursor import Cursor, Page
from shared.ledger.database import Database
from shared.ledger.filters import ALL, Filters
from shared.ledger.records import (
    Article,
    ArticleSummary,
    ArticleUrl,
    Edit,
    Removal,
    Revision,
    SearchHit,
    SourceSummary,
)
from shared.ledger.searching import REMOVED_STATES, Counts, Searching
from shared.search_query import SearchQuery

__all__ = ["REMOVED_STATES", "Catalogue", "SearchPage"]

_EXPORT_PAGE = 500
_NOT_LIVE_STATES = (*REMOVED_STATES, "SUSPECT", "RETURNED")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """Some of what a search found, and where its next page begins."""

    items: tuple[SearchHit, ...]
    next: Cursor | None
    """Of a search by date."""
    next_start: int | None
    """Of a search by relevance."""
    counts: Counts | None
    """How all matches are spread, where that is wanted or known from the page."""


class Catalogue:
    """Reads articles and their history.

    Every method may raise `TryAgainError`: the database does not answer, or not in time.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._searching = Searching(database)

    def latest(
        self,
        limit: int,
        *,
        before: Cursor | None = None,
        source_id: str | None = None,
        language: str | None = None,
    ) -> Page[ArticleSummary]:
        """Return articles by date, the newest first.

        Args:
            limit: how many at most.
            before: where the last page ended.
            source_id: only of this source.
            language: only in this language, a BCP 47 primary tag.
        """
        where: LiteralString = "where a.merged_into is null"
        if source_id is not None:
            where += " and a.source_id = %(source_id)s"
        if language is not None:
            where += " and a.language = %(language)s"
        arguments = {"source_id": source_id, "language": language, **_place(before, limit)}
        with self.database.reading() as ledger:
            rows = ledger.rows(sql.SUMMARY + where + sql.after_cursor(before) + sql.BY_DATE, arguments)
        return page_of([summary_of(row) for row in rows], limit)

    def article(self, article_id: str) -> Article | None:
        """Return an article with all its revisions, or None.

        The id of an article that was merged into another gives that other one, so no link ever breaks.
        """
        with self.database.reading() as ledger:
            row = ledger.row(sql.SUMMARY + sql.WHERE_SURVIVOR, {"article_id": article_id})
            if row is None:
                return None
            summary = summary_of(row)
            survivor = {"article_id": summary.article_id}
            rows = ledger.rows(sql.REVISIONS, survivor)
            editions = ledger.rows(sql.SUMMARY + sql.EDITIONS, survivor)
        return Article(
            summary=summary,
            revisions=tuple(revision_of(row) for row in rows),
            editions=tuple(summary_of(row) for row in editions),
        )

    def survivor(self, article_id: str) -> str | None:
        """Return the id of an article, that of the one it was merged into where it was, or None."""
        with self.database.reading() as ledger:
            row = ledger.row(sql.SURVIVOR + sql.WHERE_SURVIVOR, {"article_id": article_id})
        return None if row is None else str(row["article_id"])

    def revisions(self, article_id: str) -> tuple[Revision, ...]:
        """Return the revisions of an article, the first seen first."""
        with self.database.reading() as ledger:
            return tuple(revision_of(row) for row in ledger.rows(sql.REVISIONS, {"article_id": article_id}))

    def urls(self, article_id: str) -> tuple[ArticleUrl, ...]:
        """Return the addresses of an article, the first seen first."""
        with self.database.reading() as ledger:
            return tuple(ArticleUrl(**row) for row in ledger.rows(sql.URLS, {"article_id": article_id}))

    def edits(
        self,
        limit: int,
        *,
        before: Cursor | None = None,
        source_id: str | None = None,
        article_id: str | None = None,
        only: Filters = ALL,
    ) -> Page[Edit]:
        """Return edits, the last seen first."""
        where: LiteralString = "where e.template_id is null" + only.of_edits
        if source_id is not None:
            where += " and e.source_id = %(source_id)s"
        if article_id is not None:
            where += " and e.article_id = %(article_id)s"
        if before is not None:
            where += sql.EDITS_AFTER
        arguments = {
            "source_id": source_id,
            "article_id": article_id,
            **only.arguments,
            **_place(before, limit),
        }
        arguments["edit_id"] = int(before.key) if before and before.key.isdecimal() else 0
        with self.database.reading() as ledger:
            rows = ledger.rows(sql.EDITS + where + sql.EDITS_BY_DATE, arguments)
        return page_of([edit_of(row) for row in rows], limit)

    def removals(
        self,
        limit: int,
        *,
        before: Cursor | None = None,
        source_id: str | None = None,
        states: tuple[str, ...] = _NOT_LIVE_STATES,
        only: Filters = ALL,
    ) -> Page[Removal]:
        """Return articles that their source does not show, or shows again, the last changed first."""
        where: LiteralString = (
            "where a.merged_into is null and a.state <> 'LIVE' and a.state = any(%(states)s)"
        )
        if source_id is not None:
            where += " and a.source_id = %(source_id)s"
        if before is not None:
            where += sql.REMOVALS_AFTER
        where += only.of_removals
        arguments = {
            "source_id": source_id,
            "states": list(states),
            **only.arguments,
            **_place(before, limit),
        }
        with self.database.reading() as ledger:
            rows = ledger.rows(sql.SUMMARY + where + sql.REMOVALS_BY_DATE, arguments)
            articles = [summary_of(row) for row in rows]
            evidence = evidence_of(ledger, [article.article_id for article in articles], limit=50)
        found = [Removal(article=one, evidence=evidence.get(one.article_id, ())) for one in articles]
        return page_of(found, limit)

    def sources(self) -> tuple[SourceSummary, ...]:
        """Return all sources by name, with counts over everything kept: exact, so not free."""
        with self.database.reading() as ledger:
            arguments = {"removed_states": list(REMOVED_STATES)}
            return tuple(SourceSummary(**row) for row in ledger.rows(sql.SOURCES, arguments))

    def search(
        self,
        query: SearchQuery,
        limit: int,
        *,
        before: Cursor | None = None,
        start: int | None = None,
        counted: bool = False,
    ) -> SearchPage:
        """Return the articles of which any revision matches, the newest first.

        A query without words gives the articles its operators allow; one without either gives nothing.

        Args:
            query: what is asked.
            limit: how many at most.
            before: where the last page ended.
            start: set to have the most relevant first: how many of them were on earlier pages.
            counted: also count all matches, up to a bound, in the order of dates.
        """
        if query.is_empty:
            return SearchPage(items=(), next=None, next_start=None, counts=None)
        if start is None:
            found = self._searching.newest(query, limit, before=before, counted=counted)
        else:
            found = self._searching.most_relevant(query, limit, start=start)
        hits = tuple(hit_of(row) for row in found.rows)
        has_next = found.has_more and bool(hits)
        return SearchPage(
            items=hits,
            next=hits[-1].article.cursor if has_next and start is None else None,
            next_start=start + limit if has_next and start is not None else None,
            counts=found.counts,
        )

    def every_article(
        self, *, source_id: str | None = None, language: str | None = None
    ) -> Iterator[ArticleSummary]:
        """Yield all articles, the newest first, in short reads: an export holds no transaction open."""
        yield from _walk(
            lambda before: self.latest(_EXPORT_PAGE, before=before, source_id=source_id, language=language)
        )

    def every_edit(
        self, *, source_id: str | None = None, article_id: str | None = None, only: Filters = ALL
    ) -> Iterator[Edit]:
        """Yield all edits, the last seen first."""
        yield from _walk(
            lambda before: self.edits(
                _EXPORT_PAGE, before=before, source_id=source_id, article_id=article_id, only=only
            )
        )

    def every_removal(
        self, *, source_id: str | None = None, with_suspects: bool = False, only: Filters = ALL
    ) -> Iterator[Removal]:
        """Yield all articles that were removed, or came back, the last changed first.

        Args:
            source_id: only of this source.
            with_suspects: those too that are missing but not for long enough to be called removed.
            only: further conditions.
        """
        states = _NOT_LIVE_STATES if with_suspects else (*REMOVED_STATES, "RETURNED")
        yield from _walk(
            lambda before: self.removals(
                _EXPORT_PAGE, before=before, source_id=source_id, states=states, only=only
            )
        )

    def check(self) -> None:
        """Return when the ledger answers.

        Raises:
            TryAgainError: it does not.
        """
        with self.database.reading() as ledger:
            ledger.row("select 1 as answer")


def _walk(read: Callable[[Cursor | None], Page[Item]]) -> Iterator[Item]:
    before: Cursor | None = None
    while True:
        page = read(before)
        yield from page.items
        if page.next is None:
            return
        before = page.next


def _place(before: Cursor | None, limit: int) -> dict[str, Any]:
    """Return the arguments of a page; one row more is read to know whether another page follows."""
    return {
        "limit": limit + 1,
        "at": before.at if before else None,
        "key": before.key if before else None,
    }
