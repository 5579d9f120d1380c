"""URLs of sitemaps."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger.frontier import TargetKind
from tests.unit.crawler.samples import found, urls

NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="https://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:n="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><image:image><image:loc>http://news.example/x.jpg</image:loc><image:title>no</image:title></image:image>
  <loc> http://news.example/s/1 </loc><lastmod>2026-11</lastmod>
  <n:news><n:publication_date>2026-11-02</n:publication_date><n:title>One</n:title></n:news></url>
<url><loc>http://elsewhere.example/s/2</loc></url>
<url><loc>http://10.0.0.1/s/3</loc></url>
<url><lastmod>99999</lastmod></url>
</urlset>"""

INDEX = """<s:sitemapindex xmlns:s="http://www.google.com/schemas/sitemap/0.84">
<s:sitemap><s:loc>http://news.example/sitemap-1.xml.gz</s:loc></s:sitemap>
<s:sitemap><s:loc>http://news.example/sitemap-2.xml</s:loc></s:sitemap></s:sitemapindex>"""


def sitemap(body: str | bytes) -> list[str]:
    return urls(found(body, kind=TargetKind.SITEMAP))


def test_a_news_sitemap_gives_titles_and_dates_and_no_pictures() -> None:
    discovery = found(NEWS, kind=TargetKind.SITEMAP)

    link = discovery.links[0]
    assert urls(discovery) == ["http://news.example/s/1"]
    assert (link.title, link.date, link.modified) == ("One", "2026-11-02", "2026-11")
    assert discovery.rejected == {"other_site": 2}


def test_an_index_gives_sitemaps() -> None:
    discovery = found(INDEX, kind=TargetKind.SITEMAP)

    assert {link.kind for link in discovery.links} == {TargetKind.SITEMAP}
    assert len(discovery.links) == 2


def test_gzip_is_known_by_its_bytes_and_read_as_far_as_it_goes() -> None:
    packed = gzip.compress(NEWS.encode())

    assert sitemap(packed) == ["http://news.example/s/1"]
    assert sitemap(packed[:-20]) == ["http://news.example/s/1"]


def test_a_gzip_bomb_is_refused_before_it_is_whole() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 60_000_000, compresslevel=1)

    assert found(bomb, kind=TargetKind.SITEMAP).rejected == {"too_large": 1}


def test_no_more_than_50_000_urls_are_read() -> None:
    body = (
        "<urlset>" + "".join(f"<url><loc>/s/{number}</loc></url>" for number in range(50_001)) + "</urlset>"
    )

    assert len(sitemap(body)) == 50_000


def test_rss_with_a_sitemap_namespace_is_a_feed() -> None:
    rss = """<rss version="2.0" xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <channel><item><link>http://news.example/s/1</link></item></channel></rss>"""

    assert sitemap(rss) == ["http://news.example/s/1"]


def test_a_text_sitemap_has_one_url_a_line() -> None:
    assert sitemap("\ufeffhttp://news.example/s/1\r\nnonsense\nhttp://news.example/s/2") == [
        "http://news.example/s/1",
        "http://news.example/s/2",
    ]


@pytest.mark.parametrize(
    "body", ["", "<html><p>x</p></html>", "nonsense", "<a>" * 1000, b"\x1f\x8bbroken", b"\x00"]
)
def test_what_is_no_sitemap_is_counted(body: str | bytes) -> None:
    discovery = found(body, kind=TargetKind.SITEMAP)

    assert discovery.links == ()
    assert discovery.rejected == {"not_a_sitemap": 1}


def test_entities_are_neither_fetched_nor_expanded() -> None:
    head = '<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "grown">]>'
    body = f"{head}<urlset><url><loc>http://news.example/a&x;&y;</loc></url></urlset>"

    assert sitemap(body) == ["http://news.example/a"]


@given(st.text(alphabet="<>/urlsetocimapndx=\"':&; ", max_size=200))
def test_no_sitemap_raises(text: str) -> None:
    found(text, kind=TargetKind.SITEMAP)
    found("<urlset><url>" + text, kind=TargetKind.SITEMAP)
