"""What the schedule remembers, against a real PostgreSQL."""

import random
from datetime import date, timedelta

from services.crawler.settings import CrawlerSettings
from shared.candidates import candidate
from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.database import Row
from shared.ledger.frontier import ClaimLimits, Frontier, TargetKind
from shared.ledger.registry import Registry
from shared.ledger.schedule import EndedList, ListMemory, Schedule
from shared.ledger.status import Status
from tests.support.ledger import NOON, accept, capture_of, pages, put_source

OLD, NEW = "http://harbour.example/old", "http://harbour.example/new"
LATER = NOON + timedelta(days=36500)


def look_at_all(database: Database, **changes: object) -> None:
    """Look at all that is due, well."""
    claim = Frontier(database).claim(limits=ClaimLimits(), trace_id="t")
    assert claim is not None
    batches = Batches(database)
    batch = batches.open(claim.batch_id, lease=timedelta(seconds=30))
    assert batch is not None
    rows = [capture_of(target, place=place, **changes) for place, target in enumerate(batch.targets)]
    batches.record(claim.batch_id, rows, warc_key=f"warc/{claim.batch_id}", warc_bytes=1)
    Frontier(database).plan_looks([(target.target_id, LATER) for target in batch.targets])


def rows(database: Database) -> list[Row]:
    with database.transaction() as transaction:
        return transaction.rows(
            "select *, due_at <= now() + interval '1 day' as soon from targets order by target_id"
        )


def events(database: Database) -> list[Row]:
    with database.transaction() as transaction:
        return transaction.rows("select kind, data from events order by event_id")


def ended(target: Row, moved_to: str | None = None) -> EndedList:
    return EndedList(
        target_id=target["target_id"],
        source_id="harbour",
        url=target["url"],
        capture_id=1,
        at=NOON,
        moved_to=moved_to,
    )


def test_what_a_list_taught_is_remembered(database: Database) -> None:
    put_source(database)
    accept(database, [candidate(OLD, TargetKind.LISTING)])
    schedule, [target] = Schedule(database), rows(database)
    memory = ListMemory(unchanged_looks=-3, moved_to=NEW, moved_looks=2)

    schedule.remember({target["target_id"]: memory})

    assert schedule.memories([target["target_id"]]) == {target["target_id"]: memory}


def test_a_list_that_is_gone_is_asked_no_more_and_told_of(database: Database) -> None:
    put_source(database)
    accept(database, [candidate(OLD, TargetKind.LISTING)])
    look_at_all(database)

    assert Schedule(database).end_list(ended(rows(database)[0]))

    assert (rows(database)[0]["state"], rows(database)[0]["reason"]) == ("excluded", "gone")
    assert events(database) == [{"kind": "list_gone", "data": {"url": OLD, "moved_to": None}}]
    assert Status(database).standing().is_conserved


def test_a_list_moves_only_to_a_list_that_gave_a_page(database: Database) -> None:
    put_source(database)
    accept(database, [candidate(OLD, TargetKind.LISTING)])
    look_at_all(database, status=301, redirect_to=NEW)
    accept(database, [candidate(NEW, TargetKind.LISTING)])
    schedule = Schedule(database)

    assert not schedule.end_list(ended(rows(database)[0], NEW))
    look_at_all(database)

    assert schedule.end_list(ended(rows(database)[0], NEW))
    assert [(row["state"], row["reason"]) for row in rows(database)] == [
        ("excluded", "moved"),
        ("archived", None),
    ]
    assert not schedule.end_list(ended(rows(database)[1], OLD))


def test_a_list_that_the_operator_names_again_is_looked_at_again(database: Database) -> None:
    put_source(database)
    accept(database, [candidate(OLD, TargetKind.LISTING)])
    look_at_all(database)
    schedule = Schedule(database)
    schedule.end_list(ended(rows(database)[0]))

    assert schedule.revive_lists("harbour", [OLD]) == 1

    assert rows(database)[0]["state"] == "archived"
    assert rows(database)[0]["soon"]


def test_the_sample_of_a_day_is_taken_once_and_differs_from_the_next(database: Database) -> None:
    put_source(database)
    accept(database, pages(40))
    look_at_all(database)
    schedule = Schedule(database)

    def sampled(day: date) -> set[int]:
        with database.transaction() as transaction:
            transaction.run("update targets set due_at = %(later)s", {"later": LATER})
        schedule.sample("harbour", day, count=10, apart=timedelta(minutes=5))
        return {row["target_id"] for row in rows(database) if row["soon"]}

    first, again, second = sampled(date(2026, 3, 9)), sampled(date(2026, 3, 9)), sampled(date(2026, 3, 10))

    assert (len(first), len(again), len(second)) == (10, 0, 10)
    assert first != second


def test_a_purge_of_a_twentieth_of_the_old_articles_is_touched_by_the_sample_of_its_first_day(
    database: Database,
) -> None:
    """With 60 articles a day of 5,000, one purge in about twenty is missed on its first day: 0.95 to the 60th."""
    put_source(database)
    accept(database, pages(5_000))
    with database.transaction() as transaction:
        transaction.run("update targets set state = 'archived', due_at = %(later)s", {"later": LATER})
    targets = [row["target_id"] for row in rows(database)]
    schedule, apart = Schedule(database), timedelta(days=1) / CrawlerSettings().daily_sample

    touched = 0
    for seed in range(100):
        schedule.sample(
            "harbour",
            date(2026, 3, 9) + timedelta(days=seed),
            count=CrawlerSettings().daily_sample,
            apart=apart,
        )
        sampled = {row["target_id"] for row in rows(database) if row["soon"]}
        touched += bool(sampled & set(random.Random(seed).sample(targets, 250)))
        with database.transaction() as transaction:
            transaction.run(
                "update targets set due_at = %(later)s where target_id = any(%(ids)s)",
                {"later": LATER, "ids": list(sampled)},
            )

    assert touched >= 90
    assert touched < 100, "a sample that finds everything is none"


def test_a_look_is_brought_forward_and_never_put_off(database: Database) -> None:
    put_source(database)
    accept(database, pages(1))
    look_at_all(database)
    schedule, target_id = Schedule(database), rows(database)[0]["target_id"]

    assert schedule.bring_forward([(target_id, NOON)]) == 1
    assert schedule.bring_forward([(target_id, LATER)]) == 0
    assert schedule.edited([target_id]) == frozenset()
    assert schedule.edited_since(NOON) == []


def test_a_target_carries_why_robots_txt_is_not_obeyed(database: Database) -> None:
    put_source(database)
    registry = Registry(database)
    with database.transaction() as transaction:
        transaction.run("update sources set robots_reason = 'a public record'")
    accept(database, pages(1))
    claim = Frontier(database).claim(limits=ClaimLimits(), trace_id="t")
    assert claim is not None

    batch = Batches(database).open(claim.batch_id, lease=timedelta(seconds=30))

    assert batch is not None
    assert batch.targets[0].robots == "ignore: a public record"
    assert registry.get("harbour").robots_reason == "a public record"
