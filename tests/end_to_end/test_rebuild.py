"""A ledger that was lost is made anew of the object store alone, and tells the same history."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.admin.compaction import Compaction, Sealed
from services.admin.operating import CancelledError, Work
from services.admin.operating.rebuilding import RebuildLedger
from services.admin.source_book import SourceBook
from shared.clock import SystemClock
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.merging import Merging
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.history_checks import look_at
from tests.support.publishers import MadeUpHistory

PATIENT = {"PRESSMARK_CRAWLER_RERING_AFTER": "15", "PRESSMARK_FETCHER_LEASE": "20"}

HISTORY = {
    "articles": """
        select source_id, article_id, key, state, state_since, url, title, published, published_precision,
               published_at, language, first_seen_at, last_seen_at, revisions, merged_into
        from articles""",
    "addresses": """
        select url, article_id, source_id, first_seen_at, last_seen_at, title, text_digest, misses, missing_since,
               missing_as
        from article_urls""",
    "revisions": """
        select article_id, number, revisions.url, seen_at, title, body::text, text_digest, identity_digest,
               fields::text, search::text, record_id, folded_into is null as stands
        from revisions join captures using (capture_id)""",
    "edits": """
        select edits.article_id, edits.url, edits.seen_at, classes, silent, words_changed, changes::text,
               earlier.number as before, later.number as after
        from edits join revisions as earlier on earlier.revision_id = from_revision
                   join revisions as later on later.revision_id = to_revision""",
    "events": """
        select at, events.kind, events.source_id, events.article_id, record_id,
               (data - 'revision' - 'edit' - 'from_revision' - 'to_revision' - 'merge')::text as data
        from events left join captures using (capture_id)
        where events.kind not in ('articles_merged', 'articles_unmerged')""",
    "captures": """
        select captures.url, captures.source_id, captures.kind, captures.fetched_at, captures.status,
               captures.reason, captures.content_type, captures.redirect_to, captures.payload_digest,
               captures.record_id, captures.warc_key, captures.warc_offset, captures.warc_length,
               captures.truncated, captures.ip, original.record_id as repeats, captures.article_outcome
        from captures left join captures as original on original.capture_id = captures.revisit_of""",
    "targets": """
        select distinct targets.url, targets.source_id, targets.kind, targets.state, targets.reason,
               archived_at, looked_at, etag, last_modified, hops, referrers.url as via, found_title, found_date
        from targets join captures using (target_id) left join referrers using (referrer_id)""",
    "places": "select part_key, sealed_key, part_offset, part_length from sealed_parts",
}


@pytest.fixture
def live(new_servers: NewServers) -> Iterator[Archive]:
    with running_archive(new_servers(), settings=PATIENT) as running:
        yield running


def history_of(archive: Archive) -> dict[str, list[str]]:
    return {name: sorted(map(str, archive.rows(statement))) for name, statement in HISTORY.items()}


def test_the_object_store_alone_restores_catalogue_history_and_search(
    live: Archive, new_servers: NewServers
) -> None:
    """Some of the evidence was sealed, two articles were merged by hand, and the first rebuild is cut short."""
    publisher = MadeUpHistory()
    with closing(look_at(live, publisher, publisher.looks[:4])):
        seal_some(live)
        merge_two(live)
        book_of(live).keep()
        for name in list(live.running):
            live.stop(name)
    before = history_of(live)
    assert len(before["articles"]) > 20
    assert len(before["edits"]) >= 1
    assert before["places"]

    fresh = replace(new_servers(), store=live.servers.store)
    with running_archive(fresh, settings=PATIENT, processes=("normalizer",)) as rebuilt:
        cut_short(rebuilt)
        done = rebuild(rebuilt)

        after = history_of(rebuilt)
        again = rebuild(rebuilt)
    for name, rows in before.items():
        assert set(after[name]) - set(rows) == set(), name
        assert after[name] == rows, name
    assert done["batches"]["unreadable"] == 0
    assert done["sources_made_up"] == []
    assert done["merges"] == 1
    assert (again["captures"], again["merges"]) == (done["captures"], 0)


def rebuild(
    archive: Archive, advanced: Callable[[int, int | None], bool] = lambda _done, _total: True
) -> dict[str, Any]:
    parts = replace(archive.kit.desk.parts, evidence=archive.evidence)
    return RebuildLedger().run(parts, Work(actor="command:me", advanced=advanced))


def cut_short(archive: Archive) -> None:
    """Cancel a rebuild when it has restored three batches."""

    def advanced(done: int, _total: int | None) -> bool:
        return done < 3

    with pytest.raises(CancelledError):
        rebuild(archive, advanced)
    assert archive.rows("select count(*) as n from captures")[0]["n"] > 0


def seal_some(archive: Archive) -> None:
    compaction = Compaction(
        index=EvidenceIndex(archive.kit.database), evidence=archive.evidence, clock=SystemClock()
    )
    sealed = next(compaction.seal(size=20_000, age=timedelta(0)))
    assert isinstance(sealed, Sealed)
    # Some parts stay beside their copy: whoever rebuilds finds these twice.
    next(compaction.remove_superseded(grace=timedelta(0)))


def merge_two(archive: Archive) -> None:
    articles = archive.rows("select article_id from articles where merged_into is null order by article_id")
    winner, loser = (row["article_id"] for row in articles[:2])
    Merging(archive.kit.database).merge(winner, loser, by="command:me", reason="one story")


def book_of(archive: Archive) -> SourceBook:
    return SourceBook(
        registry=archive.kit.actions.registry,
        merging=Merging(archive.kit.database),
        evidence=archive.evidence,
        clock=SystemClock(),
    )
