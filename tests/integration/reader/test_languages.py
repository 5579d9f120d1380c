"""The pages in three languages over a real ledger: chosen by address or header, kept, and marked for caches."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from urllib.parse import unquote

import pytest
from starlette.types import ASGIApp

from services.reader.app import create_app
from services.reader.choosing import accepted_tag
from services.reader.phrase_sources import said
from services.reader.settings import ReaderSettings
from services.reader.tongues import TAGS
from shared.ledger.catalogue import Catalogue
from shared.ledger.database import Database
from tests.support.asgi import Answer, ask
from tests.support.demo_archive import add_coverage_and_alarms, filled_ledger

PATHS = (
    *("/", "/sources", "/source/naenara-en", "/days", "/days/2026-03", "/day/2026-03-09", "/day/1999-01-01"),
    *("/edits", "/removals", "/watches", "/coverage", "/coverage/naenara-en", "/about", "/verify"),
    *(
        "/search",
        "/search?q=harbour",
        "/search?q=nothing-of-this",
        "/search?q=site:nix+lang:xx+changed:foo+from:1",
    ),
    *("/capture/1", "/nowhere", "/article/none", "/days/x"),
)
_LINK = re.compile(r'<a [^>]*?href="(/[^"]*)"')
_TEXT = re.compile(r"<(code|pre|script)\b.*?</\1>|<[^>]*>", re.DOTALL)


@pytest.fixture(scope="module")
def filled(postgres_url: str) -> Iterator[tuple[Database, dict[str, str]]]:
    with filled_ledger(postgres_url) as (database, ids):
        add_coverage_and_alarms(database)
        with database.transaction() as ledger:
            zone = 'timezone = "Asia/Pyongyang"'
            ledger.run(
                "update sources set definition = %(text)s where source_id = 'naenara-en'", {"text": zone}
            )
        yield database, ids


@pytest.fixture(scope="module")
def app(filled: tuple[Database, dict[str, str]]) -> ASGIApp:
    settings = ReaderSettings(public_url="https://archive.example", replay_url="https://replay.example")
    return create_app(Catalogue(filled[0]), settings=settings)


@pytest.fixture(scope="module")
def paths(filled: tuple[Database, dict[str, str]]) -> tuple[str, ...]:
    ids = filled[1]
    return (
        *PATHS,
        f"/article/{ids['union']}",
        f"/article/{ids['union']}/revision/1",
        f"/article/{ids['korean']}",
    )


def asked(app: ASGIApp, address: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Ask for a path with its query, as a link has it."""
    path, _, query = address.partition("?")
    return ask(app, unquote(path), query=query.encode(), headers=headers)


def with_query(path: str, query: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{query}"


@pytest.mark.parametrize("tag", TAGS)
def test_a_page_says_its_language_to_browsers_and_caches(
    app: ASGIApp, paths: tuple[str, ...], tag: str
) -> None:
    for path in paths:
        chosen, accepted = (
            asked(app, with_query(path, f"hl={tag}")),
            asked(app, path, {"accept-language": f"fr, {tag}"}),
        )

        for page in (chosen, accepted):
            assert f'<html lang="{tag}">' in page.text, path
            assert page.headers["content-language"] == tag
            assert page.headers["vary"] == "Accept-Language"


def test_a_copy_in_one_language_is_not_good_for_another(app: ASGIApp) -> None:
    english = asked(app, "/about", {"accept-language": "en"})
    known = {"if-none-match": english.headers["etag"]}

    assert asked(app, "/about", {**known, "accept-language": "en"}).status == 304
    again = asked(app, "/about", {**known, "accept-language": "ko"})
    assert again.status == 200
    kept = asked(app, "/about", {"if-none-match": again.headers["etag"], "accept-language": "ko"})
    assert (kept.status, kept.headers["vary"], kept.headers["content-language"]) == (
        304,
        "Accept-Language",
        "ko",
    )


@pytest.mark.parametrize("tag", ["ko", "zh-Hans"])
def test_no_sentence_of_a_page_stays_english(app: ASGIApp, paths: tuple[str, ...], tag: str) -> None:
    texts = [
        text for one in said() if one.id for text in (one.id if isinstance(one.id, tuple) else (one.id,))
    ]
    parts = {part.strip() for text in texts for part in re.split(r"%\(\w+\)s|<[^>]*>", text)}
    english = {part for part in parts if len(part.split()) > 2 and not part.startswith(("http", "/"))}

    for path in paths:
        page = unescape(_TEXT.sub(" ", asked(app, with_query(path, f"hl={tag}")).text))
        assert not {part for part in english if part in page}, path


def test_every_link_to_a_page_keeps_what_was_chosen(app: ASGIApp, paths: tuple[str, ...]) -> None:
    for path in paths:
        links = _LINK.findall(asked(app, with_query(path, "hl=ko&tz=Asia/Seoul")).text)
        ours = [one for one in map(unescape, links) if not one.startswith("/timemap/")]

        assert len(ours) > 8, path
        assert [
            one for one in ours if "tz=Asia/Seoul" not in one or not re.search("hl=(ko|en|zh-Hans)", one)
        ] == []
        others = asked(app, path).text
        assert not [one for one in _LINK.findall(others) if "tz=" in one], path


def test_a_page_names_its_other_languages_by_whole_addresses(app: ASGIApp) -> None:
    text = asked(app, "/search?q=a%26b&tz=Asia/Seoul&hl=ko").text
    named = dict(re.findall(r'<link rel="alternate" hreflang="([^"]*)" href="([^"]*)">', text))

    place = "https://archive.example/search?q=a%26b"
    assert {tag: unescape(address) for tag, address in named.items()} == {
        **{tag: f"{place}&hl={tag}" for tag in TAGS},
        "x-default": place,
    }
    assert "hreflang" not in asked(app, "/nowhere").text.partition("<body")[0]


def test_times_stand_in_the_zones_of_the_reader_and_of_the_source(
    app: ASGIApp, filled: tuple[Database, dict[str, str]]
) -> None:
    article = f"/article/{filled[1]['union']}"

    assert re.search(r"\d\d:\d\d UTC \(at the source [^)]*UTC\+9\)</time>", asked(app, article).text)
    there = asked(app, f"{article}?tz=Asia/Seoul").text
    assert re.search(r'<time datetime="[^"]*\+00:00">[^<]*\d\d:\d\d UTC\+9</time>', there)
    assert "at the source" not in there


@pytest.mark.parametrize("query", ["hl=fr", "tz=Mars/Olympus", "hl=%00", "tz=..%2F..%2Fetc%2Fpasswd"])
def test_a_language_or_zone_that_there_is_not_is_told_of(app: ASGIApp, query: str) -> None:
    page = asked(app, f"/about?{query}", {"accept-language": "ko"})

    assert page.status == 400
    assert page.headers["content-language"] == "ko"
    assert accepted_tag("ko") == "ko"


@pytest.mark.parametrize(
    ("path", "english", "korean"),
    [
        ("/feeds/edits.atom", "Edits", "수정"),
        ("/edits.atom", "Edited: ", "수정: "),
        ("/removals.feed.json", "Removals", "삭제"),
        ("/coverage.json", "days", "일간"),
        ("/search.json?q=site:nix+a", "No source has this name.", "그런 이름의 출처가 없습니다."),
        ("/article/none.json", "No article is kept", "보존된 기사가 없습니다"),
    ],
)
def test_programs_are_told_in_english_unless_they_name_a_language(
    app: ASGIApp, path: str, english: str, korean: str
) -> None:
    plain = asked(app, path, {"accept-language": "ko"}).text

    assert english in plain
    assert korean not in plain
    told = asked(app, with_query(path, "hl=ko")).text
    assert korean in told
    assert "hl=ko" in told or ".atom" not in path  # a feed names its own address
