"""The next page of a list, where a page of it leads to one."""

import re
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from services.crawler.links import LinkOrigin, RawLink
from shared.urls import BadUrlError, canonical_url, same_site

_IN_QUERY = re.compile(
    r"(?:^|&)(?:page|paged|pg|pageno|page_no|pagenum|pageindex)=(\d{1,6})(?=&|$)", re.IGNORECASE
)
_IN_PATH = re.compile(r"/(?:page|p|pg)[/-]?(\d{1,6})(?=/|$|\.)", re.IGNORECASE)
# `?p=2` is left out: in WordPress `p` is the number of an article.
_FIRST: Final = 1


def next_pages(links: list[RawLink], *, page_url: str) -> list[RawLink]:
    """Return the links to the page after this one: what is marked `rel=next`, else the next page number.

    A page number counts when the rest of the address is this page's own (`?page=3` on `?page=2`, `/page/2/`
    on the first page). Pages that number from 0 are followed by their `rel=next` only.
    """
    marked = [link for link in links if link.origin is LinkOrigin.NEXT]
    if marked:
        return [link for link in marked if _is_near(link, page_url)]
    here, number = numbered(page_url)
    return [
        replace(link, origin=LinkOrigin.NEXT)
        for link in links
        if link.origin is LinkOrigin.ANCHOR
        and "://" in (url := _resolved(link))
        and numbered(url) == (here, number + 1)
    ]


def numbered(url: str) -> tuple[str, int]:
    """Return the address of a list without its page number, and the number; 1 when there is none."""
    address, _, query = url.partition("?")
    match = _IN_QUERY.search(query)
    if match:
        rest = f"{query[: match.start()]}{query[match.end() :]}".strip("&")
        return f"{address.rstrip('/')}?{rest}", int(match[1])
    place = _IN_PATH.search(address, address.find("/", 8))
    if place:
        rest = f"{address[: place.start()]}{address[place.end() :]}"
        return f"{rest.rstrip('/')}?{query}", int(place[1])
    return f"{address.rstrip('/')}?{query}", _FIRST


def is_beyond(url: str, *, hops: int, max_list_pages: int) -> bool:
    """Tell whether a next page lies beyond those that a source wants.

    Args:
        url: the next page.
        hops: how many links from a list of the source file the page lies that leads to it.
        max_list_pages: how many pages of a list are wanted.
    """
    number = numbered(url)[1]
    return number > max_list_pages if number > _FIRST else hops + 1 >= max_list_pages


def _is_near(link: RawLink, page_url: str) -> bool:
    url = _resolved(link)
    return "://" in url and same_site(url, page_url) and urlsplit(url).path != ""


def _resolved(link: RawLink) -> str:
    try:
        return canonical_url(link.href, link.base)
    except BadUrlError:
        return ""
