"""A fetcher in a process of its own, so that its memory can be measured: one batch, written, checked, read.

`python -m tests.support.hostile_worker` reads a task as JSON and prints a report as JSON.
"""

import json
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Self

from services.fetcher.client import HttpClient
from services.fetcher.fetching import fetch_all
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchOutcome, NotStarted
from services.fetcher.own_endpoints import OwnEndpoints, endpoints_in
from services.fetcher.warc import WarcSpool
from shared.http_message import DecodeError
from shared.looks import redirect_of, trouble_of
from shared.scratch import mapped
from shared.warc_reading import StoredExchange, exchange_at
from tests.support.fetching import INFO, NOON, limits, target
from tests.support.warc_checks import validate_warc

_FIELDS = {"connect_timeout": 1.0, "first_byte_timeout": 1.5, "fetch_timeout": 2.5, "batch_time": 20.0}


class Memory:
    """The largest anonymous memory of this process, looked at every few milliseconds."""

    def __init__(self) -> None:
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self.base = anonymous_bytes()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.004):
            self.peak = max(self.peak, anonymous_bytes())


def anonymous_bytes() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


@dataclass(frozen=True, slots=True)
class File:
    """A WARC file where the evidence store would be."""

    path: Path

    def get_range(self, key: str, *, offset: int, length: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(length)


def run(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Look at every URL of a task and tell how each look ended."""
    own = OwnEndpoints([one for url in task.get("own", ()) for one in endpoints_in(url)])
    gate = Gate([ip_network(network) for network in task["opened"]], own=own)
    settings = {name: timedelta(seconds=seconds) for name, seconds in _FIELDS.items()}
    client = HttpClient(limits(**settings, **task.get("limits", {})), gate)
    targets = [
        target(url, target_id=number, delay=timedelta(seconds=task.get("delay", 0)), concurrency=4)
        for number, url in enumerate(task["urls"])
    ]
    path = folder / "batch.warc.gz"
    ends: dict[int, dict[str, Any]] = {}
    counts: Counter[int] = Counter()
    with Memory() as memory:
        begun = time.monotonic()
        with WarcSpool(path, INFO, now=NOON) as spool:
            for outcome in fetch_all(targets, client=client):
                number = outcome.target.target_id
                counts[number] += 1
                ends[number] = _end(outcome, spool, seconds=time.monotonic() - begun)
        took = time.monotonic() - begun
        with path.open("rb") as file:
            records = validate_warc(mapped(file))
        extra = memory.peak - memory.base
        for end in ends.values():
            if end["kind"] != "none":
                end["decoded"] = _decoded(File(path), end)
        client.close()
    once = len(counts) == len(targets) and set(counts.values()) <= {1}
    return {"ends": [ends[number] for number in sorted(ends)], "once": once, "extra": extra, "records": records,
            "extra_with_reading": memory.peak - memory.base, "seconds": took}  # fmt: skip


def _end(outcome: FetchOutcome, spool: WarcSpool, *, seconds: float) -> dict[str, Any]:
    if isinstance(outcome, NotStarted):
        return {"url": outcome.target.url, "reason": "not_started", "kind": "none", "seconds": seconds}
    kept = len(outcome.raw_head) + len(outcome.body) if isinstance(outcome, Fetched) else len(outcome.partial)
    exchange = spool.record(outcome)
    reason = trouble_of(
        exchange.status,
        failure=exchange.failure.value if exchange.failure else None,
        truncated=exchange.truncated.value if exchange.truncated else None,
        is_revisit=exchange.revisit,
    )
    return {
        "url": exchange.url, "kind": exchange.kind, "reason": reason, "seconds": seconds, "kept": kept,
        "offset": exchange.offset, "length": exchange.length, "redirect": redirect_of(exchange.url, exchange.head),
        "detail": exchange.failure_detail, "verified": getattr(outcome, "tls_verified", None),
        "tls": asdict(outcome.tls) if isinstance(outcome, Fetched) and outcome.tls else None,
    }  # fmt: skip


def _decoded(file: File, end: dict[str, Any]) -> str:
    """Read a stored exchange as the crawler and the normalizer do."""
    if end["kind"] == "metadata":
        return "none"
    exchange: StoredExchange = exchange_at(file, "", offset=end["offset"], length=end["length"])
    try:
        return "whole" if exchange.decode().complete else "cut"
    except DecodeError as error:
        return str(error.reason)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(run(json.load(sys.stdin), Path(name))))  # noqa: T201 - its report
