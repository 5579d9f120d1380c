"""The elements by which a page speaks to machines."""

from selectolax.lexbor import LexborHTMLParser

from services.normalizer.marked import Marked, find_marked


def marked(markup: str) -> Marked:
    return find_marked(LexborHTMLParser(markup))


def test_one_search_finds_every_kind_in_page_order() -> None:
    found = marked(
        '<base href="/one/"><base href="/two/"><meta name="a" content="1"><meta name="b" content="2">'
        '<script type="application/ld+json">{}</script><script>var a = 1;</script>'
        '<body><time datetime="2024-01-01">x</time><time>no machine reads this</time>'
        '<span itemprop="datePublished">2024</span><a rel="author nofollow" href="/a">A. Writer</a>'
    )

    assert found.base == "/one/"
    assert [meta["name"] for meta in found.metas] == ["a", "b"]
    assert [script.text() for script in found.scripts] == ["{}"]
    assert [node.attributes["datetime"] for node in found.times] == ["2024-01-01"]
    assert [node.text() for node in found.dated] == ["2024"]
    assert found.is_signed


def test_an_element_that_is_marked_twice_is_found_once_in_each_of_its_lists() -> None:
    found = marked('<body><time itemprop="datePublished" datetime="2024-01-01">x</time>')

    assert len(found.times) == len(found.dated) == 1


def test_a_page_without_marks_has_none() -> None:
    assert marked("<p>Text") == Marked(metas=[], scripts=[], times=[], dated=[], base=None, is_signed=False)
