"""From the rows of the ledger to the records that pages and exports show."""

from typing import TypeVar

from shared.ledger import catalogue_sql as sql
from shared.ledger.cursor import Page
from shared.ledger.database import Row, Transaction
from shared.ledger.records import ArticleSummary, Capture, Change, Edit, Removal, Revision, SearchHit

__all__ = [
    "Item",
    "capture_of",
    "captures_by_article",
    "edit_of",
    "evidence_of",
    "hit_of",
    "page_of",
    "revision_of",
    "summary_of",
]


Item = TypeVar("Item", ArticleSummary, Edit, Removal)


def page_of(items: list[Item], limit: int) -> Page[Item]:
    """Return a page of a list of which one item more was read, to know whether another page follows."""
    shown = tuple(items[:limit])
    return Page(items=shown, next=shown[-1].cursor if len(items) > limit and shown else None)


def summary_of(row: Row) -> ArticleSummary:
    """Return what lists show of an article."""
    known = {name: row[name] for name in ArticleSummary.__dataclass_fields__}
    return ArticleSummary(**{**known, "urls": tuple(row["urls"])})


def hit_of(row: Row) -> SearchHit:
    """Return what a search found."""
    article = summary_of(row)
    text = row.get("matched_text") or article.excerpt
    return SearchHit(article=article, only_in_earlier=bool(row.get("only_in_earlier")), text=text)


def revision_of(row: Row) -> Revision:
    """Return one wording of an article, with the look that saw it."""
    names = ("revision_id", "number", "seen_at", "title", "text_digest", "fields")
    return Revision(
        **{name: row[name] for name in names},
        url=row["revision_url"],
        body=tuple(row["body"]),
        capture=capture_of(row),
    )


def capture_of(row: Row) -> Capture:
    """Return one look."""
    return Capture(**{name: row[name] for name in Capture.__dataclass_fields__})


def edit_of(row: Row) -> Edit:
    """Return one edit, with both wordings."""
    changes = (
        Change(
            op=one.get("op", ""),
            before=one.get("from") or "",
            after=one.get("to") or "",
            at=one.get("at"),
            moved_from=one.get("moved_from"),
        )
        for one in row["changes"]
    )
    lists = {name: tuple(row[name]) for name in ("urls", "classes", "text_from", "text_to")}
    return Edit(**{**row, **lists, "changes": tuple(changes)})


def evidence_of(ledger: Transaction, article_ids: list[str], *, limit: int) -> dict[str, tuple[Capture, ...]]:
    """Return the captures that gave each article its present state, the first ones first."""
    return captures_by_article(ledger.rows(sql.EVIDENCE, {"article_ids": article_ids, "limit": limit}))


def captures_by_article(rows: list[Row]) -> dict[str, tuple[Capture, ...]]:
    """Return looks by the article they are of."""
    found: dict[str, list[Capture]] = {}
    for row in rows:
        found.setdefault(row["article_id"], []).append(capture_of(row))
    return {article_id: tuple(captures) for article_id, captures in found.items()}
