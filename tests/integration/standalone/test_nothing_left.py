"""Whatever happens to the supervisor, no process of its stack outlives it, and its data outlive everything."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from services.standalone.data import DataDirectory
from services.standalone.errors import StartError
from services.standalone.interpreter import import_path
from services.standalone.keeper import end_stack
from services.standalone.launch import RunningStack, detach
from services.standalone.plan import StackPlan
from services.standalone.processes import processes_of
from services.standalone.run_state import Phase, ProcessState, live_state, read_run_state
from tests.support.servers import object_store, s3_client
from tests.support.stand_ins import QUITTER, SLEEPER, WORKER

DOWN = "import typer; from services.standalone.cli import down; typer.run(down)"


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    data = tmp_path / "data"
    yield data
    state = read_run_state(data)
    if state is not None:
        state.supervisor.identity().send(signal.SIGKILL)  # type: ignore[union-attr]
        end_stack(state.mark, state.recorded())


def test_a_killed_supervisor_leaves_no_process_and_loses_no_data(data: Path) -> None:
    plan = StackPlan(data=data, services=(WORKER,))
    first = detach(plan, tell=lambda _: None)
    write_everywhere(first)
    first_mark = first.state().mark
    kill_keeper(first)
    os.kill(first.pid, signal.SIGKILL)
    assert processes_of(first_mark) != [], "nobody is left to end what was abandoned"

    second = detach(plan, tell=lambda _: None)

    assert processes_of(first_mark) == [], "the next start ends it"
    assert read_everywhere(second) == ["kept"] * 3
    mark = second.state().mark
    assert len(processes_of(mark)) > 10, (
        "three parts, a worker, and what the worker left in a session of its own"
    )
    os.kill(second.pid, signal.SIGKILL)
    eventually(lambda: processes_of(mark) == [], seconds=8)


def test_a_stack_whose_data_directory_was_removed_ends_and_leaves_its_successor_alone(data: Path) -> None:
    plan = StackPlan(data=data, services=(SLEEPER,))
    first = detach(plan, tell=lambda _: None)
    first_mark = first.state().mark
    shutil.rmtree(data, ignore_errors=True)

    second = detach(plan, tell=lambda _: None)

    eventually(lambda: processes_of(first_mark) == [], seconds=20)
    assert second.state().phase is Phase.READY
    assert [process.state for process in second.state().processes] == [ProcessState.READY] * 4


def test_down_stops_everything_and_says_when_nothing_runs(data: Path) -> None:
    stack = detach(StackPlan(data=data, services=(SLEEPER,)), tell=lambda _: None)
    mark = live_state(data).mark

    stopped = run_program(DOWN, "--data", str(data))

    assert (stopped.returncode, stopped.stderr.splitlines()[-1]) == (0, "stopped")
    assert processes_of(mark) == []
    assert not psutil.pid_exists(stack.pid) or psutil.Process(stack.pid).status() == psutil.STATUS_ZOMBIE
    assert list(Path("/tmp").glob(f"seaweedfs-*-{DataDirectory(data).remembered_ports()['s3']}.sock")) == []
    nothing = run_program(DOWN, "--data", str(data))
    assert nothing.returncode == 0
    assert nothing.stderr.startswith("Nothing runs on")


def test_a_service_that_does_not_stay_up_fails_the_start_with_the_end_of_its_log(data: Path) -> None:
    plan = StackPlan(data=data, services=(QUITTER,))

    with pytest.raises(
        StartError, match=r"(?s)quitter does not stay up, it ended with exit 3.*no configuration"
    ):
        detach(plan, tell=lambda _: None)

    assert read_run_state(data) is None
    assert not DataDirectory(data).is_locked()


def test_an_ordinary_user_runs_the_whole_stack(data: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests run as an ordinary user already")
    data.mkdir(parents=True)
    os.chown(data, 65534, 65534)
    for parent in data.parents:
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(0o755)
    program = """
import sys; from pathlib import Path
from services.standalone.launch import running_stack; from services.standalone.plan import StackPlan
with running_stack(Path(sys.argv[1]), plan=StackPlan(data=Path(sys.argv[1]))) as stack:
    print({process.name for process in stack.state().processes} == {"seaweedfs", "valkey", "postgres"})
"""
    # The interpreter may live below /root: reading it is the one right this user has beyond its own.
    become = (
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all,+dac_read_search",
    )
    ran = subprocess.run(
        (*become, "--ambient-caps=-all,+dac_read_search", sys.executable, "-c", program, str(data)),
        capture_output=True,
        text=True,
        env={**os.environ, **import_path(), "HOME": "/nonexistent"},
        cwd="/",
        timeout=60,
        check=False,
    )

    assert (ran.stdout, ran.stderr) == ("True\n", "")
    assert (data / "postgres" / "cluster" / "PG_VERSION").stat().st_uid == 65534


def kill_keeper(stack: RunningStack) -> None:
    mark = stack.state().mark
    for child in psutil.Process(stack.pid).children():
        if mark in child.cmdline()[3:4]:
            child.kill()


def write_everywhere(stack: RunningStack) -> None:
    store = object_store(stack.endpoints)
    with redis.Redis.from_url(stack.endpoints.broker_url) as broker:
        broker.set("word", "kept")
    with psycopg.connect(stack.endpoints.database_url) as connection:
        connection.execute("create table words as select 'kept' as word")
    with closing(s3_client(store)) as client:
        client.put_object(Bucket=store.bucket, Key="word", Body=b"kept")


def read_everywhere(stack: RunningStack) -> list[str]:
    store = object_store(stack.endpoints)
    with redis.Redis.from_url(stack.endpoints.broker_url) as broker:
        message = broker.get("word")
    with psycopg.connect(stack.endpoints.database_url) as connection:
        row = connection.execute("select word from words").fetchone()
    with closing(s3_client(store)) as client:
        body = client.get_object(Bucket=store.bucket, Key="word")["Body"].read()
    assert isinstance(message, bytes)
    assert row is not None
    return [message.decode(), row[0], body.decode()]


def run_program(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, "-c", program, *arguments), capture_output=True, text=True, timeout=60, check=False
    )


def eventually(claim: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline
        time.sleep(0.05)
