"""The feeds over a real PostgreSQL: readable by a feed reader, stable, and harmless whatever they carry."""

import json
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import feedparser
import pytest
from starlette.types import ASGIApp

from services.normalizer.watching import check_watches
from services.reader.app import create_app
from services.reader.settings import ReaderSettings
from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from shared.ledger.watches import Watches
from tests.support.asgi import ask
from tests.support.catalogue_factory import NOON, CatalogueFactory, Text

DAY = timedelta(days=1)
BODY = ("Comrade Jang Song Thaek visited the fleet.", "A band played until the rain set in.")
CUT = ("The fleet was visited.", BODY[1])
HOSTILE = '</title><script>alert(1)</script>{{7*7}}\x07\u202e"><img onerror=x>]]>&amp;'
NAMES = ("all", "articles", "edits", "removals", "alarms")


@pytest.fixture
def happened(database: Database) -> dict[str, str]:
    """An article found, edited and removed, one of another source, one with a hostile title, and an alarm."""
    factory = CatalogueFactory(database)
    factory.source("herald", "Quay Herald", "en")
    factory.source("post", "<Post> & \x1b[31mCo", "ko")
    ids = {
        "edited": factory.article("herald", Text(title="Fleet visited", body=BODY)),
        "hostile": factory.article(
            "post", Text(title=HOSTILE, body=BODY, language="ko"), url="javascript:alert(1)//http://x"
        ),
    }
    changes = [{"op": "replace", "from": BODY[0], "to": CUT[0] + "\x0b<script>"}]
    factory.rewrite(ids["edited"], Text(title="Fleet visited", body=CUT), at=NOON + DAY, changes=changes)
    factory.miss(ids["edited"], "SUSPECT", at=NOON + 2 * DAY)
    factory.miss(ids["edited"], "GONE", at=NOON + 5 * DAY)
    ids["watch"] = Watches(database).add("Jang Song Thaek").watch_id
    check_watches(Watches(database))
    return ids


@pytest.fixture
def app(database: Database) -> ASGIApp:
    return create_app(Catalogue(database), settings=ReaderSettings(public_url="https://archive.example"))


@pytest.mark.parametrize("name", NAMES)
def test_a_feed_reader_reads_every_feed_without_a_complaint(
    app: ASGIApp, happened: dict[str, str], name: str
) -> None:
    answer = ask(app, f"/feeds/{name}.atom")

    read = feedparser.parse(answer.body, response_headers={"content-type": answer.headers["content-type"]})
    assert not read.bozo
    assert read.version == "atom10"
    assert read.entries
    for entry in read.entries:
        assert entry.id.startswith("urn:uuid:")
        assert datetime.fromisoformat(entry.updated).tzinfo is not None
        assert entry.link.startswith("https://archive.example/")
        assert entry.title
        assert entry.author


@pytest.mark.parametrize("name", NAMES)
def test_the_json_feed_tells_the_same_under_the_same_ids(
    app: ASGIApp, happened: dict[str, str], name: str
) -> None:
    feed = json.loads(ask(app, f"/feeds/{name}.json").body)
    atom = feedparser.parse(ask(app, f"/feeds/{name}.atom").body)

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"https://archive.example/feeds/{name}.json"
    assert [item["id"] for item in feed["items"]] == [entry.id for entry in atom.entries]
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])


def test_an_edit_is_told_with_its_words_and_the_record_that_proves_it(
    app: ASGIApp, happened: dict[str, str]
) -> None:
    (edit,) = json.loads(ask(app, "/feeds/edits.json").body)["items"]

    assert "− Comrade Jang Song Thaek visited the fleet." in edit["content_text"]
    assert "+ The fleet was visited." in edit["content_text"]
    assert "Record: urn:uuid:" in edit["content_text"]
    assert edit["url"].endswith(f"/article/{happened['edited']}")


def test_an_alarm_is_told_under_the_name_that_left(app: ASGIApp, happened: dict[str, str]) -> None:
    (alarm,) = json.loads(ask(app, "/feeds/alarms.json").body)["items"]

    assert alarm["title"] == "“Jang Song Thaek” left Fleet visited"


@pytest.mark.parametrize("form", ["atom", "json"])
def test_hostile_text_stays_text(app: ASGIApp, happened: dict[str, str], form: str) -> None:
    answer = ask(app, f"/feeds/all.{form}")

    shown = (
        answer.text if form == "atom" else "".join(item["title"] for item in json.loads(answer.body)["items"])
    )
    if form == "atom":
        ET.fromstring(answer.body)
        assert "<script" not in shown
    assert not any(mark in shown for mark in "\x07\x0b\x1b\u202e")
    assert 'href="javascript' not in answer.text
    assert '"external_url":"javascript' not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_feed_keeps_to_a_source_a_language_and_a_watch(app: ASGIApp, happened: dict[str, str]) -> None:
    def articles(query: bytes) -> set[str]:
        items = json.loads(ask(app, "/feeds/all.json", query=query).body)["items"]
        return {item["_pressmark"]["article"] for item in items}

    both = {happened["edited"], happened["hostile"]}
    assert articles(b"") == both
    assert articles(b"source=herald") == {happened["edited"]}
    assert articles(b"lang=ko") == {happened["hostile"]}
    assert articles(b"watch=" + happened["watch"].encode()) == both
    assert articles(b"watch=aaaaaaaa") == set()


def test_a_feed_that_did_not_change_is_not_sent_again(app: ASGIApp, happened: dict[str, str]) -> None:
    for form in ("atom", "json"):
        first = ask(app, f"/feeds/all.{form}")

        again = ask(app, f"/feeds/all.{form}", headers={"If-None-Match": first.headers["etag"]})

        assert (first.status, again.status, again.body) == (200, 304, b"")


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/feeds/none.atom", b"", 404),
        ("/feeds/none.json", b"", 404),
        ("/feeds/all.atom", b"source=%00", 400),
        ("/feeds/all.atom", b"watch=%27", 400),
        ("/feeds/all.json", b"lang=1", 400),
        ("/feeds/all.json", b"source=nobody", 200),
    ],
)
def test_junk_gets_a_clear_answer(app: ASGIApp, path: str, query: bytes, status: int) -> None:
    assert ask(app, path, query=query).status == status


@pytest.mark.parametrize("host", ["archive.example", 'x"><script>', "\x7f\xff", "[::1", ""])
def test_without_a_set_address_whatever_host_is_asked_for_breaks_nothing(
    database: Database, happened: dict[str, str], host: str
) -> None:
    app = create_app(Catalogue(database), settings=ReaderSettings())

    atom = ask(app, "/feeds/all.atom", headers={"Host": host})
    feed = ask(app, "/feeds/all.json", headers={"Host": host})

    assert (atom.status, feed.status) == (200, 200)
    assert "<script" not in atom.text
    ET.fromstring(atom.body)
    assert json.loads(feed.body)["items"]
