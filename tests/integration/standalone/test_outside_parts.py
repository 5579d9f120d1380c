from pathlib import Path

import pytest

from services.standalone.errors import StartError
from services.standalone.launch import running_stack
from services.standalone.plan import OutsideParts, StackPlan
from tests.support.servers import ObjectStore
from tests.support.stand_ins import SLEEPER


@pytest.fixture
def outside(valkey_url: str, database_url: str, s3: ObjectStore) -> OutsideParts:
    return OutsideParts(
        broker_url=valkey_url,
        database_url=database_url,
        s3_endpoint=s3.endpoint,
        s3_access_key=s3.access_key,
        s3_secret_key=s3.secret_key,
    )


def test_parts_that_run_elsewhere_are_proved_but_not_started(tmp_path: Path, outside: OutsideParts) -> None:
    told: list[str] = []

    with running_stack(tmp_path, plan=StackPlan(data=tmp_path, outside=outside), tell=told.append) as stack:
        assert stack.state().processes == ()
        assert stack.endpoints.broker_url == outside.broker_url
        assert stack.endpoints.s3_secret_key == outside.s3_secret_key

    assert sorted(told) == [
        f"{name} (runs elsewhere) is ready" for name in ("postgres", "seaweedfs", "valkey")
    ]


def test_a_part_elsewhere_that_does_not_answer_fails_the_start_by_name(
    tmp_path: Path, outside: OutsideParts
) -> None:
    nowhere = outside.model_copy(update={"database_url": "postgresql://nobody:x@127.0.0.1:9/none"})
    plan = StackPlan(data=tmp_path, outside=nowhere, ready_seconds=5)

    with (
        pytest.raises(StartError, match=r"(?s)Not ready after 5 s .*postgres \(runs elsewhere\): .*refused"),
        running_stack(tmp_path, plan=plan),
    ):
        pass


def test_a_migration_that_fails_fails_the_start_with_the_end_of_its_log(
    tmp_path: Path, outside: OutsideParts
) -> None:
    migrate = ("/bin/sh", "-c", "echo no such table; exit 1")
    plan = StackPlan(data=tmp_path, outside=outside, migrate=migrate, services=(SLEEPER,))

    with (
        pytest.raises(StartError, match=r"(?s)could not be brought to its newest form:.*no such table"),
        running_stack(tmp_path, plan=plan),
    ):
        pass
