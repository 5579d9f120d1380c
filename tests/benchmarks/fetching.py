"""Prints what fetching, writing and checking a page costs: `python -m tests.benchmarks.fetching`.

A server on loopback, in a process of its own, gives out pages of 16 KB that do not compress, as pages that
come gzipped from an outlet. Figures are CPU seconds of the fetcher alone, user and system; `--polite` asks 300
hosts of five pages each with a delay, and shows what waiting costs.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from multiprocessing.connection import Connection
from pathlib import Path

from services.fetcher.client import HttpClient
from services.fetcher.fetching import fetch_all
from services.fetcher.gate import Gate
from services.fetcher.outcomes import Fetched, FetchTarget
from services.fetcher.settings import FetcherSettings
from services.fetcher.warc import WarcInfo, WarcSpool
from shared.warc_validation import validate_warc

PAGE = os.urandom(16 * 1024)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nServer: bench\r\nContent-Length: %d\r\n\r\n" % len(
    PAGE
)
INFO = WarcInfo(
    filename="bench.warc.gz",
    software="pressmark",
    user_agent="bench",
    operator="",
    hostname="bench",
    robots="obey",
)
BATCH = 100


class Server(asyncio.Protocol):
    latency = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\r\n\r\n")):
            asyncio.get_running_loop().call_later(self.latency, self._transport.write, HEAD + PAGE)


def serve(port_to: Connection, latency: float) -> None:
    async def run() -> None:
        Server.latency = latency
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0, backlog=1024)
        port_to.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def targets_for(port: int, *, hosts: int, pages: int, delay: float) -> list[FetchTarget]:
    return [
        FetchTarget(
            target_id=number,
            url=f"http://127.0.0.1:{port}/{number}",
            host=f"host-{number % hosts}",
            delay=timedelta(seconds=delay),
        )
        for number in range(pages)
    ]


def run_batch(targets: list[FetchTarget], client: HttpClient, folder: Path, steps: str) -> int:
    path = folder / f"{time.monotonic_ns()}.warc.gz"
    outcomes = (outcome for outcome in fetch_all(targets, client=client) if isinstance(outcome, Fetched))
    if steps == "fetch":
        return sum(1 for _ in outcomes)
    with WarcSpool(path, INFO, now=datetime.now(UTC)) as spool:
        count = sum(1 for outcome in outcomes if spool.record(outcome))
    if steps == "fetch, write, check":
        validate_warc(path.read_bytes())
    path.unlink()
    return count


def measure(port: int, folder: Path, *, polite: bool) -> None:
    client = HttpClient(FetcherSettings(), Gate([ip_network("127.0.0.0/8")]))
    if polite:
        jobs = [("fetch, write, check", targets_for(port, hosts=300, pages=1500, delay=1.0), 1)]
    else:
        targets = targets_for(port, hosts=20, pages=BATCH, delay=0.0)
        jobs = [(steps, targets, 30) for steps in ("fetch", "fetch, write", "fetch, write, check")]
    for steps, targets, rounds in jobs:
        wall, cpu = time.perf_counter(), time.process_time()
        pages = sum(run_batch(targets, client, folder, steps) for _ in range(rounds))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        figures = (
            f"{pages / cpu:7.0f} pages/CPU-s  {cpu / pages * 1e6:5.0f} us/page  {pages / wall:6.0f} pages/s"
        )
        print(f"{steps:20}  {figures}")
    print(f"largest resident size {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polite", action="store_true", help="300 hosts, 1 s delay, 200 ms latency")
    polite = parser.parse_args().polite
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, 0.2 if polite else 0.0))
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            measure(ours.recv(), Path(folder), polite=polite)
    finally:
        server.terminate()
        server.join()


if __name__ == "__main__":
    main()
