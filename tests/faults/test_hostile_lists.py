"""Feeds and sitemaps made to read files, to call out, to grow or to bind the parser."""

import json
import time
from pathlib import Path

import pytest

from services.crawler.feeds import MAX_ENTRIES
from shared.ledger.frontier import TargetKind
from tests.support.raw_server import running_raw_server
from tests.unit.crawler.samples import found, source, urls

SENTINEL = "sentinel-of-a-file"
MOST_SECONDS = 20.0
"""The parsers that hang do so for minutes; a busy machine is slow too."""

FEED = (
    '<rss version="2.0"{attributes}><channel><item><title>T{inside}</title>'
    "<link>http://news.example/s/1{inside}</link></item></channel></rss>"
)
SITEMAP = "<urlset{attributes}><url><loc>http://news.example/s/1{inside}</loc></url></urlset>"
BODIES = {TargetKind.FEED: FEED, TargetKind.SITEMAP: SITEMAP}
XI = ' xmlns:xi="http://www.w3.org/2001/XInclude"'
OUTSIDE = {
    "an entity of a file": ('<!DOCTYPE x [<!ENTITY e SYSTEM "{file}">]>', "&e;", ""),
    "an entity of a host": ('<!DOCTYPE x [<!ENTITY e SYSTEM "{host}">]>', "&e;", ""),
    "a filter": ('<!DOCTYPE x [<!ENTITY e SYSTEM "php://filter/read=/resource={file}">]>', "&e;", ""),
    "a parameter entity": ('<!DOCTYPE x [<!ENTITY % p SYSTEM "{host}"> %p;]>', "&e;", ""),
    "a document type elsewhere": ('<!DOCTYPE x SYSTEM "{host}">', "&e;", ""),
    "a public document type": ('<!DOCTYPE x PUBLIC "-//X//EN" "{host}">', "", ""),
    "an inclusion": ("", '<xi:include href="{file}" parse="text"/>', XI),
    "an inclusion of a host": ("", '<xi:include href="{host}" parse="text"/>', XI),
    "a stylesheet": ('<?xml-stylesheet type="text/xsl" href="{host}"?>', "", ""),
    "a schema": ("", "", ' xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="a {host}"'),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("name", OUTSIDE)
def test_no_document_reads_a_file_or_calls_out(name: str, kind: TargetKind, tmp_path: Path) -> None:
    head, inside, attributes = OUTSIDE[name]
    file = tmp_path / "secret"
    file.write_text(SENTINEL)
    with running_raw_server() as canary:
        body = head + BODIES[kind].format(inside=inside, attributes=attributes)
        discovery = found(
            body.replace("{file}", file.as_uri()).replace("{host}", f"{canary.origin}/x.dtd"), kind=kind
        )

    assert SENTINEL not in repr(discovery)
    assert canary.connections == 0


LAUGHS = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
HEAVY = {
    "a billion laughs": (f'<!DOCTYPE x [<!ENTITY e0 "ha">{LAUGHS}]>', "&e9;", ""),
    "a long entity many times": (f'<!DOCTYPE x [<!ENTITY e "{"a" * 50_000}">]>', "&e;" * 20_000, ""),
    "depth": ("", "<a>" * 200_000, ""),
    "attributes": ("", "", " " + " ".join(f'a{n}="1"' for n in range(300_000))),
    "name spaces": ("", "", " " + " ".join(f'xmlns:n{n}="u{n}"' for n in range(20_000))),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("name", HEAVY)
def test_no_document_binds_the_parser_or_grows(name: str, kind: TargetKind) -> None:
    head, inside, attributes = HEAVY[name]
    begun = time.monotonic()

    discovery = found(head + BODIES[kind].format(inside=inside, attributes=attributes), kind=kind)

    assert time.monotonic() - begun < MOST_SECONDS
    assert len(repr(discovery)) < 100_000


def entry(number: int, *, guid: str = "", title: str = "A report", link: str = "", date: str = "") -> str:
    return (
        f"<item><title>{title}</title><link>{link or f'http://news.example/s/{number}'}</link>{guid}"
        f"<pubDate>{date}</pubDate></item>"
    )


def feed(*entries: str) -> str:
    return f'<rss version="2.0"><channel>{"".join(entries)}</channel></rss>'


def test_entries_are_told_apart_by_their_address_whatever_their_guid_says() -> None:
    same = '<guid isPermaLink="false">same</guid>'
    body = feed(*(entry(n, guid=same) for n in range(3)), entry(0), entry(1, guid="<guid>http://[bad</guid>"))

    assert urls(found(body, kind=TargetKind.FEED)) == [f"http://news.example/s/{n}" for n in range(3)]


def test_a_feed_without_end_gives_as_many_entries_as_are_read() -> None:
    # Short, because a feed may have 10 MiB and a bounded number of tags.
    body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [
        {"id": str(n), "url": f"http://news.example/s/{n}"} for n in range(100_000)
    ]})  # fmt: skip

    assert len(found(body, kind=TargetKind.FEED).links) == MAX_ENTRIES


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "file:///etc/passwd", "http://10.0.0.1/",
     "http://169.254.169.254/", "mailto:a@b.example", "\x01javascript:x", "blob:http://news.example/1", "tel:1"],
)  # fmt: skip
@pytest.mark.parametrize("kind", BODIES)
def test_a_link_that_is_none_of_the_site_gives_nothing(kind: TargetKind, link: str) -> None:
    body = (
        feed(entry(1, link=link))
        if kind is TargetKind.FEED
        else SITEMAP.replace("http://news.example/s/1", link)
    )

    assert urls(found(body.format(inside="", attributes=""), kind=kind)) == []


@pytest.mark.parametrize(
    "date", ["99999-01-01", "Mon, 99 Foo 99999 99:99:99 +9999", "0000-00-00", "now", "9" * 5000]
)
def test_an_impossible_date_costs_no_entry(date: str) -> None:
    dated = SITEMAP.format(attributes="", inside="").replace("</loc>", f"</loc><lastmod>{date}</lastmod>")

    assert urls(found(feed(entry(1, date=date)), kind=TargetKind.FEED)) == ["http://news.example/s/1"]
    assert urls(found(dated, kind=TargetKind.SITEMAP)) == ["http://news.example/s/1"]


@pytest.mark.parametrize(
    "items",
    [
        "[" * 100_000, '{"a":' * 100_000, "NaN", "[NaN]", "9" * 10_000, f'["{"x" * 9_000_000}"]',
        '[{"url": 1e999}]', '[{"url": ' + "9" * 10_000 + "}]", '[{"url": null, "url": {}}]', '"\\ud800"',
    ],
)  # fmt: skip
def test_no_json_upsets_the_reading(items: str) -> None:
    discovery = found(
        '{"version": "https://jsonfeed.org/version/1.1", "items": ' + items + "}", kind=TargetKind.FEED
    )

    assert discovery.links == ()


def test_good_links_after_bad_ones_are_found() -> None:
    bad = [
        "http://[",
        "http://a.b.c.%.com",
        "http://xn--/",
        "http://\U0001f4a9\x00/",
        "//",
        "http:///",
        "%zz:",
    ]
    page = "".join(f'<a href="{link}">A headline of today</a>' for link in bad)

    discovery = found(page + '<a href="/en/good">A good headline of today</a>', source("accept = ['good']"))

    assert urls(discovery) == ["http://news.example/en/good"]
