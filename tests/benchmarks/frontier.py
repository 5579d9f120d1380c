"""Prints what the frontier costs: `python -m tests.benchmarks.frontier [--targets N] [--hosts N] [--explain]`.

A PostgreSQL of its own, from the wheel and with the durable settings of production, holds so many waiting
targets over so many hosts, shared out by Zipf's law. Candidates are made before the clock runs: what is
measured is `Frontier.accept` and `Frontier.claim`, in one process, over one connection.
"""

import argparse
import itertools
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import psycopg

from services.standalone.parts import postgres
from services.standalone.ports import choose_ports
from shared.ledger import Database, frontier_sql
from shared.ledger.frontier import Candidate, ClaimLimits, Frontier, TargetKind
from shared.ledger.migrate import migrate
from shared.ledger.registry import Registry, SourceRow
from tests.support.servers import Ground

IN_ONE_CALL = 5_000
DELAY = timedelta(seconds=5)
LIMITS = ClaimLimits()

BYTES = """
select (pg_table_size('targets') + pg_indexes_size('targets'))::bigint as all_bytes,
       pg_table_size('targets')::bigint as rows,
       (select jsonb_object_agg(indexrelid::regclass::text, pg_relation_size(indexrelid))
        from pg_index where indrelid = 'targets'::regclass) as indexes
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=1_000_000)
    parser.add_argument("--hosts", type=int, default=10_000)
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--explain", action="store_true", help="print the plan of one claim")
    wanted = parser.parse_args()
    with durable_postgres() as url:
        database = Database(url, max_connections=2)
        migrate(database)
        print_accepting(database, wanted.targets, wanted.hosts)
        print_bytes(database, wanted.targets)
        with database.transaction() as transaction:
            transaction.run("analyze targets")
            transaction.run("analyze hosts")
        if wanted.explain:
            print(explain_claim(database))
        print_claims(database, wanted.claims)
        database.close()


@contextmanager
def durable_postgres(kept: Path | None = None) -> Iterator[str]:
    """Run PostgreSQL as an archive does, every commit on disk; in a folder that stays, if one is given."""
    with tempfile.TemporaryDirectory(prefix="pressmark-bench-", ignore_cleanup_errors=True) as folder:
        ground = Ground((kept or Path(folder)) / "data")
        port = choose_ports(postgres.PORTS, configured={}, remembered={})["postgres"]
        password = ground.secrets.database_password
        place = postgres.PostgresPlace(ground.data.path / "postgres", log=ground.data.log("postgres"))
        spec = postgres.prepare_postgres(place, port=port, password=password, mark=ground.mark)
        url = postgres.database_url(port=port, password=password)
        try:
            with ground.running(spec, probe=lambda: psycopg.connect(url).close()):
                yield url
        finally:
            ground.keeper.close()


def print_accepting(database: Database, targets: int, hosts: int) -> None:
    """Fill the frontier, then offer a tenth of it again."""
    put_source(database)
    frontier = Frontier(database)
    seconds = []
    again: list[list[Candidate]] = []
    length = 0
    offered = candidates(targets, hosts)
    for calls in itertools.count():
        chunk = list(itertools.islice(offered, IN_ONE_CALL))
        if not chunk:
            break
        length += sum(len(one.url) for one in chunk)
        seconds.append(timed_accept(frontier, chunk))
        if calls % 10 == 0:
            again.append(chunk)
    repeated = [timed_accept(frontier, chunk) for chunk in again]
    print(f"accept, new:       {targets / sum(seconds):9,.0f} URLs/s in calls of {IN_ONE_CALL:,}")
    print(
        f"  its last tenth:  {IN_ONE_CALL * len(seconds[-len(again) :]) / sum(seconds[-len(again) :]):9,.0f}"
    )
    print(f"accept, known:     {IN_ONE_CALL * len(again) / sum(repeated):9,.0f} URLs/s")
    print(f"mean URL:          {length / targets:9.1f} bytes")


def timed_accept(frontier: Frontier, chunk: Sequence[Candidate]) -> float:
    started = time.perf_counter()
    frontier.accept("harbour-en", chunk, delay=DELAY, concurrency=1, via=chunk[0].via)
    return time.perf_counter() - started


def print_bytes(database: Database, targets: int) -> None:
    with database.transaction() as transaction:
        row = transaction.row(BYTES)
    assert row is not None
    print(f"ledger:            {row['all_bytes'] / targets:9.1f} bytes a waiting URL, all indexes included")
    print(f"  rows             {row['rows'] / targets:9.1f}")
    for name, size in sorted(row["indexes"].items(), key=lambda item: -item[1]):
        print(f"  {name:30s} {size / targets:9.1f}")


def print_claims(database: Database, count: int) -> None:
    """Claim one batch after the other while all hosts are free at first and held by the batches then."""
    frontier = Frontier(database)
    seconds, targets = [], 0
    for _ in range(count):
        started = time.perf_counter()
        claim = frontier.claim(limits=LIMITS, trace_id="bench")
        if claim is None:
            break
        seconds.append(time.perf_counter() - started)
        targets += len(claim.targets)
    ordered = sorted(seconds)
    print(
        f"claim:             {targets / sum(seconds):9,.0f} targets/s in {len(seconds)} claims of "
        f"{targets / len(seconds):.0f}"
    )
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        print(f"  {name}              {ordered[int(len(ordered) * share)] * 1000:9.1f} ms a claim")
    print(f"  longest          {ordered[-1] * 1000:9.1f} ms")


def explain_claim(database: Database) -> str:
    """Return the plan of one claim as it ran, without keeping what it did."""
    arguments = {
        "batch": "explained",
        "trace": "bench",
        "max_hosts": LIMITS.max_hosts,
        "max_targets": LIMITS.max_targets,
        "host_targets": LIMITS.host_targets,
        "host_time": LIMITS.host_time,
        "lost_leases": 0,
    }
    with database.transaction() as transaction:
        transaction.run(frontier_sql.IN_ORDER_OF_INDEX)
        rows = transaction.rows("explain (analyze, buffers) " + frontier_sql.CLAIM, arguments)
        transaction.run("rollback")
    return "\n".join(row["QUERY PLAN"] for row in rows)


def put_source(database: Database) -> None:
    row = SourceRow(
        source_id="harbour-en",
        name="Harbour",
        language="en",
        home="https://harbour.example/",
        definition='id = "harbour-en"',
    )
    Registry(database).put(row, obeys_robots=False, delay=DELAY, concurrency=1)


def candidates(targets: int, hosts: int) -> Iterator[Candidate]:
    """Yield URLs as lists announce them: few from most hosts, many from some, each found on a list."""
    chance = random.Random(7)
    weights = list(itertools.accumulate(1 / rank for rank in range(1, hosts + 1)))
    for number in range(targets):
        [host] = chance.choices(range(hosts), cum_weights=weights)
        origin = f"https://www.outlet-{host:05d}.example"
        url = f"{origin}/en/2026/03/{number % 28 + 1:02d}/harbour-rebuilds-its-old-pier-{number:07d}"
        yield Candidate(
            url=url,
            url_key=blake2b(url.encode(), digest_size=16).digest(),
            host=f"{origin}:443",
            kind=TargetKind.ARTICLE,
            via=f"{origin}/en/latest",
        )


if __name__ == "__main__":
    main()
