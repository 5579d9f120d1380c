"""The operator's commands on a real ledger: each does what it says, can be tried dry, and leaves its audit."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.admin.actions import Actions
from services.admin.operating import Desk, Parts
from services.admin.operating.retrying import RetryFailures
from services.admin.settings import BackupSettings
from services.pressmark.program import app
from shared.bus import Bus
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.audit import Audit
from shared.ledger.batches import Batches
from shared.ledger.frontier import ClaimLimits, Frontier
from shared.ledger.jobs import JobState
from shared.ledger.pauses import Pauses
from shared.ledger.quarantine import Quarantine
from shared.ledger.registry import Registry
from shared.settings import BusSettings, StoreSettings, load
from tests.integration.ledger.test_batches import open_batch, record
from tests.support.ledger import accept, capture_of, pages

SOURCE = """
id = "harbour"
name = "Harbour"
language = "en"
home = "http://harbour.example/"
[[lists]]
url = "http://harbour.example/"
kind = "listing"
[politeness]
delay = "1s"  # a comment that stays
"""
Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def run(
    database: Database, database_url: str, *, valkey_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    monkeypatch.setenv("PRESSMARK_DATABASE_URL", database_url)
    monkeypatch.setenv("PRESSMARK_BROKER_URL", valkey_url)
    monkeypatch.setenv("PRESSMARK_DATA", str(tmp_path))
    bus = Bus(BusSettings(broker_url=valkey_url))  # type: ignore[arg-type]
    Actions.over(database, bus, ()).add_source(SOURCE)

    def run(*words: str, code: int = 0) -> list[dict[str, Any]]:
        done = CliRunner().invoke(app, [*words, "--json"])
        assert done.exit_code == code, (words, done.output, done.exception)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def events(database: Database) -> list[tuple[str, str]]:
    return [(row.entry["action"], row.entry["event"]) for row in reversed(Audit(database).page(100))]


def test_a_pause_is_tried_dry_set_shown_and_ended_with_its_audit(run: Run, database: Database) -> None:
    words = ("pause", "source", "harbour", "--reason", "night", "--for", "8h")
    [dry] = run(*words, "--dry-run")
    assert dry["dry_run"]
    assert Pauses(database).in_force() == []
    assert events(database) == []

    run(*words)

    [shown] = run("pauses")
    assert (shown["scope"], shown["subject"], shown["reason"]) == ("source", "harbour", "night")
    assert shown["paused_by"].startswith("command:")
    [status] = run("status")
    assert "night" in status["paused"]["source harbour"]
    run("resume", "source", "harbour")
    run("resume", "source", "harbour", code=4)
    assert run("pauses") == []
    assert events(database) == [
        ("pause.set", "ordered"),
        ("pause.set", "succeeded"),
        ("pause.end", "ordered"),
        ("pause.end", "succeeded"),
        ("pause.end", "ordered"),
        ("pause.end", "failed"),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("pause", "source", "--reason", "r"),
        ("pause", "everything", "harbour", "--reason", "r"),
        ("pause", "host", "http://", "--reason", "r"),
        ("pause", "everything", "--reason", "r", "--for", "soon"),
        ("rate", "harbour"),
        ("quarantine", "drop"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_and_changes_nothing(
    run: Run, database: Database, words: tuple[str, ...]
) -> None:
    run(*words, code=1)

    assert Pauses(database).in_force() == []


def test_a_crawl_is_counted_dry_and_ordered_by_the_same_action(run: Run, database: Database) -> None:
    [dry] = run("crawl", "harbour", "--dry-run")
    [done] = run("crawl", "harbour")

    assert dry["targets"] == done["targets"] == 1
    assert events(database) == [("source.crawl", "ordered"), ("source.crawl", "succeeded")]


def test_a_source_and_a_host_are_given_another_precedence(run: Run, database: Database) -> None:
    accept(database, pages(2))

    [dry] = run("priority", "source", "harbour", "high", "--dry-run")
    [done] = run("priority", "source", "harbour", "high")
    [host] = run("priority", "host", "http://harbour.example", "low")

    assert (dry["before"], dry["after"], done["targets"]) == ("normal", "high", 3)
    assert (host["subject"], host["before"]) == ("http://harbour.example:80", "high")
    [shown] = run("source", "show", "harbour")
    assert shown["precedence"] == "high"
    run("priority", "host", "http://never.example", "low", code=4)
    run("priority", "source", "nobody", "low", code=4)


def test_a_rate_is_written_into_the_source_file_and_reaches_its_hosts(run: Run, database: Database) -> None:
    [done] = run("rate", "harbour", "--delay", "7s", "--concurrency", "2")

    assert done["before"]["delay"] == "1s"
    assert done["after"] == {"delay": "7s", "concurrency": 2}
    assert "# a comment that stays" in Registry(database).get("harbour").definition
    with database.transaction() as transaction:
        row = transaction.row("select extract(epoch from delay)::int as delay, concurrency from hosts")
    assert row == {"delay": 7, "concurrency": 2}


def fail_some(database: Database, reasons: list[str]) -> None:
    accept(database, pages(len(reasons)))
    with database.transaction() as transaction:
        transaction.run("update targets set due_at = null where kind <> 'article'")
    claim = Frontier(database).claim(limits=ClaimLimits(), trace_id="t")
    assert claim is not None
    batch = Batches(database).open(claim.batch_id, lease=timedelta(seconds=60))
    assert batch is not None
    captures = [
        capture_of(target, place=place, status=int(reason[5:]), reason=reason, is_good=False)
        for place, (target, reason) in enumerate(zip(batch.targets, reasons, strict=True))
    ]
    Batches(database).record(batch.batch_id, captures, warc_key="k", warc_bytes=1)
    with database.transaction() as transaction:
        transaction.run("update targets set due_at = null")


def test_failures_are_retried_by_what_they_failed_of_as_a_job(run: Run, database: Database) -> None:
    with database.transaction() as transaction:
        transaction.run("update sources set obeys_robots = false")
    fail_some(database, ["http_500", "http_503", "http_404"])
    [dry] = run("retry", "--reason", "http_5", "--dry-run")

    [done] = run("retry", "--reason", "http_5", "--source", "harbour", "--host", "http://harbour.example")

    assert dry["targets"] == done["targets"] == 2
    assert {group["reason"] for group in dry["groups"]} == {"http_500", "http_503"}
    with database.transaction() as transaction:
        rows = transaction.rows("select reason from targets where due_at <= now() and kind = 'article'")
    assert {row["reason"] for row in rows} == {"http_500", "http_503"}
    [job] = run("jobs")
    assert (job["action"], job["state"]) == ("failure.retry", "succeeded")
    assert job["progress"] == {"done": 2, "total": 2}
    [shown] = run("job", job["id"])
    assert shown["result"] == {"targets": 2}


def keep(database: Database, message: str, reason: str) -> None:
    Quarantine(database).keep(
        queue=message.partition(".")[0],
        message=message,
        body={"batch_id": reason},
        trace_id="t",
        reason=reason,
        attempts=5,
    )


def test_quarantined_messages_are_listed_retried_and_dropped(run: Run, database: Database) -> None:
    for message, reason in (
        ("fetcher.fetch_batch", "one"),
        ("normalizer.normalize_batch", "two"),
        ("crawler.no_such_message", "three"),
    ):
        keep(database, message, reason)
    listed = run("quarantine", "list")
    assert [one["reason"] for one in listed] == ["one", "two", "three"]

    [retried] = run("quarantine", "retry", "--all", code=3)
    [dropped] = run("quarantine", "drop", str(listed[2]["id"]))

    assert retried == {"sent": 2, "kept": 1}
    assert dropped == {"dropped": 1}
    assert run("quarantine", "list") == []
    run("quarantine", "drop", "1", code=4)


def test_a_token_is_shown_once_and_its_secret_stands_nowhere(run: Run, database: Database) -> None:
    [made] = run("tokens", "add", "night shift", "--scope", "operate")

    run("tokens", "revoke", made["id"])

    [listed] = run("tokens", "list")
    assert listed["revoked_at"] is not None
    assert "token" not in listed
    assert made["token"] not in json.dumps(run("audit", "list"))
    assert events(database) == [("token.add", "succeeded"), ("token.revoke", "succeeded")]


def test_the_audit_is_verified_against_a_head_that_was_kept(run: Run, database: Database) -> None:
    run("crawl", "harbour")
    [kept] = run("audit", "verify")
    run("crawl", "harbour")

    [sound] = run("audit", "verify", "--expect", kept["head"])
    assert sound["breaks"] == []
    with database.transaction() as transaction:
        transaction.run("alter table audit disable trigger audit_is_append_only")
        transaction.run("update audit set entry = replace(entry, 'crawl', 'brawl') where number = 3")

    [broken] = run("audit", "verify", code=1)
    assert [(one["number"], one["kind"]) for one in broken["breaks"]] == [(3, "changed")]
    run("audit", "verify", "--expect", "nonsense", code=1)


def test_a_queued_order_is_run_as_a_job_by_whoever_takes_it(
    run: Run, database: Database, valkey_url: str
) -> None:
    bus = Bus(BusSettings(broker_url=valkey_url))  # type: ignore[arg-type]
    desk = Desk.over(
        Parts(
            database=database,
            orders=Actions.over(database, bus, ()),
            evidence=EvidenceStore(StoreSettings().evidence()),
            ring_readers=lambda _: None,
            backing=load(BackupSettings),
        )
    )
    job, _ = desk.order(RetryFailures(), actor="token:a", key="k")
    again, is_new = desk.order(RetryFailures(), actor="token:a", key="k")
    assert (again.job_id, is_new) == (job.job_id, False)

    assert desk.run_job(job.job_id)
    assert not desk.run_job(job.job_id), "it is done once"

    assert desk.jobs.get(job.job_id).state is JobState.SUCCEEDED
    assert events(database) == [("failure.retry", "ordered"), ("failure.retry", "succeeded")]


def test_a_trace_tells_the_life_of_a_url_in_the_order_of_time(run: Run, database: Database) -> None:
    batch = open_batch(database)
    record(database, batch)
    Batches(database).links_done(batch.batch_id)
    keep(database, "normalizer.normalize_batch", batch.batch_id)

    [found] = run("trace", batch.targets[0].url)

    assert found["state"] == "archived"
    assert {step["what"] for step in found["steps"]} >= {
        "accepted",
        "batched",
        "fetched",
        "stored",
        "links_taken",
        "quarantined",
    }
    assert [step["at"] for step in found["steps"]] == sorted(step["at"] for step in found["steps"])
    assert found["captures"][0]["trace_id"] == batch.trace_id
    assert found["robots"]["verdict"] in ("allowed", "ignored")
    run("trace", "http://harbour.example/never", code=4)
