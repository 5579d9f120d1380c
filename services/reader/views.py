"""What the lists show: from the catalogue's records to words, addresses and attributes. Nothing here does I/O."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.reader.highlighting import Marked, marked, marked_excerpt
from services.reader.wording import (
    count_of,
    direction,
    excerpt,
    language_name,
    language_tag,
    link,
    long_day,
    moment,
    shown,
    stated_date,
    stated_day,
)
from shared.ledger.records import ArticleSummary, Capture, Removal, SearchHit, SourceSummary

__all__ = [
    "CaptureView",
    "Card",
    "DayOfCards",
    "Foreign",
    "Note",
    "RemovalView",
    "SourceView",
    "capture_view",
    "card",
    "days_of_cards",
    "foreign",
    "hit_card",
    "language_views",
    "removal_view",
    "source_view",
    "state_note",
]

_STATES = {
    "SUSPECT": ("Possibly removed", "suspect"),
    "GONE": ("Removed at source", "gone"),
    "SOFT404": ("Removed at source", "gone"),
    "REDIRECTED": ("Removed at source: redirected", "gone"),
    "REPLACED": ("Replaced at source", "gone"),
    "RETURNED": ("Removed and returned", "returned"),
}
_STATUS_WORDS = {
    200: "OK", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    307: "Temporary Redirect", 308: "Permanent Redirect", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 410: "Gone", 429: "Too Many Requests", 451: "Unavailable For Legal Reasons",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """Text of a source, with the language and the direction a browser must know."""

    text: str
    lang: str
    dir: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A short remark beside a title."""

    text: str
    kind: str
    """What the style sheet knows it by: gone, suspect, returned, edited, earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An article in a list."""

    address: str
    title: tuple[Marked, ...]
    excerpt: tuple[Marked, ...]
    lang: str
    dir: str
    source: str
    source_address: str
    day: date
    date: str
    datetime: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfCards:
    """The articles of one day."""

    heading: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureView:
    """One look and where its record lies."""

    address: str
    """The page that shows what was stored."""
    url: str
    link: str | None
    time: str
    datetime: str
    result: str
    is_good: bool
    digest: str | None
    warc_key: str
    place: str
    record_id: str
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalView:
    """An entry of the ledger of removals."""

    card: Card
    note: Note | None
    since: str
    since_datetime: str
    url: str
    evidence: tuple[CaptureView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """A source with what is kept of it."""

    name: str
    address: str
    language: str
    home: str
    home_link: str | None
    articles: str
    edits: str
    removals: str
    span: str
    last_seen: str
    is_asked: bool


def foreign(text: str, language: str | None) -> Foreign:
    """Return text of a source as one line."""
    return Foreign(text=shown(text), lang=language_tag(language), dir=direction(language))


def state_note(state: str) -> Note | None:
    """Return the remark for a state; None for an article that is where it was."""
    if state not in _STATES:
        return None
    text, kind = _STATES[state]
    return Note(text=text, kind=kind)


def card(article: ArticleSummary) -> Card:
    """Return an article as lists show it."""
    return _card(article, title=marked(article.title, None), text=marked(excerpt(article.excerpt), None))


def hit_card(hit: SearchHit, pattern: re.Pattern[str] | None) -> Card:
    """Return an article as search shows it: the words marked, the excerpt around the first of them."""
    notes = [Note(text="Only in an earlier revision", kind="earlier")] if hit.only_in_earlier else []
    return _card(
        hit.article,
        title=marked(hit.article.title, pattern),
        text=marked_excerpt(hit.text, pattern),
        more_notes=notes,
    )


def days_of_cards(cards: Iterable[Card]) -> tuple[DayOfCards, ...]:
    """Return cards under a heading for each day, the newest first.

    The day is the one the page stated, in its own zone; cards come sorted by the moment, so that outlets east
    and west of us would otherwise take turns under the same two headings.
    """
    days: dict[date, list[Card]] = {}
    for one in cards:
        days.setdefault(one.day, []).append(one)
    return tuple(
        DayOfCards(heading=long_day(day), cards=tuple(days[day])) for day in sorted(days, reverse=True)
    )


def capture_view(capture: Capture) -> CaptureView:
    """Return a look with everything needed to check it."""
    remarks = []
    if capture.redirect_to:
        remarks.append(f"leads to {shown(capture.redirect_to)}")
    if capture.revisit_of is not None:
        remarks.append("the same bytes as an earlier look, which holds them")
    if capture.truncated:
        remarks.append(f"cut short ({shown(capture.truncated)})")
    return CaptureView(
        address=f"/capture/{capture.capture_id}",
        url=shown(capture.url),
        link=link(capture.url),
        time=moment(capture.fetched_at),
        datetime=capture.fetched_at.isoformat(),
        result=_result(capture),
        is_good=capture.status in (200, 304),
        digest=capture.payload_digest,
        warc_key=capture.warc_key,
        place=f"byte {capture.warc_offset:,}, {capture.warc_length:,} bytes long",
        record_id=capture.record_id,
        remarks=tuple(remarks),
    )


def removal_view(removal: Removal) -> RemovalView:
    """Return an entry of the ledger of removals."""
    article = removal.article
    return RemovalView(
        card=card(article),
        note=state_note(article.state),
        since=moment(article.state_since),
        since_datetime=article.state_since.isoformat(),
        url=shown(article.url),
        evidence=tuple(capture_view(capture) for capture in removal.evidence),
    )


def source_view(source: SourceSummary) -> SourceView:
    """Return a source with its figures in words."""
    span = "nothing yet"
    if source.first_published_at and source.last_published_at:
        first, last = source.first_published_at.date(), source.last_published_at.date()
        span = long_day(first) if first == last else f"{long_day(first)} to {long_day(last)}"
    return SourceView(
        name=shown(source.name),
        address=f"/source/{source.source_id}",
        language=language_name(source.language),
        home=shown(source.home),
        home_link=link(source.home),
        articles=count_of(source.articles, "article"),
        edits=count_of(source.edits, "edit"),
        removals=count_of(source.removals, "removal"),
        span=span,
        last_seen=moment(source.last_seen_at) if source.last_seen_at else "never",
        is_asked=source.removed_at is None,
    )


def language_views(sources: Iterable[SourceSummary], chosen: str | None) -> tuple[Foreign, ...]:
    """Return the languages of the sources, and the chosen one, each under its own name; `lang` is its tag.

    Single pages of unknown sites have no language of their own (`und`, BCP 47) to choose by.
    """
    tags = {language_tag(source.language) for source in sources} | ({chosen} if chosen else set())
    tags.discard("und")
    return tuple(Foreign(text=language_name(tag), lang=tag, dir=direction(tag)) for tag in sorted(tags))


def _card(
    article: ArticleSummary,
    *,
    title: tuple[Marked, ...],
    text: tuple[Marked, ...],
    more_notes: Sequence[Note] = (),
) -> Card:
    day = stated_day(article.published) or article.published_at.date()
    stated = stated_date(article.published)
    note = state_note(article.state)
    notes = [note] if note else []
    if article.revisions > 1:
        notes.append(Note(text=f"{article.revisions} revisions", kind="edited"))
    return Card(
        address=f"/article/{article.article_id}",
        title=title,
        excerpt=text,
        lang=language_tag(article.language),
        dir=direction(article.language),
        source=shown(article.source_name),
        source_address=f"/source/{article.source_id}",
        day=day,
        date=stated or f"first seen {long_day(article.first_seen_at.date())}",
        datetime=(article.published or "") if stated else article.first_seen_at.date().isoformat(),
        notes=(*notes, *more_notes),
    )


def _result(capture: Capture) -> str:
    if capture.status is None:
        return f"no answer ({shown(capture.reason or 'reason unknown').replace('_', ' ')})"
    words = _STATUS_WORDS.get(capture.status, "")
    return f"{capture.status} {words}".strip()
