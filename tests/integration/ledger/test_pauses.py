"""What is paused is not asked: not by a claim, and not by a fetcher whose batch was made before."""

from datetime import timedelta

import pytest

from shared.candidates import candidate
from shared.ledger import Database
from shared.ledger.batches import Batches, OpenBatch
from shared.ledger.frontier import Claim, ClaimLimits, Frontier, TargetKind
from shared.ledger.pauses import Pauses, PauseScope
from shared.ledger.status import Status
from tests.support.ledger import accept, pages, put_source

LEASE = timedelta(minutes=1)
HARBOUR = "http://harbour.example:80"


def claim(database: Database) -> Claim | None:
    return Frontier(database).claim(limits=ClaimLimits(), trace_id="t")


def urls(found: Claim | OpenBatch | None) -> set[str]:
    return set() if found is None else {target.url for target in found.targets}


def pause(database: Database, scope: PauseScope, subject: str, *, lasting: timedelta | None = None) -> None:
    Pauses(database).pause(scope, subject, reason="repairs", lasting=lasting, by="command:me")


def host_of(database: Database, source_id: str) -> str:
    with database.transaction() as transaction:
        row = transaction.row(
            "select host from hosts join targets using (host_id) where source_id = %(s)s limit 1",
            {"s": source_id},
        )
    assert row is not None
    return str(row["host"])


@pytest.fixture
def two_outlets(database: Database) -> Database:
    for source_id in ("harbour", "island"):
        put_source(database, source_id)
        accept(database, pages(2, host=f"{source_id}.example"), source_id=source_id)
    return database


@pytest.mark.parametrize("scope", [PauseScope.SOURCE, PauseScope.HOST])
def test_a_claim_passes_over_what_is_paused_and_takes_the_rest(
    two_outlets: Database, scope: PauseScope
) -> None:
    pause(two_outlets, scope, "harbour" if scope is PauseScope.SOURCE else host_of(two_outlets, "harbour"))

    claimed = urls(claim(two_outlets))

    assert claimed == {f"http://island.example/news/{number}" for number in range(2)}
    assert claim(two_outlets) is None


def test_nothing_is_claimed_while_everything_is_paused_and_all_of_it_after(two_outlets: Database) -> None:
    pause(two_outlets, PauseScope.EVERYTHING, "")
    assert claim(two_outlets) is None

    Pauses(two_outlets).resume(PauseScope.EVERYTHING, "", by="command:me")

    assert len(urls(claim(two_outlets))) == 4


def test_a_source_that_is_resumed_is_claimed_at_once(two_outlets: Database) -> None:
    pause(two_outlets, PauseScope.SOURCE, "harbour")
    claim(two_outlets)
    assert claim(two_outlets) is None

    ended = Pauses(two_outlets).resume(PauseScope.SOURCE, "harbour", by="command:me")

    assert ended is not None
    assert ended.ended_by == "command:me"
    assert len(urls(claim(two_outlets))) == 2


def test_a_pause_ends_by_itself(two_outlets: Database) -> None:
    pause(two_outlets, PauseScope.EVERYTHING, "", lasting=timedelta(microseconds=1))

    assert Pauses(two_outlets).in_force() == []
    assert len(urls(claim(two_outlets))) == 4


@pytest.mark.parametrize("scope", list(PauseScope))
def test_a_fetcher_gives_back_what_was_paused_since_its_batch_was_made(
    two_outlets: Database, scope: PauseScope
) -> None:
    made = claim(two_outlets)
    assert made is not None
    subjects = {
        PauseScope.SOURCE: "harbour",
        PauseScope.HOST: host_of(two_outlets, "harbour"),
        PauseScope.EVERYTHING: "",
    }
    pause(two_outlets, scope, subjects[scope])

    opened = Batches(two_outlets).open(made.batch_id, lease=LEASE)

    left = set() if scope is PauseScope.EVERYTHING else {f"http://island.example/news/{n}" for n in range(2)}
    assert urls(opened) == left
    assert Status(two_outlets).standing().targets["waiting"] == 4 - len(left)
    Pauses(two_outlets).resume(scope, subjects[scope], by="command:me")
    assert len(urls(claim(two_outlets))) == 4 - len(left), "the host is free again, and its targets are due"


def test_what_is_paused_counts_as_blocked_so_that_nobody_waits_for_it(two_outlets: Database) -> None:
    pause(two_outlets, PauseScope.SOURCE, "harbour")

    pending = Status(two_outlets).pending("harbour")

    assert (pending.due, pending.blocked) == (0, 2)
    assert pending.is_done


def test_the_robots_file_of_a_host_is_asked_for_while_another_source_has_something_due_there(
    database: Database,
) -> None:
    put_source(database, "harbour", obeys_robots=True)
    put_source(database, "island", obeys_robots=True)
    robots = candidate("http://both.example/robots.txt", TargetKind.ROBOTS)
    accept(database, [robots, *pages(1, host="both.example")], source_id="harbour")
    pause(database, PauseScope.SOURCE, "harbour")
    assert claim(database) is None, "nobody else wants anything of this host"

    accept(database, [candidate("http://both.example/other", TargetKind.ARTICLE)], source_id="island")

    assert urls(claim(database)) == {"http://both.example/robots.txt"}


def test_pausing_again_keeps_one_pause_with_the_newest_reason(database: Database) -> None:
    ledger = Pauses(database)
    for reason in ("first", "second"):
        ledger.pause(PauseScope.HOST, HARBOUR, reason=reason, lasting=None, by="command:me")

    assert [one.reason for one in ledger.in_force()] == ["second"]
    assert ledger.resume(PauseScope.HOST, HARBOUR, by="command:you") is not None
    assert ledger.resume(PauseScope.HOST, HARBOUR, by="command:you") is None
    assert [one.ended_by for one in ledger.history(10)] == ["command:you"]
