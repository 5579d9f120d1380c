"""Orders that are given again and again: once at each due time, never while paused, whoever looks and dies."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.admin.scheduling import Scheduler
from shared.errors import TryAgainError
from shared.ledger import Database
from shared.ledger.audit import Audit
from shared.ledger.jobs import Job, Jobs, JobState
from shared.ledger.pauses import Pauses, PauseScope
from shared.ledger.schedules import NewSchedule, ScheduledOrder, Schedules
from tests.integration.admin.test_api import ADMIN, OPERATE, Api, api
from tests.integration.admin.test_operating_commands import Run, run
from tests.support.ledger import put_source

__all__ = ["api", "run"]

DAY = timedelta(days=1)
CRAWL = NewSchedule(action="source.crawl", arguments={"source": "harbour"}, every=DAY, first=None)


@dataclass(frozen=True)
class Clockwork:
    """A schedule whose time comes when a test says so."""

    database: Database
    schedule: ScheduledOrder

    @property
    def scheduler(self) -> Scheduler:
        return Scheduler.over(self.database)

    def come(self, *, late: timedelta = timedelta(seconds=1)) -> datetime:
        due = datetime.now(UTC) - late
        with self.database.transaction() as transaction:
            transaction.run("update schedules set next_at = %(due)s", {"due": due})
        return due

    def standing(self) -> ScheduledOrder:
        return Schedules(self.database).get(self.schedule.schedule_id)

    def jobs(self) -> tuple[Job, ...]:
        return Jobs(self.database).page(100).items

    def end_jobs(self) -> None:
        for job in self.jobs():
            Jobs(self.database).end(job.job_id, JobState.SUCCEEDED)


@pytest.fixture
def daily(database: Database) -> Clockwork:
    put_source(database)
    return Clockwork(database, Schedules(database).add(CRAWL, by="command:me"))


def test_nothing_is_ordered_before_its_time_and_one_job_at_it(daily: Clockwork) -> None:
    assert list(daily.scheduler.order_due()) == []
    due = daily.come()

    [job_id] = daily.scheduler.order_due()

    assert list(daily.scheduler.order_due()) == []
    [job] = daily.jobs()
    assert (job.job_id, job.action, job.arguments) == (job_id, "source.crawl", {"source": "harbour"})
    assert job.actor == f"schedule:{daily.schedule.schedule_id}"
    standing = daily.standing()
    assert (standing.last_at, standing.next_at, standing.last_job) == (due, due + DAY, job_id)
    assert standing.outcome == "queued"
    [entry] = Audit(daily.database).page(10)
    assert (entry.entry["actor"], entry.entry["event"]) == (job.actor, "ordered")


def test_of_many_that_look_at_once_one_orders(daily: Clockwork) -> None:
    daily.come()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: list(daily.scheduler.order_due()), range(12)))

    assert len(daily.jobs()) == 1
    assert len(Audit(daily.database).page(10)) == 1


def test_who_dies_between_the_order_and_its_note_orders_nothing_twice(daily: Clockwork) -> None:
    class Dying(Schedules):
        def settle(self, due: ScheduledOrder, *, job_id: str | None, passed: str | None) -> bool:
            raise TryAgainError("killed")

    due = daily.come()
    with pytest.raises(TryAgainError):
        list(replace(daily.scheduler, schedules=Dying(daily.database)).order_due())
    [job] = daily.jobs()

    assert list(daily.scheduler.order_due()) == [job.job_id]

    assert len(daily.jobs()) == 1
    assert daily.standing().next_at == due + DAY


@pytest.mark.parametrize(
    ("scope", "subject"),
    [
        (PauseScope.EVERYTHING, ""),
        (PauseScope.SOURCE, "harbour"),
    ],
)
def test_what_is_paused_is_passed_over_and_ordered_at_the_next_time(
    daily: Clockwork, scope: PauseScope, subject: str
) -> None:
    Pauses(daily.database).pause(scope, subject, reason="a quiet night", lasting=None, by="me")
    due = daily.come()

    assert list(daily.scheduler.order_due()) == []

    standing = daily.standing()
    assert (standing.last_at, standing.next_at) == (due, due + DAY)
    assert "paused: a quiet night" in (standing.outcome or "")
    Pauses(daily.database).resume(scope, subject, by="me")
    assert list(daily.scheduler.order_due()) == []
    daily.come()
    assert len(list(daily.scheduler.order_due())) == 1
    assert daily.standing().last_passed is None


def test_the_pause_of_another_source_and_orders_that_ask_nobody_are_no_reason_to_rest(
    daily: Clockwork,
) -> None:
    put_source(daily.database, "other")
    pauses = Pauses(daily.database)
    pauses.pause(PauseScope.SOURCE, "other", reason="r", lasting=None, by="me")
    daily.come()
    assert len(list(daily.scheduler.order_due())) == 1
    pauses.pause(PauseScope.EVERYTHING, "", reason="r", lasting=None, by="me")
    verify = NewSchedule(
        action="evidence.verify", arguments={}, every=DAY, first=datetime.now(UTC) - timedelta(seconds=1)
    )
    Schedules(daily.database).add(verify, by="me")

    [job_id] = daily.scheduler.order_due()

    assert Jobs(daily.database).get(job_id).action == "evidence.verify"


def test_while_the_job_before_has_not_ended_none_is_added(daily: Clockwork) -> None:
    daily.come()
    [first] = daily.scheduler.order_due()
    daily.come()
    assert list(daily.scheduler.order_due()) == []
    assert "still at work" in (daily.standing().outcome or "")
    assert daily.standing().last_job == first

    daily.end_jobs()
    daily.come()

    assert len(list(daily.scheduler.order_due())) == 1


def test_what_no_version_knows_is_passed_over_and_keeps_no_other_from_its_turn(daily: Clockwork) -> None:
    for action, arguments in (
        ("no.such", {}),
        ("source.crawl", {"source": "?"}),
        ("url.crawl", {"urls": ["x"]}),
    ):
        Schedules(daily.database).add(replace(CRAWL, action=action, arguments=arguments), by="me")
    daily.come()

    assert len(list(daily.scheduler.order_due())) == 1

    assert sum("cannot be ordered" in (one.outcome or "") for one in Schedules(daily.database).all()) == 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(every=st.integers(60, 3 * 366 * 86_400), late=st.integers(1, 10 * 366 * 86_400))
def test_times_that_went_by_give_one_job_and_the_rhythm_stays(
    database: Database, every: int, late: int
) -> None:
    with database.transaction() as transaction:
        transaction.run("truncate schedules, jobs cascade")
    wanted = replace(CRAWL, every=timedelta(seconds=every))
    clockwork = Clockwork(database, Schedules(database).add(wanted, by="me"))
    due = clockwork.come(late=timedelta(seconds=late))

    assert len(list(clockwork.scheduler.order_due())) == 1

    following = clockwork.standing().next_at
    assert timedelta(0) < following - datetime.now(UTC) <= timedelta(seconds=every)
    assert (following - due) % timedelta(seconds=every) == timedelta(0)


def test_schedules_are_made_listed_and_removed_by_command(run: Run, database: Database) -> None:
    [dry] = run("schedule", "add", "source.crawl", "source=harbour", "--every", "6h", "--dry-run")
    assert (dry["first"], run("schedule", "list")) == ("in 6h", [])
    [made] = run(
        "schedule", "add", "url.crawl", "urls=http://a.example/", "urls=http://b.example/", "--every", "2d"
    )

    [shown] = run("schedule", "list")

    assert (shown["id"], shown["order"], shown["every"], shown["last_at"]) == (
        made["id"],
        "url.crawl",
        "2d",
        None,
    )
    assert shown["arguments"] == {"urls": ["http://a.example/", "http://b.example/"]}
    for words in (
        ("no.such", "--every", "1d"),
        ("schedule.add", "--every", "1d"),
        ("source.crawl", "--every", "1d"),
        ("source.crawl", "source=harbour", "--every", "5s"),
        ("source.crawl", "harbour", "--every", "1d"),
    ):
        run("schedule", "add", *words, code=1)
    run("schedule", "remove", str(made["id"]))
    run("schedule", "remove", str(made["id"]), code=4)
    assert run("schedule", "list") == []
    Clockwork(database, Schedules(database).add(CRAWL, by="me")).come()
    assert len(list(Scheduler.over(database).order_due())) == 1


def test_a_schedule_over_the_api_is_for_administrators_runs_and_shows_its_outcome(api: Api) -> None:
    order: dict[str, Any] = {"order": "source.crawl", "arguments": {"source": "harbour"}, "every": "1d"}
    path = "/api/v1/actions/schedule.add"
    assert api.ask("POST", path, order, scope=OPERATE).status == 403
    wrong: Callable[..., int] = lambda **changes: api.ask("POST", path, order | changes).status  # noqa: E731
    assert wrong(order="schedule.remove") == wrong(arguments={}) == wrong(arguments="[]") == 422

    made = api.ended(api.ask("POST", path, order | {"first": "2026-03-09T03:00:00"}, scope=ADMIN).body["id"])
    assert made["result"]["next_at"] == "2026-03-09T03:00:00+00:00"
    [job_id] = Scheduler.over(api.kit.database).order_due()

    assert api.ended(job_id)["state"] == "succeeded"
    [shown] = api.ask("GET", "/api/v1/schedules").body["items"]
    assert (shown["last_job"], shown["last_outcome"]) == (job_id, "succeeded")
    assert datetime.fromisoformat(shown["next_at"]).strftime("%H:%M:%S") == "03:00:00"
    assert json.dumps(shown["arguments"]) == '{"source": "harbour"}'
