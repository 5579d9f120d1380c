"""What is set aside stays until someone decides, or until there is nothing left to decide."""

import pytest

from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.quarantine import Quarantine
from tests.integration.ledger.test_batches import open_batch, record


def keep(database: Database, message: str, batch_id: str, *, reason: str = "the store is away") -> None:
    Quarantine(database).keep(
        queue=message.partition(".")[0],
        message=message,
        body={"batch_id": batch_id},
        trace_id="t",
        reason=reason,
        attempts=5,
    )


def rows(database: Database) -> list[tuple[str, str, int]]:
    with database.transaction() as transaction:
        found = transaction.rows("select message, reason, attempts from quarantine order by quarantine_id")
    return [(row["message"], row["reason"], row["attempts"]) for row in found]


def test_a_message_set_aside_again_is_kept_once_with_its_newest_reason(database: Database) -> None:
    keep(database, "crawler.accept_links", "one", reason="first")
    keep(database, "crawler.accept_links", "one", reason="second")
    keep(database, "crawler.accept_links", "two", reason="third")

    assert rows(database) == [("crawler.accept_links", "second", 10), ("crawler.accept_links", "third", 5)]


@pytest.mark.parametrize("message", ["crawler.accept_links", "normalizer.normalize_batch"])
def test_a_message_stays_until_its_own_work_is_done_and_then_goes(database: Database, message: str) -> None:
    batch = open_batch(database)
    record(database, batch)
    keep(database, message, batch.batch_id)
    keep(database, message, "another")
    batches = Batches(database)
    done = {"crawler.accept_links": batches.links_done, "normalizer.normalize_batch": batches.articles_done}
    [other] = done.keys() - {message}

    done[other](batch.batch_id)
    assert Quarantine(database).close_finished() == 0
    done[message](batch.batch_id)

    assert Quarantine(database).close_finished() == 1
    assert rows(database) == [(message, "the store is away", 5)], "what is of another batch stays"


def test_the_fetch_of_a_batch_that_was_lost_is_not_done(database: Database) -> None:
    batch = open_batch(database)
    keep(database, "fetcher.fetch_batch", batch.batch_id)
    Batches(database).give_back(batch.batch_id)

    assert Quarantine(database).close_finished() == 0


def test_a_body_that_is_no_message_stays(database: Database) -> None:
    Quarantine(database).keep(
        queue="crawler",
        message="crawler.unknown",
        body={"not_a_message": 1},
        trace_id="",
        reason="r",
        attempts=1,
    )

    assert Quarantine(database).close_finished() == 0
    assert len(rows(database)) == 1
