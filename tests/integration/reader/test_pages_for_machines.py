"""What programs read of the pages: metadata, site maps, the search's description, OpenAPI, and entity tags."""

import json
import re
import xml.etree.ElementTree as ET
from datetime import date

import pytest
from lxml import html
from openapi_spec_validator import validate
from starlette.types import ASGIApp

from services.reader.app import create_app
from services.reader.settings import ReaderSettings
from shared.ledger import Database
from shared.ledger.catalogue import Catalogue
from tests.support.asgi import ask
from tests.support.catalogue_factory import CatalogueFactory, Text
from tests.support.catalogue_samples import fill

BASE = "http://reader.example"
REPLAY = "http://replay.example"
MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
BREAKING = '</script><script>alert("1")</script><!-- &amp; \u2028 "quoted"'


@pytest.fixture
def factory(database: Database) -> CatalogueFactory:
    return CatalogueFactory(database)


@pytest.fixture
def app(factory: CatalogueFactory) -> ASGIApp:
    return create_app(
        Catalogue(factory.database),
        settings=ReaderSettings(public_url=BASE, replay_url=REPLAY, cache_seconds=0),
    )


def test_an_article_says_what_it_is_in_three_vocabularies(factory: CatalogueFactory, app: ASGIApp) -> None:
    source = factory.source("naenara-en", "Naenara (En)", "en")
    text = Text(title=BREAKING, body=["One."], published="2021-10-16", language="en")
    url = "http://naenara-en.example/1"
    article = factory.article(source, text, url=url)

    answer = ask(app, f"/article/{article}")

    page = html.fromstring(answer.body)
    (data,) = page.xpath("//script[@type='application/ld+json']/text()")
    told = json.loads(data)
    names = {meta.get("name"): meta.get("content") for meta in page.xpath("//meta[@name]")}
    shown_title = BREAKING.replace("\u2028", " ")
    assert page.xpath("//script[not(@type='application/ld+json')]") == []
    assert (told["@type"], told["headline"], told["datePublished"]) == (
        "NewsArticle",
        shown_title,
        "2021-10-16",
    )
    assert told["archivedAt"] == [f"{REPLAY}/20260309120000/{url}", f"{BASE}/article/{article}"]
    assert told["url"] == names["citation_public_url"] == names["DC.identifier"] == url
    assert names["citation_title"] == names["DC.title"] == shown_title
    assert names["citation_publication_date"] == "2021/10/16"
    assert names["citation_journal_title"] == "Naenara (En)"
    assert f'<{BASE}/timegate/{url}>; rel="timegate"' in answer.headers["link"]


def test_the_site_maps_name_every_article_once(factory: CatalogueFactory, app: ASGIApp) -> None:
    ids = fill(factory)

    index = ET.fromstring(ask(app, "/sitemap.xml").body)
    found = []
    for place in index.iter(f"{MAP}loc"):
        path = (place.text or "").removeprefix(BASE)
        day = ET.fromstring(ask(app, path).body)
        found += [(one.text or "").removeprefix(f"{BASE}/article/") for one in day.iter(f"{MAP}loc")]

    assert sorted(found) == sorted(set(ids.values()) & set(found))
    with factory.database.transaction() as ledger:
        kept = ledger.rows("select article_id from articles where merged_into is null")
    assert sorted(found) == sorted(row["article_id"] for row in kept)
    assert ask(app, "/sitemap/1990-01-01.xml").status == 404
    assert ask(app, "/sitemap/x.xml").status == 400
    assert f"Sitemap: {BASE}/sitemap.xml" in ask(app, "/robots.txt").text


def test_the_search_describes_itself_and_every_page_says_where(app: ASGIApp) -> None:
    described = ET.fromstring(ask(app, "/opensearch.xml").body)
    head = ask(app, "/").text

    templates = [url.get("template") or "" for url in described.iter() if url.tag.endswith("Url")]
    assert f"{BASE}/search?q={{searchTerms}}" in templates
    for template in templates:
        assert ask(app, template.removeprefix(BASE).partition("?")[0], query=b"q=x").status == 200
    assert 'rel="search" type="application/opensearchdescription+xml"' in head
    assert 'rel="service-desc"' in head


def test_openapi_describes_every_address_with_examples(app: ASGIApp) -> None:
    described = json.loads(ask(app, "/openapi.json").body)

    validate(described)
    assert described["openapi"] == "3.1.0"
    assert {"/cdx", "/timegate/{url}", "/latest.parquet", "/search.json", "/article/{article_id}.ris"} <= set(
        described["paths"]
    )
    for path, operations in described["paths"].items():
        parameters = operations["get"]["parameters"]
        assert set(re.findall(r"{(\w+)}", path)) == {one["name"] for one in parameters if one["in"] == "path"}
        assert all("example" in one and one["description"] for one in parameters)


def test_what_was_read_before_is_not_sent_again(factory: CatalogueFactory, app: ASGIApp) -> None:
    article = next(iter(fill(factory).values()))
    with factory.database.transaction() as ledger:
        row = ledger.row(
            "select url, capture_id from captures where status = 200 order by capture_id limit 1"
        )
    assert row is not None
    paths = (
        *(
            "/",
            "/sources",
            "/edits",
            "/removals",
            "/search",
            "/about",
            "/watches",
            "/coverage",
            "/latest.csv",
        ),
        *(
            "/latest.json",
            "/latest.atom",
            "/latest.parquet",
            f"/article/{article}",
            f"/article/{article}.ris",
        ),
        *(
            "/sitemap.xml",
            "/robots.txt",
            "/opensearch.xml",
            "/openapi.json",
            "/feeds/all.atom",
            "/static/style.css",
        ),
        *(f"/capture/{row['capture_id']}", f"/timemap/link/{row['url']}", f"/timemap/json/{row['url']}"),
    )
    for path in paths:
        first = ask(app, path)
        again = ask(app, path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})

        assert (first.status, again.status, again.body) == (200, 304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]


def test_a_day_with_articles_is_in_the_site_map_by_its_date(factory: CatalogueFactory, app: ASGIApp) -> None:
    source = factory.source("naenara-en", "Naenara (En)", "en")
    factory.article(source, Text(title="One", body=["One."], published="2021-10-16", language="en"))

    index = ask(app, "/sitemap.xml").text

    assert f"<loc>{BASE}/sitemap/{date(2021, 10, 16).isoformat()}.xml</loc>" in index
