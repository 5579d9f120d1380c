from pathlib import Path

import pytest

from services.standalone.errors import StartError
from services.standalone.launch import running_stack
from services.standalone.plan import OutsideParts, StackPlan
from tests.support.servers import ObjectStore


def test_parts_that_run_elsewhere_are_proved_but_not_started(
    tmp_path: Path, valkey_url: str, database_url: str, s3: ObjectStore
) -> None:
    outside = OutsideParts(
        broker_url=valkey_url,
        database_url=database_url,
        s3_endpoint=s3.endpoint,
        s3_access_key=s3.access_key,
        s3_secret_key=s3.secret_key,
    )
    told: list[str] = []

    with running_stack(tmp_path, plan=StackPlan(data=tmp_path, outside=outside), tell=told.append) as stack:
        assert stack.state().processes == ()
        assert stack.endpoints.broker_url == valkey_url
        assert stack.endpoints.s3_secret_key == s3.secret_key

    assert sorted(told) == [
        f"{name} (runs elsewhere) is ready" for name in ("postgres", "seaweedfs", "valkey")
    ]


def test_a_part_elsewhere_that_does_not_answer_fails_the_start_by_name(
    tmp_path: Path, valkey_url: str, s3: ObjectStore
) -> None:
    outside = OutsideParts(
        broker_url=valkey_url,
        database_url="postgresql://nobody:x@127.0.0.1:9/none",
        s3_endpoint=s3.endpoint,
        s3_access_key=s3.access_key,
        s3_secret_key=s3.secret_key,
    )
    plan = StackPlan(data=tmp_path, outside=outside, ready_seconds=5)

    with (
        pytest.raises(StartError, match=r"(?s)Not ready after 5 s .*postgres \(runs elsewhere\): .*refused"),
        running_stack(tmp_path, plan=plan),
    ):
        pass
