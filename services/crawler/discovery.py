"""From a stored list to the links that its source takes."""

import re
from typing import Final

from services.crawler.feeds import UnreadableListError, feed_links
from services.crawler.links import Discovery, LinkOrigin, ListPage, RawLink, gather
from services.crawler.listings import page_links
from services.crawler.pagination import next_pages
from services.crawler.requisites import page_requisites
from services.crawler.robots import RobotsPolicy
from services.crawler.sitemaps import expanded, sitemap_links
from shared.ledger.frontier import TargetKind
from shared.sources import ListKind, SourceFile
from shared.urls import BadUrlError, canonical_url

_SNIFF_BYTES: Final = 8192
_ROOT = re.compile(
    rb"[^<]*+(?:<\?[^>]*+>[^<]*+|<!--(?:[^-]|-(?!->))*+-->[^<]*+|<![^>]*+>[^<]*+)*+<(?:[\w.-]+:)?([A-Za-z]+)"
)
_ANOTHER_FORM: Final = frozenset({"a_feed", "not_a_feed", "not_a_sitemap"})
_SITEMAP_ROOTS: Final = frozenset({b"urlset", b"sitemapindex"})
_FEED_ROOTS: Final = frozenset({b"rss", b"feed", b"rdf"})


def discover(page: ListPage, source: SourceFile) -> Discovery:
    """Return the links that a document of a source gives, each URL once, in its own order.

    A document that cannot be read gives no links, and its reason is counted among the rejections.
    Articles give links only to sources that ask for it (`from_articles`), and their pictures and style sheets to
    those that want them (`requisites`). A robots.txt gives the
    sitemaps that it names to sources that list a sitemap themselves; to others they would bring a whole
    archive unasked.
    """
    try:
        page_url = canonical_url(page.url)
    except BadUrlError as error:
        return Discovery(links=(), rejected={error.reason: 1})
    try:
        links = _links_of(page, source)
    except UnreadableListError as error:
        return Discovery(links=(), rejected={error.reason: 1}, unreadable=error.reason)
    return gather(links, source, page_url=page_url)


def _links_of(page: ListPage, source: SourceFile) -> list[RawLink]:
    match page.kind:
        case TargetKind.FEED | TargetKind.SITEMAP:
            return _feed_or_sitemap(page)
        case TargetKind.LISTING:
            links = page_links(page, source.links.attributes)
            pages = (
                next_pages(links, page_url=canonical_url(page.url)) if source.links.max_list_pages > 1 else []
            )
            return [*pages, *(link for link in links if link.origin is not LinkOrigin.NEXT)]
        case TargetKind.ARTICLE:
            links = page_links(page, source.links.attributes) if source.links.from_articles else []
            most = source.requisites.most_of_page if source.requisites.capture else 0
            needed = page_requisites(page, most=most) if most else []
            return [*(link for link in links if link.origin is not LinkOrigin.NEXT), *needed]
        case TargetKind.PROBE | TargetKind.REQUISITE:
            return []
        case TargetKind.ROBOTS:
            wanted = any(rule.kind is ListKind.SITEMAP for rule in source.lists)
            sitemaps = RobotsPolicy.parse(200, page.body).sitemaps if wanted else ()
            return [RawLink(href=url, base=page.url, origin=LinkOrigin.INDEX) for url in sitemaps]


def _feed_or_sitemap(page: ListPage) -> list[RawLink]:
    """Read a document by what it is: outlets announce one and serve the other, and RSS is a valid sitemap."""
    body = expanded(page.body)
    plain = ListPage(url=page.url, kind=page.kind, content_type=page.content_type, body=body)
    root = _ROOT.match(body[:_SNIFF_BYTES].replace(b"\x00", b""))
    name = root[1].lower() if root else b""
    if name == b"html":
        raise UnreadableListError("not_a_feed" if page.kind is TargetKind.FEED else "not_a_sitemap")
    is_sitemap = name in _SITEMAP_ROOTS or (name not in _FEED_ROOTS and page.kind is TargetKind.SITEMAP)
    first, second = (sitemap_links, feed_links) if is_sitemap else (feed_links, sitemap_links)
    try:
        return first(plain)
    except UnreadableListError as error:
        if error.reason not in _ANOTHER_FORM:
            raise
        try:
            return second(plain)
        except UnreadableListError:
            raise error from None
