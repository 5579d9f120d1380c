"""`archive URL` for a single page: what the ledger then knows of it is what the page says."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.standalone.outlet.loopback import Request, Response
from shared.ledger.records import Article
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.publishers import corpus_folder
from tests.support.site_server import SiteServer

SEED = corpus_folder() / "seed"
HTML = (("Content-Type", "text/html; charset=utf-8"),)
PATH = "/newstream/1634427010-559861001/harbour-bridge-opens/"
PARAGRAPHS = [
    "The new bridge over the harbour opened to walkers on Saturday after three years of work.",
    "“It moves a little in the wind, as it should,” said the engineer Ilse Maurer, who led the last stage.",
    "Trams are to cross it from the spring; the old ferry keeps its summer timetable until then.",
]
CARDS = [
    (
        "Ferry keeps its summer timetable",
        "The ferry between the quays goes on as before until the spring.",
        9,
    ),
    (
        "Lime trees for the embankment",
        "Children of the district planted forty lime trees along the water.",
        8,
    ),
]


@pytest.fixture(scope="module")
def archive(new_servers: NewServers) -> Iterator[Archive]:
    with running_archive(new_servers()) as running:
        yield running


def own_page(base: str) -> str:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    cards = "".join(
        f'<div class="card"><h4><a href="{base}/newstream/{number}/">{title}</a></h4>'
        f'<p class="d-md-none">{text}</p><p class="d-none d-md-block">{text}</p>'
        f"<small>March 0{number}, 2026</small></div>"
        for title, text, number in CARDS
    )
    return f"""<!doctype html><html lang="en"><head><title>Harbour bridge opens</title></head><body>
<header><a href="/">Archive</a> <span>March 10, 2026</span></header>
<main><article><h1>Harbour bridge opens</h1>
<p class="meta">Date: 16/10/2021 | Source: Quay Herald (En) |
<a href="http://herald.example/en/bridge?id=3">Read original version at source</a></p>
<div class="text">{body}</div></article>
<section><h3>More From Quay Herald (En)</h3>{cards}</section></main>
<footer><p>All rights reserved.</p></footer></body></html>"""


def archived_article(archive: Archive, site: SiteServer, path: str) -> Article:
    """Archive one page by its URL, as `pressmark archive` does, and return what the ledger says of it."""
    ordered = archive.kit.actions.archive([site.url + path])
    archive.finish(*ordered.sources)
    [summary] = archive.kit.catalogue.every_article(source_id=ordered.sources[0])
    article = archive.kit.catalogue.article(summary.article_id)
    assert article is not None
    return article


def serve(path: str, text: str) -> SiteServer:
    def respond(request: Request) -> Response:
        if request.target == path:
            return Response(status=200, headers=HTML, body=text.encode())
        return Response(status=404, headers=HTML, body=b"Not here.")

    return SiteServer(respond)


def test_a_page_of_the_model_layout_is_in_the_ledger_as_it_reads(archive: Archive) -> None:
    with serve(PATH, own_page("http://archive.example")) as site:
        article = archived_article(archive, site, PATH)

    revision = article.revisions[0]
    assert article.summary.title == "Harbour bridge opens"
    assert article.summary.published == "2021-10-16"
    assert article.summary.published_precision == "day"
    assert article.summary.language == "en"
    assert article.summary.urls == (site.url + PATH,)
    assert list(revision.body) == PARAGRAPHS
    assert revision.fields["source"] == "Quay Herald (En)"
    assert revision.fields["original_url"] == "http://herald.example/en/bridge?id=3"
    assert revision.fields["related"] == [
        {
            "title": title,
            "url": f"http://archive.example/newstream/{number}/",
            "excerpt": text,
            "date": f"2026-03-0{number}",
        }
        for title, text, number in CARDS
    ]
    assert revision.capture.status == 200


def test_the_seed_page_is_in_the_ledger_as_its_gold_says(archive: Archive) -> None:
    gold = read_gold(SEED / "origin-of-korean-revolution.gold.json")
    page = (SEED / "origin-of-korean-revolution.html").read_text(encoding="utf-8")
    origin, _, path = gold["url"].partition("/newstream/")
    path = f"/newstream/{path}"

    with serve(path, page) as site:
        article = archived_article(archive, site, path)

    fields = article.revisions[0].fields
    related = [{**card, "url": card["url"].replace(site.url, origin)} for card in fields["related"]]
    assert article.summary.title == gold["title"]
    assert list(article.revisions[0].body) == gold["body"]
    assert related == gold["related"]
    for name in ("published", "published_precision", "source", "language", "original_url"):
        assert fields[name] == gold[name], name


def read_gold(path: Path) -> dict[str, Any]:
    if not path.is_file():
        pytest.skip("the corpus is not there; PRESSMARK_CORPUS names it")
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
