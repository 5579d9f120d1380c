"""One stack of real parts and stand-in services: what it gives, and what it survives."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psutil
import psycopg
import pytest
import redis

from services.standalone.data import DataDirectory
from services.standalone.errors import StackRunningError
from services.standalone.launch import RunningStack, running_stack
from services.standalone.plan import ServiceProcess, StackPlan
from services.standalone.processes import processes_of
from services.standalone.run_state import Phase, ProcessState, ProcessStatus
from tests.support.servers import object_store, s3_client
from tests.support.stand_ins import READER, WORKER

MIGRATE = (
    sys.executable,
    "-c",
    """
import os, psycopg
with psycopg.connect(os.environ["PRESSMARK_DATABASE_URL"]) as connection:
    connection.execute("create table migrated as select 'the ledger was migrated' as word")
""",
)
WITNESS = ServiceProcess(
    name="witness",
    argv=(
        sys.executable,
        "-uc",
        """
import os, psycopg, time
with psycopg.connect(os.environ["PRESSMARK_DATABASE_URL"]) as connection:
    print(connection.execute("select word from migrated").fetchone()[0])
time.sleep(1000)
""",
    ),
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    data = tmp_path_factory.mktemp("archive") / "data"
    services = (WORKER, READER, WITNESS)
    plan = StackPlan(data=data, services=services, migrate=MIGRATE, health_seconds=1, hung_seconds=6)
    told: list[str] = []
    with running_stack(data, plan=plan, tell=told.append) as stack:
        assert {line.partition(" ")[0] for line in told} == {
            "seaweedfs",
            "valkey",
            "postgres",
            "crawler",
            "reader",
            "witness",
        }
        yield stack


def test_every_part_and_service_is_ready_when_the_stack_is(stack: RunningStack) -> None:
    state = stack.state()

    assert state.phase is Phase.READY
    assert [process.state for process in state.processes] == [ProcessState.READY] * 6


def test_the_ledger_is_migrated_before_the_services_start(stack: RunningStack) -> None:
    witness = DataDirectory(stack.data).log("witness").read_text(encoding="utf-8")

    assert witness == "the ledger was migrated\n"


def test_everything_listens_on_the_loopback_address_only(stack: RunningStack) -> None:
    mark = stack.state().mark
    listening = {
        connection.laddr.ip
        for process in processes_of(mark)
        for connection in psutil.Process(process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {"127.0.0.1"}


def test_the_broker_keeps_what_it_is_given(stack: RunningStack) -> None:
    with redis.Redis.from_url(stack.endpoints.broker_url) as broker:
        assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert broker.config_get("appendonly") == {"appendonly": "yes"}


def test_the_parts_refuse_whoever_has_no_password(stack: RunningStack) -> None:
    endpoints = stack.endpoints
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(endpoints.broker_url.replace("//:", "//:x")).ping()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(endpoints.database_url.replace("//pressmark:", "//pressmark:x")).close()


def test_passwords_are_in_files_that_only_their_owner_reads_and_in_no_command_line(
    stack: RunningStack,
) -> None:
    secrets = DataDirectory(stack.data).secrets()
    for name in (
        "run.json",
        "secrets.json",
        "valkey/valkey.conf",
        "seaweedfs/s3.json",
        "seaweedfs/security.toml",
    ):
        assert stat.S_IMODE((stack.data / name).stat().st_mode) == 0o600
    told = " ".join(
        " ".join(psutil.Process(process.pid).cmdline()) for process in processes_of(stack.state().mark)
    )

    assert not any(secret in told for secret in secrets.model_dump().values())


def test_a_second_start_on_the_same_data_names_the_process_that_holds_it(stack: RunningStack) -> None:
    with (
        pytest.raises(StackRunningError) as refusal,
        running_stack(stack.data, plan=StackPlan(data=stack.data)),
    ):
        pass

    assert refusal.value.pid == stack.pid
    assert str(stack.pid) in str(refusal.value)


@pytest.mark.parametrize("part", ["valkey", "postgres", "seaweedfs"])
def test_a_killed_part_is_started_again_with_its_data(stack: RunningStack, part: str) -> None:
    store, key = object_store(stack.endpoints), f"kept/{part}"
    with redis.Redis.from_url(stack.endpoints.broker_url) as broker:
        broker.set(key, "kept")
    with psycopg.connect(stack.endpoints.database_url) as connection:
        connection.execute(f"create table kept_{part} as select 'kept' as word")  # type: ignore[arg-type]
    with closing(s3_client(store)) as client:
        client.put_object(Bucket=store.bucket, Key=key, Body=b"kept")
    killed = pid_of(stack, part)

    os.kill(killed, signal.SIGKILL)

    eventually(lambda: status(stack, part).pid not in {None, killed} and is_ready(stack, part))
    assert status(stack, part).last_exit == "SIGKILL"
    with redis.Redis.from_url(stack.endpoints.broker_url) as broker:
        assert broker.get(key) == b"kept"
    with psycopg.connect(stack.endpoints.database_url) as connection:
        assert connection.execute(f"select word from kept_{part}").fetchone() == ("kept",)  # type: ignore[arg-type]
    with closing(s3_client(store)) as client:
        assert client.get_object(Bucket=store.bucket, Key=key)["Body"].read() == b"kept"


def test_a_killed_service_is_started_again(stack: RunningStack) -> None:
    before = status(stack, "crawler")
    killed = pid_of(stack, "crawler")

    os.kill(killed, signal.SIGKILL)

    eventually(lambda: status(stack, "crawler").pid not in {None, killed} and is_ready(stack, "crawler"))
    assert status(stack, "crawler").restarts == before.restarts + 1


def test_a_service_that_lives_and_does_nothing_is_killed_and_started_again(stack: RunningStack) -> None:
    hung = pid_of(stack, "crawler")

    os.kill(hung, signal.SIGSTOP)

    eventually(lambda: status(stack, "crawler").pid not in {None, hung} and is_ready(stack, "crawler"))
    assert status(stack, "crawler").last_exit == "SIGKILL"


def test_a_killed_keeper_is_replaced(stack: RunningStack) -> None:
    (keeper,) = keepers_of(stack)

    keeper.kill()

    eventually(lambda: [found.pid for found in keepers_of(stack)] not in [[], [keeper.pid]])
    (successor,) = keepers_of(stack)
    assert successor.pid != keeper.pid
    assert not keeper.is_running()
    assert stack.state().phase is Phase.READY, "nothing else was touched"


def test_the_run_state_is_whole_whenever_it_is_read(stack: RunningStack) -> None:
    state = json.loads((stack.data / "run.json").read_text(encoding="utf-8"))

    assert set(state) == {"mark", "where", "supervisor", "phase", "started_at", "endpoints", "processes"}


def test_ports_are_the_same_at_the_next_start(stack: RunningStack) -> None:
    remembered = DataDirectory(stack.data).remembered_ports()

    assert stack.endpoints.reader_url == f"http://127.0.0.1:{remembered['reader']}"
    with socket.create_connection(("127.0.0.1", remembered["s3"]), timeout=2):
        pass


def test_the_logs_of_a_process_are_in_a_file_of_its_name(stack: RunningStack) -> None:
    program = "import typer; from services.standalone.cli import logs; typer.run(logs)"
    shown = subprocess.run(
        (sys.executable, "-c", program, "postgres", "--data", str(stack.data), "--lines", "1000"),
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )

    assert "database system is ready to accept connections" in shown.stdout


def status(stack: RunningStack, name: str) -> ProcessStatus:
    return next(process for process in stack.state().processes if process.name == name)


def is_ready(stack: RunningStack, name: str) -> bool:
    return status(stack, name).state is ProcessState.READY


def pid_of(stack: RunningStack, name: str) -> int:
    pid = status(stack, name).pid
    assert pid is not None
    return pid


def keepers_of(stack: RunningStack) -> list[psutil.Process]:
    mark = stack.state().mark
    children = psutil.Process(stack.pid).children()
    return [child for child in children if is_keeper(child, mark)]


def is_keeper(process: psutil.Process, mark: str) -> bool:
    try:
        return mark in process.cmdline()[3:4]
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return False


def eventually(claim: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.05)
