"""Every list in every format, read by the libraries their readers use, with hostile text in them."""

import csv
import io
import json
import random
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import bibtexparser
import duckdb
import feedparser
import pytest
import rispy
from citeproc.source.json import CiteProcJSON
from starlette.types import ASGIApp

from services.reader import sending
from services.reader.app import create_app
from services.reader.settings import ReaderSettings
from services.reader.table_forms import safe_cell
from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from shared.ledger.watches import Watches
from tests.support.asgi import Answer, ask
from tests.support.catalogue_factory import NOON, CatalogueFactory, Text

BASE = "https://archive.example"
HOSTILE = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+1\tcmd|' /C calc'!A0",
    "  @SUM(1)",
    "＝1+1",
    "}\n\n@misc{evil, title = {Owned}}",
    "\\input{/etc/passwd} 100% #1 $x$ _y_ ~z^ {open",
    "ER  - \r\nTY  - BOOK\nTI  - Owned",
    '"],"evil":"',
    "]]></title><script>alert(1)</script>&bogus;\x00\x07\u202e\ufffe",
    "a\u2028b\u0085c",
)
LISTS = (
    "/latest", "/source/herald", "/day/2026-03-09", "/edits", "/removals", "/search?q=boat", "/sources",
    "/watches", "/watches/boat",
)  # fmt: skip
ARTICLE_LISTS = ("/latest", "/source/herald", "/day/2026-03-09", "/search?q=boat")


@pytest.fixture
def ids(database: Database) -> list[str]:
    """Hostile titles and bodies, one article edited and one removed."""
    factory = CatalogueFactory(database)
    factory.source("herald", "=cmd|'{Herald}' & Söhne", "en")
    factory.source("empty", "Nothing", "ko")
    Watches(database).add("boat")
    found = [
        factory.article(
            "herald", Text(title=title.replace("\x00", ""), body=["boat", title.replace("\x00", "")])
        )
        for title in HOSTILE
    ]
    changes = [{"op": "replace", "from": "boat", "to": HOSTILE[4]}]
    factory.rewrite(
        found[0], Text(title=HOSTILE[6], body=[HOSTILE[4]]), at=NOON + timedelta(1), changes=changes
    )
    factory.miss(found[1], "SUSPECT", at=NOON + timedelta(2))
    factory.miss(found[1], "GONE", at=NOON + timedelta(5))
    return found


@pytest.fixture
def app(database: Database, ids: list[str]) -> ASGIApp:
    return create_app(
        Catalogue(database), settings=ReaderSettings(public_url=BASE, articles_on_page=4, feed_entries=4)
    )


def get(app: ASGIApp, path: str, suffix: str, **headers: str) -> Answer:
    path, _, query = path.partition("?")
    answer = ask(app, path + suffix, query=query.encode(), headers=headers)
    assert answer.status in (200, 304), (path, suffix, answer.body)
    return answer


def json_rows(app: ASGIApp, path: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in get(app, path, ".jsonl").body.splitlines()]


@pytest.mark.parametrize("path", LISTS)
def test_the_tables_of_a_list_hold_the_same_rows(app: ASGIApp, path: str, tmp_path: Path) -> None:
    rows = json_rows(app, path)
    cells = list(csv.DictReader(io.StringIO(get(app, path, ".csv").body.decode(), newline="")))
    file = tmp_path / "list.parquet"
    file.write_bytes(get(app, path, ".parquet").body)
    columns = duckdb.sql(f"select * from '{file}' limit 0").columns
    counted = duckdb.sql(f"select count(*) from '{file}'").fetchall()

    assert len(rows) == len(cells) == counted[0][0]
    assert list(cells[0]) == columns if cells else columns
    if path in ARTICLE_LISTS:
        assert [row["id"] for row in rows] == [cell["id"] for cell in cells]
        titles = duckdb.sql(f"select title from '{file}'").fetchall()
        assert [row["title"] for row in rows] == [title for (title,) in titles]


def test_no_cell_of_a_csv_begins_a_formula(app: ASGIApp) -> None:
    for path in LISTS:
        for cells in csv.reader(io.StringIO(get(app, path, ".csv").body.decode(), newline="")):
            assert not [one for one in cells if one.lstrip().startswith(tuple("=+-@＝＋－＠"))]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\r@", " \u00a0+", "＝"])
def test_a_formula_is_made_text_and_a_word_stays_as_it_is(sign: str) -> None:
    assert safe_cell(sign + "1").startswith("'")
    assert safe_cell("Harbour = sea") == "Harbour = sea"


# `custom` is of CSL-JSON 1.0.2, which this reader does not know yet.
@pytest.mark.filterwarnings("ignore:The following arguments for Reference are unsupported. custom")
@pytest.mark.parametrize("path", ARTICLE_LISTS)
def test_bibliographies_hold_each_article_once_and_nothing_that_a_title_smuggles_in(
    app: ASGIApp, path: str
) -> None:
    count = len(json_rows(app, path))

    library = bibtexparser.parse_string(get(app, path, ".bib").text)
    ris = rispy.loads(get(app, path, ".ris").body.decode(), newline="\r\n")
    csl = json.loads(get(app, path, ".csl.json").body)

    assert count == len(HOSTILE)
    assert not library.failed_blocks
    assert len(library.entries) == len(ris) == len(csl) == count
    assert {entry["archived"] for entry in library.entries} == {one["custom"]["archived"] for one in csl}
    assert {one["type_of_reference"] for one in ris} == {"NEWS"}
    assert all(entry.entry_type == "misc" and entry.key != "evil" for entry in library.entries)
    assert len(CiteProcJSON(csl)) == count
    for one in csl:
        assert one["custom"]["archived"].startswith(f"{BASE}/article/")
        assert one["issued"] == {"date-parts": [[2026, 3, 9]]}


def test_one_article_is_cited_with_the_capture_of_its_wording(app: ASGIApp, ids: list[str]) -> None:
    (csl,) = json.loads(get(app, f"/article/{ids[0]}", ".csl.json").body)
    (entry,) = bibtexparser.parse_string(get(app, f"/article/{ids[0]}", ".bib").text).entries
    (ris,) = rispy.loads(get(app, f"/article/{ids[0]}", ".ris").body.decode(), newline="\r\n")

    assert (
        csl["custom"]["archived-date"]
        == entry["archived-date"]
        == f"{NOON + timedelta(1):%Y-%m-%dT%H:%M:%SZ}"
    )
    assert csl["URL"].startswith("http://herald.example/")
    assert ris["urls"] == [csl["URL"]] if "urls" in ris else ris["url"] == csl["URL"]
    assert ask(app, "/article/no-such.bib").status == 404


@pytest.mark.parametrize("path", LISTS)
def test_feed_readers_read_every_list_and_its_entries_agree(app: ASGIApp, path: str) -> None:
    feed = json.loads(get(app, path, ".feed.json").body)
    for suffix, version in ((".atom", "atom10"), (".rss", "rss20")):
        read = feedparser.parse(get(app, path, suffix).body)
        assert not read.bozo
        assert read.version == version
        assert [entry.id for entry in read.entries] == [item["id"] for item in feed["items"]]
        assert [link.href for link in read.feed.links if link.rel == "self"] == [
            feed["feed_url"].replace(".feed.json", suffix)
        ]
    assert b"<script" not in get(app, path, ".rss").body
    assert len(feed["items"]) <= 4


def test_a_feed_says_where_it_goes_on_until_every_article_was_told(app: ASGIApp) -> None:
    address, seen = f"{BASE}/latest.feed.json", []
    while address:
        path, _, query = address.removeprefix(BASE).partition("?")
        feed = json.loads(ask(app, path, query=query.encode()).body)
        seen += [item["id"] for item in feed["items"]]
        address = feed.get("next_url")

    assert len(seen) == len(set(seen)) == len(HOSTILE)


def test_every_form_has_its_type_a_name_and_a_tag_that_spares_the_second_answer(app: ASGIApp) -> None:
    for suffix, media_type in (
        (".csv", "text/csv"), (".jsonl", "application/jsonl"), (".bib", "application/x-bibtex"),
        (".parquet", "application/vnd.apache.parquet"), (".ris", "application/x-research-info-systems"),
    ):  # fmt: skip
        answer = get(app, "/latest", suffix)
        again = get(app, "/latest", suffix, **{"if-none-match": answer.headers["etag"]})

        assert answer.headers["content-type"].startswith(media_type)
        assert answer.headers["content-disposition"] == f'attachment; filename="pressmark-latest{suffix}"'
        assert "max-age" in answer.headers["cache-control"]
        assert (again.status, again.body) == (304, b"")


@pytest.fixture
def small_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_KNOWN_FIRST", 100)


def test_a_long_list_is_sent_while_it_is_read(app: ASGIApp, small_beginning: None) -> None:
    answer = get(app, "/latest", ".csv")

    assert "etag" not in answer.headers
    assert len(list(csv.reader(io.StringIO(answer.body.decode(), newline="")))) == len(HOSTILE) + 1


@pytest.mark.parametrize(
    ("query", "edits", "removals"),
    [
        ("source=herald", 1, 1),
        ("source=empty", 0, 0),
        ("lang=en", 1, 1),
        ("lang=ko", 0, 0),
        ("since=2026-03-10", 1, 1),
        ("since=2027-01-01", 0, 0),
        ("class=wording&silent=true", 1, 1),
        ("class=name", 0, 1),
    ],
)
def test_page_and_exports_of_a_ledger_keep_to_the_same_filters(
    app: ASGIApp, query: str, edits: int, removals: int
) -> None:
    for path, count in (("/edits", edits), ("/removals", removals)):
        page = ask(app, path, query=query.encode()).text
        assert page.count('class="entry"') == count
        assert len(json_rows(app, f"{path}?{query}")) == count
        assert len(json.loads(get(app, f"{path}?{query}", ".json").body)["items"]) == count
        assert f'href="{path}.csv?{query}"'.replace("&", "&amp;") in page


@pytest.mark.parametrize("query", [b"since=yesterday", b"silent=maybe", b"class=%00", b"source=%2e%2e"])
def test_a_filter_that_means_nothing_is_refused_in_words(app: ASGIApp, query: bytes) -> None:
    for suffix in ("", ".json", ".csv", ".parquet", ".atom"):
        assert ask(app, f"/edits{suffix}", query=query).status == 400


def test_a_day_holds_its_articles_and_leads_to_the_days_around_it(app: ASGIApp) -> None:
    page = ask(app, "/day/2026-03-09").text

    assert 'href="/day/2026-03-08"' in page
    assert len(json_rows(app, "/day/2026-03-09")) == len(HOSTILE)
    assert json_rows(app, "/day/2026-03-08") == json_rows(app, "/day/2026-03-10") == []
    assert ask(app, "/day/2026-02-30").status == ask(app, "/day/0001-01-01").status == 400


def test_a_page_names_every_form_of_its_list(app: ASGIApp) -> None:
    for path in LISTS:
        address, _, query = path.replace("/latest", "/").partition("?")
        page = ask(app, address, query=query.encode()).text
        for suffix in (".json", ".csv", ".jsonl", ".parquet", ".bib", ".ris", ".csl.json", ".atom", ".rss"):
            assert f'{suffix}{"?" if query else ""}{query}">' in page, (path, suffix)


SUFFIXES = (
    "",
    ".json",
    ".csv",
    ".jsonl",
    ".parquet",
    ".bib",
    ".ris",
    ".csl.json",
    ".atom",
    ".rss",
    ".feed.json",
    ".x",
)
PLACES = (
    *(path.partition("?")[0] for path in LISTS), "/feeds/all", "/feeds/x", "/article/x", "/source/x", "/day/x",
    "/day/9999-12-31", "/watches/\x00", "/coverage/herald", "/robots.txt", "/sitemap", "/opensearch",
)  # fmt: skip
JUNK = (
    "",
    "0",
    "%00",
    "%ff",
    "1.x",
    "-999999999999999999.x",
    "9" * 40,
    "true",
    "2026-03-09",
    "%ED%A0%80",
    "'",
    "*",
)
NAMES = ("before", "lang", "source", "class", "silent", "since", "watch", "q", "v", "%00")


def random_request(rng: random.Random) -> tuple[str, bytes]:
    path = rng.choice(PLACES) + rng.choice(SUFFIXES)
    if rng.random() < 0.3:
        cut = rng.randrange(len(path) + 1)
        path = path[:cut] + chr(rng.choice((0, 37, 46, 47, 0x7F, 0xE9, 0x202E, 0xAC00, 0x1F600))) + path[cut:]
    asked = "&".join(f"{rng.choice(NAMES)}={rng.choice(JUNK)}" for _ in range(rng.randrange(4)))
    return path, asked.encode()


def no_fault(app: ASGIApp, count: int, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(count):
        path, query = random_request(rng)
        method = rng.choice(("GET", "GET", "GET", "HEAD", "POST"))
        answer = ask(app, path, query=query, method=method)
        assert answer.status < 500, (method, path, query)


def test_no_address_of_the_machine_routes_is_ever_our_fault(app: ASGIApp) -> None:
    no_fault(app, 500, seed=7)


@pytest.mark.long
def test_ten_thousand_random_addresses_are_never_our_fault(app: ASGIApp) -> None:
    no_fault(app, 10_000, seed=8)


def test_every_feed_of_events_is_rss_too(app: ASGIApp) -> None:
    for name in ("all", "articles", "edits", "removals", "alarms"):
        root = ET.fromstring(get(app, f"/feeds/{name}", ".rss").body)
        assert root.tag == "rss"
