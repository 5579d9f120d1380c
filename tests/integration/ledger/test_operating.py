"""Jobs, tokens and the audit: what operators order outlives every process, and nobody can alter it unseen."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from shared.ledger import Database
from shared.ledger.audit import Audit, AuditHead, canonical, chained
from shared.ledger.jobs import Job, JobOrder, Jobs, JobState, KeyReusedError
from shared.ledger.tokens import Tokens, TokenScope

ORDER = JobOrder(
    action="source.crawl",
    arguments={"source": "harbour"},
    actor="token:a",
    place="service",
    idempotency_key="k",
)


def test_a_hundred_repeats_of_one_key_at_once_make_one_job(database: Database) -> None:
    jobs = Jobs(database)

    with ThreadPoolExecutor(100) as pool:
        made = list(pool.map(lambda _: jobs.order(ORDER), range(100)))

    assert len({job.job_id for job, _ in made}) == 1
    assert sum(is_new for _, is_new in made) == 1
    assert len(jobs.page(10).items) == 1


def test_a_key_is_its_actors_own_and_stands_for_one_order(database: Database) -> None:
    jobs = Jobs(database)
    first, _ = jobs.order(ORDER)

    other, is_new = jobs.order(replace(ORDER, actor="token:b"))

    assert is_new
    assert other.job_id != first.job_id
    with pytest.raises(KeyReusedError, match="new key"):
        jobs.order(replace(ORDER, arguments={"source": "island"}))


def test_one_process_at_a_time_runs_a_job(database: Database) -> None:
    jobs = Jobs(database)
    job, _ = jobs.order(ORDER)

    with jobs.at_work(job.job_id) as first, jobs.at_work(job.job_id) as second:
        assert first is not None
        assert second is None
        assert jobs.waiting() == [job.job_id]


def test_a_job_that_its_process_left_is_taken_up_again_and_fails_at_the_end(database: Database) -> None:
    jobs = Jobs(database)
    job, _ = jobs.order(ORDER)

    for attempt in (1, 2, 3):
        with jobs.at_work(job.job_id) as taken:
            assert taken is not None
            assert taken.attempts == attempt
    with jobs.at_work(job.job_id) as taken:
        assert taken is None

    assert jobs.get(job.job_id).state is JobState.FAILED
    assert "order it again" in jobs.get(job.job_id).errors[0]


def test_a_job_of_a_command_that_was_ended_has_failed(database: Database) -> None:
    jobs = Jobs(database)
    job, _ = jobs.order(replace(ORDER, place="command"))
    assert jobs.waiting() == [], "nobody takes it from the queue"
    with jobs.at_work(job.job_id):
        pass

    with jobs.at_work(job.job_id) as taken:
        assert taken is None

    assert jobs.get(job.job_id).state is JobState.FAILED


def test_a_queued_job_is_cancelled_at_once_and_a_running_one_is_told(database: Database) -> None:
    jobs = Jobs(database)
    queued, _ = jobs.order(replace(ORDER, idempotency_key="a"))
    running, _ = jobs.order(replace(ORDER, idempotency_key="b"))

    with jobs.at_work(running.job_id):
        assert jobs.advance(running.job_id, done=1, total=9, findings=[])
        assert jobs.cancel(running.job_id).state is JobState.RUNNING
        assert not jobs.advance(running.job_id, done=2, total=9, findings=[])

    assert jobs.cancel(queued.job_id).state is JobState.CANCELLED
    with jobs.at_work(queued.job_id) as taken:
        assert taken is None


def test_jobs_are_listed_in_pages_without_a_gap(database: Database) -> None:
    jobs = Jobs(database)
    for number in range(5):
        jobs.order(replace(ORDER, idempotency_key=str(number)))

    seen: list[Job] = []
    page = jobs.page(2)
    while True:
        seen += page.items
        if page.next is None:
            break
        page = jobs.page(2, before=page.next)

    assert [job.queued_at for job in seen] == sorted((job.queued_at for job in seen), reverse=True)
    assert len({job.job_id for job in seen}) == 5


def test_a_token_opens_until_it_is_revoked_and_is_kept_as_a_digest_only(database: Database) -> None:
    tokens = Tokens(database)
    token, secret = tokens.make("night shift", TokenScope.OPERATE, by="command:me")

    found = tokens.check(secret)
    tokens.revoke(token.token_id)

    assert found is not None
    assert found.token_id == token.token_id
    assert tokens.check(secret) is None
    with database.transaction() as transaction:
        [row] = transaction.rows("select * from tokens")
    assert secret not in str(row)
    assert secret.rpartition("_")[2] not in str(row)
    assert row["last_used_at"] is not None


@pytest.mark.parametrize(
    "change", [lambda s: s[:-1], lambda s: s[:-1] + "~", lambda s: s.upper(), lambda _: ""]
)
def test_what_is_no_token_opens_nothing(database: Database, change: object) -> None:
    _, secret = Tokens(database).make("one", TokenScope.ADMIN, by="command:me")

    assert Tokens(database).check(change(secret)) is None  # type: ignore[operator]


def test_the_secret_of_one_token_with_the_id_of_another_opens_nothing(database: Database) -> None:
    tokens = Tokens(database)
    one, first = tokens.make("one", TokenScope.ADMIN, by="command:me")
    other, _ = tokens.make("other", TokenScope.READ, by="command:me")

    assert tokens.check(first.replace(one.token_id, other.token_id)) is None


def add_rows(database: Database, count: int) -> AuditHead:
    audit = Audit(database)
    for number in range(count):
        audit.add(actor="me", action="crawl", event="ordered", job_id=None, detail={"n": number, "é": 0.1})
    return audit.head()


def tamper(database: Database, *statements: str) -> None:
    with database.transaction() as transaction:
        transaction.run("alter table audit disable trigger audit_is_append_only")
        for statement in statements:
            transaction.run(statement)
        transaction.run("alter table audit enable trigger audit_is_append_only")


def told(database: Database, expected: AuditHead | None = None) -> list[tuple[int, str]]:
    return [(one.number, one.kind) for one in Audit(database).breaks(expected)]


def test_an_untouched_audit_holds_and_keeps_its_head(database: Database) -> None:
    kept = add_rows(database, 3)
    assert told(database) == []

    add_rows(database, 3)

    assert told(database, kept) == []
    assert [row.number for row in Audit(database).page(2, before=4)] == [3, 2]


def test_rows_that_are_added_at_once_make_one_chain(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: add_rows(database, 5), range(8)))

    assert told(database) == []
    assert Audit(database).head().number == 40


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        (["update audit set entry = replace(entry, '\"me\"', '\"you\"') where number = 3"], [(3, "changed")]),
        (["update audit set digest = repeat('f', 64) where number = 3"], [(3, "changed")]),
        (["delete from audit where number = 3"], [(3, "dropped")]),
        (["delete from audit where number = 6"], [(6, "dropped")]),
        (["delete from audit where number in (1, 2)"], [(1, "dropped"), (2, "dropped")]),
        (
            [
                "update audit set number = -1 where number = 2",
                "update audit set number = 2 where number = 4",
                "update audit set number = 4 where number = -1",
            ],
            [(2, "moved"), (4, "moved")],
        ),
    ],
)
def test_the_row_that_was_touched_is_named(
    database: Database, statements: list[str], found: list[tuple[int, str]]
) -> None:
    add_rows(database, 6)

    tamper(database, *statements)

    assert told(database) == found


def test_a_row_that_was_changed_with_a_new_digest_is_named_by_the_row_after_it(database: Database) -> None:
    add_rows(database, 6)
    with database.transaction() as transaction:
        row = transaction.row("select entry, previous from audit where number = 3")
    assert row is not None
    entry = row["entry"].replace('"me"', '"you"')
    digest = chained(row["previous"], entry)

    tamper(database, f"update audit set entry = '{entry}', digest = '{digest}' where number = 3")

    assert told(database) == [(3, "changed")]


def test_a_chain_that_was_written_anew_as_a_whole_does_not_hold_against_a_head_kept_elsewhere(
    database: Database,
) -> None:
    kept = add_rows(database, 2)
    tamper(database, "truncate audit", "update audit_head set number = 0, digest = repeat('0', 64)")
    Audit(database).add(actor="you", action="crawl", event="ordered", job_id=None, detail={})
    assert told(database) == []

    assert told(database, kept) == [(2, "dropped")]


def test_the_ledger_refuses_a_change_of_the_audit(database: Database) -> None:
    add_rows(database, 1)

    for statement in ("update audit set entry = ''", "delete from audit", "truncate audit"):
        with pytest.raises(Exception, match="only ever added to"), database.transaction() as transaction:
            transaction.run(statement)


def test_an_entry_has_one_canonical_form() -> None:
    assert canonical({"b": 1, "a": {"é": None}}) == '{"a":{"é":null},"b":1}'
