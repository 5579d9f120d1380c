"""Prints what is found of a purge: `python -m tests.benchmarks.december_2013 [--articles N] [--json]`.

A publisher of three editions cuts a name from 0.5 % of its articles and deletes 35 %, while a host is down, its
template changes, 51 % of its articles stand under two addresses, and 0.3 % get another picture while
pictures of others only change their addresses. `tests.support.december` says what of this
is simulated. The exit code is 1 unless every edit, every deletion, the outage and the template change were found
and nothing else was told.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict

from shared.ledger import Database
from shared.ledger.migrate import migrate
from shared.logs import set_up_logs
from tests.benchmarks.frontier import durable_postgres
from tests.support.december import December, publisher
from tests.support.december_findings import findings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    set_up_logs("december", level="warning")
    stories = publisher(wanted.articles, seed=wanted.seed)
    with durable_postgres() as url:
        database = Database(url, max_connections=2)
        migrate(database)
        started = time.perf_counter()
        run = December(database=database, stories=stories)
        run.run()
        seconds = time.perf_counter() - started
        found = findings(database, stories)
        database.close()
    figures = {
        "seconds": round(seconds, 1),
        "seconds_of_looks": {name: round(spent, 1) for name, spent in run.seconds.items()},
        "requests": dict(run.requests),
        "requests_in_all": sum(run.requests.values()),
        **asdict(found),
        "right": found.is_right,
    }
    if wanted.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name:24} {value}" for name, value in figures.items()))
    return 0 if found.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
