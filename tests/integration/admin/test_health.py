"""The health report on a real ledger, broker and store: what it counts, and what it tells when a part is away."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from typer.testing import CliRunner

from services.admin.endings import FAILED
from services.admin.health import Health, Standing
from services.admin.health.judging import is_well
from services.pressmark.program import app
from shared.bus import Broker
from shared.clock import SystemClock
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.recent import RecentWork
from shared.ledger.tokens import TokenScope
from shared.settings import EvidenceSettings
from tests.integration.admin.test_api import Api, api
from tests.integration.admin.test_operating_commands import Run, run
from tests.integration.admin.test_pages import signed_in
from tests.support.busy_days import fill_busy_days
from tests.support.ledger import put_source

__all__ = ["api", "run"]


def test_the_curves_hold_every_look_edit_and_removal_of_their_span_and_no_other(database: Database) -> None:
    put_source(database)
    done = fill_busy_days(database)
    recent = RecentWork(database)

    looks, changes = recent.looks(hours=48), recent.changes(days=14)

    outcomes = Counter[str]()
    for one in looks:
        outcomes.update(one.outcomes)
    assert outcomes == {"2xx": done.well - 1, "4xx": 1, "connection_refused": 8, "429": 2}
    assert [later.hour - one.hour for one, later in pairwise(looks)] == [timedelta(hours=1)] * 47
    assert looks[-1].hour <= datetime.now(UTC) < looks[-1].hour + timedelta(hours=1, seconds=30)
    assert len(changes) == 14
    assert sum(one.edits for one in changes) == done.edits
    assert sum(one.removals for one in changes) == done.removals
    assert datetime.now(UTC) - recent.last_found()["harbour"] < timedelta(hours=21)


def test_the_api_the_page_and_the_ledger_agree(api: Api) -> None:
    done = fill_busy_days(api.kit.database)

    report = api.ask("GET", "/api/v1/health", scope=TokenScope.READ).body
    page = signed_in(api, TokenScope.READ).ask("GET", "/desk/health").text

    numbers = {one["name"]: one for one in report["numbers"]}
    failed = sum(
        count
        for one in report["looks_by_hour"]
        for name, count in one["outcomes"].items()
        if not is_well(name)
    )
    assert failed == done.failed
    assert numbers["fetcher: last work done"]["standing"] == Standing.TROUBLE
    assert numbers["messages in quarantine"]["standing"] == Standing.WELL
    assert report["standing"] == Standing.TROUBLE
    assert f"well {done.well}, failed {done.failed}; the most in " in page
    assert page.count('class="columns"') == 3
    assert "connection_refused" in page
    for one in report["numbers"]:
        assert one["name"] in page
    assert "<script" not in page.partition("<main")[2]
    assert "style=" not in page


def test_a_part_that_is_away_is_told_and_takes_its_own_numbers_alone(database: Database) -> None:
    put_source(database)
    nowhere = EvidenceStore(
        EvidenceSettings(bucket="none", access_key="x", secret_key="x", endpoint="http://127.0.0.1:1")
    )
    health = Health(database, Broker("redis://127.0.0.1:1/0"), evidence=nowhere, clock=SystemClock())

    report = health.report()

    standing = {one.name: one.standing for one in report.numbers}
    assert standing["broker"] == standing["object store"] == Standing.TROUBLE
    assert standing["ledger"] == standing["accepted addresses in no state"] == Standing.WELL
    assert not any(one.part in {"Queues", "Services"} for one in report.numbers)
    assert report.standing is Standing.TROUBLE
    assert {one.name for one in report.pressing} >= {"broker", "object store"}


def test_the_command_tells_what_to_do_and_fails_while_something_is_in_trouble(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRESSMARK_S3_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("COLUMNS", "300")

    [report] = run("health", code=FAILED)
    shown = CliRunner().invoke(app, ["health"])

    assert report["standing"] == Standing.TROUBLE
    assert shown.exit_code == FAILED
    for one in report["numbers"]:
        assert one["name"] in shown.output
        is_told = f"{one['name']}: {one['do']}" in " ".join(shown.output.split())
        assert is_told == (one["standing"] in {Standing.ATTENTION, Standing.TROUBLE})
