"""The short form of the December test: a purge, edits, an outage and a new template, told apart."""

from datetime import timedelta

from shared.ledger import Database
from tests.support.december import OUTAGE_LOOK, START, December, Look, publisher
from tests.support.december_findings import findings

ARTICLES = 2_000


def test_of_a_purge_everything_is_found_and_nothing_else_is_told(database: Database) -> None:
    stories = publisher(ARTICLES)

    December(database=database, stories=stories).run()

    found = findings(database, stories)
    assert found.is_right, found
    assert (found.edits, found.pictures, found.deletions) == (10, 6, 700)


def test_a_host_that_is_out_of_order_for_three_days_leaves_every_article_as_it_was(
    database: Database,
) -> None:
    """Longer than a removal takes, and half of its addresses answer 404 all the while."""
    stories = publisher(60)
    outage = [Look(number=OUTAGE_LOOK, at=START + timedelta(days=2, hours=2 * step)) for step in range(37)]
    assert sum(story.edition == "es" for story in stories) == 20

    December(database=database, stories=stories).run([Look(number=0, at=START), *outage])

    with database.transaction() as ledger:
        states = ledger.rows("select distinct state from articles")
        kinds = {row["kind"] for row in ledger.rows("select distinct kind from events")}
    assert [row["state"] for row in states] == ["LIVE"]
    assert kinds & {"host_outage", "host_back"} == {"host_outage"}
    assert not kinds & {"article_suspect", "article_removed"}
