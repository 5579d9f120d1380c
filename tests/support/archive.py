"""A whole archive for one test: our real workers as processes, without a supervisor, so that a test can kill them.

Each archive has a ledger, a broker database and a bucket of its own on the servers of the test session.
Nothing of it is left when its context ends: every session that was started is ended and looked for in /proc.
"""

import itertools
import json
import os
import signal
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg import sql

from services.admin.tools import AdminSettings, Tools, make_tools
from services.standalone.interpreter import import_path, module_argv
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.migrate import migrate
from shared.settings import EvidenceSettings
from tests.support.running import Running, start_running
from tests.support.servers import ObjectStore

LOOPBACK = "127.0.0.0/8"
QUICK = {
    "PRESSMARK_PRIVATE_NETWORKS": LOOPBACK,
    "PRESSMARK_CRAWLER_REAP_INTERVAL": "1",
    "PRESSMARK_CRAWLER_RECONCILE_INTERVAL": "1",
    "PRESSMARK_CRAWLER_RERING_AFTER": "4",
    "PRESSMARK_FETCHER_LEASE": "4",
    "PRESSMARK_FETCHER_CONNECT_TIMEOUT": "2",
    "PRESSMARK_FETCHER_FIRST_BYTE_TIMEOUT": "4",
    "PRESSMARK_VISIBILITY_SECONDS": "30",
    "PRESSMARK_TASK_SECONDS": "25",
    "PRESSMARK_LOG_LEVEL": "info",
}
"""Settings with which faults are found within seconds; the defaults are for months."""

_DATABASES = itertools.cycle(range(1, 16))
"""Valkey has 16 databases; 0 belongs to the tests that share it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where one archive keeps its things. Nobody else uses these."""

    broker_url: str
    database_url: str
    store: ObjectStore

    def environment(self) -> dict[str, str]:
        return {
            "PRESSMARK_BROKER_URL": self.broker_url,
            "PRESSMARK_DATABASE_URL": self.database_url,
            "PRESSMARK_S3_ENDPOINT": self.store.endpoint,
            "PRESSMARK_S3_BUCKET": self.store.bucket,
            "PRESSMARK_S3_ACCESS_KEY": self.store.access_key,
            "PRESSMARK_S3_SECRET_KEY": self.store.secret_key,
            "PRESSMARK_S3_REGION": self.store.region,
        }

    def evidence(self) -> EvidenceStore:
        settings = EvidenceSettings(
            endpoint=self.store.endpoint,
            bucket=self.store.bucket,
            access_key=self.store.access_key,
            secret_key=self.store.secret_key,
            region=self.store.region,
        )
        return EvidenceStore(settings)

    def flush_broker(self) -> None:
        """Take everything from the broker that this archive has there, as FLUSHALL does."""
        with redis.Redis.from_url(self.broker_url) as client:
            client.flushdb()


NewServers = Callable[[], "Servers"]


@pytest.fixture(scope="session")
def new_servers(postgres_url: str, valkey_url: str, s3: ObjectStore) -> Iterator[NewServers]:
    """Makes a ledger, a broker database and a bucket at each call; the ledgers go with the session."""
    names: list[str] = []

    def make() -> Servers:
        name = f"archive_{uuid.uuid4().hex[:12]}"
        _in_postgres(postgres_url, "create database {}", name)
        names.append(name)
        servers = Servers(
            broker_url=f"{valkey_url.rpartition('/')[0]}/{next(_DATABASES)}",
            database_url=f"{postgres_url.rpartition('/')[0]}/{name}",
            store=replace(s3, bucket=name.replace("_", "-")),
        )
        servers.flush_broker()
        return servers

    yield make
    for name in names:
        _in_postgres(postgres_url, "drop database {} with (force)", name)


def _in_postgres(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))  # type: ignore[arg-type]


@dataclass(slots=True, kw_only=True)
class Archive:
    """An archive at work."""

    servers: Servers
    kit: Tools
    evidence: EvidenceStore
    folder: Path
    environment: Mapping[str, str]
    running: dict[str, Running] = field(default_factory=dict)

    def start(self, *names: str, settings: Mapping[str, str] | None = None) -> None:
        """Start processes: crawler, fetcher (or fetcher-2 and so on), normalizer, beat."""
        for name in names:
            assert name not in self.running, f"{name} runs already"
            environment = {**self.environment, **(settings or {})}
            self.running[name] = start_running(_argv(name), log=self.log(name), env=environment)

    def revive(self) -> None:
        """Start again what has ended, as the supervisor does: Celery may end when its broker does."""
        for name, running in list(self.running.items()):
            if running.child.poll() is not None:
                self.kill(name)
                self.start(name)

    def kill(self, name: str) -> None:
        """End a worker and its children at once, as an out-of-memory killer or a power cut does."""
        self.running.pop(name).end(first=signal.SIGKILL, seconds=0)

    def stop(self, name: str) -> None:
        """Ask a worker to end in order and wait for it."""
        running = self.running.pop(name)
        running.child.send_signal(signal.SIGTERM)
        running.child.wait(20)
        running.end(first=signal.SIGKILL, seconds=0)

    def freeze(self, name: str) -> None:
        self.running[name].signal_all(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self.running[name].signal_all(signal.SIGCONT)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def log_lines(self, name: str) -> list[dict[str, Any]]:
        """The log of a process, all JSON but for Celery's words of farewell, which it writes past its logger."""
        lines = self.log(name).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line and not line.startswith("worker: ")]

    def events_logged(self, name: str, event: str) -> int:
        return sum(line["event"] == event for line in self.log_lines(name))

    def finish(self, *sources: str, seconds: float = 50) -> None:
        """Wait until nothing of these sources is left to do, and fail at once when a process has ended."""
        self.kit.waiter.wait(sources, timeout=seconds, progress=lambda _: self.check_alive())

    def check_alive(self) -> None:
        for name, running in self.running.items():
            assert running.child.poll() is None, self.log(name).read_text(encoding="utf-8")[-3000:]

    def wait_until(self, met: Callable[[], bool], *, seconds: float = 20) -> None:
        """Wait for something to become so."""
        deadline = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < deadline, "it did not become so in time"
            self.check_alive()
            time.sleep(0.05)

    def rows(self, statement: str, **arguments: object) -> list[dict[str, Any]]:
        """Ask the ledger itself."""
        with self.kit.database.transaction() as transaction:
            return transaction.rows(statement, arguments)  # type: ignore[arg-type]

    def states(self, source_id: str) -> dict[str, tuple[str, str | None]]:
        """State and reason of each URL of a source that is no robots.txt."""
        rows = self.rows(
            "select url, state, reason from targets where source_id = %(source)s and kind <> 'robots'",
            source=source_id,
        )
        return {row["url"]: (row["state"], row["reason"]) for row in rows}


def _argv(name: str) -> tuple[str, ...]:
    if name == "beat":
        return module_argv("celery", "--quiet", "-A", "services.crawler.worker:app", "beat")
    if name in {"observer", "reader"}:
        return module_argv(f"services.{name}.server")
    if name == "upkeep":
        return module_argv("services.admin.worker")
    service = name.partition("-")[0]
    return module_argv(
        "celery",
        "--quiet",
        "-A",
        f"services.{service}.worker:app",
        "worker",
        f"--hostname={name}@%h",
        f"--queues={service}",
        "--concurrency=1",
        "--without-gossip",
        "--without-mingle",
    )


ALL = ("crawler", "fetcher", "normalizer", "beat")


@contextmanager
def running_archive(
    servers: Servers, *, settings: Mapping[str, str] | None = None, processes: Sequence[str] = ALL
) -> Iterator[Archive]:
    """Run an archive on servers of its own until the context ends, and leave nothing of it.

    Args:
        servers: what `new_servers` made.
        settings: environment variables on top of `QUICK`, for every process.
        processes: what to start; a second fetcher is called `fetcher-2`.
    """
    settings = QUICK | dict(settings or {})
    servers.evidence().ensure_bucket()
    database = Database(servers.database_url, max_connections=1)
    migrate(database)
    database.close()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PRESSMARK_")}
    kit = make_tools(
        AdminSettings(
            broker_url=servers.broker_url, database_url=servers.database_url, private_networks=LOOPBACK
        )
    )
    with tempfile.TemporaryDirectory(prefix="pressmark-archive-") as folder:
        archive = Archive(
            servers=servers,
            kit=kit,
            evidence=servers.evidence(),
            folder=Path(folder),
            environment={
                **inherited,
                **import_path(),
                **servers.environment(),
                **settings,
                "REMAP_SIGTERM": "SIGQUIT",
                "TMPDIR": folder,
            },
        )
        try:
            archive.start(*processes)
            yield archive
        finally:
            _end(archive)
            kit.close()
            servers.flush_broker()


def _end(archive: Archive) -> None:
    for running in archive.running.values():
        running.signal_all(signal.SIGKILL)
    for running in archive.running.values():
        running.end(first=signal.SIGKILL, seconds=0)
