"""Real servers for tests: Valkey, SeaweedFS and PostgreSQL, each started once when a test first asks for it.

They end with the test session, however that ends: a keeper process waits for it. Developers who test all day can
share one set: `python -m tests.support.servers DIR` runs it until Ctrl-C and prints what to set.
"""

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import TimeoutExpired

import boto3
import psycopg
import pytest
import redis
from botocore.config import Config
from psycopg import sql

from services.standalone.child import ChildSpec, start_child
from services.standalone.data import DataDirectory
from services.standalone.endpoints import Endpoints
from services.standalone.keeper import Keeper
from services.standalone.launch import running_stack
from services.standalone.parts import postgres, seaweedfs, valkey
from services.standalone.plan import StackPlan
from services.standalone.ports import choose_ports
from services.standalone.processes import identify, marked_environment
from services.standalone.run_state import RunState

SHARED = "PRESSMARK_TEST_SERVERS"
"""Names the `run.json` of a set of servers that runs already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectStore:
    """Where the S3 server is, and how to be let in."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"


class Ground:
    """Where the servers of this test session keep their data, and who ends them."""

    def __init__(self, folder: Path) -> None:
        self.mark = f"pressmark-test-{uuid.uuid4().hex[:12]}"
        self.data = DataDirectory(folder)
        self.data.create()
        self.secrets = self.data.secrets()
        self.keeper = Keeper(self.mark)

    @contextmanager
    def running(self, spec: ChildSpec, *, probe: Callable[[], object]) -> Iterator[None]:
        log = self.data.log(spec.name)
        child = start_child(spec, log=log, env={**os.environ, **marked_environment(self.mark)})
        if identity := identify(child.pid):
            self.keeper.record(identity)
        try:
            wait_until(probe, alive=lambda: child.poll() is None, log=log)
            yield
        finally:
            child.send_signal(spec.stop_signal)
            try:
                child.wait(spec.grace_seconds)
            except TimeoutExpired:
                child.kill()
                child.wait()


@pytest.fixture(scope="session")
def ground() -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="pressmark-test-", ignore_cleanup_errors=True) as folder:
        ground = Ground(Path(folder) / "data")
        with closing(ground.keeper):
            yield ground


@pytest.fixture(scope="session")
def shared_servers() -> Endpoints | None:
    """The servers that `PRESSMARK_TEST_SERVERS` names, if it does."""
    named = os.environ.get(SHARED)
    return RunState.model_validate_json(Path(named).read_bytes()).endpoints if named else None


@pytest.fixture(scope="session")
def valkey_url(shared_servers: Endpoints | None, request: pytest.FixtureRequest) -> Iterator[str]:
    """A broker. Tests share it: use names of your own, or flush it."""
    if shared_servers:
        yield shared_servers.broker_url
        return
    ground: Ground = request.getfixturevalue("ground")
    port = choose_ports(valkey.PORTS, configured={}, remembered={})["valkey"]
    password = ground.secrets.broker_password
    spec = valkey.prepare_valkey(ground.data.private_directory("valkey"), port=port, password=password)
    url = valkey.broker_url(port=port, password=password)
    with ground.running(spec, probe=lambda: ping(url)):
        yield url


@pytest.fixture(scope="session")
def s3(shared_servers: Endpoints | None, request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    """An S3 server with a bucket. Tests share it: use keys, or a bucket, of your own."""
    if shared_servers:
        yield object_store(shared_servers)
        return
    ground: Ground = request.getfixturevalue("ground")
    ports = choose_ports(seaweedfs.PORTS, configured={}, remembered={})
    directory = ground.data.private_directory("seaweedfs")
    spec = seaweedfs.prepare_seaweedfs(directory, ports=ports, secrets=ground.secrets, volume_megabytes=16)
    store = ObjectStore(
        endpoint=f"http://127.0.0.1:{ports['s3']}",
        bucket="pressmark",
        access_key=ground.secrets.s3_access_key,
        secret_key=ground.secrets.s3_secret_key,
    )
    with ground.running(spec, probe=lambda: put_and_get(store)):
        yield store
    seaweedfs.remove_sockets(ports)


@pytest.fixture(scope="session")
def postgres_url(shared_servers: Endpoints | None, request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL server's own database. Tests want `database_url`."""
    if shared_servers:
        yield shared_servers.database_url
        return
    ground: Ground = request.getfixturevalue("ground")
    port = choose_ports(postgres.PORTS, configured={}, remembered={})["postgres"]
    password = ground.secrets.database_password
    place = postgres.PostgresPlace(ground.data.path / "postgres", log=ground.data.log("postgres"))
    spec = postgres.prepare_postgres(place, port=port, password=password, mark=ground.mark, durable=False)
    url = postgres.database_url(port=port, password=password)
    with ground.running(spec, probe=lambda: psycopg.connect(url).close()):
        yield url


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A fresh, empty database for one test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield postgres_url.rpartition("/")[0] + f"/{name}"
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def object_store(endpoints: Endpoints) -> ObjectStore:
    return ObjectStore(
        endpoint=endpoints.s3_endpoint,
        bucket=endpoints.s3_bucket,
        access_key=endpoints.s3_access_key,
        secret_key=endpoints.s3_secret_key,
        region=endpoints.s3_region,
    )


def ping(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        client.ping()


def s3_client(store: ObjectStore):  # type: ignore[no-untyped-def]  # noqa: ANN201  (boto3 has no types)
    return boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
        region_name=store.region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            connect_timeout=2,
            read_timeout=5,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def put_and_get(store: ObjectStore) -> None:
    with closing(s3_client(store)) as client:
        with suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
            client.create_bucket(Bucket=store.bucket)
        client.put_object(Bucket=store.bucket, Key="self-test", Body=b"here")
        assert client.get_object(Bucket=store.bucket, Key="self-test")["Body"].read() == b"here"


def wait_until(
    probe: Callable[[], object], *, alive: Callable[[], bool], log: Path, seconds: float = 30
) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            probe()
        except Exception as error:
            assert alive(), log.read_text(encoding="utf-8", errors="replace")[-2000:]
            if time.monotonic() > deadline:
                raise TimeoutError(log.read_text(encoding="utf-8", errors="replace")[-2000:]) from error
            time.sleep(0.05)
        else:
            return


def _main() -> None:
    folder = Path(sys.argv[1])
    with running_stack(folder, plan=StackPlan(data=folder, durable=False)) as stack:
        sys.stdout.write(f"export {SHARED}={stack.data / 'run.json'}\n")
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)


if __name__ == "__main__":
    _main()
