"""A site without end: the crawl ends all the same, says why, and has every real article."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from services.standalone.outlet.loopback import Request, Response
from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved
from tests.support.foreign_files import story
from tests.support.site_server import SiteServer

HTML = (("Content-Type", "text/html; charset=utf-8"),)
XML = (("Content-Type", "application/xml"),)
REAL = {f"/news/{number}" for number in range(12)}
MOST_REQUESTS = 400
"""Far more than the site is worth, far fewer than any of its traps would take."""


@pytest.fixture(scope="module")
def archive(new_servers: NewServers) -> Iterator[Archive]:
    with running_archive(new_servers(), settings={"PRESSMARK_CRAWLER_MAX_LIST_DEPTH": "12"}) as running:
        yield running


class EndlessSite:
    """Every page that is no article leads deeper, and a few real articles stand between."""

    def __init__(self) -> None:
        self.base = ""
        self._visitors = 0

    def respond(self, request: Request) -> Response:
        target = request.target
        if target in REAL:
            return Response(status=200, headers=HTML, body=story(target))
        if target == "/robots.txt":
            return Response(status=404, headers=HTML, body=b"")
        if target.startswith("/mill/"):
            number = int(target.rpartition("/")[2]) + 1
            return Response(status=302, headers=(("Location", f"{self.base}/mill/{number}"),))
        if target.startswith("/map"):
            return self._sitemap(target)
        return self._page(target)

    def _page(self, target: str) -> Response:
        self._visitors += 1
        path, _, query = target.partition("?")
        links = [*sorted(REAL)] if target == "/list" else [f"/news/{self._visitors % 12}"]
        links += [f"{path.rstrip('/')}/more/of", "/calendar/2026/1", "/shop/?colour=red&size=9", "/mill/1"]
        links.append(f"/section?sessionid={self._visitors:08x}a1b2c3d4e5f60718")
        links.append(f"/section?x=1{'&x=1' * (query.count('x=1') + 1)}")
        if path.startswith("/made-up/"):
            links = [f"/news/{self._visitors % 12}", f"/made-up/{self._visitors:x}-today"]
        elif target == "/list":
            links.append("/made-up/today")
        if calendar := re.match(r"/calendar/(\d+)/(\d+)", path):
            # A year at a step, so that the calendar ends before the test does.
            links.append(f"/calendar/{int(calendar[1]) + 1}/{calendar[2]}")
        if path == "/shop/":
            names = ("sort", "view", "order", "filter", "price", "brand", "tag", "page_size")
            links += [f"/shop/?{query}&{name}={self._visitors}" for name in names if name not in query]
        body = "".join(f'<li><a href="{link}">Further on</a></li>'.replace("&", "&amp;") for link in links)
        return Response(status=200, headers=HTML, body=f"<!doctype html><html><body>{body}".encode())

    def _sitemap(self, target: str) -> Response:
        """A sitemap of sitemaps of sitemaps, each with two new ones."""
        names = (f"{target.removesuffix('.xml')}{number}.xml" for number in (1, 2))
        entries = "".join(f"<sitemap><loc>{self.base}{name}</loc></sitemap>" for name in names)
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        return Response(
            status=200, headers=XML, body=f'<sitemapindex xmlns="{space}">{entries}</sitemapindex>'.encode()
        )


def source_text(base: str) -> str:
    return f"""id = "endless"
name = "Endless Herald"
language = "en"
home = "{base}/"

[[lists]]
url = "{base}/list"
kind = "listing"
every = "1d"

[[lists]]
url = "{base}/map.xml"
kind = "sitemap"
every = "1d"

[links]
accept = ['/news/\\d+$', '/mill/']
follow = ['/more/', '/calendar/', '/section', '/shop/', '/made-up/']

[politeness]
delay = "0s"
concurrency = 4
"""


def test_a_crawl_of_a_site_without_end_comes_to_an_end_with_all_articles_and_reasons(
    archive: Archive,
) -> None:
    endless = EndlessSite()
    with SiteServer(endless.respond) as site:
        endless.base = site.url
        archive.kit.actions.add_source(source_text(site.url))
        archive.finish("endless", seconds=150)

        states = archive.states("endless")
        real = {url.removeprefix(site.url): state for url, state in states.items() if "/news/" in url}
        assert real == dict.fromkeys(REAL, ("archived", None))
        traps = Counter(reason for state, reason in states.values() if state == "excluded")
        assert set(traps) >= {
            "trap: path_loop",
            "trap: query_loop",
            "trap: calendar",
            "trap: session_id",
            "trap: faceted_query",
            "trap: too_many_redirects",
            "trap: sitemap_depth",
            "trap: list_depth",
        }
        assert len(site.visits) < MOST_REQUESTS
        asked = Counter(visit.target for visit in site.visits)
        excluded = {url.removeprefix(site.url) for url, (state, _) in states.items() if state == "excluded"}
        assert not excluded & set(asked), "what is excluded is never asked for"
        assert {state for state, _ in states.values()} == {"archived", "excluded"}

        told = {row["trap"]: row for row in archive.kit.status.traps("endless")}
        assert {f"trap: {name}": row["addresses"] for name, row in told.items()} == dict(traps)
        assert all(1 <= len(row["examples"]) <= 3 for row in told.values())
        articles = list(archive.kit.catalogue.every_article(source_id="endless"))
        assert {one.url.removeprefix(site.url) for one in articles} == REAL
    assert_conserved(archive)
