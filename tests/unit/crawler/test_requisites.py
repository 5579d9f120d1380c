"""Pictures and style sheets of articles, for sources that want them."""

from services.crawler.discovery import discover
from services.crawler.links import Discovery, ListPage
from services.crawler.requisites import page_requisites
from shared.ledger.frontier import TargetKind
from shared.sources import SourceFile, load_source
from tests.unit.crawler.samples import source

PAGE = """<html><head><base href="/en/"><link rel="Stylesheet" href="style.css">
<link rel="shortcut icon" href="/i.ico">
<link rel=canonical href=/en/1></head><body><img src="one.jpg"><img src="one.jpg">
<img src="data:image/gif;base64,R0"
data-src="/late.jpg"><picture><source srcset="wide.webp 2x, narrow.webp">
<img src="http://cdn.elsewhere.example/x.png">
</picture><img src=""><img src="javascript:x"><a href="/en/story/2">next</a></body></html>"""


def wanting(**values: object) -> SourceFile:
    plain = source()
    return plain.model_copy(
        update={"requisites": plain.requisites.model_copy(update={"capture": True, **values})}
    )


def found_on(text: str, rules: SourceFile) -> Discovery:
    page = ListPage(
        url="http://news.example/en/1", kind=TargetKind.ARTICLE, content_type="text/html", body=text.encode()
    )
    return discover(page, rules)


def test_an_article_of_a_source_that_wants_them_gives_its_pictures_and_styles() -> None:
    discovery = found_on(PAGE, wanting())

    assert [link.url.removeprefix("http://news.example") for link in discovery.links] == [
        "/en/style.css",
        "/i.ico",
        "/en/one.jpg",
        "/late.jpg",
        "/en/wide.webp",
    ]
    assert {link.kind for link in discovery.links} == {TargetKind.REQUISITE}
    assert discovery.rejected == {"other_site": 1, "scheme": 1}


def test_other_sources_ask_for_no_picture() -> None:
    assert found_on(PAGE, source()).links == ()


def test_of_a_page_with_many_pictures_the_first_are_taken_and_styles_before_them() -> None:
    many = "".join(f"<img src=/{number}.png>" for number in range(600)) + "<link rel=stylesheet href=/s.css>"

    links = found_on(many, wanting(most_of_page=3)).links

    assert [link.url[19:] for link in links] == ["/s.css", "/0.png", "/1.png"]


def test_a_page_that_would_keep_the_parser_busy_gives_none() -> None:
    page = ListPage(
        url="http://news.example/1",
        kind=TargetKind.ARTICLE,
        content_type="text/html",
        body=b"<div>" * 100_000 + b"<img src=/1.png>",
    )

    assert page_requisites(page, most=10) == []


def test_a_source_file_says_that_they_are_wanted() -> None:
    text = """id = "harbour-en"
name = "Harbour"
language = "en"
home = "http://harbour.example/"
[[lists]]
url = "http://harbour.example/news"
kind = "listing"
[requisites]
capture = true
"""

    assert load_source(text).requisites.capture
    assert load_source(text).requisites.most_of_page == 40
    assert not load_source(text.partition("[requisites]")[0]).requisites.capture
