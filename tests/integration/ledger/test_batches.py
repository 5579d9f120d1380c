"""Leases and captures against a real PostgreSQL."""

from datetime import timedelta

import pytest

from shared.ledger import Database
from shared.ledger.batches import Batches, OpenBatch, StaleLeaseError
from shared.ledger.frontier import ClaimLimits, Frontier
from shared.ledger.status import Status
from tests.support.ledger import NOON, accept, capture_of, pages, put_source

LEASE = timedelta(seconds=30)
NO_TIME = timedelta(0)


def open_batch(database: Database, *, count: int = 3, lease: timedelta = LEASE) -> OpenBatch:
    put_source(database)
    accept(database, pages(count))
    claim = Frontier(database).claim(limits=ClaimLimits(), trace_id="t")
    assert claim is not None
    batch = Batches(database).open(claim.batch_id, lease=lease)
    assert batch is not None
    return batch


def record(database: Database, batch: OpenBatch, **changes: object) -> None:
    rows = [capture_of(target, place=place, **changes) for place, target in enumerate(batch.targets)]
    Batches(database).record(batch.batch_id, rows, warc_key=f"warc/{batch.batch_id}", warc_bytes=300)


def test_a_second_bell_for_a_batch_finds_it_taken(database: Database) -> None:
    batch = open_batch(database)

    assert Batches(database).open(batch.batch_id, lease=LEASE) is None


def test_a_recorded_batch_leaves_every_target_archived(database: Database) -> None:
    batch = open_batch(database)

    record(database, batch)

    standing = Status(database).standing()
    assert standing.targets["archived"] == standing.captures == 3
    assert standing.is_conserved


def test_a_batch_is_recorded_once_only(database: Database) -> None:
    batch = open_batch(database)
    record(database, batch)

    with pytest.raises(StaleLeaseError):
        record(database, batch)
    assert Status(database).standing().captures == 3


def test_a_target_that_was_not_begun_is_due_again(database: Database) -> None:
    batch = open_batch(database)

    Batches(database).record(
        batch.batch_id, [capture_of(batch.targets[0])], warc_key="warc/one", warc_bytes=100
    )

    standing = Status(database).standing()
    assert (standing.targets["archived"], standing.targets["waiting"]) == (1, 2)
    assert Status(database).pending().due == 2


def test_a_page_that_was_archived_stays_so_when_it_is_missed_later(database: Database) -> None:
    batch = open_batch(database, count=1)
    record(database, batch)
    Frontier(database).plan_looks([(batch.targets[0].target_id, NOON)])
    claim = Frontier(database).claim(limits=ClaimLimits(), trace_id="t")
    assert claim is not None
    again = Batches(database).open(claim.batch_id, lease=LEASE)
    assert again is not None
    assert again.targets[0].etag == '"one"'
    assert again.targets[0].previous is not None

    record(database, again, status=404, reason="http_404", is_good=False)

    assert Status(database).standing().targets["archived"] == 1


def test_a_page_that_never_came_has_failed_with_its_reason(database: Database) -> None:
    batch = open_batch(database, count=1)

    record(database, batch, status=500, reason="http_500", is_good=False)

    assert Status(database).failures() == {"http_500": 1}


def test_a_lease_that_ran_out_gives_its_targets_back_and_nothing_of_it_counts(database: Database) -> None:
    batch = open_batch(database, lease=NO_TIME)

    assert Batches(database).reap() == [batch.batch_id]

    assert Status(database).standing().targets["waiting"] == 3
    with pytest.raises(StaleLeaseError):
        record(database, batch)
    with pytest.raises(StaleLeaseError):
        Batches(database).renew(batch.batch_id, lease=LEASE)
    assert Status(database).standing().captures == 0


def test_a_renewed_lease_is_not_reaped(database: Database) -> None:
    batch = open_batch(database, lease=NO_TIME)
    Batches(database).renew(batch.batch_id, lease=LEASE)

    assert Batches(database).reap() == []


def test_a_target_that_kills_its_workers_ends_up_alone_and_then_set_aside(database: Database) -> None:
    open_batch(database, count=12, lease=NO_TIME)
    batches, frontier = Batches(database), Frontier(database)
    sizes = []
    for suspicion in (1, 2, 2, 2):
        batches.reap()
        assert frontier.claim(limits=ClaimLimits(), trace_id="t", lost_leases=0) is None
        claim = frontier.claim(limits=ClaimLimits(), trace_id="t", lost_leases=suspicion)
        assert claim is not None
        batches.open(claim.batch_id, lease=NO_TIME)
        sizes.append(len(claim.targets))
    with database.transaction() as transaction:
        transaction.run("update targets set lost_leases = 4 where state = 'leased'")
    batches.reap()

    assert sizes == [10, 1, 1, 1]
    assert Status(database).failures() == {"quarantined: its worker died each time": 1}
    assert Status(database).standing().is_conserved


def test_work_whose_bell_was_lost_is_found_and_found_once(database: Database) -> None:
    batch = open_batch(database)
    batches = Batches(database)
    record(database, batch)

    first, second = batches.overdue(silence=NO_TIME), batches.overdue(silence=LEASE)

    assert first.links == first.articles == ((batch.batch_id, "t"),)
    assert first.fetch == second.links == second.articles == ()
    batches.links_done(batch.batch_id)
    batches.articles_done(batch.batch_id)
    assert batches.overdue(silence=NO_TIME).links == ()


def test_one_worker_at_a_time_is_at_a_stage_of_a_batch(database: Database) -> None:
    batches = Batches(database)

    with batches.alone_at("articles", "b1") as first, batches.alone_at("articles", "b1") as second:
        assert (first, second) == (True, False)
        with batches.alone_at("links", "b1") as other_stage:
            assert other_stage
    with batches.alone_at("articles", "b1") as later:
        assert later


def test_evidence_that_could_not_be_stored_costs_a_repeat_and_no_penalty(database: Database) -> None:
    batch = open_batch(database)

    Batches(database).give_back(batch.batch_id)

    assert Status(database).standing().targets["waiting"] == 3
    with database.transaction() as transaction:
        assert transaction.rows("select distinct lost_leases from targets") == [{"lost_leases": 0}]
