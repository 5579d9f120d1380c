"""Claims over a frontier of some size: what the planner makes of them, and which hosts they look at."""

from datetime import timedelta

from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.frontier import ClaimLimits, Frontier, TargetKind
from shared.ledger.status import Status
from tests.benchmarks.frontier import DELAY, candidates, explain_claim
from tests.benchmarks.frontier import put_source as put_bench_source
from tests.support.ledger import NOON, accept, capture_of, pages, put_source

LEASE = timedelta(seconds=30)


def test_a_claim_reads_few_rows_of_many_by_their_indexes(database: Database) -> None:
    put_bench_source(database)
    Frontier(database).accept("harbour-en", list(candidates(20_000, 500)), delay=DELAY, concurrency=1)
    with database.transaction() as transaction:
        transaction.run("analyze targets")
        transaction.run("analyze hosts")

    plan = explain_claim(database)

    assert "using hosts_ready on hosts" in plan
    assert "using targets_due on targets" in plan
    assert "Seq Scan on targets" not in plan
    assert Status(database).standing().targets["waiting"] == 20_000


def test_hosts_with_nothing_to_do_never_keep_others_from_being_asked(database: Database) -> None:
    put_source(database)
    put_source(database, "obeying", obeys_robots=True)
    for number in range(30):
        accept(database, pages(1, host=f"blocked{number}.example"), source_id="obeying")
    accept(database, pages(1))

    claim = Frontier(database).claim(limits=ClaimLimits(max_hosts=5), trace_id="t")

    assert claim is not None
    assert [target.host for target in claim.targets] == ["http://harbour.example:80"]


def test_a_host_that_was_put_off_is_asked_as_soon_as_there_is_something_new(database: Database) -> None:
    put_source(database)
    accept(database, pages(1))
    frontier = Frontier(database)
    look_at_all(database)
    assert frontier.claim(limits=ClaimLimits(), trace_id="t") is None

    accept(database, pages(2))
    new = frontier.claim(limits=ClaimLimits(), trace_id="t")
    assert new is not None
    assert len(new.targets) == 1
    Batches(database).open(new.batch_id, lease=LEASE)
    Batches(database).give_back(new.batch_id)
    assert frontier.claim(limits=ClaimLimits(), trace_id="t") is None

    frontier.make_due("harbour", [TargetKind.ARTICLE])
    assert frontier.claim(limits=ClaimLimits(), trace_id="t") is not None


def test_a_source_that_is_put_back_is_asked_at_once(database: Database) -> None:
    put_source(database)
    accept(database, pages(1))
    with database.transaction() as transaction:
        transaction.run("update sources set removed_at = now()")
    assert Frontier(database).claim(limits=ClaimLimits(), trace_id="t") is None

    put_source(database)

    assert Frontier(database).claim(limits=ClaimLimits(), trace_id="t") is not None


def test_a_host_that_refuses_is_spared_longer_each_time_and_trusted_again_by_and_by(
    database: Database,
) -> None:
    put_source(database)
    accept(database, pages(1))

    penalties = [penalty_after(database, status) for status in (503, 429, 200, 200, 200, 200, 200, 200)]

    assert penalties == [1.0, 2.0, 1.0, 0.5, 0.25, 0.125, 0.0625, 0.0]


def test_a_host_that_answers_slowly_is_asked_as_slowly(database: Database) -> None:
    put_source(database)
    accept(database, pages(1))

    assert penalty_after(database, 200, seconds=7.5) == 7.5
    assert penalty_after(database, 200, seconds=0.1) == 3.75


def test_a_host_that_names_a_time_is_not_asked_before(database: Database) -> None:
    put_source(database)
    accept(database, pages(1))

    penalty_after(database, 503, retry_after=timedelta(hours=3))

    with database.transaction() as transaction:
        row = transaction.row(
            "select next_request_at - ready_at as ahead, next_request_at as next from hosts"
        )
    assert row == {"ahead": timedelta(seconds=2), "next": NOON + timedelta(days=36500, hours=3)}
    Frontier(database).make_due("harbour", [TargetKind.ARTICLE])
    assert Frontier(database).claim(limits=ClaimLimits(), trace_id="t") is None


def test_a_host_that_names_no_time_is_asked_again_after_its_delay(database: Database) -> None:
    put_source(database)
    accept(database, pages(1))

    penalty_after(database, 200)

    Frontier(database).make_due("harbour", [TargetKind.ARTICLE])
    assert Frontier(database).claim(limits=ClaimLimits(), trace_id="t") is not None


def penalty_after(database: Database, status: int, **changes: object) -> float:
    """Look at all that is due, get the same answer everywhere, and return the penalty of the only host."""
    look_at_all(
        database,
        status=status,
        is_good=status < 400,
        fetched_at=NOON + timedelta(days=36500),
        **changes,
    )
    with database.transaction() as transaction:
        row = transaction.row("select extract(epoch from penalty)::float as seconds from hosts")
    assert row is not None
    return float(row["seconds"])


def look_at_all(database: Database, **changes: object) -> None:
    frontier, batches = Frontier(database), Batches(database)
    with database.transaction() as transaction:
        transaction.run("update hosts set next_request_at = '-infinity', ready_at = '-infinity'")
        transaction.run("update targets set due_at = now()")
    claim = frontier.claim(limits=ClaimLimits(), trace_id="t")
    assert claim is not None
    batch = batches.open(claim.batch_id, lease=LEASE)
    assert batch is not None
    rows = [capture_of(target, place=place, **changes) for place, target in enumerate(batch.targets)]
    batches.record(claim.batch_id, rows, warc_key="warc/one", warc_bytes=1)
