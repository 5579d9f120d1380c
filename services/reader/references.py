"""What can be cited or told of in a feed, from any list: an article, an edit, a source, a watch and the rest."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.reader.article_view import edit_summary
from services.reader.views import state_note
from services.reader.watch_view import alarm_words
from services.reader.wording import count_of, link, shown
from shared.ledger.records import Article, ArticleSummary, Edit, Removal, SearchHit, SourceSummary
from shared.ledger.watches import Alarm, Watch

__all__ = [
    "Reference",
    "of_alarm",
    "of_article",
    "of_edit",
    "of_hit",
    "of_removal",
    "of_source",
    "of_watch",
    "of_whole_article",
]

_NAMESPACE = UUID("c0f4b9f2-93a5-4c8b-8d56-3f0c3b1c5a70")
"""Of the names of list entries: a name is made of the kind and the id, so it is the same at every asking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One thing that is kept, as a bibliography or a feed names it. All text is on one line and harmless."""

    kind: str
    """article, edit, removal, source, watch or alarm."""
    key: str
    """Names it among its kind."""
    title: str
    what: str | None
    """What happened, in words; None for an article that is only listed."""
    source_id: str
    source: str
    language: str | None
    issued: str | None
    """When it was published: ISO 8601 to the precision the page gave."""
    original: str | None
    """Its address at the source, when a page may link to it."""
    path: str
    """Its page in this archive, an absolute path."""
    seen_at: datetime
    """When the archive saw it so."""
    updated_at: datetime
    """When what is told here happened."""
    text: str

    @property
    def urn(self) -> str:
        """Return a name that never changes."""
        return uuid5(_NAMESPACE, f"{self.kind} {self.key}").urn


def of_article(article: ArticleSummary) -> Reference:
    """Return an article of a list: seen when a look last found it at its source."""
    note = state_note(article.state)
    return Reference(
        kind="article",
        key=article.article_id,
        title=shown(article.title),
        what=None if note is None else note.text,
        source_id=article.source_id,
        source=shown(article.source_name),
        language=article.language,
        issued=article.published,
        original=link(article.url),
        path=f"/article/{article.article_id}",
        seen_at=article.last_seen_at,
        updated_at=max(article.first_seen_at, article.state_since),
        text=shown(article.excerpt),
    )


def of_whole_article(article: Article) -> Reference:
    """Return an article with its whole text, seen when the record was made that holds this wording."""
    summary, current = article.summary, article.current
    listed = of_article(summary)
    if current is None:
        return listed
    values = {name: getattr(listed, name) for name in Reference.__dataclass_fields__}
    text = "\n".join(shown(one) for one in current.body)
    return Reference(**{**values, "seen_at": current.capture.fetched_at, "text": text})


def of_hit(hit: SearchHit) -> Reference:
    """Return an article that was found."""
    return of_article(hit.article)


def of_edit(edit: Edit) -> Reference:
    """Return an edit: its title is the new one, its text says what changed."""
    return Reference(
        kind="edit",
        key=str(edit.edit_id),
        title=shown(edit.title_to),
        what=f"Edited: {edit_summary(edit)}",
        source_id=edit.source_id,
        source=shown(edit.source_name),
        language=edit.language,
        issued=None,
        original=link(edit.url),
        path=f"/article/{edit.article_id}/edit/{edit.edit_id}",
        seen_at=edit.seen_at,
        updated_at=edit.seen_at,
        text=" ".join(
            f"{sign} {shown(words)}"
            for change in edit.changes
            for sign, words in (("−", change.before), ("+", change.after))
            if words
        ),
    )


def of_removal(removal: Removal) -> Reference:
    """Return a removal, seen at the first look that says so."""
    article = removal.article
    values = {name: getattr(of_article(article), name) for name in Reference.__dataclass_fields__}
    key = f"{article.article_id} {article.state} {article.state_since.isoformat()}"
    seen_at = removal.evidence[0].fetched_at if removal.evidence else article.state_since
    return Reference(
        **{**values, "kind": "removal", "key": key, "seen_at": seen_at, "updated_at": article.state_since}
    )


def of_source(source: SourceSummary) -> Reference:
    """Return a source: it was seen when any page of it last was."""
    return Reference(
        kind="source",
        key=source.source_id,
        title=shown(source.name),
        what="Source",
        source_id=source.source_id,
        source="Pressmark",
        language=source.language,
        issued=None,
        original=link(source.home),
        path=f"/source/{source.source_id}",
        seen_at=source.last_seen_at or source.added_at,
        updated_at=source.added_at,
        text=count_of(source.articles, "article"),
    )


def of_watch(watch: Watch) -> Reference:
    """Return a watch."""
    return Reference(
        kind="watch",
        key=watch.watch_id,
        title=shown(watch.name),
        what="Watch",
        source_id="",
        source="Pressmark",
        language=None,
        issued=None,
        original=None,
        path=f"/watches/{watch.watch_id}",
        seen_at=watch.added_at,
        updated_at=watch.added_at,
        text=", ".join(shown(one) for one in watch.spellings),
    )


def of_alarm(alarm: Alarm) -> Reference:
    """Return an alarm."""
    return Reference(
        kind="alarm",
        key=str(alarm.alarm_id),
        title=shown(alarm.name),
        what=alarm_words(alarm),
        source_id=alarm.source_id,
        source=alarm.source_id,
        language=None,
        issued=None,
        original=None,
        path=f"/article/{alarm.article_id}" if alarm.article_id else f"/watches/{alarm.watch_id}",
        seen_at=alarm.at,
        updated_at=alarm.raised_at,
        text=alarm_words(alarm),
    )
