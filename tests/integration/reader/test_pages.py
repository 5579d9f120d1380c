"""The public pages over a real PostgreSQL: what they show, and that nothing a reader sends breaks them."""

import html
import itertools
import json
import re
import socket
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NoReturn
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from services.reader.app import create_app
from services.reader.security import SECURITY_HEADERS
from services.reader.settings import ReaderSettings
from shared.errors import TryAgainError
from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from shared.ledger.watches import Watches
from tests.support.asgi import ask
from tests.support.catalogue_samples import UNION
from tests.support.demo_archive import filled_ledger
from tests.support.served import served

LISTS = (
    *("/", "/sources", "/source/naenara-en", "/search", "/edits", "/removals", "/about"),
    *("/watches", "/coverage", "/coverage/naenara-en", "/days", "/days/2026-03", "/days/2013-12"),
)
EXPORTS = (
    *("/latest.json", "/source/naenara-en.json", "/search.json", "/edits.json", "/removals.json"),
    *("/watches.json", "/coverage.json", "/coverage/naenara-en.json"),
)
STARTS = (
    *LISTS,
    "/article/",
    "/article/x/revision/",
    "/source/",
    "/static/",
    "/watches/",
    "/coverage/",
    "/days/",
)
NEVER_ALLOWED = ("script", "iframe", "object", "embed", "base", "style", "svg")


class Outline(HTMLParser):
    """Tags, attributes and headings of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.tags if attribute in attrs]

    def levels(self) -> list[int]:
        return [int(tag[1]) for tag, _ in self.tags if re.fullmatch(r"h[1-6]", tag)]


class SilentDatabase(Database):
    """A ledger that never answers."""

    def __init__(self) -> None:
        super().__init__("postgresql://nowhere")

    def transaction(self) -> NoReturn:
        raise TryAgainError("the ledger did not answer: it is away")


@pytest.fixture(scope="module")
def filled(postgres_url: str) -> Iterator[tuple[Database, dict[str, str]]]:
    """One filled ledger for all tests here: none of them writes."""
    with filled_ledger(postgres_url) as (database, ids):
        Watches(database).add("bridge")
        yield database, ids


@pytest.fixture(scope="module")
def app(filled: tuple[Database, dict[str, str]]) -> ASGIApp:
    return create_app(Catalogue(filled[0]), settings=ReaderSettings(articles_on_page=4, results_on_page=3))


@pytest.fixture(scope="module")
def ids(filled: tuple[Database, dict[str, str]]) -> dict[str, str]:
    return filled[1]


@pytest.fixture
def port(app: ASGIApp) -> Iterator[int]:
    """The application behind its real server."""
    with served(app) as port:
        yield port


@pytest.mark.parametrize("path", [*LISTS, *EXPORTS, "/nowhere", "/static/style.css", "/healthz", "/source/Ä"])
def test_every_answer_carries_the_security_headers(app: ASGIApp, path: str) -> None:
    answer = ask(app, path)

    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_every_page_is_well_made_and_loads_nothing_from_elsewhere(app: ASGIApp, ids: dict[str, str]) -> None:
    for path in (*LISTS, *(f"/article/{article_id}" for article_id in ids.values()), "/nowhere"):
        outline = Outline(ask(app, path).text)
        # Data in JSON is no script, whatever its element is called.
        tags = [tag for tag, attrs in outline.tags if attrs.get("type") != "application/ld+json"]

        assert not set(tags) & set(NEVER_ALLOWED), path
        assert all(
            not name.startswith("on") and name != "style" for _, attrs in outline.tags for name in attrs
        )
        assert outline.values("src") == []
        assert all(
            value.startswith("/")
            for tag, attrs in outline.tags
            if tag == "link"
            for value in [attrs["href"] or ""]
        )
        assert tags.count("h1") == 1
        assert tags.count("main") == 1
        levels = outline.levels()
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (
            path,
            levels,
        )
        assert len(outline.values("id")) == len(set(outline.values("id")))
        assert ("html", {"lang": "en"}) in outline.tags


def test_the_article_page_has_the_line_that_readers_know(app: ASGIApp, ids: dict[str, str]) -> None:
    text = ask(app, f"/article/{ids['union']}").text
    words = " ".join(re.sub(r"<[^>]+>", " ", text).split())

    assert "Date: 16/10/2021 Source: Naenara (En) Read original version at source" in words
    assert all(paragraph in words for paragraph in UNION.body[:3])
    assert "More From Naenara (En)" in words
    assert words.index("Evidence") < words.index("More From") < words.index("More Articles")
    assert 'rel="nofollow noopener noreferrer">Read original' in text


def test_the_article_page_shows_each_edit_with_its_words(app: ASGIApp, ids: dict[str, str]) -> None:
    text = ask(app, f"/article/{ids['union']}").text

    assert "<del>Chairman Marrek Oduvan</del><ins>Premier Sela Brandt</ins>" in text
    assert "sha256:" in text
    assert "urn:uuid:" in text
    assert "main/index/en/first?arg_val=leader3" in text  # its other address


def test_the_citation_names_the_revision_that_was_read(app: ASGIApp, ids: dict[str, str]) -> None:
    page = ask(app, f"/article/{ids['union']}", headers={"host": "archive.example"}).text
    cited = re.search(r'<p class="citation">(.*)</p>', page)

    assert cited is not None
    words = html.unescape(re.sub("<[^>]+>", "", cited[1]))
    assert words == (
        f"“{UNION.title}”. Naenara (En), 16 October 2021. Revision 2, first seen 9 March 2026, 19:00 UTC. "
        f"http://archive.example/article/{ids['union']}/revision/2"
    )


def test_an_earlier_revision_can_be_read_and_says_that_it_is_one(app: ASGIApp, ids: dict[str, str]) -> None:
    page = ask(app, f"/article/{ids['union']}/revision/1")

    assert "expressed great satisfaction" in page.text
    assert "This is revision 1 of 2" in page.text
    assert ask(app, f"/article/{ids['union']}/revision/9").status == 404


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("everyday-1", "Removed at source"),
        ("everyday-2", "Possibly removed"),
        ("arabic", "Removed and returned"),
    ],
)
def test_what_happened_at_the_source_stands_above_the_text(
    app: ASGIApp, ids: dict[str, str], name: str, words: str
) -> None:
    text = ask(app, f"/article/{ids[name]}").text

    assert text.index(words) < text.index("story-text")
    assert "say so" in text or "says so" in text


def test_titles_carry_their_language_and_direction(app: ASGIApp, ids: dict[str, str]) -> None:
    for name, attributes in (
        ("korean", ("ko", "auto")),
        ("chinese", ("zh", "auto")),
        ("arabic", ("ar", "rtl")),
    ):
        outline = Outline(ask(app, f"/article/{ids[name]}").text)
        (title,) = [attrs for tag, attrs in outline.tags if tag == "h1"]
        assert (title["lang"], title["dir"]) == attributes


def test_hostile_text_stays_text(app: ASGIApp, ids: dict[str, str]) -> None:
    page = ask(app, f"/article/{ids['hostile']}").text
    searched = ask(app, "/search", query=b"q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E{{7*7}}").text

    # Data in JSON is the one element of this name, and no text of a page can end it.
    assert [attrs for tag, attrs in Outline(page + searched).tags if tag == "script"] == [
        {"type": "application/ld+json"}
    ]
    assert (page + searched).count("<script") == 1
    assert "javascript:" not in "".join(Outline(page).values("href"))
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x07]", page)
    assert "{{7*7}}" in searched


def test_following_older_reaches_every_article_once(app: ASGIApp, ids: dict[str, str]) -> None:
    path, query, seen = "/", b"", []
    for _ in range(9):
        outline = Outline(ask(app, path, query=query).text)
        seen += [
            href.removeprefix("/article/") for href in outline.values("href") if href.startswith("/article/")
        ]
        following = [attrs["href"] or "" for _, attrs in outline.tags if attrs.get("rel") == "next"]
        if not following:
            break
        query = following[0].partition("?")[2].encode()

    assert sorted(seen) == sorted(ids.values())


def test_the_calendar_counts_what_the_lists_of_its_days_hold(app: ASGIApp) -> None:
    newest = ask(app, "/days").text
    counts = {
        day: int(number)
        for day, number in re.findall(
            r'href="/day/([\d-]+)"><span class="calendar-day">\d+</span> '
            r'<span class="calendar-count" aria-hidden="true">(\d+)<',
            newest,
        )
    }

    assert len(counts) == 7
    for day, count in counts.items():
        assert len(json.loads(ask(app, f"/day/{day}.json").body)["items"]) == count, day
    assert 'href="/days/2021-10"' in newest
    assert 'href="/days/2026-03"' in ask(app, "/days/2021-10").text
    assert "Nothing is kept yet" not in ask(app, "/days", query=b"source=mina-ar").text
    assert "Nothing is kept yet" in ask(app, "/days", query=b"source=quay").text


@pytest.mark.parametrize("month", ["2026-13", "0001-01", "9999-12", "2026-03-01", "x"])
def test_what_is_no_month_is_told(app: ASGIApp, month: str) -> None:
    assert ask(app, f"/days/{month}").status == 400


def test_search_finds_korean_in_the_other_spelling_and_marks_it(app: ASGIApp, ids: dict[str, str]) -> None:
    page = ask(app, "/search", query=b"q=" + quote("노동당").encode())

    assert f"/article/{ids['korean']}" in page.text
    assert "<mark>로동당</mark>" in page.text


def test_a_name_that_was_cut_is_found_and_labelled(app: ASGIApp, ids: dict[str, str]) -> None:
    page = ask(app, "/search", query=b"q=Oduvan")

    assert f"/article/{ids['union']}" in page.text
    assert "Only in an earlier revision" in page.text


@pytest.mark.parametrize("path", EXPORTS)
def test_each_export_is_a_list_with_the_address_of_its_next_part(app: ASGIApp, path: str) -> None:
    answer = ask(app, path, query=b"q=site:naenara-en")
    value = json.loads(answer.body)

    assert answer.headers["content-type"] == "application/json"
    assert value["items"]
    if value["next"]:
        following, _, query = value["next"].partition("?")
        more = json.loads(ask(app, following, query=query.encode()).body)["items"]
        assert more
        assert more[0] not in value["items"]


def test_the_export_of_an_article_holds_every_revision_with_its_capture(
    app: ASGIApp, ids: dict[str, str]
) -> None:
    value = json.loads(ask(app, f"/article/{ids['union']}.json").body)

    assert [revision["number"] for revision in value["revisions"]] == [1, 2]
    assert set(value) >= {"id", "source", "title", "published", "language", "url", "urls", "state"}
    for revision in value["revisions"]:
        assert set(revision["capture"]) >= {
            "warc_key", "offset", "length", "record_id", "payload_digest", "fetched_at", "status",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/article/no-such-id", b"", 404),
        ("/article/a\x00b", b"", 400),
        ("/article/" + "9" * 5000, b"", 400),
        ("/article/\ufffd", b"", 400),
        ("/article/x/revision/0", b"", 404),
        ("/article/x.json", b"", 404),
        ("/source/nobody", b"", 404),
        ("/source/../etc", b"", 404),
        ("/source/%00", b"", 400),
        ("/", b"before=junk", 400),
        ("/", b"before=999999999999999999.x", 400),
        ("/", b"before=1.%00", 400),
        ("/edits", b"before=1.notanumber", 200),
        ("/edits", b"before=1." + b"9" * 150, 200),
        ("/removals", b"before=\xff", 400),
        ("/", b"lang=%00", 400),
        ("/", b"lang=xx", 200),
        ("/search", b"q=%00", 200),
        ("/search", b"q=%ED%A0%80", 200),
        ("/search", b"q=" + b"a" * 60000, 200),
        ("/search", b"q=%27%3A*%26%7C%21%28", 200),
        ("/static/../app.py", b"", 404),
        ("/static/\x00", b"", 404),
        ("//", b"", 404),
    ],
)
def test_junk_gets_a_clear_answer(app: ASGIApp, path: str, query: bytes, status: int) -> None:
    answer = ask(app, path, query=query)

    assert answer.status == status
    if status >= 400 and not path.endswith(".json"):
        assert "<h1" in answer.text
        assert answer.headers["cache-control"] == "no-store"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(STARTS),
    rest=st.text(max_size=30),
    query=st.one_of(st.binary(max_size=60), st.binary(max_size=40).map(lambda junk: b"q=" + junk),
                    st.binary(max_size=40).map(lambda junk: b"before=" + junk)),
)  # fmt: skip
def test_no_address_is_ever_our_fault(app: ASGIApp, start: str, rest: str, query: bytes) -> None:
    path = (start + rest).encode("utf-8", "replace").decode()

    assert ask(app, path, query=query).status < 500


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=60))
def test_any_search_is_answered(app: ASGIApp, query: str) -> None:
    assert ask(app, "/search", query=b"q=" + quote(query, errors="replace").encode()).status == 200


def test_a_page_the_reader_has_is_not_sent_again(app: ASGIApp) -> None:
    first = ask(app, "/about")

    again = ask(app, "/about", headers={"If-None-Match": f'W/{first.headers["etag"]}, "other"'})

    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "max-age" in first.headers["cache-control"]


def test_the_style_sheet_is_kept_for_ever_under_the_address_that_pages_use(app: ASGIApp) -> None:
    (address,) = [
        value
        for value in Outline(ask(app, "/about").text).values("href")
        if value.endswith("css") or ".css?" in value
    ]
    path, _, query = address.partition("?")

    assert "immutable" in ask(app, path, query=query.encode()).headers["cache-control"]
    assert "immutable" not in ask(app, path).headers["cache-control"]


def test_nothing_can_be_sent_to_the_pages(app: ASGIApp) -> None:
    assert ask(app, "/", method="POST").status == 405
    assert ask(app, "/", method="HEAD").status == 200


def test_the_health_page_and_all_others_say_so_when_the_ledger_is_gone() -> None:
    app = create_app(Catalogue(SilentDatabase()), settings=ReaderSettings())

    answers = [ask(app, path) for path in ("/healthz", "/", "/latest.json")]

    assert [answer.status for answer in answers] == [503, 503, 503]
    assert answers[1].headers["retry-after"] == "10"
    assert "archive itself is safe" in answers[1].text
    assert json.loads(answers[2].body)["status"] == 503


def test_a_ledger_that_answers_is_healthy(app: ASGIApp) -> None:
    assert ask(app, "/healthz").body == b"ok\n"


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/article/%00", b"400"),
        (b"/article/%FF%FE", b"400"),
        (b"/article/..%2f..%2fetc%2fpasswd", b"404"),
        (b"/search?q=%FF%00%ED%A0%80", b"200"),
        (b"/?before=%00", b"400"),
        (b"/source/" + b"x" * 20_000, b"400"),
        (b"/about", b"200"),
    ],
)
def test_raw_bytes_on_the_wire_get_a_clear_answer(port: int, target: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        with connection.makefile("rb") as reply:
            line, head = reply.readline(), reply.read()

    assert line.split()[1] == status
    assert b"content-security-policy: default-src 'none'" in head
    assert b"server: uvicorn" not in head
