"""The history of one source in memory, written out, and looks to be recorded in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.normalizer.sightings import Miss, Sighting, Unchanged
from services.normalizer.wording import identity_digest, text_digest
from shared.ledger.history import ArticleHead, KnownUrl, NewEdit, NewRevision, RevisionText
from shared.ledger.host_states import HostNotice
from shared.ledger.templates import ToldEdit
from shared.sources import SourceFile, load_source

NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
SITE = "http://herald.example"
HOST = "http://herald.example:80"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    kind: str
    at: datetime
    article_id: str | None
    data: Mapping[str, object]


@dataclass(slots=True, kw_only=True)
class StoredArticle:
    key: str
    state: str
    title: str
    first_seen_at: datetime
    revision_id: int = 0
    merged_into: str | None = None


@dataclass(slots=True, kw_only=True)
class RecordsInMemory:
    """What `HistoryRecords` does with tables, done with dictionaries."""

    source_id: str = "herald"
    articles: dict[str, StoredArticle] = field(default_factory=dict)
    revisions: dict[int, tuple[RevisionText, str]] = field(default_factory=dict)
    known: dict[str, KnownUrl] = field(default_factory=dict)
    edits: list[tuple[str, NewEdit]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    hosts_down: set[str] = field(default_factory=set)
    shown_at: dict[int, str] = field(default_factory=dict)
    templates: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    template_starts: list[datetime] = field(default_factory=list)
    told_apart: set[frozenset[str]] = field(default_factory=set)
    notices: dict[str, HostNotice] = field(default_factory=dict)

    def url(self, url: str) -> KnownUrl | None:
        return self.known.get(url)

    def urls(self, article_id: str) -> list[KnownUrl]:
        return [known for known in self.known.values() if known.article_id == article_id]

    def article(self, article_id: str) -> ArticleHead:
        stored = self.articles[article_id]
        current, _ = self.revisions[stored.revision_id]
        return ArticleHead(
            article_id=article_id,
            source_id=self.source_id,
            key=stored.key,
            state=stored.state,
            title=stored.title,
            revision_id=stored.revision_id,
            revisions=len(self.revisions_of(article_id)),
            text_digest=current.text_digest,
            first_seen_at=stored.first_seen_at,
        )

    def article_of_key(self, key: str) -> str | None:
        return next(
            (stored.merged_into or name for name, stored in self.articles.items() if stored.key == key), None
        )

    def article_of_identity(self, identity_digest: str, *, besides: str | None = None) -> RevisionText | None:
        found = [
            text
            for text, identity in self.revisions.values()
            if identity == identity_digest and text.article_id != besides
        ]
        return min(
            found,
            key=lambda text: (self.articles[text.article_id].first_seen_at, text.revision_id),
            default=None,
        )

    def revision(self, revision_id: int) -> RevisionText:
        return self.revisions[revision_id][0]

    def revision_with_text(self, article_id: str, text_digest: str) -> RevisionText | None:
        found = [text for text in self.revisions_of(article_id) if text.text_digest == text_digest]
        return found[-1] if found else None

    def add_article(self, article_id: str, key: str, revision: NewRevision) -> int:
        assert article_id not in self.articles, "an article is added once"
        self.articles[article_id] = StoredArticle(
            key=key, state="LIVE", title=revision.title, first_seen_at=revision.seen_at
        )
        return self.add_revision(article_id, revision)

    def add_revision(self, article_id: str, revision: NewRevision, *, is_current: bool = True) -> int:
        revision_id = len(self.revisions) + 1
        text = RevisionText(
            revision_id=revision_id,
            article_id=article_id,
            title=revision.title,
            body=revision.body,
            text_digest=revision.text_digest,
            modified=revision.fields.get("modified"),
            seen_at=revision.seen_at,
            image=revision.fields.get("image"),
            pictures=revision.fields.get("pictures"),
            published=revision.published,
            capture_id=revision.capture_id,
        )
        self.shown_at[revision_id] = revision.url
        self.revisions[revision_id] = text, revision.identity_digest
        if is_current:
            self.articles[article_id].revision_id = revision_id
            self.articles[article_id].title = revision.title
        return revision_id

    def see_url(self, known: KnownUrl, *, target_id: int, seen_at: datetime) -> None:
        before = self.known.get(known.url)
        stored = self.articles[before.article_id if before else known.article_id]
        stored.first_seen_at = min(stored.first_seen_at, seen_at)
        self.known[known.url] = replace(
            known,
            article_id=before.article_id if before else known.article_id,
            last_seen_at=max(before.last_seen_at, seen_at) if before else seen_at,
            misses=0,
            missing_since=None,
            missing_as=None,
        )

    def miss_url(self, url: str, *, seen_at: datetime, missing_as: str, capture_id: int) -> None:
        before = self.known[url]
        self.known[url] = replace(
            before,
            misses=before.misses + 1,
            missing_since=before.missing_since or seen_at,
            missing_as=missing_as,
        )

    def set_state(self, article_id: str, state: str, *, since: datetime) -> None:
        self.articles[article_id].state = state

    def revision_beside(self, article_id: str, url: str, *, at: datetime, later: bool) -> RevisionText | None:
        shown = [text for text in self.revisions_of(article_id) if self.shown_at[text.revision_id] == url]
        if later:
            return min((text for text in shown if text.seen_at > at), key=_when, default=None)
        return max((text for text in shown if text.seen_at < at), key=_when, default=None)

    def tells(self, article_id: str, before: str, after: str, *, besides_url: str | None = None) -> bool:
        return any(
            owner == article_id
            and edit.url != besides_url
            and self.revision(edit.from_revision).text_digest == before
            and self.revision(edit.to_revision).text_digest == after
            for owner, edit in self.edits
        )

    def date_back(self, revision_id: int, *, seen_at: datetime, capture_id: int) -> None:
        text, identity = self.revisions[revision_id]
        self.revisions[revision_id] = replace(text, seen_at=seen_at, capture_id=capture_id), identity
        self.edits = [
            (owner, replace(edit, seen_at=seen_at) if edit.to_revision == revision_id else edit)
            for owner, edit in self.edits
        ]

    def repeat_revision(self, revision_id: int, *, url: str, seen_at: datetime) -> int | None:
        text, identity = self.revisions[revision_id]
        fresh = len(self.revisions) + 1
        self.revisions[fresh] = replace(text, revision_id=fresh, seen_at=seen_at), identity
        self.shown_at[fresh] = url
        known, stored = self.known[url], self.articles[text.article_id]
        if known.revision_id == revision_id:
            self.known[url] = replace(known, revision_id=fresh)
        if stored.revision_id == revision_id:
            stored.revision_id = fresh
        return fresh

    def see_earlier(self, url: str, *, seen_at: datetime) -> None:
        stored = self.articles[self.known[url].article_id]
        stored.first_seen_at = min(stored.first_seen_at, seen_at)

    def add_edit(self, article_id: str, edit: NewEdit) -> None:
        self.edits = [told for told in self.edits if told[1].to_revision != edit.to_revision]
        self.edits.append((article_id, edit))

    def templates_of(self, deltas: Sequence[str]) -> dict[str, int]:
        return {delta: self.templates[delta][0] for delta in deltas if delta in self.templates}

    def edits_with(self, deltas: Sequence[str]) -> list[ToldEdit]:
        held = [one for one in self.edits if set(deltas) & set(one[1].deltas)]
        told = [ToldEdit(article_id=article_id, edit=edit) for article_id, edit in held]
        return sorted(told, key=lambda one: one.edit.seen_at)

    def template_near(self, earliest: datetime, latest: datetime) -> int | None:
        found = (number for number, seen in self.templates.values() if earliest <= seen <= latest)
        return min(found, default=None)

    def add_template(self, first_seen_at: datetime) -> int:
        self.template_starts.append(first_seen_at)
        return len(self.template_starts)

    def add_template_delta(self, template_id: int, delta: str, *, was: str, became: str) -> None:
        self.templates[delta] = template_id, self.template_starts[template_id - 1]

    def add_event(
        self,
        kind: str,
        *,
        at: datetime,
        article_id: str | None,
        capture_id: int | None,
        data: dict[str, object] | None = None,
    ) -> None:
        self.events.append(Event(kind=kind, at=at, article_id=article_id, data=data or {}))

    def host_answers(self, host: str, *, besides: int, at: datetime, within: timedelta) -> bool:
        return host not in self.hosts_down

    def host_shows_articles(self, host: str, *, besides: int, at: datetime, within: timedelta) -> bool:
        return host not in self.hosts_down

    def host_notice(self, host: str) -> HostNotice | None:
        return self.notices.get(host)

    def are_told_apart(self, first: str, second: str) -> bool:
        return frozenset((first, second)) in self.told_apart

    def merge(self, loser: str, winner: str) -> None:
        for revision_id, (text, identity) in self.revisions.items():
            if text.article_id == loser:
                self.revisions[revision_id] = replace(text, article_id=winner), identity
        for url, known in self.known.items():
            if known.article_id == loser:
                self.known[url] = replace(known, article_id=winner)
        self.edits = [(winner if owner == loser else owner, edit) for owner, edit in self.edits]
        for name, stored in self.articles.items():
            if loser in {name, stored.merged_into}:
                stored.merged_into = winner

    def revisions_of(self, article_id: str) -> list[RevisionText]:
        return [text for text, _ in self.revisions.values() if text.article_id == article_id]

    def living(self) -> dict[str, StoredArticle]:
        """The articles that were not merged into another."""
        return {name: stored for name, stored in self.articles.items() if stored.merged_into is None}

    def kinds(self) -> list[str]:
        """What happened, in order."""
        return [event.kind for event in self.events]

    def told(self) -> tuple[object, ...]:
        """All that a reader could see of it; equal when nothing has changed."""
        return (
            repr(self.articles),
            repr(self.revisions),
            repr(self.known),
            repr(self.edits),
            repr(self.events),
        )


def _when(text: RevisionText) -> tuple[datetime, int]:
    return text.seen_at, text.revision_id


def source(more: str = "") -> SourceFile:
    return load_source(f"""id = "herald"
name = "Quay Herald"
language = "en"
home = "{SITE}/"

[[lists]]
url = "{SITE}/list"
kind = "listing"
every = "1h"
{more}
""")


def text(subject: str = "bridge", *changes: tuple[str, str]) -> tuple[str, ...]:
    """An article's paragraphs, long enough to be known by, with some of its words replaced."""
    whole = (
        f"The new {subject} over the harbour opened to walkers on Saturday after three years of work.\n"
        f"Some forty people were present at the {subject}, among them the workers of the depot.\n"
        f"A band played on the steps of the {subject} until the rain set in and everybody went home."
    )
    for old, new in changes:
        assert old in whole
        whole = whole.replace(old, new)
    return tuple(whole.split("\n"))


def sighting(
    path: str,
    body: tuple[str, ...],
    *,
    hours: float = 0,
    title: str = "Bridge opens",
    day: str | None = "2026-03-09",
    **changes: Any,  # noqa: ANN401  (any field of a sighting)
) -> Sighting:
    """A look at `path` so many hours after noon that showed an article."""
    values: dict[str, Any] = {
        "url": SITE + path,
        "host": HOST,
        "target_id": len(path),
        "capture_id": int(hours * 100),
        "seen_at": NOON + timedelta(hours=hours),
        "title": title,
        "body": body,
        "text_digest": text_digest(body),
        "identity_digest": identity_digest(body, day),
        "canonical_url": None,
        "modified": None,
        "published": day,
        "published_precision": "day" if day else None,
        "published_at": NOON,
        "language": "en",
        "fields": {"modified": changes.get("modified"), "pictures": changes.pop("pictures", None)},
    }
    return Sighting(**(values | changes))


def miss(path: str, *, hours: float, missing_as: str = "not_found") -> Miss:
    return sighting(path, ("",), hours=hours).as_miss(missing_as)


def unchanged(path: str, *, hours: float) -> Unchanged:
    look = sighting(path, ("",), hours=hours)
    return Unchanged(url=look.url, target_id=look.target_id, capture_id=look.capture_id, seen_at=look.seen_at)
