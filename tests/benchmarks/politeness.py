"""Prints how near its full rate a crawl stays that waits between requests to a host.

`python -m tests.benchmarks.politeness [--hosts N] [--seconds N] [--delay S] [--fetchers N] [--json]`

So many hosts on loopback addresses, each with more unique pages of 16 KB than it can be asked for, are crawled
by the real workers (crawler, fetcher, beat) as `pressmark up` starts them, all pinned to one core, over a real
broker, S3 server and PostgreSQL with every commit on disk. Servers and stores have the other cores. What counts is
the requests in the servers' own log between the end of the warm-up and the end: at the full rate each host is
asked once in its delay. A gap is too short when the longest time that can have passed in it is shorter than that.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from signal import SIGTERM

from services.admin.tools import AdminSettings, make_tools
from services.standalone.interpreter import import_path
from services.standalone.launch import running_stack
from services.standalone.parts.services import default_services
from services.standalone.plan import StackPlan
from shared.candidates import candidate, with_robots
from shared.ledger import Database
from shared.ledger.frontier import Frontier, TargetKind
from shared.ledger.migrate import migrate
from shared.sources import SourceFile, load_source
from tests.support.page_server import Asked, read_log, serving_pages
from tests.support.running import Running, start_running

LOOPBACK = "127.0.0.0/8"
SOURCE = """id = "patient"
name = "Patient"
language = "en"
home = "{home}/"

[[lists]]
url = "{home}/list/0"
kind = "listing"
every = "1d"

[links]
accept = ['/news/\\d+$']

[politeness]
delay = "{milliseconds}ms"
"""
CLAIMS = """
select count(*) as batches, avg(targets)::float as targets,
       avg(extract(epoch from stored_at - created_at))::float as seconds
from batches where state = 'stored' and stored_at > now() - %(seconds)s * interval '1 second'
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--hosts", type=int, default=300)
    parser.add_argument("--delay", type=float, default=1.0, help="seconds between two requests to a host")
    parser.add_argument("--seconds", type=float, default=60.0, help="what is counted")
    parser.add_argument("--warm-up", type=float, default=20.0, help="seconds before that")
    parser.add_argument("--fetchers", type=int, default=1, help="fetcher services, all on the same core")
    parser.add_argument("--logs", type=Path, help="keep the workers' logs in this folder")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    wanted = parser.parse_args()
    told = measure(
        hosts=wanted.hosts,
        delay=wanted.delay,
        seconds=(wanted.warm_up, wanted.seconds),
        fetchers=wanted.fetchers,
        logs=wanted.logs,
    )
    print(
        json.dumps(told) if wanted.json else "\n".join(f"{name:28} {value}" for name, value in told.items())
    )


def measure(
    *, hosts: int, delay: float, seconds: tuple[float, float], fetchers: int = 1, logs: Path | None = None
) -> dict[str, object]:
    """Crawl through warm-up and count, both in seconds, and return the figures."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="pressmark-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        data = folder / "data"
        with pinned(cores[:-1] or cores), ExitStack() as servers:
            stack = servers.enter_context(running_stack(data, plan=StackPlan(data=data)))
            env = stack.endpoints.environment() | {"PRESSMARK_PRIVATE_NETWORKS": LOOPBACK}
            with serving_pages(hosts, log=folder / "asked.log") as origins:
                fill(env, origins, delay=delay, pages=round(sum(seconds) / delay) + 20)
                log_folder = logs or folder
                log_folder.mkdir(exist_ok=True)
                with crawling(env, log_folder, core=cores[-1], fetchers=fetchers) as workers:
                    time.sleep(seconds[0])
                    begun, spent = time.monotonic(), cpu_seconds(workers)
                    time.sleep(seconds[1])
                    ended, spent = time.monotonic(), cpu_seconds(workers) - spent
                    batches = batches_of(env, seconds=seconds[1])
        log = read_log(folder / "asked.log")
    told = figures(log, begun=begun, ended=ended, hosts=hosts, delay=delay)
    return told | {"CPU seconds of the workers": round(spent, 1)} | batches


@contextmanager
def pinned(cores: Sequence[int]) -> Iterator[None]:
    """Start what is started meanwhile on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def fill(env: Mapping[str, str], origins: Sequence[str], *, delay: float, pages: int) -> None:
    """Add a source whose frontier holds so many pages of each host."""
    database = Database(env["PRESSMARK_DATABASE_URL"], max_connections=1)
    migrate(database)
    settings = {name: env[f"PRESSMARK_{name.upper()}"] for name in ("broker_url", "database_url")}
    kit = make_tools(AdminSettings(**settings, private_networks=LOOPBACK))  # type: ignore[arg-type]
    source = load_source(SOURCE.format(home=origins[0], milliseconds=round(delay * 1000)))
    kit.actions.add_source(SOURCE.format(home=origins[0], milliseconds=round(delay * 1000)))
    for origin in origins:
        offer(Frontier(database), source, [f"{origin}/news/{number}" for number in range(1, pages + 1)])
    kit.close()
    database.close()


def offer(frontier: Frontier, source: SourceFile, urls: Sequence[str]) -> None:
    found = with_robots([candidate(url, TargetKind.ARTICLE) for url in urls], source)
    delay = timedelta(seconds=source.politeness.delay.total_seconds())
    frontier.accept(source.id, list(found), delay=delay, concurrency=source.politeness.concurrency)


@contextmanager
def crawling(env: Mapping[str, str], folder: Path, *, core: int, fetchers: int) -> Iterator[list[Running]]:
    """Run the workers of one machine on one core, and end them surely."""
    services = {service.name: service for service in default_services()}
    names = ["crawler", "beat", *["fetcher"] * fetchers]
    running: list[Running] = []
    try:
        with pinned([core]):
            for number, name in enumerate(names):
                argv = [part.replace("@%h", f"-{number}@%h") for part in services[name].argv]
                settings = {**os.environ, **import_path(), **env, **services[name].env}
                running.append(start_running(argv, log=folder / f"{name}-{number}.log", env=settings))
        yield running
    finally:
        for one in running:
            one.end(first=SIGTERM, seconds=12)


def cpu_seconds(workers: Sequence[Running]) -> float:
    """Return user and system seconds of the workers and their living children."""
    ticks = 0
    for worker in workers:
        for process in worker.members():
            fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def batches_of(env: Mapping[str, str], *, seconds: float) -> dict[str, object]:
    database = Database(env["PRESSMARK_DATABASE_URL"], max_connections=1)
    with database.transaction() as transaction:
        row = transaction.row(CLAIMS, {"seconds": seconds})
    database.close()
    assert row is not None
    return {
        "batches stored": row["batches"],
        "targets of a batch": round(row["targets"] or 0, 1),
        "seconds of a batch": round(row["seconds"] or 0, 2),
    }


def figures(
    log: Sequence[Asked], *, begun: float, ended: float, hosts: int, delay: float
) -> dict[str, object]:
    """Return what the servers' log says about the rate, and about the gaps of the whole crawl."""
    of_host: dict[str, list[Asked]] = defaultdict(list)
    for asked in log:
        of_host[asked.host].append(asked)
    gaps = [
        (after.read_at - before.came_after, after.read_at - before.read_at)
        for one in of_host.values()
        for before, after in pairwise(sorted(one, key=lambda asked: asked.read_at))
    ]
    counted = Counter(asked.host for asked in log if begun <= asked.read_at < ended)
    rates = sorted(counted[host] / (ended - begun) for host in of_host)
    times = Counter((asked.host, asked.path) for asked in log)
    full = hosts / delay
    return {
        "pages a second": round(sum(rates), 1),
        "full rate": round(full, 1),
        "share of the full rate": round(sum(rates) / full, 4),
        "hosts asked": sum(rate > 0 for rate in rates),
        "slowest host, share": round(rates[0] * delay, 3) if rates else 0,
        "gaps": len(gaps),
        "gaps too short": sum(longest < delay for longest, _ in gaps),
        "shortest gap as read, s": round(min((read for _, read in gaps), default=0), 4),
        "pages asked twice": sum(count > 1 for count in times.values()),
    }


if __name__ == "__main__":
    main()
