"""Fills a ledger with articles in five languages, as the crawler, the fetcher and the normalizer would."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.ledger.database import Database, Row, Transaction
from shared.ledger.history import History, HistoryRecords, KnownUrl, NewEdit, NewRevision
from shared.search_tokens import search_vector_text

NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)

_CAPTURE = """
insert into captures (batch_id, target_id, source_id, kind, url, fetched_at, status, reason, content_type,
    redirect_to, payload_digest, record_id, warc_key, warc_offset, warc_length, ip, seconds)
values (%(batch)s, %(target)s, %(source)s, 'article', %(url)s, %(at)s, %(status)s, %(reason)s, 'text/html',
    %(redirect_to)s, %(digest)s, %(record)s, %(warc)s, 812, 5120, '192.0.2.7', 0.31)
returning capture_id
"""
_TARGET = """
insert into targets (url_key, url, host_id, source_id, kind)
values (%(key)s::uuid, %(url)s, (select host_id from hosts where host = %(host)s), %(source)s, 'article')
on conflict (url_key) do update set looked_at = now() returning target_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a page shows at one look."""

    title: str
    body: Sequence[str]
    published: str | None = "2026-03-09"
    precision: str | None = "day"
    language: str | None = "en"


class CatalogueFactory:
    """Writes articles, revisions and removals into a migrated ledger."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._batches = 0

    def source(self, source_id: str, name: str, language: str) -> str:
        with self.database.transaction() as ledger:
            ledger.run(
                "insert into sources (source_id, name, language, home, definition)"
                " values (%(id)s, %(name)s, %(language)s, %(home)s, '') on conflict do nothing",
                {"id": source_id, "name": name, "language": language, "home": f"http://{source_id}.example/"},
            )
        return source_id

    def capture(
        self,
        source_id: str,
        url: str,
        *,
        at: datetime = NOON,
        status: int | None = 200,
        redirect_to: str | None = None,
    ) -> tuple[int, int]:
        """Record one look; return the ids of its target and its capture."""
        self._batches += 1
        batch = f"b{self._batches:05d}{uuid.uuid4().hex[:6]}"
        with self.database.transaction() as ledger:
            target = _target(ledger, source_id, url)
            ledger.run(
                "insert into batches (batch_id, trace_id, state, targets)"
                " values (%(batch)s, 'trace', 'stored', 1)",
                {"batch": batch},
            )
            row = ledger.row(
                _CAPTURE,
                {
                    "batch": batch,
                    "target": target,
                    "source": source_id,
                    "url": url,
                    "at": at,
                    "status": status,
                    "reason": None if status else "connection_refused",
                    "redirect_to": redirect_to,
                    "digest": f"sha256:{_digest(url + str(at))}" if status else None,
                    "record": f"urn:uuid:{uuid.uuid4()}",
                    "warc": f"warc/{at:%Y/%m/%d}/{batch}.warc.gz",
                },
            )
        assert row is not None
        return target, int(row["capture_id"])

    def article(
        self,
        source_id: str,
        text: Text,
        *,
        at: datetime = NOON,
        url: str | None = None,
        aliases: Sequence[str] = (),
    ) -> str:
        """Add an article as found at `at`, also under `aliases` an hour later; return its id."""
        article_id = uuid.uuid4().hex[:20]
        url = url or f"http://{source_id}.example/{article_id}"
        for position, address in enumerate((url, *aliases)):
            seen = at + timedelta(hours=position)
            target, capture = self.capture(source_id, address, at=seen)
            with History(self.database).writing(source_id) as history:
                if position == 0:
                    revision = history.add_article(article_id, url, _revision(text, address, seen, capture))
                _see(history, article_id, text, url=address, target=target, revision=revision, at=seen)
                kind = "alias_added" if position else "article_found"
                history.add_event(kind, at=seen, article_id=article_id, capture_id=capture)
        return article_id

    def rewrite(
        self,
        article_id: str,
        text: Text,
        *,
        at: datetime,
        changes: Sequence[Mapping[str, str]],
        classes: Sequence[str] = ("wording",),
    ) -> None:
        """Add a revision at the article's first address, and the edit that made it."""
        head, url = self._head(article_id)
        target, capture = self.capture(head["source_id"], url, at=at)
        with History(self.database).writing(head["source_id"]) as history:
            revision = history.add_revision(article_id, _revision(text, url, at, capture))
            _see(history, article_id, text, url=url, target=target, revision=revision, at=at)
            edit = NewEdit(
                url=url,
                from_revision=head["revision_id"],
                to_revision=revision,
                seen_at=at,
                classes=classes,
                silent=True,
                words_changed=len(changes),
                changes=changes,
            )
            history.add_edit(article_id, edit)
            history.add_event("article_edited", at=at, article_id=article_id, capture_id=capture)

    def miss(self, article_id: str, state: str, *, at: datetime, status: int = 404) -> None:
        """Look and find the article's first address without it; the article goes into `state`."""
        head, url = self._head(article_id)
        _, capture = self.capture(head["source_id"], url, at=at, status=status)
        with History(self.database).writing(head["source_id"]) as history:
            history.decide(capture, "missing")
            history.miss_url(url, seen_at=at, missing_as="not_found", capture_id=capture)
            history.set_state(article_id, state, since=at)
            kind = "article_suspect" if state == "SUSPECT" else "article_removed"
            history.add_event(kind, at=at, article_id=article_id, capture_id=capture)

    def bring_back(self, article_id: str, text: Text, *, at: datetime) -> None:
        """Look and find the article again."""
        head, url = self._head(article_id)
        target, capture = self.capture(head["source_id"], url, at=at)
        with History(self.database).writing(head["source_id"]) as history:
            _see(history, article_id, text, url=url, target=target, revision=head["revision_id"], at=at)
            history.set_state(article_id, "RETURNED", since=at)
            history.add_event("article_returned", at=at, article_id=article_id, capture_id=capture)

    def merge(self, loser: str, winner: str) -> None:
        head, _ = self._head(loser)
        with History(self.database).writing(head["source_id"]) as history:
            history.merge(loser, winner)

    def _head(self, article_id: str) -> tuple[Row, str]:
        with self.database.transaction() as ledger:
            row = ledger.row("select * from articles where article_id = %(id)s", {"id": article_id})
        assert row is not None, article_id
        return row, str(row["url"])


def _target(ledger: Transaction, source_id: str, url: str) -> int:
    host = f"http://{source_id}.example:80"
    ledger.run("insert into hosts (host) values (%(host)s) on conflict do nothing", {"host": host})
    key = hashlib.blake2b(url.encode(), digest_size=16).hexdigest()
    row = ledger.row(_TARGET, {"key": key, "url": url, "host": host, "source": source_id})
    assert row is not None
    return int(row["target_id"])


def _revision(text: Text, url: str, seen_at: datetime, capture_id: int) -> NewRevision:
    digest = f"sha256:{_digest(''.join(text.body))}"
    published_at = seen_at
    if text.published is not None and text.precision in ("day", "minute"):
        stated = datetime.fromisoformat(text.published)
        published_at = stated if stated.tzinfo else stated.replace(tzinfo=UTC)
    return NewRevision(
        capture_id=capture_id,
        url=url,
        seen_at=seen_at,
        title=text.title,
        body=tuple(text.body),
        text_digest=digest,
        identity_digest=digest,
        published=text.published,
        published_precision=text.precision,
        published_at=published_at,
        language=text.language,
        fields={},
        search=search_vector_text(text.title, text.body),
    )


def _see(
    history: HistoryRecords,
    article_id: str,
    text: Text,
    *,
    url: str,
    target: int,
    revision: int,
    at: datetime,
) -> None:
    known = KnownUrl(
        url=url,
        article_id=article_id,
        revision_id=revision,
        title=text.title,
        text_digest=_digest("".join(text.body)),
        last_seen_at=at,
        misses=0,
        missing_since=None,
        missing_as=None,
    )
    history.see_url(known, target_id=target, seen_at=at)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
