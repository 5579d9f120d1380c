"""What a merge moves is on record, with both articles as they were before it."""

from typing import Any

from shared.ledger import Database
from shared.ledger.history import History, HistoryRecords, KnownUrl, NewRevision
from tests.integration.ledger.test_batches import open_batch, record


def add_article(records: HistoryRecords, article_id: str, capture: dict[str, Any]) -> int:
    url = f"http://a.example/{article_id}"
    at = capture["fetched_at"]
    revision = NewRevision(
        capture_id=capture["capture_id"],
        url=url,
        seen_at=at,
        title=article_id,
        body=("words",),
        text_digest=article_id,
        identity_digest=article_id,
        published=None,
        published_precision=None,
        published_at=at,
        language=None,
        fields={},
        search="",
    )
    revision_id = records.add_article(article_id, f"url:{url}", revision)
    known = KnownUrl(
        url=url,
        article_id=article_id,
        revision_id=revision_id,
        title=article_id,
        text_digest=article_id,
        last_seen_at=at,
        misses=0,
        missing_since=None,
        missing_as=None,
    )
    records.see_url(known, target_id=capture["target_id"], seen_at=at)
    return revision_id


def test_every_merge_records_what_it_moved_and_how_both_articles_were(database: Database) -> None:
    record(database, open_batch(database))
    with database.transaction() as transaction:
        capture = transaction.row("select capture_id, target_id, source_id, fetched_at from captures limit 1")
    assert capture is not None
    with History(database).writing(capture["source_id"]) as records:
        add_article(records, "winner", capture)
        moved_revision = add_article(records, "loser", capture)
        add_article(records, "earlier", capture)
        records.merge("earlier", "loser")
        records.set_state("loser", "SUSPECT", since=capture["fetched_at"])

        records.merge("loser", "winner")

    with database.transaction() as transaction:
        rows = transaction.rows("select winner, loser, moved from article_merges order by merge_id")
    assert [(row["winner"], row["loser"]) for row in rows] == [("loser", "earlier"), ("winner", "loser")]
    moved = rows[1]["moved"]
    assert (moved["winner"]["state"], moved["loser"]["state"]) == ("LIVE", "SUSPECT")
    assert (moved["winner"]["revisions"], moved["loser"]["revisions"]) == (1, 2)
    assert moved["loser"]["revision_id"] == moved_revision
    assert [one["number"] for one in moved["revisions"]] == [1, 2]
    assert [one["url"] for one in moved["urls"]] == ["http://a.example/earlier", "http://a.example/loser"]
    assert moved["merged"] == ["earlier"]
    assert moved["edits"] == []
