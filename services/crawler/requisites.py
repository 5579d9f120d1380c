"""What a page needs to be looked at as it was: its pictures and its style sheets."""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.crawler.guards import deepest_html, has_attribute_bomb
from services.crawler.links import LinkOrigin, ListPage, RawLink
from services.crawler.listings import MAX_DEPTH, base_url, page_text

__all__ = ["page_requisites"]

_PLACES: Final = (
    "link[rel~=stylesheet i][href], link[rel~=icon i][href], img[src], img[data-src], source[srcset]"
)
_FIRST_CANDIDATE = re.compile(r"[\s,]*+(\S++)")


def page_requisites(page: ListPage, *, most: int) -> list[RawLink]:
    """Return the first so many pictures and style sheets of an HTML page, style sheets before pictures.

    Of a picture in many sizes the one that every browser knows is taken, and the first of the others. A page whose
    mark-up would take the parser quadratic time gives none: it is replayed without.
    """
    text, _ = page_text(page)
    if has_attribute_bomb(text) or deepest_html(text) > MAX_DEPTH:
        return []
    tree = LexborHTMLParser(text)
    base = base_url(tree, page.url)
    nodes = sorted(tree.css(_PLACES), key=lambda node: node.tag != "link")
    hrefs = dict.fromkeys(href for node in nodes if (href := _address(node)))
    return [RawLink(href=href, base=base, origin=LinkOrigin.REQUISITE) for href in list(hrefs)[:most]]


def _address(node: LexborNode) -> str:
    if node.tag == "link":
        return node.attributes.get("href") or ""
    if node.tag == "source":
        first = _FIRST_CANDIDATE.match(node.attributes.get("srcset") or "")
        return first[1].rstrip(",") if first else ""
    source = node.attributes.get("src") or ""
    # Where pictures are put in late, `src` holds a blank one and the real one stands beside it.
    late = node.attributes.get("data-src") or ""
    return late if late and (not source or source.startswith("data:")) else source
