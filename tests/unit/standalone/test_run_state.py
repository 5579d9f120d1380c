import os
import stat
from pathlib import Path

import pytest

from services.standalone.addresses import Endpoints
from services.standalone.data import DataDirectory
from services.standalone.endpoints import environment_of_running_stack, forget_running_stack, read_endpoints
from services.standalone.errors import NotRunningError
from services.standalone.plan import OutsideParts
from services.standalone.processes import identify
from services.standalone.run_state import (
    Phase,
    ProcessState,
    ProcessStatus,
    RunState,
    here,
    live_state,
    read_run_state,
    write_run_state,
)
from services.standalone.settings import StandaloneSettings

ENDPOINTS = Endpoints(
    broker_url="redis://:broker-word@127.0.0.1:1/0",
    database_url="postgresql://pressmark:ledger-word@127.0.0.1:2/pressmark",
    s3_endpoint="http://127.0.0.1:3",
    s3_bucket="pressmark",
    s3_access_key="access-word",
    s3_secret_key="secret-word",
    s3_region="us-east-1",
    reader_url="http://127.0.0.1:4",
)


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    data = DataDirectory(tmp_path / "data")
    data.create()
    return data


def state_of(supervisor: ProcessStatus, *, where: str | None = None) -> RunState:
    return RunState(
        mark="pressmark-0123",
        where=where or here(),
        supervisor=supervisor,
        phase=Phase.READY,
        started_at=1.0,
        endpoints=ENDPOINTS,
        processes=(supervisor,),
    )


def this_process() -> ProcessStatus:
    me = identify(os.getpid())
    assert me is not None
    return ProcessStatus(name="supervisor", state=ProcessState.READY, pid=me.pid, start=me.start)


def test_what_was_written_is_read_back(data: DataDirectory) -> None:
    state = state_of(this_process())

    write_run_state(data, state)

    assert read_run_state(data.path) == state
    assert live_state(data.path) == state
    assert read_endpoints(data.path) == ENDPOINTS


def test_the_file_is_for_its_owner_only_for_it_holds_passwords(data: DataDirectory) -> None:
    write_run_state(data, state_of(this_process()))

    assert stat.S_IMODE(data.run_file.stat().st_mode) == 0o600
    assert [path.name for path in data.path.iterdir() if path.name.startswith(".")] == []


def test_passwords_are_not_shown_when_endpoints_are_printed() -> None:
    assert "word" not in repr(ENDPOINTS)


def test_a_process_that_got_a_dead_supervisors_id_is_not_taken_for_it(data: DataDirectory) -> None:
    me = this_process()
    assert me.start is not None
    write_run_state(data, state_of(me.model_copy(update={"start": me.start - 1})))

    with pytest.raises(NotRunningError, match="pressmark up"):
        live_state(data.path)


def test_ids_of_another_boot_or_container_mean_nothing(data: DataDirectory) -> None:
    state = state_of(this_process(), where="another-boot 4026531836")

    assert not state.supervisor_lives()
    assert state.recorded() == []


def test_nothing_runs_where_nothing_was_written(data: DataDirectory) -> None:
    assert read_run_state(data.path) is None
    assert environment_of_running_stack(data.path) == {}


def test_a_damaged_file_counts_as_none(data: DataDirectory) -> None:
    data.run_file.write_text('{"mark": "pressm', encoding="utf-8")

    assert read_run_state(data.path) is None


def test_settings_of_the_environment_come_before_those_of_the_running_stack(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run_state(data, state_of(this_process()))
    for name in ENDPOINTS.environment():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRESSMARK_BROKER_URL", "redis://elsewhere/0")

    found = environment_of_running_stack(data.path)

    assert "PRESSMARK_BROKER_URL" not in found
    assert found["PRESSMARK_DATABASE_URL"] == ENDPOINTS.database_url
    assert found["PRESSMARK_READER_PORT"] == "4"


def test_a_new_stack_never_takes_the_parts_of_a_running_one_for_parts_placed_elsewhere(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run_state(data, state_of(this_process()))
    for name in ENDPOINTS.environment():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRESSMARK_DATABASE_URL", "postgresql://told/x")
    for name, value in environment_of_running_stack(data.path).items():
        monkeypatch.setenv(name, value)

    forget_running_stack()

    assert StandaloneSettings().outside() == OutsideParts(database_url="postgresql://told/x")
    assert StandaloneSettings().ports() == {}
