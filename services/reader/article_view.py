"""What the page of one article shows: its text, and the evidence for every word of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.reader.diffs import DiffParagraph, Piece, changed_passages, diff_of_texts
from services.reader.recorded_diffs import recorded_diff
from services.reader.views import CaptureView, Foreign, Note, capture_view, foreign, state_note
from services.reader.wording import count_of, day_first, link, long_day, moment, shown, stated_date
from shared.ledger.records import Article, ArticleSummary, ArticleUrl, Capture, Change, Edit, Revision

__all__ = ["ArticleView", "Banner", "EditView", "article_view", "edit_summary", "edit_view"]

_BANNERS = {
    "SUSPECT": "The last looks did not find this article at its address. That is not yet proof: the source may be "
    "out of order. It will be looked at again.",
    "GONE": "The source no longer shows this article. Repeated looks did not find it while the rest of the source "
    "answered.",
    "SOFT404": "The source no longer shows this article. Its address answers, but with an error page.",
    "REDIRECTED": "The source no longer shows this article. Its address now leads elsewhere.",
    "REPLACED": "The source no longer shows this article. Its address now shows another one.",
    "RETURNED": "The source had removed this article and shows it again.",
}
_CLASSES = {
    "typography": "typography",
    "wording": "wording",
    "name": "names",
    "number": "numbers or dates",
    "number_or_date": "numbers or dates",
    "sentence_added": "sentence added",
    "sentence_removed": "sentence removed",
    "title": "title",
    "image": "picture",
    "moved": "moved",
}
_PICTURE = "picture"
_SHOWN_PASSAGES = 6
_BUDGET_OF_PAGE = 2_000_000
_BUDGET_IN_LISTS = 100_000
"""Comparisons for one of many edits on a page; see `diff_of_texts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What happened to an article at its source."""

    note: Note
    sentence: str
    since: str
    since_datetime: str
    evidence: tuple[CaptureView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditView:
    """An edit, readable without the two whole texts."""

    address: str
    article_title: Foreign
    source: str
    source_address: str
    anchor: str
    url: str
    seen: str
    seen_datetime: str
    from_number: int
    to_number: int
    summary: str
    title_pieces: tuple[Piece, ...]
    """How the title changed; empty when it did not."""
    lang: str
    dir: str
    paragraphs: tuple[DiffParagraph, ...]
    pictures: tuple[Piece, ...]
    """Pictures that went and that came, each with its words and its address."""
    more_passages: int
    side_by_side: str
    """The address of the page with both wordings beside each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionView:
    """One revision in the list of them."""

    number: int
    address: str
    seen: str
    seen_datetime: str
    title: Foreign
    url: str
    digest: str
    is_read: bool
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlView:
    """An address of the article."""

    url: str
    link: str | None
    seen: str
    missing: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """The page of an article."""

    article_id: str
    address: str
    title: Foreign
    paragraphs: tuple[str, ...]
    date: str | None
    datetime: str
    stated: str | None
    """The same date in words, as far as it is known."""
    first_seen: str
    source: str
    source_address: str
    original: str | None
    original_is_there: bool
    banner: Banner | None
    reading: RevisionView | None
    reading_capture: CaptureView | None
    revisions: tuple[RevisionView, ...]
    edits: tuple[EditView, ...]
    urls: tuple[UrlView, ...]
    captures: tuple[CaptureView, ...]
    captures_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the catalogue tells of an article beside its revisions."""

    edits: Sequence[Edit]
    urls: Sequence[ArticleUrl]
    captures: Sequence[Capture]
    captures_limit: int
    evidence: Sequence[Capture]


def article_view(article: Article, read: Revision | None, history: History) -> ArticleView:
    """Return the page of an article with the revision `read`."""
    summary = article.summary
    current = article.current
    revisions = [_revision_view(article, one, read=read) for one in article.revisions]
    return ArticleView(
        article_id=summary.article_id,
        address=f"/article/{summary.article_id}",
        title=foreign(read.title if read else summary.title, summary.language),
        paragraphs=tuple(shown(paragraph) for paragraph in (read.body if read else ())),
        date=day_first(summary.published),
        datetime=(summary.published or "").replace(" ", "T"),
        stated=stated_date(summary.published),
        first_seen=long_day(summary.first_seen_at.date()),
        source=shown(summary.source_name),
        source_address=f"/source/{summary.source_id}",
        original=link(summary.url),
        original_is_there=summary.state in ("LIVE", "SUSPECT", "RETURNED"),
        banner=_banner(summary, history.evidence),
        reading=next((one for one in revisions if one.is_read), None),
        reading_capture=capture_view(read.capture) if read else None,
        revisions=tuple(revisions),
        edits=tuple(edit_view(edit, whole=True) for edit in history.edits),
        urls=tuple(_url_view(one) for one in history.urls),
        captures=tuple(capture_view(one) for one in history.captures),
        captures_cut=len(history.captures) >= history.captures_limit and current is not None,
    )


def edit_view(edit: Edit, *, whole: bool = False) -> EditView:
    """Return an edit with its changed passages, or with `whole` all its changed paragraphs."""
    title = foreign(edit.title_to, edit.language)
    paragraphs = _paragraphs(edit, budget=_BUDGET_OF_PAGE if whole else _BUDGET_IN_LISTS)
    paragraphs = paragraphs if whole else changed_passages(paragraphs)
    return EditView(
        address=f"/article/{edit.article_id}",
        article_title=title,
        source=shown(edit.source_name),
        source_address=f"/source/{edit.source_id}",
        anchor=f"edit-{edit.edit_id}",
        url=shown(edit.url),
        seen=moment(edit.seen_at),
        seen_datetime=edit.seen_at.isoformat(),
        from_number=edit.from_number,
        to_number=edit.to_number,
        summary=edit_summary(edit),
        title_pieces=diff_of_texts(
            [" ".join(shown(edit.title_from).split())], [" ".join(title.text.split())]
        )[0].pieces,
        lang=title.lang,
        dir=title.dir,
        paragraphs=paragraphs[:_SHOWN_PASSAGES] if not whole else paragraphs,
        pictures=tuple(_pictures(edit.changes)),
        side_by_side=f"/article/{edit.article_id}/edit/{edit.edit_id}",
        more_passages=max(0, len(paragraphs) - _SHOWN_PASSAGES) if not whole else 0,
    )


def _pictures(changes: Sequence[Change]) -> Iterator[Piece]:
    for change in changes:
        if change.op == _PICTURE:
            yield Piece(op="del" if change.before else "ins", text=shown(change.before or change.after))


def _paragraphs(edit: Edit, *, budget: int) -> tuple[DiffParagraph, ...]:
    """Return the diff as it was recorded, or made from the texts alone where that cannot be."""
    found = recorded_diff(edit.text_from, edit.text_to, [one for one in edit.changes if one.op != _PICTURE])
    if found is None:
        before, after = ([shown(one) for one in text] for text in (edit.text_from, edit.text_to))
        return diff_of_texts(before, after, budget=budget)
    return tuple(
        DiffParagraph(
            unchanged=one.unchanged,
            pieces=tuple(Piece(op=piece.op, text=shown(piece.text)) for piece in one.pieces),
        )
        for one in found
    )


def edit_summary(edit: Edit) -> str:
    """Return how much changed, and of what kind, in words."""
    classes = ", ".join(_CLASSES.get(one, one.replace("_", " ")) for one in edit.classes)
    is_worded = edit.words_changed or edit.classes != ("image",)
    parts = [count_of(edit.words_changed, "word") + " changed"] if is_worded else ["no word changed"]
    if classes:
        parts.append(classes)
    if edit.silent:
        parts.append("silent: the page states no new date")
    return "; ".join(parts)


def _banner(summary: ArticleSummary, evidence: Sequence[Capture]) -> Banner | None:
    note = state_note(summary.state)
    if note is None:
        return None
    return Banner(
        note=note,
        sentence=_BANNERS[summary.state],
        since=moment(summary.state_since),
        since_datetime=summary.state_since.isoformat(),
        evidence=tuple(capture_view(capture) for capture in evidence),
    )


def _revision_view(article: Article, revision: Revision, *, read: Revision | None) -> RevisionView:
    is_current = article.current is not None and revision.revision_id == article.current.revision_id
    page = f"/article/{article.summary.article_id}"
    return RevisionView(
        number=revision.number,
        address=page if is_current else f"{page}/revision/{revision.number}",
        seen=moment(revision.seen_at),
        seen_datetime=revision.seen_at.isoformat(),
        title=foreign(revision.title, article.summary.language),
        url=shown(revision.url),
        digest=revision.text_digest,
        is_read=read is not None and revision.revision_id == read.revision_id,
        is_current=is_current,
    )


def _url_view(url: ArticleUrl) -> UrlView:
    missing = None
    if url.missing_since is not None:
        how = (url.missing_as or "not found").replace("_", " ")
        missing = f"missing since {moment(url.missing_since)} ({shown(how)}, {count_of(url.misses, 'look')})"
    return UrlView(
        url=shown(url.url),
        link=link(url.url),
        seen=f"seen {moment(url.first_seen_at)} to {moment(url.last_seen_at)}",
        missing=missing,
    )
