"""A replayed history fetched and stored by the fetcher's own parts, for the normalizer to read in any order."""

import datetime as dt
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from services.normalizer.app import Normalizer, on_normalize_batch
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from shared.ledger.batches import Batches
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.history import History
from shared.ledger.registry import Registry, SourceRow
from shared.messages import NormalizeBatch
from tests.support.history_checks import listed_paths
from tests.support.ledger import NO_DELAY
from tests.support.publishers import ReplayPublisher
from tests.support.stored_evidence import StoredEvidence

_ARTICLES = """
select article_id, key, state, title, url, first_seen_at, last_seen_at, revisions, merged_into from articles
order by article_id
"""
_ADDRESSES = """
select url, article_id, title, text_digest, first_seen_at, last_seen_at from article_urls order by url
"""
_REVISIONS = """
select article_id, number, capture_id, url, seen_at, title, text_digest from revisions order by article_id, number
"""
_EDITS = """
select e.article_id, e.url, f.number as was, t.number as became, e.seen_at, e.classes, e.silent, e.changes
from edits e join revisions f on f.revision_id = e.from_revision join revisions t on t.revision_id = e.to_revision
order by e.article_id, t.number
"""
_EVENTS = """
select article_id, kind, at, capture_id, data,
       row_number() over (partition by article_id order by written_in, event_id) as place
from events where article_id is not null order by article_id, place
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLooks:
    """Looks of a publisher's pages whose evidence is stored and of which nothing is read yet."""

    stored: StoredEvidence
    batches: tuple[str, ...]
    """In the order in which they were stored."""

    def ring(self, batches: Sequence[str]) -> None:
        """Deliver the messages of these batches, in this order."""
        normalizer = Normalizer(
            batches=Batches(self.stored.database),
            history=History(self.stored.database),
            registry=Registry(self.stored.database),
            index=EvidenceIndex(self.stored.database),
            evidence=self.stored.evidence,
            extract_page=_extracted,
        )
        for batch_id in batches:
            on_normalize_batch(NormalizeBatch(batch_id=batch_id), normalizer=normalizer)

    def told(self) -> list[list[dict[str, Any]]]:
        """All that the history says: articles, addresses, revisions, edits, and the events of each article."""
        return [
            self.stored.rows(statement) for statement in (_ARTICLES, _ADDRESSES, _REVISIONS, _EDITS, _EVENTS)
        ]

    def forget(self) -> None:
        """Let the history be as it was before anything was read. The evidence stays."""
        self.stored.run("truncate articles, article_urls, revisions, edits, events, watch_mentions cascade")
        self.stored.run("update captures set article_outcome = null, article_tries = 0")
        self.stored.run("update batches set articles_done_at = null, articles_tries = 0, rung_at = now()")


def keep_looks(
    stored: StoredEvidence, publisher: ReplayPublisher, looks: Sequence[dt.date], *, per_batch: int
) -> KeptLooks:
    """Fetch at each look every page that its lists have shown, and store it."""
    first_listed = listed_paths(publisher, looks)
    with closing(publisher.serve()) as site:
        for look in looks:
            publisher.set_look(look)
            paths = sorted(path for path, since in first_listed.items() if since <= look)
            stored.look(
                [f"{site.url}{path}" for path in paths], source=publisher.source_id, per_batch=per_batch
            )
        definition = publisher.source_text(site.url)
    row = SourceRow(
        source_id=publisher.source_id,
        name=publisher.name,
        language="en",
        home=f"{site.url}/en/",
        definition=definition,
    )
    Registry(stored.database).put(row, obeys_robots=False, delay=NO_DELAY, concurrency=2)
    stored.run("update batches set articles_done_at = null, rung_at = now()")
    rows = stored.rows("select batch_id from batches order by stored_at, batch_id")
    return KeptLooks(stored=stored, batches=tuple(row["batch_id"] for row in rows))


def _extracted(body: bytes, context: PageContext, /) -> Extraction:
    return extract(body, context)
