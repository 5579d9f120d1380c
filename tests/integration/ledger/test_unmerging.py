"""Merging and parting are inverse, and whatever happens in between, nothing is lost and each keeps its own."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import NotFoundError
from shared.ledger import Database
from shared.ledger.history import History, HistoryRecords, KnownUrl, NewRevision
from shared.ledger.merging import MergeError, Merging
from shared.ledger.templates import NewEdit
from tests.integration.ledger.test_batches import open_batch, record
from tests.support.ledger import put_source

ARTICLES = 3
URLS_OF_ARTICLE = 2
_RUNS = itertools.count()

TABLES = {
    "articles": "select * from articles where article_id like %(mark)s order by article_id",
    "urls": "select * from article_urls where url like %(url)s order by url",
    "revisions": "select * from revisions where url like %(url)s order by revision_id",
    "edits": "select * from edits where url like %(url)s order by edit_id",
}


@dataclass(slots=True)
class Ground:
    """Three articles with two addresses each, in a ledger that other runs use, too."""

    database: Database
    capture: dict[str, Any]
    mark: str = field(default_factory=lambda: f"r{next(_RUNS)}")
    at: datetime | None = None

    def __post_init__(self) -> None:
        self.at = self.capture["fetched_at"]
        with self.writing() as records:
            for name in self.names():
                for place, url in enumerate(self.urls_of(name)):
                    text = f"{name} at first"
                    if place == 0:
                        revision = records.add_article(name, f"url:{url}", self.revision(url, text))
                    self.see(records, url, name, revision=revision, text=text)

    def names(self) -> list[str]:
        return [f"{self.mark}-{number}" for number in range(ARTICLES)]

    def urls_of(self, name: str) -> list[str]:
        return [f"http://{self.mark}.example/{name}/{number}" for number in range(URLS_OF_ARTICLE)]

    def writing(self) -> Any:  # noqa: ANN401  (a context manager of records)
        return History(self.database).writing(self.capture["source_id"])

    def later(self) -> datetime:
        assert self.at is not None
        self.at += timedelta(minutes=1)
        return self.at

    def revision(self, url: str, text: str) -> NewRevision:
        return NewRevision(
            capture_id=self.capture["capture_id"],
            url=url,
            seen_at=self.later(),
            title=text,
            body=(text,),
            text_digest=text,
            identity_digest=text,
            published=None,
            published_precision=None,
            published_at=self.capture["fetched_at"],
            language=None,
            fields={},
            search="",
        )

    def see(self, records: HistoryRecords, url: str, article: str, *, revision: int, text: str) -> None:
        known = KnownUrl(
            url=url,
            article_id=article,
            revision_id=revision,
            title=text,
            text_digest=text,
            last_seen_at=self.later(),
            misses=0,
            missing_since=None,
            missing_as=None,
        )
        records.see_url(known, target_id=self.capture["target_id"], seen_at=self.later())

    def revise(self, url: str) -> None:
        """An address shows new words."""
        with self.writing() as records:
            known = records.url(url)
            text = f"{url} at {self.later()}"
            revision = records.add_revision(known.article_id, self.revision(url, text))
            edit = NewEdit(
                url=url,
                from_revision=known.revision_id,
                to_revision=revision,
                seen_at=self.later(),
                classes=["wording"],
                silent=True,
                words_changed=1,
                changes=[],
            )
            records.add_edit(known.article_id, edit)
            self.see(records, url, known.article_id, revision=revision, text=text)

    def catch_up(self, url: str) -> None:
        """An address shows what its article shows elsewhere."""
        with self.writing() as records:
            known = records.url(url)
            article = records.article(known.article_id)
            self.see(records, url, known.article_id, revision=article.revision_id, text=article.title)

    def survivor(self, name: str) -> str:
        with self.database.transaction() as transaction:
            row = transaction.row(
                "select coalesce(merged_into, article_id) as article from articles where article_id = %(article)s",
                {"article": name},
            )
        assert row is not None
        return str(row["article"])

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        arguments = {"mark": f"{self.mark}-%", "url": f"http://{self.mark}.example/%"}
        with self.database.transaction() as transaction:
            return {
                name: transaction.rows(statement, arguments)  # type: ignore[arg-type]  # a constant above
                for name, statement in TABLES.items()
            }


@pytest.fixture
def capture(database: Database) -> dict[str, Any]:
    record(database, open_batch(database))
    with database.transaction() as transaction:
        row = transaction.row("select capture_id, target_id, source_id, fetched_at from captures limit 1")
    assert row is not None
    return row


@pytest.fixture
def three(database: Database, capture: dict[str, Any]) -> Ground:
    return Ground(database, capture)


def test_parting_what_was_merged_gives_every_row_back_as_it_was(three: Ground) -> None:
    first, second, third = three.names()
    for url in (*three.urls_of(first), three.urls_of(second)[1]):
        three.revise(url)
    merging = Merging(three.database)
    merging.merge(second, third, by="anna", reason="one story")
    before = three.tables()

    merging.merge(first, second, by="anna", reason="one story")
    merged = three.tables()
    (newest, *_) = merging.merges(second)
    merging.unmerge(newest.merge_id, by="anna", reason="two stories")

    assert merged != before
    assert three.tables() == before


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("revise", "revise", "catch_up", "merge", "unmerge")),
            st.integers(0, ARTICLES * URLS_OF_ARTICLE - 1),
            st.integers(0, ARTICLES - 1),
        ),
        max_size=14,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_merged_seen_and_parted_each_article_ends_with_its_own(
    database: Database, capture: dict[str, Any], steps: list[tuple[str, int, int]]
) -> None:
    ground, merging = Ground(database, capture), Merging(database)
    urls = [url for name in ground.names() for url in ground.urls_of(name)]
    edits = 0
    for what, place, other in steps:
        if what == "revise":
            ground.revise(urls[place])
            edits += 1
        elif what == "catch_up":
            ground.catch_up(urls[place])
        elif what == "merge":
            winner = ground.survivor(ground.names()[place % ARTICLES])
            loser = ground.survivor(ground.names()[other])
            if winner != loser:
                merging.merge(winner, loser, by="anna", reason="tried")
        else:
            undo_newest(merging, ground)
    while undo_newest(merging, ground):
        pass

    assert_each_has_its_own(ground)
    assert len(ground.tables()["edits"]) == edits


def undo_newest(merging: Merging, ground: Ground) -> bool:
    active = [one for name in ground.names() for one in merging.merges(name) if one.unmerged_at is None]
    if active:
        merging.unmerge(max(one.merge_id for one in active), by="anna", reason="undone")
    return bool(active)


def assert_each_has_its_own(ground: Ground) -> None:
    tables = ground.tables()
    revisions = {row["revision_id"]: row for row in tables["revisions"]}
    for name in ground.names():
        (article,) = (row for row in tables["articles"] if row["article_id"] == name)
        own_urls = [row for row in tables["urls"] if row["article_id"] == name]
        own = [row for row in revisions.values() if row["article_id"] == name]
        assert article["merged_into"] is None
        assert sorted(row["url"] for row in own_urls) == sorted(ground.urls_of(name))
        assert {row["url"] for row in own} <= set(ground.urls_of(name))
        assert len({row["number"] for row in own}) == len(own) == article["revisions"]
        assert revisions[article["revision_id"]]["article_id"] == name
        for row in own_urls:
            shown = revisions[row["revision_id"]]
            assert shown["article_id"] == name
            assert (shown["text_digest"], shown["title"]) == (row["text_digest"], row["title"])
        for edit in tables["edits"]:
            assert (edit["url"] in ground.urls_of(name)) == (edit["article_id"] == name)


def test_an_older_merge_is_undone_only_after_what_came_later(three: Ground) -> None:
    first, second, third = three.names()
    merging = Merging(three.database)
    merging.merge(first, second, by="anna", reason="")
    merging.merge(first, third, by="anna", reason="")
    newest, oldest = merging.merges(first)

    with pytest.raises(MergeError, match=rf"newest first: {newest.merge_id}$"):
        merging.unmerge(oldest.merge_id, by="anna", reason="")
    merging.unmerge(newest.merge_id, by="anna", reason="")
    merging.unmerge(oldest.merge_id, by="anna", reason="")
    with pytest.raises(MergeError, match="already"):
        merging.unmerge(oldest.merge_id, by="anna", reason="")


def test_what_cannot_be_merged_is_refused_with_what_to_do(three: Ground) -> None:
    first, second, third = three.names()
    merging = Merging(three.database)
    merging.merge(first, second, by="anna", reason="")
    put_source(three.database, "elsewhere")
    with three.database.transaction() as transaction:
        transaction.run(
            "update articles set source_id = 'elsewhere' where article_id = %(article)s", {"article": third}
        )

    with pytest.raises(MergeError, match="itself"):
        merging.merge(first, first, by="anna", reason="")
    with pytest.raises(MergeError, match=f"{second} is part of {first}"):
        merging.merge(first, second, by="anna", reason="")
    with pytest.raises(MergeError, match="different sources"):
        merging.merge(first, third, by="anna", reason="")
    with pytest.raises(NotFoundError, match="no article nobody"):
        merging.merge(first, "nobody", by="anna", reason="")
    with pytest.raises(NotFoundError, match="no merge 999999"):
        merging.unmerge(999999, by="anna", reason="")


def test_a_pair_that_was_parted_is_told_apart_until_an_operator_merges_it_again(three: Ground) -> None:
    first, second, _ = three.names()
    merging = Merging(three.database)
    told_apart = []
    for step in ("before", "merge", "unmerge", "merge"):
        if step == "merge":
            merging.merge(first, second, by="anna", reason="")
        elif step == "unmerge":
            merging.unmerge(merging.merges(first)[0].merge_id, by="anna", reason="two stories")
        with three.writing() as records:
            told_apart.append(records.are_told_apart(second, first))

    assert told_apart == [False, False, True, False]


def test_a_merge_and_its_end_are_told_for_both_articles(three: Ground) -> None:
    first, second, _ = three.names()
    merging = Merging(three.database)
    merging.merge(first, second, by="anna", reason="one story")
    merging.unmerge(merging.merges(first)[0].merge_id, by="ben", reason="two stories")

    with three.database.transaction() as transaction:
        rows = transaction.rows(
            "select kind, article_id, data ->> 'by' as by from events where article_id = any(%(articles)s) "
            "order by event_id",
            {"articles": [first, second]},
        )
    assert [(row["kind"], row["article_id"], row["by"]) for row in rows] == [
        ("articles_merged", first, "anna"),
        ("articles_unmerged", first, "ben"),
        ("articles_unmerged", second, "ben"),
    ]
    (merge,) = merging.merges(second)
    assert (merge.unmerged_by, merge.unmerge_reason) == ("ben", "two stories")
