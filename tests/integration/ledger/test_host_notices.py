"""What hosts show where there is no page, and which were never asked for one, against a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from services.crawler.probing import Prober, missing_page
from shared.candidates import candidate
from shared.ledger import Database
from shared.ledger.batches import Batches
from shared.ledger.frontier import ClaimLimits, Frontier, TargetKind
from shared.ledger.history import History, HistoryRecords
from shared.ledger.host_states import HostNotice
from shared.ledger.schedule import Schedule
from shared.sources import load_source
from tests.support.ledger import NOON, accept, capture_of, put_source

HOST = "http://harbour.example:80"
SORRY = HostNotice(title="Sorry", body=("Nothing here.",))
SOURCE = """id = "harbour"
name = "Harbour"
language = "en"
home = "http://harbour.example/"

[[lists]]
url = "http://harbour.example/list"
kind = "listing"
every = "1h"
"""


def archive(database: Database, *urls: str) -> int:
    """Look at pages, well, and return the id of the last capture."""
    accept(database, [candidate(url, TargetKind.ARTICLE) for url in urls])
    claim = Frontier(database).claim(limits=ClaimLimits(), trace_id="t")
    assert claim is not None
    batches = Batches(database)
    batch = batches.open(claim.batch_id, lease=timedelta(seconds=30))
    assert batch is not None
    rows = [capture_of(target, place=place) for place, target in enumerate(batch.targets)]
    batches.record(claim.batch_id, rows, warc_key=f"warc/{claim.batch_id}", warc_bytes=1)
    with database.transaction() as transaction:
        row = transaction.row("select max(capture_id) as id from captures", {})
    assert row is not None
    return int(row["id"])


@contextmanager
def records(database: Database) -> Iterator[HistoryRecords]:
    with History(database).writing("harbour") as found:
        yield found


def test_a_notice_grows_surer_with_each_look_that_shows_it_again(database: Database) -> None:
    put_source(database)
    capture_id = archive(database, "http://harbour.example/news/1")

    with records(database) as history:
        assert history.host_notice(HOST) is None
        for day in (1, 2, 3):
            history.set_host_notice(HOST, SORRY, at=NOON + timedelta(days=day), capture_id=capture_id)
        history.set_host_notice(HOST, SORRY, at=NOON + timedelta(days=3), capture_id=capture_id)

    with records(database) as history:
        kept = history.host_notice(HOST)
    assert kept is not None
    assert (kept.title, list(kept.body), kept.redirect_to, kept.looks) == (
        "Sorry",
        ["Nothing here."],
        None,
        3,
    )


def test_another_notice_begins_anew_and_an_older_look_changes_nothing(database: Database) -> None:
    put_source(database)
    capture_id = archive(database, "http://harbour.example/news/1")
    lost = HostNotice(title="", body=(), redirect_to="http://harbour.example/lost")

    with records(database) as history:
        for day, notice in ((1, SORRY), (2, SORRY), (4, lost), (3, SORRY)):
            history.set_host_notice(HOST, notice, at=NOON + timedelta(days=day), capture_id=capture_id)
        history.forget_host_notice(HOST, at=NOON + timedelta(days=3))
        kept = history.host_notice(HOST)
        history.forget_host_notice(HOST, at=NOON + timedelta(days=5))

        assert kept is not None
        assert (kept.redirect_to, kept.looks) == ("http://harbour.example/lost", 1)
        assert history.host_notice(HOST) is None


def test_each_host_with_articles_is_asked_once_for_a_page_that_never_was(database: Database) -> None:
    put_source(database)
    urls = [f"http://{host}.example/news/{number}" for host in ("harbour", "mirror") for number in (1, 2)]
    archive(database, *urls)
    prober = Prober(frontier=Frontier(database), schedule=Schedule(database))
    source = load_source(SOURCE)

    assert prober.probe(source) > 0
    assert prober.probe(source) == 0

    with database.transaction() as transaction:
        probes = transaction.rows("select url, state from targets where kind = 'probe' order by url", {})
    assert probes == [{"url": missing_page(url), "state": "waiting"} for url in (urls[0], urls[2])]
