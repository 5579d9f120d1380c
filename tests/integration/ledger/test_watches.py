"""Watches over a real PostgreSQL: what makes them ring, and that each rings once."""

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from services.normalizer.watching import check_watches
from shared.errors import NotFoundError, SettingsError
from shared.ledger.database import Database
from shared.ledger.history import History
from shared.ledger.watches import Alarm, Watches
from tests.support.catalogue_factory import NOON, CatalogueFactory, Text

PLAIN = (
    "The fishing fleet of Tarnholt took delivery of new engines.",
    "A band played until the rain set in.",
)
HOLDING = (
    "Comrade Jang Song Thaek visited the fishing fleet of Tarnholt.",
    "A band played until the rain set in.",
)
DAY = timedelta(days=1)


@pytest.fixture
def factory(database: Database) -> CatalogueFactory:
    factory = CatalogueFactory(database)
    factory.source("herald", "Quay Herald", "en")
    return factory


@pytest.fixture
def watches(database: Database) -> Watches:
    return Watches(database)


def put(
    factory: CatalogueFactory, count: int, body: Sequence[str], *, source: str = "herald", at: datetime = NOON
) -> list[str]:
    return [
        factory.article(source, Text(title=f"Report {number}", body=body), at=at + timedelta(minutes=number))
        for number in range(count)
    ]


def cut(factory: CatalogueFactory, article_id: str, *, at: datetime, body: Sequence[str] = PLAIN) -> None:
    changes = [{"op": "replace", "from": HOLDING[0], "to": body[0]}]
    factory.rewrite(article_id, Text(title="Report", body=body), at=at, changes=changes, classes=("name",))


def remove(factory: CatalogueFactory, articles: Sequence[str], *, at: datetime) -> None:
    for article_id in articles:
        factory.miss(article_id, "SUSPECT", at=at)
        factory.miss(article_id, "GONE", at=at + 3 * DAY)


def alarms(watches: Watches, kind: str) -> list[Alarm]:
    return [alarm for alarm in watches.alarms() if alarm.kind == kind]


def test_the_watch_rings_when_an_edit_takes_the_name_away_and_points_at_the_edit(
    factory: CatalogueFactory, watches: Watches
) -> None:
    held, other = put(factory, 2, HOLDING)
    watches.add("Jang Song Thaek")
    check_watches(watches)
    cut(factory, held, at=NOON + DAY)
    cut(factory, other, at=NOON + DAY, body=(HOLDING[0], "The rain set in."))

    assert check_watches(watches) == 1

    (alarm,) = alarms(watches, "name_left")
    with factory.database.transaction() as ledger:
        edit = ledger.row("select * from edits where article_id = %(article)s", {"article": held})
    assert edit is not None
    assert (alarm.article_id, alarm.proof["edits"]) == (held, [edit["edit_id"]])
    assert alarm.proof["revisions"] == [edit["from_revision"], edit["to_revision"]]
    assert len(alarm.proof["captures"]) == 2


def test_it_rings_once_however_often_the_past_is_read(factory: CatalogueFactory, watches: Watches) -> None:
    (held,) = put(factory, 1, HOLDING)
    watch = watches.add("Jang Song Thaek")
    cut(factory, held, at=NOON + DAY)
    assert check_watches(watches) == 1

    with factory.database.transaction() as ledger:
        ledger.run("update event_readers set written_in = '0', event_id = 0")
        ledger.run("update watches set filled_at = null")

    assert check_watches(watches) == 0
    assert check_watches(watches) == 0
    assert watches.counts(watch.watch_id) == {"articles": 1, "alarms": 1}
    with factory.database.transaction() as ledger:
        told = ledger.rows("select data from events where kind = 'watch_alarm'")
    assert [row["data"]["alarm_kind"] for row in told] == ["name_left"]


def test_a_wording_found_late_makes_the_alarm_more_exact_and_not_two_of_it(
    factory: CatalogueFactory, watches: Watches
) -> None:
    (held,) = put(factory, 1, HOLDING)
    watches.add("Jang Song Thaek")
    cut(factory, held, at=NOON + 4 * DAY)
    check_watches(watches)
    with factory.database.transaction() as ledger:
        late = ledger.row(
            "update revisions set seen_at = %(at)s where article_id = %(article)s and number = 1"
            " returning revision_id",
            {"article": held, "at": NOON + 2 * DAY},
        )
    assert late is not None
    with History(factory.database).writing("herald") as history:
        history.add_event("revision_found_late", at=NOON, article_id=held, capture_id=None)

    assert check_watches(watches) == 0
    assert len(alarms(watches, "name_left")) == 1


def test_a_name_that_came_back_and_goes_again_rings_again(
    factory: CatalogueFactory, watches: Watches
) -> None:
    (held,) = put(factory, 1, HOLDING)
    watches.add("Jang Song Thaek")
    for day, body in enumerate((PLAIN, HOLDING, PLAIN), start=1):
        cut(factory, held, at=NOON + day * DAY, body=body)

    check_watches(watches)

    assert len(alarms(watches, "name_left")) == 2


@pytest.mark.parametrize(
    ("name", "others", "wording"),
    [
        ("노동당", (), "조선로동당 중앙위원회 회의가 열렸다."),
        ("로동당", (), "조선노동당 중앙위원회 회의가 열렸다."),
        ("张成泽", (), "張成澤同志視察了漁船隊。"),
        ("Jose Garcia", (), "The mayor met JOSÉ GARCÍA at the quay."),
        ("Jong Un", (), "The report names Kim Jong-un twice."),
        ("장성택", ("Jang Song Thaek", "張成澤"), HOLDING[0]),
    ],
)
def test_every_spelling_of_a_name_is_the_name(
    factory: CatalogueFactory, watches: Watches, *, name: str, others: tuple[str, ...], wording: str
) -> None:
    (held,) = put(factory, 1, (wording, PLAIN[1]))
    put(factory, 3, PLAIN)

    watch = watches.add(name, others=others)
    cut(factory, held, at=NOON + DAY)
    check_watches(watches)

    assert watches.counts(watch.watch_id) == {"articles": 1, "alarms": 1}


def test_a_watch_keeps_to_its_sources_and_languages(factory: CatalogueFactory, watches: Watches) -> None:
    factory.source("post", "Post", "en")
    (held,) = put(factory, 1, HOLDING, source="post")
    watches.add("Jang Song Thaek", source_ids=["herald"])
    watches.add("Jang Song Thaek", languages=["ko"])
    cut(factory, held, at=NOON + DAY)

    assert check_watches(watches) == 0
    watches.add("Jang Song Thaek", source_ids=["post"], languages=["EN"])
    assert check_watches(watches) == 1


def test_articles_that_hold_the_name_and_vanish_faster_than_the_rest_ring_with_the_test(
    factory: CatalogueFactory, watches: Watches
) -> None:
    holding, others = put(factory, 10, HOLDING), put(factory, 60, PLAIN)
    watches.add("Jang Song Thaek")
    check_watches(watches)
    remove(factory, [*holding[:8], *others[:4]], at=NOON + DAY)

    assert check_watches(watches) == 1
    assert check_watches(watches) == 0

    (alarm,) = alarms(watches, "vanishing")
    assert alarm.statistics is not None
    told = {
        name: alarm.statistics[name] for name in ("holders", "holders_removed", "others", "others_removed")
    }
    assert told == {"holders": 10, "holders_removed": 8, "others": 60, "others_removed": 4}
    assert alarm.statistics["p_value"] < alarm.statistics["level_of_look"]
    assert sorted(alarm.proof["articles"]) == sorted(holding[:8])
    assert len(alarm.proof["captures"]) == 8


def test_a_purge_that_spares_no_name_does_not_ring(factory: CatalogueFactory, watches: Watches) -> None:
    holding, others = put(factory, 10, HOLDING), put(factory, 60, PLAIN)
    watches.add("Jang Song Thaek")
    check_watches(watches)

    remove(factory, [*holding[:4], *others[:21]], at=NOON + DAY)

    assert check_watches(watches) == 0


def test_a_phrase_rings_when_a_known_source_uses_it_for_the_first_time(
    factory: CatalogueFactory, watches: Watches
) -> None:
    put(factory, 25, PLAIN)
    watches.add("most ferocious enemies")
    check_watches(watches)
    assert not list(watches.alarms())

    put(factory, 2, ("They are the most ferocious enemies of Tarnholt.", PLAIN[1]), at=NOON + DAY)

    assert check_watches(watches) == 1
    (alarm,) = alarms(watches, "first_seen")
    assert alarm.statistics == {"articles_read": 27}


def look_at_lists(factory: CatalogueFactory, days: int, *, status: int = 200) -> None:
    for day in range(days):
        _, capture = factory.capture(
            "herald", "http://herald.example/list", at=NOON + day * DAY, status=status
        )
        with factory.database.transaction() as ledger:
            ledger.run("update captures set kind = 'listing' where capture_id = %(id)s", {"id": capture})


def publish(factory: CatalogueFactory, days: range, wording: Sequence[Sequence[str]]) -> None:
    for day, body in zip(days, itertools.cycle(wording), strict=False):
        at = NOON + day * DAY
        for hour in range(4):
            text = Text(title=f"Day {day}, {hour}", body=body, published=f"{at:%Y-%m-%d}")
            article = factory.article("herald", text, at=at)
            with factory.database.transaction() as ledger:
                ledger.run(
                    "update articles set published_at = %(at)s where article_id = %(id)s",
                    {"at": at + timedelta(hours=hour), "id": article},
                )


@pytest.mark.parametrize(("seen_days", "rings"), [(30, 1), (15, 0)], ids=["we looked", "we were blind"])
def test_a_phrase_that_falls_silent_rings_unless_it_is_we_who_were_blind(
    factory: CatalogueFactory, watches: Watches, seen_days: int, rings: int
) -> None:
    publish(factory, range(12), [HOLDING, PLAIN])
    watches.add("Jang Song Thaek")
    look_at_lists(factory, seen_days)
    check_watches(watches)
    publish(factory, range(12, 30), [PLAIN])

    check_watches(watches)

    found = alarms(watches, "fell_silent")
    assert len(found) == rings
    for alarm in found:
        assert alarm.statistics is not None
        assert alarm.statistics["articles_since"] >= 72
        assert alarm.statistics["blind_days"] == 0


def test_what_cannot_be_looked_up_is_refused_and_a_removed_watch_is_silent(
    factory: CatalogueFactory, watches: Watches
) -> None:
    with pytest.raises(SettingsError, match="no word"):
        watches.add("—!")
    (held,) = put(factory, 1, HOLDING)
    watch = watches.add('Jang "Song" Thaek')
    watches.remove(watch.watch_id)
    cut(factory, held, at=NOON + DAY)

    assert check_watches(watches) == 0
    assert watches.all() == []
    with pytest.raises(NotFoundError):
        watches.remove(watch.watch_id)
