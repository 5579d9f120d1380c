"""Links out of HTML pages: anchors, frames, and attributes that a source's rules read."""

import codecs
import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.crawler.guards import deepest_html, has_attribute_bomb
from services.crawler.links import LinkOrigin, ListPage, RawLink
from services.crawler.rows import LinkPlace, dates_beside
from shared.sources import AttributeLink
from shared.urls import MAX_URL_BYTES, BadUrlError, canonical_url

MAX_PAGE_CHARS: Final = 10 * 1024 * 1024
MAX_LINKS: Final = 20_000
MAX_DEPTH: Final = 1000
_MAX_NEXT: Final = 4

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LABEL = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_META_BYTES: Final = 4096
_FRAMES = frozenset({"frame", "iframe"})
# The WHATWG Encoding Standard maps these labels to the larger encodings that browsers really use.
_LARGER = {"euc-kr": "cp949", "ks_c_5601-1987": "cp949", "gb2312": "gb18030", "gbk": "gb18030"}
_LARGER |= {"shift_jis": "cp932", "iso-8859-1": "cp1252", "latin1": "cp1252", "iso-8859-9": "cp1254"}

_PLAIN_ANCHOR = re.compile(
    r"<a\s[^<>]{0,4000}?href\s*=\s*(?:\"([^\"<>]{1,8192})\"|'([^'<>]{1,8192})'|([^\s\"'<>]{1,8192}))",
    re.IGNORECASE,
)


def page_links(page: ListPage, attributes: tuple[AttributeLink, ...]) -> list[RawLink]:
    """Return every link of an HTML page in document order, bad URIs too, at most 20,000.

    What is marked as the next page (`rel=next`) comes once more at the end, as such.

    A page whose mark-up would take the parser quadratic time (nesting beyond 1,000, an element of more
    than 500 attributes) is read for its plain anchors alone.
    """
    text, codec = page_text(page)
    if has_attribute_bomb(text) or deepest_html(text) > MAX_DEPTH:
        hrefs = _plain_hrefs(text)[:MAX_LINKS]
        return [RawLink(href=href, base=page.url, origin=LinkOrigin.ANCHOR) for href in hrefs]
    tree = LexborHTMLParser(text)
    base = base_url(tree, page.url)
    places = [
        LinkPlace(node, _target(node)) for node in tree.css("a[href], area[href], frame[src], iframe[src]")
    ]
    dates = dates_beside(places[:MAX_LINKS])
    links = [
        _link_at(place.node, _in_page_charset(place.target, codec), base, date=date)
        for place, date in zip(places, dates, strict=False)
    ]
    links.extend(
        RawLink(href=_target(node), base=base, origin=LinkOrigin.NEXT)
        for node in tree.css("link[rel~=next][href], a[rel~=next][href]")[:_MAX_NEXT]
    )
    for number, rule in enumerate(attributes):
        links.extend(_attribute_links(tree, rule, base, name=f"attributes[{number}]"))
    return links


def page_text(page: ListPage) -> tuple[str, str]:
    """Return a page as text, and the codec that made it.

    A byte order mark first, then strict UTF-8, then the label of the header or of the page; what no
    encoding explains becomes U+FFFD.
    """
    body = page.body[: 4 * MAX_PAGE_CHARS]
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")[:MAX_PAGE_CHARS], codec
    try:
        return body.decode("utf-8")[:MAX_PAGE_CHARS], "utf-8"
    except UnicodeDecodeError:
        codec = _labelled_codec(page)
        return body.decode(codec, "replace")[:MAX_PAGE_CHARS], codec


def _labelled_codec(page: ListPage) -> str:
    head = page.body[:_META_BYTES].decode("ascii", "replace")
    for place in (page.content_type or "", head):
        label = _LABEL.search(place)
        if label is None:
            continue
        name = label[1].lower()
        try:
            known = codecs.lookup(_LARGER.get(name, name))
            "a".encode(known.name)
        except (LookupError, UnicodeError, ValueError):
            continue
        return known.name
    return "utf-8"


def base_url(tree: LexborHTMLParser, page_url: str) -> str:
    """Return what relative links are relative to: the first usable base element, else the page itself."""
    for node in tree.css("base[href]")[:10]:
        try:
            return canonical_url(node.attributes.get("href") or "", page_url)
        except BadUrlError:
            continue
    return page_url


def _target(node: LexborNode) -> str:
    return node.attributes.get("src" if node.tag in _FRAMES else "href") or ""


def _link_at(node: LexborNode, href: str, base: str, *, date: str | None) -> RawLink:
    origin = LinkOrigin.FRAME if node.tag in _FRAMES else LinkOrigin.ANCHOR
    return RawLink(href=href, base=base, origin=origin, title=_title_of(node), date=date)


def _title_of(node: LexborNode) -> str | None:
    return node.text(separator=" ").strip() or node.attributes.get("title") or None


def _attribute_links(tree: LexborHTMLParser, rule: AttributeLink, base: str, *, name: str) -> list[RawLink]:
    pattern = re.compile(rule.pattern)
    places = []
    for node in tree.css(f"[{rule.attribute}]")[:MAX_LINKS]:
        match = pattern.search((node.attributes.get(rule.attribute.lower()) or "")[:MAX_URL_BYTES])
        if match:
            places.append(LinkPlace(node, _filled(rule.template, match)))
    return [
        RawLink(
            href=place.target,
            base=base,
            origin=LinkOrigin.ATTRIBUTE,
            title=_title_of(place.node),
            date=date,
            rule=name,
        )
        for place, date in zip(places, dates_beside(places), strict=True)
    ]


def _filled(template: str, match: re.Match[str]) -> str:
    return re.sub(r"\{(\d+)\}", lambda place: match[int(place[1])] or "", template)


def _in_page_charset(href: str, codec: str) -> str:
    """Escape the query of a link in its page's own encoding, as browsers do (HTML, encoding-parse a URL)."""
    address, mark, query = href.partition("?")
    if query.isascii() or codec.startswith("utf"):
        return href
    query, hash_mark, _ = query.partition("#")
    try:
        encoded = query.encode(codec)
    except UnicodeEncodeError:
        return href
    escaped = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in encoded)
    return f"{address}{mark}{escaped}{hash_mark}"


def _plain_hrefs(text: str) -> list[str]:
    found = ("".join(group or "" for group in match.groups()) for match in _PLAIN_ANCHOR.finditer(text))
    return [href.replace("&amp;", "&") for href in found]
