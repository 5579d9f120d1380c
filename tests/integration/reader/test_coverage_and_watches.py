"""Pages that say what could be seen, and what was noticed: silence is told apart from blindness."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from starlette.types import ASGIApp

from services.normalizer.watching import check_watches
from services.reader.app import create_app
from services.reader.settings import ReaderSettings
from shared.candidates import candidate
from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from shared.ledger.frontier import TargetKind
from shared.ledger.watches import Watches
from tests.support.asgi import ask
from tests.support.catalogue_factory import CatalogueFactory, Text
from tests.support.ledger import accept, put_source

DAY = timedelta(days=1)
BODY = ("Comrade Jang Song Thaek visited the fleet.", "A band played until the rain set in.")
CUT = ("The fleet was visited.", BODY[1])


@pytest.fixture
def seen(database: Database) -> dict[str, str]:
    """A source with a day of articles, a silent and a blind one; another that was never looked at; an alarm."""
    now = datetime.now(UTC)
    put_source(database)
    put_source(database, "quay")
    accept(database, [candidate("http://harbour.example/list", TargetKind.LISTING)])
    factory = CatalogueFactory(database)
    for days, status in ((3, 200), (2, 200), (1, 503)):
        _, capture = factory.capture(
            "harbour", "http://harbour.example/list", at=now - days * DAY, status=status
        )
        with database.transaction() as ledger:
            ledger.run("update captures set kind = 'listing' where capture_id = %(id)s", {"id": capture})
    with database.transaction() as ledger:
        ledger.run("update sources set added_at = %(at)s", {"at": now - 3 * DAY})
    published = f"{now - 3 * DAY:%Y-%m-%d}"
    article = factory.article(
        "harbour", Text(title="Fleet visited", body=BODY, published=published), at=now - 3 * DAY
    )
    change = {"op": "replace", "from": BODY[0], "to": CUT[0]}
    factory.rewrite(
        article,
        Text(title="Fleet visited", body=CUT, published=published),
        at=now - 3 * DAY + timedelta(minutes=1),
        changes=[change],
    )
    with database.transaction() as ledger:
        ledger.run("update targets set accepted_at = %(at)s", {"at": now - 3 * DAY})
    watch = Watches(database).add("Jang Song Thaek", others=["장성택"])
    check_watches(Watches(database))
    return {"article": article, "watch": watch.watch_id}


@pytest.fixture
def app(database: Database) -> ASGIApp:
    return create_app(Catalogue(database), settings=ReaderSettings())


def test_the_overview_tells_silent_from_blind(app: ASGIApp, seen: dict[str, str]) -> None:
    page = ask(app, "/coverage").text
    harbour, quay = sorted(
        json.loads(ask(app, "/coverage.json").body)["items"], key=lambda one: one["source"]
    )

    assert (harbour["seen"], harbour["silent"], harbour["blind"]) == (1, 1, 2)
    assert (quay["seen"], quay["silent"], quay["blind"]) == (0, 0, 4)
    assert (
        "1 with articles, 1 silent (its lists answered, with nothing new), 2 blind (no list answered" in page
    )
    assert page.count('<li class="mark-blind"') == 6


def test_a_source_has_a_row_for_each_day_with_the_reason(app: ASGIApp, seen: dict[str, str]) -> None:
    page = ask(app, "/coverage/harbour").text
    export = json.loads(ask(app, "/coverage/harbour.json").body)

    assert [day["verdict"] for day in export["items"]] == ["blind", "blind", "silent", "seen"]
    assert "1 look failed: the host answered 503" in page
    assert "no look at any list" in page
    assert page.count('<th scope="row">') == 4


def test_a_search_that_finds_nothing_says_what_could_be_seen(app: ASGIApp, seen: dict[str, str]) -> None:
    everywhere = ask(app, "/search", query=b"q=lighthouse").text
    there = ask(app, "/search", query=b"q=lighthouse+site:quay").text
    export = json.loads(ask(app, "/search.json", query=b"q=lighthouse+site:quay").body)

    assert "What could be seen" in everywhere
    assert everywhere.count("blind (no list answered") == 2
    assert there.count("blind (no list answered") == 1
    assert [one["source"] for one in export["coverage"]] == ["quay"]


def test_a_search_that_finds_something_claims_nothing(app: ASGIApp, seen: dict[str, str]) -> None:
    assert "What could be seen" not in ask(app, "/search", query=b"q=fleet").text
    assert "coverage" not in json.loads(ask(app, "/search.json", query=b"q=fleet").body)


def test_an_empty_ledger_of_removals_says_what_could_be_seen(app: ASGIApp, seen: dict[str, str]) -> None:
    assert "What could be seen" in ask(app, "/removals").text
    assert len(json.loads(ask(app, "/removals.json").body)["coverage"]) == 2
    assert "What could be seen" not in ask(app, "/edits").text


def test_a_watch_is_found_by_its_id_and_by_each_spelling(app: ASGIApp, seen: dict[str, str]) -> None:
    names = (seen["watch"], "jang song thaek", "장성택")
    # The same page, but for the links at its head and foot that lead to it in other languages.
    pages = {
        ask(app, f"/watches/{name}").text.partition("<main")[2].partition("</main>")[0] for name in names
    }

    assert len(pages) == 1
    [page] = pages
    assert "It left an article that had it" in page
    assert f'href="/article/{seen["article"]}"' in page
    assert "장성택" in page
    assert f'href="/article/{seen["article"]}/edit/' in page
    assert f"/feeds/alarms.atom?watch={seen['watch']}" in page


def test_all_watches_are_listed_with_their_alarms(app: ASGIApp, seen: dict[str, str]) -> None:
    export = json.loads(ask(app, "/watches.json").body)

    assert [(one["name"], one["articles"], one["alarms"]) for one in export["items"]] == [
        ("Jang Song Thaek", 1, 1)
    ]
    assert [one["kind"] for one in export["alarms"]] == ["name_left"]
    assert json.loads(ask(app, f"/watches/{seen['watch']}.json").body)["items"] == export["alarms"]
    assert f'href="/watches/{seen["watch"]}"' in ask(app, "/watches").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/coverage/nowhere", 404),
        ("/coverage/N%20", 400),
        ("/watches/nobody", 404),
        ("/watches/nobody.json", 404),
    ],
)
def test_what_is_not_there_is_said_so(app: ASGIApp, seen: dict[str, str], path: str, status: int) -> None:
    assert ask(app, path).status == status


def test_nothing_watched_and_nothing_followed_is_said(app: ASGIApp) -> None:
    assert "Nothing is watched for yet" in ask(app, "/watches").text
    assert "No source is followed yet" in ask(app, "/coverage").text


def test_an_edit_stands_with_both_wordings_side_by_side(app: ASGIApp, seen: dict[str, str]) -> None:
    article = ask(app, f"/article/{seen['article']}").text
    [address] = {part.split('"')[0] for part in article.split('href="') if "/edit/" in part.split('"')[0]}

    page = ask(app, address).text

    assert "Revision 1" in page
    assert "Revision 2" in page
    assert "<del>" in page
    assert ask(app, f"/article/{seen['article']}/edit/999999").status == 404
