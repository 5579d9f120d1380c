"""The events of an article have one order, whoever writes them when, and a reader passes none over."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.ledger import Database
from shared.ledger.database import Row
from shared.ledger.event_order import AFTER_PLACE, IN_ORDER
from shared.ledger.history import History
from tests.support.ledger import NOON, put_source

ARTICLES = ("one", "two", "three")
_ADD_ARTICLE = """
insert into articles (article_id, source_id, key, state_since, url, title, published_at, first_seen_at,
                      last_seen_at)
values (%(article)s, 'harbour', %(article)s, %(at)s, %(article)s, 't', %(at)s, %(at)s, %(at)s)
on conflict do nothing
"""
_PAGE = (
    f"select e.*, e.written_in::text as place from events e where {AFTER_PLACE} {IN_ORDER} limit %(limit)s"
)


def put_articles(database: Database) -> None:
    put_source(database)
    with database.transaction() as transaction:
        transaction.run("truncate events cascade")
        for article in ARTICLES:
            transaction.run(_ADD_ARTICLE, {"article": article, "at": NOON})


def write(database: Database, events: list[tuple[str, int]], *, number: int) -> int:
    """Write events, (article, minutes after noon), in one transaction; their numbers go on from `number`."""
    with History(database).writing("harbour") as records:
        for article, minutes in events:
            at = NOON + timedelta(minutes=minutes)
            records.add_event("told", at=at, article_id=article, capture_id=None, data={"number": number})
            number += 1
    return number


def read_all(database: Database, *, page: int) -> list[Row]:
    """Read page by page, as those who tell events do."""
    found: list[Row] = []
    place: dict[str, object] = {"written_in": "0", "event_id": 0}
    while True:
        with database.transaction() as transaction:
            rows = transaction.rows(_PAGE, {**place, "limit": page})
        found += rows
        if not rows:
            return found
        place = {"written_in": rows[-1]["place"], "event_id": rows[-1]["event_id"]}


_EVENTS = st.lists(st.tuples(st.sampled_from(ARTICLES), st.sampled_from((0, 0, 0, 1, 2))), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.lists(_EVENTS, max_size=6), page=st.integers(1, 7))
def test_events_are_read_once_each_in_the_order_in_which_they_were_written(
    database: Database, turns: list[list[tuple[str, int]]], page: int
) -> None:
    put_articles(database)
    number = 0
    for turn in turns:
        number = write(database, turn, number=number)

    rows = read_all(database, page=page)

    assert sorted(row["data"]["number"] for row in rows) == list(range(number))
    for article in ARTICLES:
        own = [row["data"]["number"] for row in rows if row["article_id"] == article]
        assert own == sorted(own)


def test_a_reader_waits_for_an_event_that_was_begun_before_what_it_reads(database: Database) -> None:
    put_articles(database)
    put_source(database, "quay")
    with History(database).writing("quay") as slow:
        slow.add_event("begun", at=NOON, article_id=None, capture_id=None)
        write(database, [("one", 0)], number=0)
        early = read_all(database, page=10)

    assert early == []
    assert [row["kind"] for row in read_all(database, page=10)] == ["begun", "told"]
