"""What an operator wants to come first is claimed first: among the pages of a host, and among hosts."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ledger import Database
from shared.ledger.frontier import ClaimLimits, Frontier, TargetKind
from shared.ledger.priorities import Precedence, Priorities
from tests.support.ledger import accept, candidate, pages, put_source

LOW, NORMAL, HIGH = Precedence
BASES = {"robots": 9, "listing": 5, "feed": 5, "sitemap": 5, "article": 1, "probe": 1, "requisite": 0}


def claimed(database: Database, *, hosts: int = 40, targets: int = 200) -> list[str]:
    limits = ClaimLimits(max_hosts=hosts, max_targets=targets, host_targets=targets)
    claim = Frontier(database).claim(limits=limits, trace_id="t")
    return [] if claim is None else [one.url for one in claim.targets]


def prefer(database: Database, source: str, precedence: Precedence) -> int:
    priorities, place, moved = Priorities(database), 0, 0
    priorities.set_source(source, precedence)
    while place < priorities.last_target():
        place, count = priorities.move_targets(source, after=place)
        moved += count
    return moved


def rows(database: Database, statement: str) -> list[dict[str, object]]:
    with database.transaction() as transaction:
        return transaction.rows(statement)  # type: ignore[arg-type]


def test_of_two_sources_on_one_host_the_preferred_one_is_asked_first(database: Database) -> None:
    for name in ("early", "late"):
        put_source(database, name)
        urls = [f"http://shared.example/{name}/{number}" for number in range(3)]
        accept(database, [candidate(url, TargetKind.ARTICLE) for url in urls], source_id=name)

    assert prefer(database, "late", HIGH) == 3
    accept(database, [candidate("http://shared.example/late/3", TargetKind.ARTICLE)], source_id="late")

    assert claimed(database, targets=4) == [f"http://shared.example/late/{number}" for number in range(4)]


def test_of_many_hosts_the_preferred_one_is_asked_first_and_a_low_one_last(database: Database) -> None:
    for number in range(4):
        put_source(database, f"s{number}")
        accept(database, pages(1, host=f"h{number}.example"), source_id=f"s{number}")
    prefer(database, "s0", LOW)
    prefer(database, "s2", HIGH)
    Priorities(database).set_host("http://h3.example:80", HIGH)

    first, then, last = (sorted(claimed(database, hosts=hosts)) for hosts in (2, 1, 1))

    assert first == ["http://h2.example/news/0", "http://h3.example/news/0"]
    assert (then, last) == (["http://h1.example/news/0"], ["http://h0.example/news/0"])


def test_a_new_host_of_a_preferred_source_comes_first_and_an_operators_word_for_a_host_stands(
    database: Database,
) -> None:
    put_source(database)
    accept(database, pages(1, host="stated.example"))
    Priorities(database).set_host("http://stated.example:80", LOW)
    prefer(database, "harbour", HIGH)
    accept(database, pages(2, host="stated.example") + pages(1, host="new.example"))

    told = {row["host"]: row["precedence"] for row in rows(database, "select host, precedence from hosts")}
    assert told == {"http://stated.example:80": -1, "http://new.example:80": 1}
    assert Priorities(database).of_host("http://stated.example:80") == (LOW, True)

    Priorities(database).set_host("http://stated.example:80", NORMAL)

    assert Priorities(database).of_host("http://stated.example:80") == (HIGH, False)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(Precedence), min_size=1, max_size=6))
def test_however_often_it_changes_each_kind_keeps_its_place_among_its_own(
    database: Database, wanted: list[Precedence]
) -> None:
    with database.transaction() as transaction:
        transaction.run("truncate targets, hosts, sources cascade")
    put_source(database)
    candidates = [candidate(f"http://k.example/{kind}", TargetKind(kind)) for kind in BASES]
    accept(database, candidates)

    for precedence in wanted:
        prefer(database, "harbour", precedence)

    expected = {
        kind: base if kind == "robots" else base + 10 * wanted[-1].rank for kind, base in BASES.items()
    }
    found = rows(database, "select kind, priority from targets")
    assert {row["kind"]: row["priority"] for row in found} == expected
