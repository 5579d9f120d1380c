from pathlib import Path

import pytest
from pydantic import SecretStr

from services.standalone.launch import default_plan
from services.standalone.plan import OutsideParts, StackPlan
from services.standalone.settings import StandaloneSettings
from shared.errors import SettingsError


def test_a_plan_survives_being_written_down() -> None:
    plan = default_plan(Path("/archive"), StandaloneSettings())

    assert StackPlan.model_validate_json(plan.model_dump_json()) == plan
    assert [service.name for service in plan.services] == [
        "crawler",
        "fetcher",
        "normalizer",
        "beat",
        "upkeep",
        "reader",
        "replay",
        "observer",
        "admin",
    ]


def test_a_part_that_runs_elsewhere_is_taken_from_the_settings() -> None:
    settings = StandaloneSettings(
        database_url=SecretStr("postgresql://db/x"),
        s3_endpoint="https://s3.example",
        s3_access_key=SecretStr("a"),
        s3_secret_key=SecretStr("b"),
    )

    assert settings.outside() == OutsideParts(
        database_url="postgresql://db/x",
        s3_endpoint="https://s3.example",
        s3_access_key="a",
        s3_secret_key="b",
    )


def test_an_s3_server_without_keys_is_refused_with_what_to_set() -> None:
    with pytest.raises(SettingsError, match="PRESSMARK_S3_ACCESS_KEY and PRESSMARK_S3_SECRET_KEY"):
        StandaloneSettings(s3_endpoint="https://s3.example").outside()


def test_only_ports_that_were_asked_for_are_fixed() -> None:
    assert StandaloneSettings(reader_port=8080, s3_port=8333).ports() == {"reader": 8080, "s3": 8333}
