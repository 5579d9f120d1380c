"""The frontier against a real PostgreSQL."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from shared.candidates import candidate
from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.frontier import Claim, ClaimLimits, Frontier, RobotsCopy, TargetKind
from shared.ledger.status import Status
from tests.support.ledger import NOON, accept, capture_of, pages, put_source

LIMITS = ClaimLimits(max_targets=50)
LEASE = timedelta(seconds=30)


def look_at(database: Database, claim: Claim) -> None:
    """Take a claimed batch and record a good look at each of its targets."""
    batches = Batches(database)
    batch = batches.open(claim.batch_id, lease=LEASE)
    assert batch is not None
    rows = [capture_of(target, place=place) for place, target in enumerate(batch.targets)]
    batches.record(claim.batch_id, rows, warc_key="warc/one", warc_bytes=1)


def test_a_url_offered_twice_is_accepted_once(database: Database) -> None:
    put_source(database)

    first, second = accept(database, pages(3)), accept(database, pages(5))

    assert (first, second) == (3, 2)
    standing = Status(database).standing()
    assert standing.accepted == 5
    assert standing.is_conserved


def test_one_url_offered_twice_in_one_go_is_accepted_once(database: Database) -> None:
    put_source(database)

    assert accept(database, pages(2) + pages(2)) == 2
    assert Status(database).standing().is_conserved


def test_what_is_excluded_when_it_is_accepted_is_counted_and_never_claimed(database: Database) -> None:
    put_source(database)
    accept(
        database,
        [candidate("http://harbour.example/a/a/a/a", TargetKind.ARTICLE, excluded="trap: path_loop")],
    )

    assert Frontier(database).claim(limits=LIMITS, trace_id="t") is None
    assert Status(database).standing().targets["excluded"] == 1


def test_a_host_that_a_batch_holds_is_not_claimed_again(database: Database) -> None:
    put_source(database)
    accept(database, pages(200))
    frontier = Frontier(database)

    first = frontier.claim(limits=LIMITS, trace_id="t")
    second = frontier.claim(limits=LIMITS, trace_id="t")

    assert first is not None
    assert len(first.targets) == 50
    assert second is None


def test_many_claimers_at_once_never_get_the_same_target(database: Database) -> None:
    put_source(database)
    for number in range(40):
        accept(database, pages(3, host=f"host{number}.example"))
    frontier = Frontier(database)
    limits = ClaimLimits(max_targets=6)

    with ThreadPoolExecutor(4) as threads:
        claims = list(threads.map(lambda _: frontier.claim(limits=limits, trace_id="t"), range(40)))

    claimed = [target.target_id for claim in claims if claim is not None for target in claim.targets]
    assert len(claimed) == len(set(claimed)) == 120


def test_a_delay_bounds_how_many_targets_of_a_host_a_batch_holds(database: Database) -> None:
    put_source(database)
    Frontier(database).accept("harbour", pages(50), delay=timedelta(seconds=5), concurrency=1)

    claim = Frontier(database).claim(limits=ClaimLimits(host_time=timedelta(seconds=20)), trace_id="t")

    assert claim is not None
    assert len(claim.targets) == 4


def test_a_claim_takes_few_targets_of_many_hosts_rather_than_many_of_few(database: Database) -> None:
    put_source(database)
    for number in range(12):
        accept(database, pages(30, host=f"host{number}.example"))

    claim = Frontier(database).claim(limits=ClaimLimits(max_targets=20, host_targets=3), trace_id="t")

    assert claim is not None
    assert Counter(Counter(target.host for target in claim.targets).values()) == {3: 12}


def test_a_batch_is_widened_by_hosts_that_it_does_not_hold(database: Database) -> None:
    put_source(database)
    for number in range(7):
        accept(database, pages(9, host=f"host{number}.example"))
    frontier, limits = Frontier(database), ClaimLimits(max_hosts=3, max_targets=2, host_targets=2)
    claim = frontier.claim(limits=limits, trace_id="t")
    assert claim is not None

    wider = frontier.widen(frontier.widen(claim, limits=limits), limits=limits)

    assert set(Counter(target.host for target in wider.targets).values()) == {2}
    assert len(wider.targets) == 14
    assert frontier.widen(wider, limits=limits) == wider
    batch = Batches(database).open(claim.batch_id, lease=LEASE)
    assert batch is not None
    assert len(batch.targets) == 14
    accept(database, pages(1, host="late.example"))
    assert frontier.widen(wider, limits=limits) == wider, "a fetcher has taken it"


def test_batches_of_few_hosts_that_nobody_has_taken_are_gathered_again(database: Database) -> None:
    put_source(database)
    frontier, limits = Frontier(database), ClaimLimits(max_hosts=2)
    claims = []
    for number in range(5):
        accept(database, pages(2, host=f"host{number}.example"))
        if number != 3:
            claims.append(frontier.claim(limits=limits, trace_id="t"))
    taken, one, _, pair = claims[0], claims[1], claims[2], claims[3]
    assert taken is not None
    assert one is not None
    assert pair is not None
    assert len({target.host for target in pair.targets}) == 2
    assert Batches(database).open(taken.batch_id, lease=LEASE) is not None

    dissolved = frontier.dissolve_narrow(2)

    assert len(dissolved) == 2
    assert not {taken.batch_id, pair.batch_id} & set(dissolved)
    assert Batches(database).open(one.batch_id, lease=LEASE) is None, "its bell comes to nothing"
    again = frontier.claim(limits=limits, trace_id="t")
    assert again is not None
    assert {target.host for target in again.targets} == {"http://host1.example:80", "http://host2.example:80"}


def test_a_host_that_a_running_batch_is_done_with_is_claimed_again_and_not_before_its_delay(
    database: Database,
) -> None:
    put_source(database)
    for host in ("done.example", "busy.example"):
        Frontier(database).accept(
            "harbour", pages(9, host=host), delay=timedelta(milliseconds=1500), concurrency=1
        )
    limits, batches = ClaimLimits(host_time=timedelta(seconds=3)), Batches(database)
    first = Frontier(database).claim(limits=limits, trace_id="t")
    assert first is not None
    assert batches.open(first.batch_id, lease=LEASE) is not None

    with database.transaction() as transaction:
        freed_after = transaction.rows("select now()")[0]["now"]
    batches.free_asked(first.batch_id, {"http://done.example:80": timedelta(milliseconds=200)})

    second = Frontier(database).claim(limits=limits, trace_id="t")
    assert second is not None
    assert {target.host for target in second.targets} == {"http://done.example:80"}
    assert not {one.target_id for one in first.targets} & {one.target_id for one in second.targets}
    opened = batches.open(second.batch_id, lease=LEASE)
    assert opened is not None
    assert max(target.wait for target in opened.targets) <= timedelta(milliseconds=1300)
    with database.transaction() as transaction:
        [row] = transaction.rows(
            "select next_request_at from hosts where held_by = %(by)s", {"by": second.batch_id}
        )
    assert row["next_request_at"] >= freed_after + timedelta(milliseconds=1300)


def test_a_host_with_a_long_delay_is_not_claimed_right_after_its_last_request(database: Database) -> None:
    put_source(database)
    Frontier(database).accept("harbour", pages(9), delay=timedelta(seconds=90), concurrency=1)
    claim = Frontier(database).claim(limits=LIMITS, trace_id="t")
    assert claim is not None

    Batches(database).free_asked(claim.batch_id, {"http://harbour.example:80": timedelta(0)})

    assert Frontier(database).claim(limits=LIMITS, trace_id="t") is None


def test_a_host_is_never_freed_by_a_batch_that_does_not_hold_it(database: Database) -> None:
    put_source(database)
    accept(database, pages(3))
    claim = Frontier(database).claim(limits=ClaimLimits(max_targets=1, host_targets=1), trace_id="t")
    assert claim is not None

    Batches(database).free_asked("another", {"http://harbour.example:80": timedelta(0)})

    assert Frontier(database).claim(limits=LIMITS, trace_id="t") is None


def test_a_host_waits_its_delay_after_a_batch(database: Database) -> None:
    put_source(database)
    Frontier(database).accept("harbour", pages(9), delay=timedelta(seconds=30), concurrency=1)
    claim = Frontier(database).claim(limits=LIMITS, trace_id="t")
    assert claim is not None
    batches = Batches(database)
    batches.open(claim.batch_id, lease=LEASE)
    batches.record(claim.batch_id, [], warc_key="warc/none", warc_bytes=0)

    assert Frontier(database).claim(limits=LIMITS, trace_id="t") is None


def test_until_robots_txt_is_known_nothing_else_is_asked_for(database: Database) -> None:
    put_source(database, obeys_robots=True)
    robots = candidate("http://harbour.example/robots.txt", TargetKind.ROBOTS)
    accept(database, [*pages(3), robots])
    frontier = Frontier(database)

    first = frontier.claim(limits=LIMITS, trace_id="t")

    assert first is not None
    assert [target.kind for target in first.targets] == [TargetKind.ROBOTS]
    look_at(database, first)
    known = RobotsCopy(status=200, body=b"User-agent: *", until=NOON + timedelta(days=36500))
    frontier.keep_robots(robots.host, known)

    second = frontier.claim(limits=LIMITS, trace_id="t")
    assert second is not None
    assert {target.kind for target in second.targets} == {TargetKind.ARTICLE}


def test_a_changed_robots_txt_lets_what_it_excluded_be_judged_again(database: Database) -> None:
    put_source(database)
    accept(database, pages(2))
    frontier = Frontier(database)
    claim = frontier.claim(limits=LIMITS, trace_id="t")
    assert claim is not None
    frontier.exclude_claimed(claim.batch_id, [target.target_id for target in claim.targets], "robots")
    assert Status(database).standing().targets["excluded"] == 2

    frontier.keep_robots(claim.targets[0].host, RobotsCopy(status=200, body=b"new", until=NOON))

    assert Status(database).standing().targets["waiting"] == 2
    assert frontier.claim(limits=LIMITS, trace_id="t") is not None


def test_an_order_to_look_asks_again_for_a_robots_txt_that_could_not_be_had(database: Database) -> None:
    put_source(database, obeys_robots=True)
    robots = candidate("http://harbour.example/robots.txt", TargetKind.ROBOTS)
    accept(database, [*pages(1), robots])
    frontier = Frontier(database)
    first = frontier.claim(limits=LIMITS, trace_id="t")
    assert first is not None
    look_at(database, first)
    assert frontier.claim(limits=LIMITS, trace_id="t") is None

    frontier.make_due("harbour", [TargetKind.ARTICLE])

    again = frontier.claim(limits=LIMITS, trace_id="t")
    assert again is not None
    assert [target.kind for target in again.targets] == [TargetKind.ROBOTS]


def test_an_order_to_look_that_comes_while_a_look_is_under_way_is_kept(database: Database) -> None:
    put_source(database)
    accept(database, pages(1))
    frontier, batches = Frontier(database), Batches(database)
    first = frontier.claim(limits=LIMITS, trace_id="t")
    assert first is not None
    batch = batches.open(first.batch_id, lease=LEASE)
    assert batch is not None

    assert frontier.make_due("harbour", [TargetKind.ARTICLE]) == 1
    assert frontier.claim(limits=LIMITS, trace_id="t") is None
    batches.record(first.batch_id, [capture_of(batch.targets[0])], warc_key="warc/one", warc_bytes=1)
    frontier.plan_looks([(batch.targets[0].target_id, NOON + timedelta(days=36500))])

    assert frontier.claim(limits=LIMITS, trace_id="t") is not None


def test_the_targets_of_a_removed_source_are_left_alone(database: Database) -> None:
    put_source(database)
    accept(database, pages(2))
    with database.transaction() as transaction:
        transaction.run("update sources set removed_at = now()")

    assert Frontier(database).claim(limits=LIMITS, trace_id="t") is None
