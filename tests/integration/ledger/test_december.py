"""The short form of the December test: a purge, edits, an outage and a new template, told apart."""

from shared.ledger import Database
from tests.support.december import December, publisher
from tests.support.december_findings import findings

ARTICLES = 2_000


def test_of_a_purge_everything_is_found_and_nothing_else_is_told(database: Database) -> None:
    stories = publisher(ARTICLES)

    December(database=database, stories=stories).run()

    found = findings(database, stories)
    assert found.is_right, found
    assert (found.edits, found.deletions) == (10, 700)
