"""All that the page of one article shows, read in one exchange with the server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString

from shared.ledger import captured_urls_sql
from shared.ledger import catalogue_sql as sql
from shared.ledger.captured_urls import Memento, memento_of
from shared.ledger.catalogue_rows import (
    capture_of,
    captures_by_article,
    edit_of,
    page_of,
    revision_of,
    summary_of,
)
from shared.ledger.cursor import Page
from shared.ledger.database import Database, Row, Transaction
from shared.ledger.records import Article, ArticleSummary, ArticleUrl, Capture, Edit

__all__ = ["WholeArticle", "whole_article"]

_EDITS_SHOWN = 20
_EVIDENCE_SHOWN = 50

_EDITS: LiteralString = """
where e.template_id is null and e.article_id = %(article_id)s
order by e.seen_at desc, e.edit_id desc limit %(edits)s
"""
_MORE: LiteralString = """
where a.merged_into is null and a.article_id <> %(article_id)s
    and a.source_id = (select source_id from articles where article_id = %(article_id)s)
order by a.published_at desc, a.article_id limit %(more)s
"""
_STATEMENTS: dict[str, LiteralString] = {
    "summary": sql.SUMMARY + sql.WHERE_SURVIVOR,
    "revisions": sql.REVISIONS,
    "editions": sql.SUMMARY + sql.EDITIONS,
    "edits": sql.EDITS + _EDITS,
    "urls": sql.URLS,
    "captures": sql.CAPTURES_OF_ARTICLE,
    "more": sql.SUMMARY + _MORE,
    "stored": captured_urls_sql.OF_REVISIONS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeArticle:
    """An article with its history, and what else its source published."""

    article: Article
    edits: tuple[Edit, ...]
    """The last seen first, the newest of them only."""
    urls: tuple[ArticleUrl, ...]
    captures: tuple[Capture, ...]
    """The last first, as many as were asked for."""
    evidence: tuple[Capture, ...]
    """What gave a removed article its state, the first one first."""
    more: Page[ArticleSummary]
    stored: Mapping[int, Memento]
    """What shows each revision as it was stored, by the capture; a look that shows nothing is left out."""


def whole_article(database: Database, article_id: str, *, captures: int, more: int) -> WholeArticle | None:
    """Return an article, or None; for one that was merged into another, that other.

    Args:
        database: where it is kept.
        article_id: what it is known by.
        captures: how many looks at most.
        more: how many other articles of its source at most.

    Raises:
        TryAgainError: the database does not answer, or not in time.
    """
    asked = {"limit": captures, "edits": _EDITS_SHOWN, "more": more + 1}
    with database.reading() as ledger:
        found = _rows(ledger, {**asked, "article_id": article_id})
        if not found["summary"]:
            return None
        summary = summary_of(found["summary"][0])
        evidence: list[Row] = []
        if summary.state != "LIVE":
            evidence = ledger.rows(
                sql.EVIDENCE, {"article_ids": [summary.article_id], "limit": _EVIDENCE_SHOWN}
            )
    return WholeArticle(
        article=Article(
            summary=summary,
            revisions=tuple(map(revision_of, found["revisions"])),
            editions=tuple(map(summary_of, found["editions"])),
        ),
        edits=tuple(map(edit_of, found["edits"])),
        urls=tuple(ArticleUrl(**row) for row in found["urls"]),
        captures=tuple(map(capture_of, found["captures"])),
        evidence=captures_by_article(evidence).get(summary.article_id, ()),
        more=page_of(list(map(summary_of, found["more"])), more),
        stored={row["capture_id"]: memento_of(row) for row in found["stored"]},
    )


def _rows(ledger: Transaction, arguments: dict[str, Any]) -> dict[str, list[Row]]:
    """Return the rows of each statement: of the survivor, where the article was merged into another."""
    rows = ledger.rows_of_each([(statement, arguments) for statement in _STATEMENTS.values()])
    found = dict(zip(_STATEMENTS, rows, strict=True))
    survivors = [row["article_id"] for row in found["summary"]]
    if survivors in ([], [arguments["article_id"]]):
        return found
    return _rows(ledger, {**arguments, "article_id": survivors[0]})
