"""Links out of listing pages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.crawler.traps import trap_reason
from shared.ledger.frontier import TargetKind
from tests.unit.crawler.samples import found, source, urls

KCNA = """<main><div class="article"><h5 class="block"><a href="/en/article/detail/0a1b">A
  <b>headline</b></a></h5><span><nobr>[2026.7.19.]</nobr></span></div>
<div class="article"><h5 class="block"><a href="/en/article/detail/2c3d">Another</a></h5>
<span><nobr>[2026.7.18.]</nobr></span></div></main>"""


def test_accepted_links_carry_headline_date_and_rule() -> None:
    discovery = found(KCNA, source("accept = ['/article/detail/[0-9a-f]+$']"))

    first = discovery.links[0]
    assert urls(discovery) == [
        "http://news.example/en/article/detail/0a1b",
        "http://news.example/en/article/detail/2c3d",
    ]
    assert (first.title, first.date, first.rule) == ("A headline", "[2026.7.19.]"[1:-2], "accept[0]")
    assert first.kind is TargetKind.ARTICLE


def test_follow_rules_give_lists_and_accept_comes_first() -> None:
    rules = source("accept = ['/a/']\nfollow = ['/en/']\nreject = ['/print']")

    discovery = found("<a href=/en/cat/x>c</a><a href=/en/a/1>a</a><a href=/en/print/1>p</a>", rules)

    assert [(link.url[19:], link.kind) for link in discovery.links] == [
        ("/en/cat/x", TargetKind.LISTING),
        ("/en/a/1", TargetKind.ARTICLE),
    ]
    assert discovery.rejected == {"reject": 1}


def test_without_accept_rules_every_deeper_link_of_the_site_is_an_article() -> None:
    page = """<a href="/story/1">s</a> <a href="/">home</a> <a href="/en/">list</a> <a href="/photo.JPG">p</a>
    <a href="http://elsewhere.example/story">e</a> <a href="http://www.news.example/story/2">w</a>
    <a href="#">t</a>"""

    discovery = found(page)

    assert urls(discovery) == ["http://news.example/story/1", "http://www.news.example/story/2"]
    assert discovery.rejected == {"home": 1, "known_list": 1, "no_page": 1, "other_site": 1, "fragment": 1}


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        (r"/story/\d+", False),
        (r".*story", False),
        (r"^https?://(www\.)?partner\.example/story/", True),
        (r"partner\.example/story/\d+$", True),
    ],
)
def test_another_site_is_taken_only_by_a_pattern_that_names_it(pattern: str, taken: bool) -> None:  # noqa: FBT001 (a case)
    discovery = found("<a href='http://partner.example/story/1'>x</a>", source(f"accept = ['{pattern}']"))

    assert bool(discovery.links) is taken


def test_a_bad_address_never_stops_the_links_after_it() -> None:
    page = """<a href="http://[broken">1</a><a href="http://a.b.c.%.com">2</a><a href="javascript:go()">3</a>
    <a href="MAILTO:x@y">4</a><a href="http://u:p@news.example/">5</a><a href="/good">6</a>"""

    discovery = found(page)

    assert urls(discovery) == ["http://news.example/good"]
    assert discovery.rejected == {"host": 2, "scheme": 2, "credentials": 1}


def test_relative_links_follow_the_first_usable_base_element() -> None:
    page = "<base href='javascript:x'><base href='/deep/er/'><base href='/other/'><a href=a>x</a>"

    assert urls(found(page)) == ["http://news.example/deep/er/a"]


def test_a_url_that_stands_twice_is_found_once_with_the_better_title() -> None:
    page = "<a href=/s/1><img src=x></a><a href=/s/1#top>Headline</a><a href=/s/1?utm_source=x>again</a>"

    discovery = found(page)

    assert [(link.url, link.title) for link in discovery.links] == [("http://news.example/s/1", "Headline")]


def test_links_in_attributes_are_made_by_their_template() -> None:
    rules = source(
        "accept = ['never']\n[[links.attributes]]\nattribute = 'onclick'\n"
        'pattern = \'fn_showArticle\\("(\\w+)", "", "(\\w+)"\'\ntemplate = \'/read?code={1}&kind={2}\''
    )
    page = """<li><a onclick='fn_showArticle("AR0125885", "", "NT00", "L")'>Title</a> 2021.10.16</li>
    <li><a onclick="other()">x</a></li>"""

    link = found(page, rules).links[0]

    assert link.url == "http://news.example/read?code=AR0125885&kind=NT00"
    assert (link.title, link.date, link.rule) == ("Title", "2021.10.16", "attributes[0]")


def test_opaque_query_addresses_are_kept_as_they_are() -> None:
    page = '<a href="index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAw">a</a>'

    assert urls(found(page)) == ["http://news.example/en/index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAw"]


@pytest.mark.parametrize(
    ("row", "date"),
    [
        ("<li><a href=/s/1>x</a> <i>2018-03-18</i></li>", "2018-03-18"),
        ("<li><a href=/s/1>x <i>18/03/2018</i></a></li>", "18/03/2018"),
        ("<li><a href=/s/1>x</a><b>[Juche113.12.14.]</b></li>", "Juche113.12.14"),
        ("<li><a href=/s/1>x</a>주체107(2018)년 2018년 3월 18일</li>", "2018년 3월 18"),
        ("<li><time datetime=2024-05-03T10:00Z>3 May</time><a href=/s/1>x</a></li>", "2024-05-03T10:00Z"),
        ("<li><a href=/s/1>x</a><p>May 3, 2024</p></li>", "May 3, 2024"),
        ("<div><a href=/s/1>x</a> <a href=/s/2>y</a> 2024-05-03</div>", None),
        ("<li><a href=/s/1>x</a></li><li><a href=/s/2>y</a> 2024-05-03</li>", None),
    ],
)
def test_the_date_of_the_row_is_found_and_no_other(row: str, date: str | None) -> None:
    assert found(f"<ul>{row}</ul>").links[0].date == date


def test_a_page_in_a_legacy_encoding_gives_its_titles_and_its_own_query_bytes() -> None:
    page = '<meta charset="euc-kr"><a href="/s?q=조선">로동신문</a>'.encode("cp949")

    link = found(page).links[0]

    assert link.title == "로동신문"
    assert link.url == "http://news.example/s?q=%C1%B6%BC%B1"


def test_frames_are_followed_only_by_rule() -> None:
    page = "<frameset><frame src='menu.htm'><frame src='/ads'></frameset>"

    assert urls(found(page)) == []
    assert urls(found(page, source("follow = ['menu\\.htm']"))) == ["http://news.example/en/menu.htm"]


def test_articles_give_links_only_to_sources_that_ask_for_them() -> None:
    page = "<a href=/story/2>more</a>"

    assert urls(found(page, kind=TargetKind.ARTICLE)) == []
    assert urls(found(page, source("from_articles = true"), kind=TargetKind.ARTICLE)) == [
        "http://news.example/story/2"
    ]


@pytest.mark.parametrize(
    "bomb",
    [
        "<a " + " ".join(f'x{number}="1"' for number in range(20_000)) + ">",
        "<a ' " + " ".join(f"x{number}=1" for number in range(20_000)) + ">",
        "<a ' " + " ".join(f'x{number}="<>"' for number in range(20_000)) + ">",
        "<div>" * 50_000,
        "<a '\"" * 50_000 + ">",
    ],
)
def test_a_page_that_would_bind_the_parser_still_gives_its_plain_links(bomb: str) -> None:
    assert "http://news.example/story/1?a=1&b=2" in urls(found('<a href="/story/1?a=1&amp;b=2">x</a>' + bomb))


@given(st.text(alphabet="<>a href=\"'/#?&;:%\\\n조base-!onclick", max_size=200), st.binary(max_size=60))
def test_no_page_raises(text: str, raw: bytes) -> None:
    found(text)
    found(raw + text.encode())


def test_a_path_that_runs_in_circles_or_a_url_beyond_8_kib_is_a_trap() -> None:
    assert trap_reason("http://news.example/a/b/a/b/a/b/a/b") == "path_loop"
    assert trap_reason("http://news.example/" + "a" * 8200) == "too_long"
    assert trap_reason("http://news.example/2011/11/11/11/11/headline") is None
    assert trap_reason("http://news.example/a/a/a") is None
    assert trap_reason("http://news.example//////////") is None
