"""Stored pages are read again at an order: by a normalizer at its bell, in steps, never by two at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.admin.operating import CancelledError
from services.admin.operating.rereading import Renormalize
from services.admin.rereading import Rereading, RereadingError
from services.normalizer.ordered_reading import OrderedReading
from services.normalizer.ruled import rules_version
from shared.errors import TryAgainError
from shared.ledger.corrections import Rereadings, Scope
from shared.ledger.reading_orders import NewReading, ReadingOrders
from tests.integration.normalizer.test_rules_commands import TEXT, story
from tests.support.archive import NewServers, new_servers, running_archive
from tests.support.rules_archive import SOURCE, RulesArchive, extracted
from tests.support.servers import ObjectStore
from tests.support.stored_evidence import StoredEvidence

__all__ = ["new_servers"]

WHOLE = 'body = "div.page"'
ALL = NewReading(source_id=SOURCE, scope=Scope(), is_preview=False)


@pytest.fixture
def archive(stored: StoredEvidence) -> RulesArchive:
    """Twenty-five articles that were read by rules which are no longer those of the source."""
    archive = RulesArchive(stored=stored)
    archive.look({f"/news/{number}": story(number) for number in range(25)}, WHOLE)
    archive.follow(TEXT)
    return archive


def rereading(archive: RulesArchive, **changes: object) -> Rereading:
    stored = archive.stored
    reader = OrderedReading.over(stored.database, stored.evidence, extract_page=extracted, seconds=0)
    values: dict[str, Any] = {"orders": ReadingOrders(stored.database), "ring": reader.work}
    return Rereading(**values | changes)


def orders_left(archive: RulesArchive) -> int:
    return len(archive.stored.rows("select * from reading_orders"))


def test_a_normalizer_tries_and_does_it_at_its_bell(
    archive: RulesArchive, database_url: str, *, new_servers: NewServers, s3: ObjectStore
) -> None:
    store = replace(s3, bucket=archive.stored.evidence._settings.bucket)
    servers = replace(new_servers(), database_url=database_url, store=store)
    before = archive.everything()
    with running_archive(servers, processes=("normalizer",)) as running:
        tried = running.kit.desk.plan(Renormalize(source=SOURCE), actor="me")
        assert archive.everything() == before

        done = running.kit.desk.carry_out(Renormalize(), actor="me")

    assert done["sources"] == [SOURCE]
    assert done["counts"] == tried["counts"]
    assert done["counts"]["articles"] == done["fields"]["body"]["changed"] == 25
    job = running.kit.desk.jobs.page(1).items[0]
    assert (job.done, job.total, job.result) == (25, 25, done)
    assert orders_left(archive) == 0


def test_a_run_that_was_cancelled_goes_on_where_it_was_and_a_second_one_changes_nothing(
    archive: RulesArchive,
) -> None:
    far: list[tuple[int, int | None]] = []

    def until_ten(done: int, total: int | None) -> None:
        far.append((done, total))
        if done >= 10:
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        rereading(archive, advance=until_ten).read([ALL])

    assert far[-1] == (10, 25)
    assert orders_left(archive) == 0
    assert archive.kinds().count("revision_corrected") == 10
    assert rereading(archive).read([ALL])["counts"]["articles"] == 25
    assert archive.kinds().count("revision_corrected") == 25
    corrected = archive.everything()
    assert "revisions_corrected" not in rereading(archive).read([ALL])["counts"]
    assert archive.everything() == corrected


def test_where_nobody_reads_it_is_said_so_and_nothing_is_left(archive: RulesArchive) -> None:
    rung: list[str] = []

    with pytest.raises(TryAgainError, match="Start a normalizer"):
        rereading(archive, ring=rung.append, silence=timedelta(seconds=0.5)).read([ALL])

    assert len(rung) == 1
    assert orders_left(archive) == 0


def test_two_readers_are_never_at_one_order(archive: RulesArchive) -> None:
    orders = ReadingOrders(archive.stored.database)
    order_id = orders.add(ALL)

    with orders.at_work(order_id) as first, orders.at_work(order_id) as second:
        assert first is not None
        assert second is None
    orders.forget(order_id)
    with orders.at_work(order_id) as third:
        assert third is None


def test_what_cannot_be_read_as_ordered_fails_with_its_reason(archive: RulesArchive) -> None:
    wrong = replace(ALL, definition='id = "harbour"', is_preview=True)

    with pytest.raises(RereadingError, match="language"):
        rereading(archive).read([wrong])

    assert orders_left(archive) == 0


def test_rules_versions_and_samples_bound_what_is_read(archive: RulesArchive) -> None:
    whole, text = (rules_version(archive.source(rules).article) for rules in (WHOLE, TEXT))
    count: Callable[[Scope], int] = lambda scope: Rereadings(archive.stored.database).count(  # noqa: E731
        SOURCE, scope, text
    )

    assert count(Scope(rules=whole)) == count(Scope(older_rules=True)) == count(Scope()) == 25
    assert count(Scope(rules=text)) == 0
    assert count(Scope(sample=7)) == 7
    preview = NewReading(source_id=SOURCE, scope=Scope(sample=7), is_preview=True)
    assert rereading(archive).read([preview])["counts"]["articles"] == 7
    rereading(archive).read([replace(ALL, scope=Scope(rules=whole))])
    assert (count(Scope(rules=whole)), count(Scope(rules=text)), count(Scope(older_rules=True))) == (0, 25, 0)
