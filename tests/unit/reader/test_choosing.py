"""Which language and zone a reader gets, and that they stay on the links of a page."""

from datetime import UTC, date, datetime
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from services.reader.choosing import Choice, accepted_tag, addresses_of, choice_of, program_words, tag_of
from services.reader.errors import BadAddressError
from services.reader.tongues import TAGS, tongue
from services.reader.words import Words

RANGES = st.sampled_from(["en", "ko", "ko-KR", "zh", "zh-TW", "zh-Hans-CN", "fr", "*", "x", "kok", "EN-gb"])
WEIGHTS = st.sampled_from(["", ";q=1", ";q=0.5", "; q=0.001", ";q=0", ";q=1.1", ";q=x", ";level=1"])
LIKELY = st.lists(st.builds("".join, st.tuples(RANGES, WEIGHTS))).map(", ".join)


def asked(path: str = "/", query: str = "", accept: str = "") -> Request:
    headers = [(b"accept-language", accept.encode("latin-1"))] if accept else []
    return Request(
        {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    )


@given(st.one_of(st.text(), LIKELY))
@example("ko;q=0.5;q=1,,;,*;q=")
def test_any_header_gives_one_of_the_languages(header: str) -> None:
    assert accepted_tag(header) in TAGS


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "en"),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", "ko"),
        ("en;q=0.5, ko;q=0.9", "ko"),
        ("zh-TW,zh;q=0.9", "zh-Hans"),
        ("fr-FR, de;q=0.9", "en"),
        ("fr, ko;q=0.1", "ko"),
        ("en;q=0, *;q=0.5", "ko"),
        ("ko;q=0, *", "en"),
        ("*;q=0", "en"),
        ("ko;q=0", "en"),
        ("kok", "en"),
        ("ko;q=1.5, zh;q=0.1", "zh-Hans"),
        ("KO;Q=0.2", "ko"),
        ("en, ko", "en"),
        ("ko, en", "ko"),
        ("zh-Hant;q=0.2, zh-Hans;q=0.9, ko;q=0.5", "zh-Hans"),
    ],
)
def test_the_weights_of_the_header_decide(header: str, tag: str) -> None:
    assert accepted_tag(header) == tag


@given(st.text())
def test_any_language_is_one_of_ours_or_none(language: str) -> None:
    assert tag_of(language) in (*TAGS, None)


def test_the_address_goes_before_the_header() -> None:
    assert choice_of(asked(query="hl=ko", accept="zh")).tag == "ko"
    assert choice_of(asked(query="hl=zh-CN", accept="ko")).tag == "zh-Hans"
    assert choice_of(asked(accept="zh")).chosen == ()


@pytest.mark.parametrize(
    "query", ["hl=fr", "hl=..", "tz=Asia/Atlantis", "tz=../../etc/passwd", "tz=/etc/localtime"]
)
def test_what_there_is_not_is_refused_and_its_page_is_made_without(query: str) -> None:
    with pytest.raises(BadAddressError):
        choice_of(asked(query=query))

    choice = choice_of(asked(query=query, accept="ko"), strict=False)
    assert (choice.tag, choice.zone, choice.chosen) == ("ko", "UTC", ())


def test_programs_are_told_in_english_unless_they_name_a_language() -> None:
    assert program_words(asked(accept="ko")).tongue.tag == "en"
    assert program_words(asked(query="hl=ko")).tongue.tag == "ko"
    with pytest.raises(BadAddressError):
        program_words(asked(query="hl=fr"))


@given(st.text(), st.text())
def test_an_address_keeps_what_else_is_asked(path: str, words: str) -> None:
    request = asked(path=f"/{path}")
    request.scope["query_string"] = (
        b"q=" + "".join(f"%{byte:02x}" for byte in words.encode("utf-8", "replace")).encode()
    )

    address = addresses_of(request)((("hl", "ko"),))

    assert address.isascii()
    found = parse_qs(urlsplit(f"http://x{address}").query, keep_blank_values=True)
    assert found == {"q": [words.encode("utf-8", "replace").decode()], "hl": ["ko"]}


CHOICE = Choice(tag="ko", zone="Asia/Seoul", chosen=(("hl", "ko"), ("tz", "Asia/Seoul")))


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ('<a href="/">', '<a href="/?hl=ko&amp;tz=Asia/Seoul">'),
        (
            '<a class="x" href="/edits?lang=ko">',
            '<a class="x" href="/edits?lang=ko&amp;hl=ko&amp;tz=Asia/Seoul">',
        ),
        ('<a href="/article/1#edit-2">', '<a href="/article/1?hl=ko&amp;tz=Asia/Seoul#edit-2">'),
        ('<a href="/search?q=&#34;a&#34;">', '<a href="/search?q=&#34;a&#34;&amp;hl=ko&amp;tz=Asia/Seoul">'),
        (
            '<a href="/?hl=en&amp;tz=Asia/Seoul" hreflang="en">',
            '<a href="/?hl=en&amp;tz=Asia/Seoul" hreflang="en">',
        ),
        ('<a href="#content">', '<a href="#content">'),
        ('<a href="//elsewhere.example/">', '<a href="//elsewhere.example/">'),
        ('<a href="https://outlet.example/1">', '<a href="https://outlet.example/1">'),
        (
            '<a href="/timemap/link/http://outlet.example/">',
            '<a href="/timemap/link/http://outlet.example/">',
        ),
        ('<link href="/static/style.css">', '<link href="/static/style.css">'),
    ],
)
def test_links_to_other_pages_keep_the_choice(link: str, kept: str) -> None:
    assert CHOICE.keep_on_links(link) == kept


@given(st.text())
def test_foreign_text_stays_as_it_is(text: str) -> None:
    page = f'<p title="{escape(text)}">{escape(text)}</p>'

    assert CHOICE.keep_on_links(page) == page


@given(st.text(st.characters(exclude_characters="?&=", exclude_categories=["Cs"])))
def test_a_kept_address_is_the_same_place(place: str) -> None:
    page = CHOICE.keep_on_links(f'<a href="/x{escape(place)}">')
    address = unescape(page.removeprefix('<a href="').removesuffix('">'))

    assert address.replace("?hl=ko&tz=Asia/Seoul", "", 1) == f"/x{place}"


def in_language(tag: str, zone: str = "UTC") -> Words:
    zones = {"kcna": ZoneInfo("Asia/Pyongyang")}
    return Words(tongue=tongue(tag), zone=ZoneInfo(zone), zone_of=zones.get)


@pytest.mark.parametrize(
    ("tag", "day", "month", "short", "year", "moment"),
    [
        ("en", "9 March 2026", "March 2026", "09/03/2026", "2026", "9 March 2026, 12:05 UTC"),
        ("ko", "2026년 3월 9일", "2026년 3월", "2026. 3. 9.", "2026년", "2026년 3월 9일 12:05 UTC"),
        ("zh-Hans", "2026年3月9日", "2026年3月", "2026年3月9日", "2026年", "2026年3月9日 12:05 UTC"),
    ],
)
def test_dates_are_written_as_the_language_writes_them(  # noqa: PLR0917
    tag: str, day: str, month: str, short: str, year: str, moment: str
) -> None:
    words, at = in_language(tag), datetime(2026, 3, 9, 12, 5, tzinfo=UTC)

    assert (words.day(at.date()), words.month(at.date())) == (day, month)
    assert (words.short_date("2026-03-09"), words.short_date("2026")) == (short, year)
    assert (words.stated_date("2026-03-09"), words.stated_date("2026-03")) == (day, month)
    assert words.moment(at) == moment
    assert words.span(date(2026, 3, 9), date(2026, 3, 9)) == day


def test_a_time_is_told_in_the_zones_of_the_reader_and_of_the_source() -> None:
    late, early = datetime(2026, 3, 9, 16, 5, tzinfo=UTC), datetime(2026, 3, 9, 3, 5, tzinfo=UTC)

    assert in_language("en").moment(early, "kcna") == "9 March 2026, 03:05 UTC (at the source 12:05 UTC+9)"
    assert in_language("en").moment(late, "kcna").endswith("(at the source 10 March 2026, 01:05 UTC+9)")
    assert in_language("en", "Asia/Seoul").moment(early, "kcna") == "9 March 2026, 12:05 UTC+9"
    assert in_language("en", "America/St_Johns").moment(early) == "9 March 2026, 00:35 UTC−2:30"
    assert in_language("ko").moment(early, "kcna") == "2026년 3월 9일 03:05 UTC(출처 현지 12:05 UTC+9)"
    assert in_language("en").moment(early, "unknown") == "9 March 2026, 03:05 UTC"


def test_a_number_takes_the_plural_of_its_language() -> None:
    assert [in_language("en").articles(n) for n in (0, 1, 2078)] == [
        "0 articles",
        "1 article",
        "2,078 articles",
    ]
    assert [in_language("ko").articles(n) for n in (1, 2078)] == ["기사 1건", "기사 2,078건"]
    assert in_language("zh-Hans").all_of(["a", "b"]) == "a、b"
