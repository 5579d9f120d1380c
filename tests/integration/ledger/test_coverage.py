"""Coverage over a real PostgreSQL: silence is told apart from blindness, and gaps are named."""

from datetime import date, datetime, timedelta

import pytest

from shared.candidates import candidate
from shared.errors import NotFoundError
from shared.ledger.coverage import Coverage, in_words
from shared.ledger.database import Database
from shared.ledger.frontier import TargetKind
from tests.support.catalogue_factory import NOON, CatalogueFactory, Text
from tests.support.ledger import accept, put_source

DAY = timedelta(days=1)
MONDAY = NOON.date()
BODY = ("A band played until the rain set in.",)


@pytest.fixture
def factory(database: Database) -> CatalogueFactory:
    put_source(database)
    accept(database, [candidate("http://harbour.example/list", TargetKind.LISTING)])
    return CatalogueFactory(database)


def look(factory: CatalogueFactory, at: datetime, *, status: int | None = 200) -> None:
    _, capture = factory.capture("harbour", "http://harbour.example/list", at=at, status=status)
    with factory.database.transaction() as ledger:
        ledger.run("update captures set kind = 'listing' where capture_id = %(id)s", {"id": capture})
        ledger.run("update sources set added_at = %(at)s", {"at": NOON - 60 * DAY})


def publish(factory: CatalogueFactory, at: datetime, key: str | None = None) -> None:
    text = Text(title="Report", body=BODY, published=f"{at:%Y-%m-%d}")
    article = factory.article("harbour", text, at=at)
    with factory.database.transaction() as ledger:
        ledger.run(
            "update articles set published_at = %(at)s, key = coalesce(%(key)s, key) where article_id = %(id)s",
            {"at": at, "id": article, "key": key},
        )


def test_a_day_is_silent_when_lists_answered_and_blind_when_none_did(factory: CatalogueFactory) -> None:
    look(factory, NOON)
    publish(factory, NOON)
    look(factory, NOON + DAY)
    look(factory, NOON + 2 * DAY, status=None)
    look(factory, NOON + 2 * DAY, status=503)
    publish(factory, NOON + 4 * DAY)

    days = Coverage(factory.database).days("harbour", MONDAY, MONDAY + 4 * DAY)

    assert [day.verdict for day in days] == ["seen", "silent", "blind", "blind", "partly_blind"]
    assert days[2].failed_looks == {"connection_refused": 1, "http_503": 1}
    assert days[3].cause == "no look at any list (waiting)"
    assert in_words("harbour", days).endswith(
        "1 with articles, 1 silent (its lists answered, with nothing new), 1 known from later looks only, "
        "2 blind (no list answered, so nothing can be said of them)"
    )


def test_a_day_before_the_source_was_followed_says_so(factory: CatalogueFactory) -> None:
    look(factory, NOON)
    (day,) = Coverage(factory.database).days("harbour", date(2020, 1, 1), date(2020, 1, 1))

    assert (day.verdict, day.cause) == ("blind", "not followed yet")


@pytest.mark.parametrize("form", ["key:{:%Y-%m-%d}-{:03d}", "key:ien{:%y%m%d}{:03d}", "key:{:%Y%m%d}-{:03d}"])
def test_a_gap_in_the_numbers_of_a_day_is_named(factory: CatalogueFactory, form: str) -> None:
    for number in (1, 2, 4, 5, 7):
        publish(factory, NOON, key=form.format(NOON, number))
    look(factory, NOON)

    (day,) = Coverage(factory.database).days("harbour", MONDAY, MONDAY)

    assert (day.serials, day.expected, day.published) == (7, 7, 5)
    assert day.serials_missing == ("003", "006")


def test_numbers_that_count_something_else_expect_nothing(factory: CatalogueFactory) -> None:
    for number in (310, 907):
        publish(factory, NOON, key=f"key:2026-03-09-{number}")

    (day,) = Coverage(factory.database).days("harbour", MONDAY, MONDAY)

    assert (day.serials, day.serials_missing) == (None, ())


def test_what_was_found_and_is_not_archived_is_told_with_its_reason(factory: CatalogueFactory) -> None:
    offers = [
        candidate(f"http://harbour.example/{number}", TargetKind.ARTICLE, date="2026-03-09T10:00:00Z")
        for number in range(5)
    ]
    accept(factory.database, offers)
    with factory.database.transaction() as ledger:
        ledger.run("update targets set accepted_at = %(at)s where kind = 'article'", {"at": NOON})
        ledger.run("update targets set state = 'archived' where url like '%%/0'")
        ledger.run("update targets set state = 'excluded', reason = 'robots' where url like '%%/1'")
        ledger.run("update targets set state = 'failed', reason = 'timeout' where url like '%%/2'")

    (day,) = Coverage(factory.database).days("harbour", MONDAY, MONDAY)

    assert (day.found, day.archived, day.announced, day.expected) == (5, 1, 5, 5)
    assert day.not_archived == {"excluded: robots": 1, "failed: timeout": 1, "waiting": 2}


def test_what_is_usual_is_the_median_of_the_weekday_on_days_we_could_see(factory: CatalogueFactory) -> None:
    for week, count in ((1, 4), (2, 2), (3, 3), (4, 9)):
        at = NOON - week * 7 * DAY
        for minute in range(count):
            publish(factory, at + timedelta(minutes=minute))
        if week < 4:
            look(factory, at)

    (day,) = Coverage(factory.database).days("harbour", MONDAY, MONDAY)

    assert day.usual == 3


def test_a_source_that_is_not_there_has_no_coverage(factory: CatalogueFactory) -> None:
    with pytest.raises(NotFoundError, match="source list"):
        Coverage(factory.database).days("nobody", MONDAY, MONDAY)
