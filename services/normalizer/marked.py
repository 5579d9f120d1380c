"""The elements by which a page speaks to machines, found in one search of its tree.

A search visits every element, and costs nearly the same for one selector as for seven: so there is one for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["BYLINE_SELECTOR", "Marked", "find_marked"]

Attributes = Mapping[str, str | None]

BYLINE_SELECTOR = '[rel~="author"], [itemprop="author"] [itemprop="name"], [itemprop="author"]'
_SELECTOR = (
    'meta, script[type="application/ld+json"], base[href], time[datetime], [itemprop="datePublished"]'
    ', [rel~="author"], [itemprop="author"]'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What a page marks for machines, each in page order.

    Attributes:
        metas: The attributes of the `meta` elements.
        scripts: The JSON-LD scripts.
        times: The `time` elements with a `datetime`.
        dated: The elements of any tag that microdata calls `datePublished`.
        base: `href` of the first `base`, as written.
        is_signed: Whether `BYLINE_SELECTOR` names any element.
    """

    metas: list[Attributes]
    scripts: list[LexborNode]
    times: list[LexborNode]
    dated: list[LexborNode]
    base: str | None
    is_signed: bool


def find_marked(tree: LexborHTMLParser) -> Marked:
    """Find the marked elements of a page."""
    metas: list[Attributes] = []
    scripts: list[LexborNode] = []
    times: list[LexborNode] = []
    dated: list[LexborNode] = []
    bases: list[str | None] = []
    is_signed = False
    last = 0
    for node in tree.css(_SELECTOR):
        if node.mem_id == last:
            continue  # named by two of the selectors
        last = node.mem_id
        tag, attributes = node.tag, node.attributes
        if tag == "meta":
            metas.append(attributes)
        elif tag == "script":
            scripts.append(node)
        elif tag == "base" and "href" in attributes:
            bases.append(attributes["href"])
        elif tag == "time" and "datetime" in attributes:
            times.append(node)
        if attributes.get("itemprop") == "datePublished":
            dated.append(node)
        is_signed = is_signed or attributes.get("itemprop") == "author" or "rel" in attributes
    return Marked(
        metas=metas,
        scripts=scripts,
        times=times,
        dated=dated,
        base=bases[0] if bases else None,
        is_signed=is_signed,
    )
