import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.standalone.logfiles import last_lines, open_log
from services.standalone.processes import (
    MARK_VARIABLE,
    ProcessId,
    end_all,
    identify,
    marked_environment,
    members,
    postmaster_of,
    processes_of,
)

MARK = f"pressmark-unit-{os.getpid()}"


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    child = subprocess.Popen(
        ("/bin/sleep", "60"), env={MARK_VARIABLE: f"outer:{MARK}"}, start_new_session=True
    )
    yield child
    child.kill()
    child.wait()


def identity(child: "subprocess.Popen[bytes]") -> ProcessId:
    found = identify(child.pid)
    assert found is not None
    return found


def test_a_process_is_found_by_the_mark_in_its_environment(sleeper: "subprocess.Popen[bytes]") -> None:
    assert soon(lambda: processes_of(MARK) == [identity(sleeper)])
    assert processes_of("outer") == [identity(sleeper)]
    assert processes_of("pressmark-unit") == []


def test_a_process_without_the_mark_is_found_by_the_session_it_was_born_in() -> None:
    program = "import os, subprocess; subprocess.Popen(('/bin/sleep', '60'), env={}); os._exit(0)"
    leader = subprocess.Popen((sys.executable, "-c", program), start_new_session=True)
    recorded = identity(leader)
    leader.wait()

    left = processes_of(MARK, [recorded])

    assert len(left) == 1
    assert members(recorded) == left
    assert end_all(lambda: members(recorded), polite=lambda _: signal.SIGTERM, seconds=2) == []


def test_another_process_with_a_recorded_id_is_never_found(sleeper: "subprocess.Popen[bytes]") -> None:
    real = identity(sleeper)
    mistaken = ProcessId(pid=real.pid, start=real.start - 1)

    assert not mistaken.is_alive()
    assert members(mistaken) == []
    mistaken.send(signal.SIGKILL)
    assert real.is_alive()


def test_what_ignores_the_polite_signal_is_killed() -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    child = subprocess.Popen((sys.executable, "-c", program), stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()

    assert identity(child).end(first=signal.SIGTERM, seconds=0.2)

    assert child.wait() == -signal.SIGKILL
    child.stdout.close()


def test_a_stack_in_a_stack_bears_both_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARK_VARIABLE, "outer")

    assert marked_environment("inner") == {MARK_VARIABLE: "outer:inner"}


def test_a_lock_file_that_names_no_server_of_this_cluster_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n", encoding="utf-8")

    assert postmaster_of(tmp_path) is None


def test_a_long_log_is_turned_over_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "crawler.log"
    path.write_bytes(b"old\n" * 1_100_000)

    with open_log(path) as log:
        log.write(b"new \x1b[2J\n")

    assert last_lines(path, 5) == ["new \\u001b[2J"]
    assert (tmp_path / "crawler.log.1").stat().st_size == 4_400_000


def soon(claim) -> bool:  # type: ignore[no-untyped-def]  # noqa: ANN001
    deadline = time.monotonic() + 5
    while not claim() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(claim())
