"""Prints what it costs to fetch and keep a page: `python -m tests.benchmarks.fetching [--pages N] [--pairs N]`.

A server of its own gives out unique pages of 16 KB of text on 20 loopback hosts. Our worker takes the whole way:
fetch, WARC, validation, upload to a real S3 server and reading back, the ledger's transaction in a real PostgreSQL
with every commit on disk, and the messages over a real Valkey. Scrapy fetches as many pages and writes them with
warcio, which is all it does. Figures are CPU seconds of the one worker process, user and system, taken in turn.
"""

import argparse
import os
import pstats
import statistics
import tempfile
from pathlib import Path
from typing import Any

from services.standalone.launch import running_stack
from services.standalone.plan import StackPlan
from tests.support import peers
from tests.support.keeping_pages import keep_with_ours, keep_with_scrapy, rate
from tests.support.page_server import serving_pages

HOSTS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=6000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="print what our worker does in its time")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pressmark-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with running_stack(folder / "data", plan=StackPlan(data=folder / "data")) as stack:
            env = stack.endpoints.environment()
            if wanted.profile:
                print_profile(env, folder / "profile", pages=wanted.pages)
            else:
                compare(env, folder, pages=wanted.pages, pairs=wanted.pairs)


def compare(env: dict[str, str], folder: Path, *, pages: int, pairs: int) -> None:
    """Let our worker and Scrapy do the same in turn and print the medians."""
    kept = Path(os.environ["PRESSMARK_PEERS"]) if "PRESSMARK_PEERS" in os.environ else folder
    programs = peers.installed(kept / "scrapy", peers.SCRAPY)
    mine: list[float] = []
    theirs: list[float] = []
    with serving_pages(HOSTS) as origins:
        for turn in range(pairs):
            urls = [f"{origins[n % HOSTS]}/news/{turn * pages + n}" for n in range(pages)]
            mine.append(rate(told("pressmark", keep_with_ours(urls, env))))
            theirs.append(rate(told("scrapy", keep_with_scrapy(urls, programs, folder))))
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    print(
        f"medians: pressmark {statistics.median(mine):.0f}, scrapy {statistics.median(theirs):.0f} pages/CPU-s"
    )
    print(f"ratio {statistics.median(ratios):.1f}, from {min(ratios):.1f} to {max(ratios):.1f}")


def told(name: str, report: dict[str, Any]) -> dict[str, Any]:
    print(f"{name:10} {rate(report):7.0f} pages/CPU-s  {report}", flush=True)
    return report


def print_profile(env: dict[str, str], path: Path, *, pages: int) -> None:
    with serving_pages(HOSTS) as origins:
        urls = [f"{origins[n % HOSTS]}/news/{n}" for n in range(pages)]
        told("profiled", keep_with_ours(urls, env, profile=str(path)))
    pstats.Stats(str(path)).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    main()
