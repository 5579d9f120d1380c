"""`pressmark up` with all its real parts and services is killed in the midst of a crawl, and started again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.admin.tools import AdminSettings, Tools, make_tools
from services.standalone.keeper import end_stack
from services.standalone.processes import processes_of
from services.standalone.run_state import RunState, read_run_state
from tests.faults.test_survival import MANY_BATCHES
from tests.support.archive import LOOPBACK, QUICK
from tests.support.slow_outlet import SOURCE_ID, SlowOutlet, running_outlet


class Program:
    """The `pressmark` program on one data directory."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._environment = {**os.environ, **QUICK, **MANY_BATCHES, "PRESSMARK_DATA": str(data)}

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "services.pressmark", *words],
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
            env=self._environment,
        )
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return done.stdout

    @contextmanager
    def kit(self) -> Iterator[Tools]:
        """The operator's actions on the running archive, without the seconds that a program takes to start."""
        endpoints = self.state().endpoints
        tools = make_tools(
            AdminSettings(
                broker_url=SecretStr(endpoints.broker_url),
                database_url=SecretStr(endpoints.database_url),
                private_networks=LOOPBACK,
            )
        )
        try:
            yield tools
        finally:
            tools.close()

    def end_what_is_left(self) -> None:
        """End what the last supervisor started, without the patience of `down`."""
        state = read_run_state(self._data)
        if state is None:
            return
        if supervisor := state.supervisor.identity():
            supervisor.send(signal.SIGKILL)
        end_stack(state.mark, state.recorded())

    def state(self) -> RunState:
        state = read_run_state(self._data)
        assert state is not None
        return state


@pytest.mark.timeout(250)
def test_a_killed_archive_leaves_no_process_and_the_next_start_ends_its_crawl(tmp_path: Path) -> None:
    program = Program(tmp_path / "data")
    with running_outlet(hosts=3, pages=16, seconds=0.4) as outlet:
        program.run("up", "--detach")
        try:
            with program.kit() as kit:
                kit.actions.add_source(outlet.source_text())
            wait_for_visits(outlet, 10)
            killed = program.state()
            assert len(processes_of(killed.mark)) > 10

            os.kill(killed.supervisor.pid, signal.SIGKILL)

            assert seconds_until_gone(killed.mark, most=20) < 20, processes_of(killed.mark)
            before = set(outlet.visits())
            assert not before >= set(outlet.pages), "it was killed in the midst of the crawl"
            program.run("up", "--detach")
            with program.kit() as kit:
                kit.waiter.wait([SOURCE_ID], timeout=100, progress=lambda _: None)
                figures = kit.figures()
                urls = {article.url for article in kit.catalogue.every_article()}
            program.run("verify")
        finally:
            program.end_what_is_left()
    assert urls == set(outlet.pages)
    assert figures["conserved"]
    assert figures["articles"] == figures["revisions"] == len(outlet.pages)
    assert figures["quarantine"] == {}


def wait_for_visits(outlet: SlowOutlet, count: int) -> None:
    deadline = time.monotonic() + 60
    while outlet.visits().total() < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def seconds_until_gone(mark: str, *, most: float) -> float:
    """How long it takes until no process of a stack is left, or `most`."""
    started = time.monotonic()
    while processes_of(mark) and time.monotonic() - started < most:
        time.sleep(0.05)
    return time.monotonic() - started
