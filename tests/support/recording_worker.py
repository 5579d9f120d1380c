"""A fetcher's whole way in a process of its own, so that its CPU seconds can be counted.

`python -m tests.support.recording_worker` reads a task as JSON: `urls`, `delay`, `profile` (a file for the
profile, which slows everything down). Settings name
the
servers. Claiming is the crawler's work: it is done between the batches and not counted.
"""

import cProfile
import json
import os
import sys
import time
from datetime import timedelta
from typing import Any

from services.fetcher.app import on_fetch_batch
from services.fetcher.client import HttpClient
from services.fetcher.gate import Gate
from services.fetcher.settings import FetcherSettings
from services.fetcher.snapshots import Snapshots
from shared.bus import Bus
from shared.candidates import candidate
from shared.clock import SystemClock
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.frontier import ClaimLimits, Frontier, TargetKind
from shared.ledger.migrate import migrate
from shared.ledger.registry import Registry, SourceRow
from shared.logs import set_up_logs
from shared.messages import FetchBatch
from shared.settings import ServiceSettings

NAME = f"bench-{os.getpid()}"
"""A source for each run: making one due again would make the pages of the last run due too."""
SOURCE = SourceRow(
    source_id=NAME, name="Bench", language="en", home="http://bench.example/", definition=f'id = "{NAME}"'
)
CONCURRENCY = 8


def run(task: dict[str, Any]) -> dict[str, Any]:
    """Fetch every URL of a task and tell what that took."""
    settings = ServiceSettings()
    database = Database(settings.database_url.get_secret_value(), max_connections=2)
    _fill(database, task)
    fetcher = FetcherSettings()
    snapshots = Snapshots(
        batches=Batches(database),
        evidence=EvidenceStore(settings.evidence()),
        client=HttpClient(fetcher, Gate(settings.private_networks)),
        settings=fetcher,
        clock=SystemClock(),
        software="pressmark/bench",
    )
    snapshots.evidence.ensure_bucket()
    bus = Bus(settings)
    profile = cProfile.Profile() if task.get("profile") else None
    told = _fetch(Frontier(database), snapshots, bus, profile=profile, idle=0.5 + 2 * task.get("delay", 0))
    with database.transaction() as transaction:
        told["captures"] = transaction.rows("select count(*) as count from captures where status = 200")[0][
            "count"
        ]
    snapshots.client.close()
    database.close()
    if profile is not None:
        profile.dump_stats(task["profile"])
    return told


def _fill(database: Database, task: dict[str, Any]) -> None:
    migrate(database)
    delay = timedelta(seconds=task.get("delay", 0))
    Registry(database).put(SOURCE, obeys_robots=False, delay=delay, concurrency=CONCURRENCY)
    candidates = [candidate(url, TargetKind.ARTICLE) for url in task["urls"]]
    frontier = Frontier(database)
    for start in range(0, len(candidates), 5000):
        part = candidates[start : start + 5000]
        frontier.accept(NAME, part, delay=delay, concurrency=CONCURRENCY)
    frontier.make_due(NAME, [TargetKind.ARTICLE])


def _fetch(
    frontier: Frontier, snapshots: Snapshots, bus: Bus, *, profile: cProfile.Profile | None, idle: float
) -> dict[str, Any]:
    cpu = 0.0
    batches = pages = 0
    begun = ended = time.perf_counter()
    # A claim finds nothing while every host has been asked within its delay.
    while time.perf_counter() < ended + idle:
        claim = frontier.claim(limits=ClaimLimits(), trace_id="bench")
        if claim is None:
            time.sleep(0.02)
            continue
        before = time.process_time()
        if profile is not None:
            profile.enable()
        on_fetch_batch(FetchBatch(batch_id=claim.batch_id), snapshots=snapshots, bus=bus)
        if profile is not None:
            profile.disable()
        # The first batch makes the connections to the servers, which a worker does once in its life.
        if batches:
            cpu += time.process_time() - before
            pages += len(claim.targets)
        batches += 1
        ended = time.perf_counter()
    return {"cpu": cpu, "wall": ended - begun, "batches": batches, "pages": pages}


if __name__ == "__main__":
    set_up_logs("fetcher")
    print(json.dumps(run(json.load(sys.stdin))))  # noqa: T201 - its report
