"""Entries of feeds."""

import json
import tarfile
from typing import IO
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.crawler.feeds import UnreadableListError, feed_links
from services.crawler.links import ListPage
from shared.ledger.frontier import TargetKind
from shared.urls import canonical_url
from tests.support.publishers import corpus_folder
from tests.unit.crawler.samples import found, source, urls

PAGE = "http://127.0.0.1:8097/x"

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0">
<channel><title>News</title><lastBuildDate>now</lastBuildDate>
<item><title>One &lt;b&gt;bold&lt;/b&gt;</title><link>/story/1?utm_source=rss</link>
  <pubDate>Sat, 16 Oct 2021 09:00:00 +0900</pubDate></item>
<item><title>Two</title><link>http://feeds.example/~r/2</link>
  <feedburner:origLink>http://news.example/story/2</feedburner:origLink></item>
<item><title>Three</title><guid isPermaLink="false">http://news.example/not-an-address</guid></item>
<item><title>Four</title><link>javascript:alert(1)</link></item>
<item><title>Front</title><link>http://news.example/</link></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://news.example/deep/">
<entry xml:base="er/"><title>A</title><link href="a"/><published>2021-10-16T00:00:00Z</published>
<updated>2021-10-17T00:00:00Z</updated></entry></feed>"""

JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "items": [
        {"id": "1", "url": "/story/1", "title": "One", "date_published": "2021-10-16T00:00:00Z"},
        {"id": "http://news.example/story/2", "title": 7},
        {"id": 3},
        "no item",
    ],
}


def entries(body: str | bytes) -> list[str]:
    return urls(found(body, kind=TargetKind.FEED))


def test_rss_entries_give_their_original_addresses_titles_and_dates() -> None:
    discovery = found(RSS, kind=TargetKind.FEED)

    first = discovery.links[0]
    assert urls(discovery) == ["http://news.example/story/1", "http://news.example/story/2"]
    assert (first.title, first.date) == ("One bold", "Sat, 16 Oct 2021 09:00:00 +0900")
    assert discovery.rejected == {"scheme": 1, "home": 1}


def test_relative_links_of_atom_follow_xml_base_and_updated_is_no_date_of_publication() -> None:
    link = found(ATOM, kind=TargetKind.FEED).links[0]

    assert link.url == "http://news.example/deep/er/a"
    assert (link.date, link.modified) == ("2021-10-16T00:00:00Z", "2021-10-17T00:00:00Z")


def test_json_feeds_are_read_whatever_their_items_are() -> None:
    discovery = found(json.dumps(JSON_FEED), kind=TargetKind.FEED)

    assert urls(discovery) == ["http://news.example/story/1", "http://news.example/story/2"]
    assert discovery.links[0].date == "2021-10-16T00:00:00Z"


def test_a_feed_with_an_unquoted_attribute_is_read() -> None:
    assert entries(RSS.replace('version="2.0"', "version=2.0")) != []


def test_rules_apply_to_entries_too() -> None:
    rules = source("accept = ['/story/2']")

    assert urls(found(RSS, rules, kind=TargetKind.FEED)) == ["http://news.example/story/2"]


def test_a_sitemap_that_is_announced_as_a_feed_is_read_as_what_it_is() -> None:
    assert entries("<urlset><url><loc>http://news.example/s/1</loc></url></urlset>") == [
        "http://news.example/s/1"
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<html><a href=/x>x</a></html>", "not_a_feed"),
        ("", "not_a_feed"),
        ("just text", "not_a_feed"),
        ('{"items": ' + "[" * 100_000, "not_a_feed"),
        ('{"items": NaN}', "not_a_feed"),
        ("<rss " + " ".join(f'a{number}="1"' for number in range(40_000)) + "/>", "attribute_bomb"),
        ("<rss " + " ".join(f'a{number}=">"' for number in range(40_000)) + "/>", "attribute_bomb"),
        ("<rss>" + "<a>" * 90_000, "too_deep"),
        ("<rss>" + "<a></a>" * 110_000, "too_many_tags"),
        ("<rss>" + "<![CDATA[" * 100_000, "broken_feed"),
        ('<rss version="2.0"><channel><item><li', "broken_feed"),
        ('<rss version="2.0"><channel><title>Nothing yet</title></channel></rss>', None),
        ("<rss>" + " " * 11_000_000, "too_large"),
    ],
)
def test_what_is_no_feed_or_would_bind_the_parser_is_counted_and_gives_nothing(
    body: str, reason: str | None
) -> None:
    discovery = found(body, kind=TargetKind.FEED)

    assert discovery.links == ()
    assert discovery.rejected == ({reason: 1} if reason else {})


def test_entities_reach_no_file_and_do_not_grow() -> None:
    bomb = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 100}">' for n in range(6))
    head = f'<!DOCTYPE r [<!ENTITY e0 "AAAAAAAAAA">{bomb}<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    body = f"{head}<rss><channel><item><title>&e6;&x;</title><link>http://news.example/1</link></item></channel></rss>"

    discovery = found(body, kind=TargetKind.FEED)

    assert all(len(link.title or "") < 400 and "root:" not in (link.title or "") for link in discovery.links)


def test_bytes_that_name_a_file_are_not_opened() -> None:
    assert found("/etc/hostname", kind=TargetKind.FEED).rejected == {"not_a_feed": 1}


@given(st.text(alphabet="<>/rssitemlnkfedchan=\"'{}[]:,&; ", max_size=200))
def test_no_feed_raises(text: str) -> None:
    found(text, kind=TargetKind.FEED)
    found("<rss><channel><item>" + text, kind=TargetKind.FEED)


def test_the_links_of_the_corpus_feeds_agree_with_their_oracle() -> None:
    folder = corpus_folder() / "gold" / "oracles" / "feeds"
    if not folder.exists():
        pytest.skip("the corpus is not here")
    rows = [json.loads(line) for line in (folder / "feedparser_expected.jsonl").read_text().splitlines()]
    expected = {
        row["file"]: [urljoin(PAGE, entry["link"]) for entry in row["entries"] if entry["link"]]
        for row in rows
    }

    with tarfile.open(folder / "feedparser_tests.tar.gz") as archive:
        agreeing = sum(
            _links(archive.extractfile(member)) == expected[member.name.removeprefix("./")]
            for member in archive
            if member.isfile()
        )

    # In two, an item without a link has an address as its identifier, which is taken.
    assert agreeing >= len(expected) - 2


def _links(file: IO[bytes] | None) -> list[str]:
    assert file is not None
    page = ListPage(url=PAGE, kind=TargetKind.FEED, content_type=None, body=file.read())
    try:
        return [urljoin(PAGE, link.href) for link in feed_links(page)]
    except UnreadableListError:
        return []


def test_a_found_link_is_canonical() -> None:
    for url in entries(RSS):
        assert canonical_url(url) == url
