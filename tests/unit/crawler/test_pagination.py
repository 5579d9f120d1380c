"""The next page of a list."""

from services.crawler.pagination import is_beyond, numbered
from shared.ledger.frontier import TargetKind
from tests.unit.crawler.samples import found, source, urls

ORIGIN = "http://news.example"


def listings(body: str, *, url: str, rules: str = "accept = ['/story/']") -> list[str]:
    return [link.url for link in found(body, source(rules), url=url).links if link.kind is TargetKind.LISTING]


def test_the_page_after_this_one_is_followed_by_its_number_alone() -> None:
    body = "".join(f'<a href="?page={n}">{n}</a>' for n in (1, 3, 4, 99)) + '<a href="/other?page=3">o</a>'

    assert listings(body, url=f"{ORIGIN}/news?page=2") == [f"{ORIGIN}/news?page=3"]


def test_the_first_page_needs_no_number() -> None:
    assert listings('<a href="/news/page/2/">2</a>', url=f"{ORIGIN}/news/") == [f"{ORIGIN}/news/page/2/"]


def test_what_is_marked_as_next_is_followed_whatever_its_address() -> None:
    body = '<link rel="next" href="/news?after=Zx9"><a href="?page=3">3</a>'

    assert listings(body, url=f"{ORIGIN}/news?page=2") == [f"{ORIGIN}/news?after=Zx9"]


def test_next_on_another_site_is_not_followed() -> None:
    assert listings('<a rel="next" href="http://else.example/2">2</a>', url=f"{ORIGIN}/news") == []


def test_a_source_may_want_the_first_page_only() -> None:
    body = '<a href="?page=2">2</a><a rel="next" href="?page=2">next</a><a href="/story/1">s</a>'

    discovery = found(body, source("max_list_pages = 1\naccept = ['/story/']"), url=f"{ORIGIN}/news")

    assert urls(discovery) == [f"{ORIGIN}/story/1"]


def test_an_article_number_is_no_page_number() -> None:
    assert numbered(f"{ORIGIN}/?p=2") == (f"{ORIGIN}?p=2", 1)


def test_pages_beyond_those_wanted_are_left() -> None:
    assert not is_beyond(f"{ORIGIN}/news?page=5", hops=4, max_list_pages=5)
    assert is_beyond(f"{ORIGIN}/news?page=6", hops=5, max_list_pages=5)
    assert is_beyond(f"{ORIGIN}/news?after=Zx9", hops=4, max_list_pages=5)
