"""Asks a web server from processes of their own, and says how long answers took and what processor time they cost.

A client that shares an interpreter with others waits for them, and one that parses headers takes the cores of the
server it measures. These clients are one process each with a bare socket.
"""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import psutil

__all__ = ["Askers", "Costs", "Spent", "Timings"]

_LENGTH = b"\r\ncontent-length:"
_END_OF_HEADERS = b"\r\n\r\n"
_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Processor seconds up to a moment."""

    server: float
    database: float
    machine: float

    def since(self, earlier: "Spent") -> "Spent":
        return Spent(
            server=self.server - earlier.server,
            database=self.database - earlier.database,
            machine=self.machine - earlier.machine,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """What one kind of question took, in milliseconds, and the processor time that all of them cost."""

    name: str
    took: Sequence[float]
    spent: Spent
    asking: float
    """Processor seconds of the clients."""
    seconds: float

    def at(self, share: float) -> float:
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    def __str__(self) -> str:
        figures = "  ".join(f"p{share * 100:.0f} {self.at(share):6.1f}" for share in (0.5, 0.95, 0.99))
        each = 1000 / len(self.took)
        others = self.spent.machine - self.spent.server - self.spent.database - self.asking
        return (
            f"{self.name:32s} {figures}  max {max(self.took):6.1f} ms ({len(self.took)})  processor per answer: "
            f"server {self.spent.server * each:5.2f}, database {self.spent.database * each:5.2f}, "
            f"client {self.asking * each:4.2f} ms  others use {others / self.seconds:4.2f} cores"
        )


class Costs:
    """Reads the processor time of a server and of a database on this machine."""

    def __init__(self, server: int, database_session: int) -> None:
        """Name a process of each; the database's is that of any of its sessions."""
        self._server = psutil.Process(server)
        self._database = psutil.Process(database_session).parent()

    def spent(self) -> Spent:
        busy = psutil.cpu_times()
        return Spent(
            server=_of_family(self._server),
            database=_of_family(self._database) if self._database else 0.0,
            machine=busy.user + busy.nice + busy.system + busy.irq + busy.softirq,
        )


class Askers:
    """So many clients, each a process with one connection that stays open."""

    def __init__(self, pool: ProcessPoolExecutor, *, most: int) -> None:
        self._pool = pool
        self._most = most

    @classmethod
    @contextmanager
    def started(cls, most: int) -> Iterator["Askers"]:
        with ProcessPoolExecutor(max_workers=most, mp_context=get_context("spawn")) as pool:
            list(pool.map(time.sleep, [0.2] * most))
            yield cls(pool, most=most)

    def ask(self, name: str, port: int, paths: Sequence[str], *, readers: int, costs: Costs) -> Timings:
        """Ask for all paths, so many readers at once, each in turn."""
        shares = [paths[reader::readers] for reader in range(readers)]
        before, started = costs.spent(), time.perf_counter()
        parts = list(self._pool.map(partial(ask_in_turn, port), shares))
        seconds, spent = time.perf_counter() - started, costs.spent().since(before)
        return Timings(
            name=name,
            took=[one for took, _ in parts for one in took],
            spent=spent,
            asking=sum(used for _, used in parts),
            seconds=seconds,
        )


def ask_in_turn(port: int, paths: Sequence[str]) -> tuple[list[float], float]:
    """Return how long each answer took, in milliseconds, and the processor seconds of asking.

    Raises:
        SystemExit: an answer is not 200.
    """
    took, used = [], time.process_time()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for path in paths:
            request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode()
            started = time.perf_counter()
            connection.sendall(request)
            status = _read_answer(connection)
            took.append((time.perf_counter() - started) * 1000)
            if status != b"200":
                raise SystemExit(f"{path} was answered with {status!r}")
    return took, time.process_time() - used


def _read_answer(connection: socket.socket) -> bytes:
    """Read an answer to its end, which its length names, and return its status."""
    received = b""
    while (end := received.find(_END_OF_HEADERS)) < 0:
        received += _some(connection)
    head = received[:end].lower() + b"\r\n"
    place = head.index(_LENGTH) + len(_LENGTH)
    left = int(head[place : head.index(b"\r\n", place)]) - (len(received) - end - len(_END_OF_HEADERS))
    while left > 0:
        left -= len(_some(connection))
    return received[9:12]


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(_AT_ONCE)
    if not received:
        raise OSError(f"process {os.getpid()} was not answered to the end")
    return received


def _of_family(parent: psutil.Process) -> float:
    """Return the processor seconds of a process and its children, the ended ones too."""
    times = parent.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in parent.children(recursive=True):
        try:
            used = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system
    return float(total)
