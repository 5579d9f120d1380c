"""The columns of every list: what CSV and Parquet hold of an article, an edit, a source, an alarm and the rest."""

from dataclasses import dataclass
from typing import Literal

from shared.encoding import dump_json
from shared.ledger.records import ArticleSummary, Edit, Json, Removal, SearchHit, SourceSummary
from shared.ledger.watches import Alarm, Watch

__all__ = [
    "ALARM_COLUMNS",
    "ARTICLE_COLUMNS",
    "EDIT_COLUMNS",
    "HIT_COLUMNS",
    "REMOVAL_COLUMNS",
    "SOURCE_COLUMNS",
    "WATCH_COLUMNS",
    "Column",
    "alarm_row",
    "article_row",
    "edit_row",
    "hit_row",
    "removal_row",
    "source_row",
    "watch_row",
]

Kind = Literal["text", "time", "number", "flag", "texts"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column; every value of it is of this kind, or missing."""

    name: str
    kind: Kind = "text"


ARTICLE_COLUMNS = (
    Column("id"),
    Column("source"),
    Column("source_name"),
    Column("title"),
    Column("published"),
    Column("published_at", "time"),
    Column("language"),
    Column("url"),
    Column("urls", "texts"),
    Column("state"),
    Column("state_since", "time"),
    Column("revisions", "number"),
    Column("first_seen_at", "time"),
    Column("last_seen_at", "time"),
    Column("excerpt"),
)
HIT_COLUMNS = (*ARTICLE_COLUMNS, Column("only_in_earlier_revision", "flag"))
EDIT_COLUMNS = (
    Column("id", "number"),
    Column("article"),
    Column("source"),
    Column("source_name"),
    Column("language"),
    Column("url"),
    Column("urls", "texts"),
    Column("seen_at", "time"),
    Column("classes", "texts"),
    Column("silent", "flag"),
    Column("words_changed", "number"),
    Column("from_revision", "number"),
    Column("to_revision", "number"),
    Column("title_from"),
    Column("title_to"),
    Column("from"),
    Column("to"),
)
REMOVAL_COLUMNS = (
    Column("article"),
    Column("source"),
    Column("source_name"),
    Column("title"),
    Column("published"),
    Column("language"),
    Column("url"),
    Column("state"),
    Column("since", "time"),
    Column("looks", "number"),
    Column("records", "texts"),
)
SOURCE_COLUMNS = (
    Column("id"),
    Column("name"),
    Column("language"),
    Column("home"),
    Column("robots"),
    Column("articles", "number"),
    Column("edits", "number"),
    Column("removals", "number"),
    Column("first_published", "time"),
    Column("last_published", "time"),
    Column("last_seen", "time"),
    Column("added_at", "time"),
    Column("removed_at", "time"),
)
WATCH_COLUMNS = (
    Column("watch"),
    Column("name"),
    Column("spellings", "texts"),
    Column("sources", "texts"),
    Column("languages", "texts"),
    Column("added_at", "time"),
    Column("removed_at", "time"),
)
ALARM_COLUMNS = (
    Column("alarm", "number"),
    Column("watch"),
    Column("name"),
    Column("kind"),
    Column("source"),
    Column("article"),
    Column("at", "time"),
    Column("raised_at", "time"),
    Column("proof"),
    Column("statistics"),
)


def article_row(article: ArticleSummary) -> Json:
    """Return the values of `ARTICLE_COLUMNS`."""
    return {
        **article.as_json(),
        "source_name": article.source_name,
        "published_at": article.published_at,
        "state_since": article.state_since,
        "first_seen_at": article.first_seen_at,
        "last_seen_at": article.last_seen_at,
        "excerpt": article.excerpt,
    }


def hit_row(hit: SearchHit) -> Json:
    """Return the values of `HIT_COLUMNS`."""
    return {**article_row(hit.article), "only_in_earlier_revision": hit.only_in_earlier}


def edit_row(edit: Edit) -> Json:
    """Return the values of `EDIT_COLUMNS`."""
    return {
        **edit.as_json(),
        "id": edit.edit_id,
        "source": edit.source_id,
        "source_name": edit.source_name,
        "language": edit.language,
    }


def removal_row(removal: Removal) -> Json:
    """Return the values of `REMOVAL_COLUMNS`; `records` are the WARC records of the looks that say so."""
    article = removal.article
    return {
        "article": article.article_id,
        "source": article.source_id,
        "source_name": article.source_name,
        "title": article.title,
        "published": article.published,
        "language": article.language,
        "url": article.url,
        "state": article.state,
        "since": article.state_since,
        "looks": len(removal.evidence),
        "records": [capture.record_id for capture in removal.evidence],
    }


def source_row(source: SourceSummary) -> Json:
    """Return the values of `SOURCE_COLUMNS`."""
    return {**source.as_json(), "added_at": source.added_at, "removed_at": source.removed_at}


def watch_row(watch: Watch) -> Json:
    """Return the values of `WATCH_COLUMNS`."""
    return {
        "watch": watch.watch_id,
        "name": watch.name,
        "spellings": list(watch.spellings),
        "sources": list(watch.source_ids),
        "languages": list(watch.languages),
        "added_at": watch.added_at,
        "removed_at": watch.removed_at,
    }


def alarm_row(alarm: Alarm) -> Json:
    """Return the values of `ALARM_COLUMNS`; what has a shape of its own is JSON in one cell."""
    return {
        **alarm.as_json(),
        "proof": dump_json(alarm.proof).decode(),
        "statistics": None if alarm.statistics is None else dump_json(alarm.statistics).decode(),
    }
