"""The index of words after the rules have changed."""

import pytest

from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from shared.ledger.reindexing import IndexStanding, Reindexing
from shared.search_query import query_tokens
from tests.support.catalogue_factory import CatalogueFactory, Text


@pytest.fixture
def outdated(database: Database) -> Database:
    """A ledger of an older version: vectors without a version and without marks, and letters not folded."""
    factory = CatalogueFactory(database)
    factory.source("minato-ja", "港新聞", "ja")
    for number in range(5):
        factory.article("minato-ja", Text(title=f"さくら {number}", body=["祭り"], language="ja"))
    with database.transaction() as ledger:
        ledger.run("alter table revisions disable trigger revisions_marked")
        ledger.run("update revisions set search = '''さく'':1A ''くら'':2A'")
        ledger.run("alter table revisions enable trigger revisions_marked")
        ledger.run("update search_index set is_marked = false")
    return database


def is_marked(database: Database) -> bool:
    with database.transaction() as ledger:
        row = ledger.row("select is_marked from search_index")
    assert row is not None
    return bool(row["is_marked"])


def found(database: Database, query: str) -> int:
    return len(Catalogue(database).search(query_tokens(query), 20).items)


def test_words_of_older_rules_are_counted_and_made_anew(outdated: Database) -> None:
    reindexing = Reindexing(outdated)
    parts: list[int] = []
    assert reindexing.standing() == IndexStanding(revisions=5, outdated=5)
    assert found(outdated, "サクラ") == 0

    assert reindexing.run(progress=parts.append) == 5

    assert parts == [5]
    assert reindexing.standing() == IndexStanding(revisions=5, outdated=0)
    assert found(outdated, "サクラ") == 5
    assert is_marked(outdated)


def test_a_run_that_was_ended_goes_on_with_what_is_left(
    outdated: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.ledger.reindexing._IN_ONE_GO", 2)

    def end_the_run(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Reindexing(outdated).run(progress=end_the_run)

    assert not is_marked(outdated)
    assert Reindexing(outdated).standing().outdated == 3
    assert Reindexing(outdated).run(progress=lambda _count: None) == 3
    assert is_marked(outdated)
