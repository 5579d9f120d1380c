"""Finding the lists of an outlet that nobody has described."""

import re

import pytest

from services.crawler.detection import MAX_ASKED, Detected, detect
from services.crawler.generalising import article_patterns, shape_of
from services.crawler.links import ListPage
from services.standalone.outlet.model import Outlet
from shared.ledger.frontier import TargetKind
from shared.sources import ListKind, dump_source, load_source

ORIGIN = "http://news.example"


class Site:
    """Pages by path, and what was asked for."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    def ask(self, url: str) -> ListPage | None:
        self.asked.append(url)
        text = self.pages.get(url.removeprefix(ORIGIN))
        if text is None:
            return None
        return ListPage(url=url, kind=TargetKind.LISTING, content_type="text/html", body=text.encode())


def demonstration(path: str) -> Detected:
    outlet = Outlet(seed=1)

    def ask(url: str) -> ListPage | None:
        answer = outlet.respond(url.removeprefix(ORIGIN), day=5, headers={"host": "news.example"})
        if answer.status != 200:
            return None
        return ListPage(url=url, kind=TargetKind.LISTING, content_type=None, body=answer.body)

    found = detect(ORIGIN + path, ask=ask)
    assert found is not None
    return found


@pytest.mark.parametrize("language", ["en", "ko", "zh"])
def test_the_lists_of_an_edition_of_the_demonstration_outlet_are_found(language: str) -> None:
    found = demonstration(f"/{language}/")

    lists = {(rule.kind, rule.url) for rule in found.source.lists}
    assert (ListKind.FEED, f"{ORIGIN}/{language}/feed.xml") in lists
    assert (ListKind.SITEMAP, f"{ORIGIN}/{language}/sitemap.xml") in lists
    assert sum(kind is ListKind.LISTING for kind, _ in lists) > 2
    assert found.source.language == language
    assert all(f"/{language}/" in url for _, url in lists)


def test_only_articles_of_the_edition_are_in_the_sample_with_titles_and_dates() -> None:
    found = demonstration("/en/")

    assert len(found.sample) == 10
    assert all(re.search(r"/en/a/", link.url) for link in found.sample)
    assert all(link.title and link.date for link in found.sample)
    assert found.articles >= 10


def test_what_is_found_is_a_source_file_that_loads_the_same() -> None:
    source = demonstration("/en/").source

    assert load_source(dump_source(source)) == source


def test_nothing_that_robots_txt_disallows_is_asked_for() -> None:
    links = "".join(f'<a href="/private/{n}">a</a><a href="/open/{n}">b</a>' for n in range(30))
    site = Site({"/": links, "/robots.txt": "User-agent: *\nDisallow: /private/"})

    detect(f"{ORIGIN}/", ask=site.ask)

    assert not any("/private/" in url for url in site.asked)


def test_listings_are_known_by_the_shape_that_their_links_share() -> None:
    stories = "".join(
        f'<a href="/politics/2026/03/{n}-some-headline-words">Headline {n}</a>' for n in range(5)
    )
    home = (
        '<html lang="en-GB"><title>Quay Herald | Home</title><a href="/politics/">P</a><a href="/about">A</a>'
    )
    site = Site({"/": home, "/politics/": stories, "/about": "<p>Who we are</p>"})

    found = detect(f"{ORIGIN}/", ask=site.ask)

    assert found is not None
    assert [(rule.kind, rule.url) for rule in found.source.lists] == [
        (ListKind.LISTING, f"{ORIGIN}/politics/")
    ]
    assert (found.source.name, found.source.language) == ("Quay Herald", "en")
    assert len(found.sample) == 5


def test_a_site_is_asked_for_few_pages_however_many_links_it_has() -> None:
    class Endless(Site):
        def ask(self, url: str) -> ListPage | None:
            self.pages[url.removeprefix(ORIGIN)] = "".join(f'<a href="{url}/x{n}">x</a>' for n in range(50))
            return super().ask(url)

    site = Endless({})

    detect(f"{ORIGIN}/", ask=site.ask)

    assert len(site.asked) <= MAX_ASKED


def test_a_home_page_that_cannot_be_had_gives_nothing() -> None:
    assert detect(f"{ORIGIN}/", ask=Site({}).ask) is None


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/en/article/12345", r"/en/article/\d+$"),
        ("/en/a/7b1f09c53513bf3a", "/en/a/[0-9a-f]+$"),
        ("/newstream/1634427010-559861001/harbour-bridge-opens/", r"/newstream/\d+\-\d+/[^/?#]+/$"),
        ("/view.php?id=7&lang=en", r"/view\.php\?id=\d+&lang=[^&]+$"),
        ("/index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAwQA", r"/index\.php\?.+$"),
        ("/en/sports/", "/en/sports/$"),
    ],
)
def test_an_address_has_a_shape_that_takes_it_and_its_kin(path: str, shape: str) -> None:
    assert shape_of(ORIGIN + path) == shape
    assert re.search(shape, ORIGIN + path)


def test_sections_are_no_articles() -> None:
    links = [f"{ORIGIN}/{word}/" for word in ("sports", "culture", "world", "sports/football")]

    assert article_patterns(links) == []
