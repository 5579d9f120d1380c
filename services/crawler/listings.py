"""Links out of HTML pages: anchors, frames, and attributes that a source's rules read."""

import codecs
import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.crawler.links import LinkOrigin, ListPage, RawLink
from shared.sources import AttributeLink
from shared.urls import BadUrlError, canonical_url

MAX_PAGE_CHARS: Final = 10 * 1024 * 1024
MAX_LINKS: Final = 20_000
MAX_DEPTH: Final = 1000
MAX_ATTRIBUTES: Final = 500

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_LABEL = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_META_BYTES: Final = 4096
# The WHATWG Encoding Standard maps these labels to the larger encodings that browsers really use.
_LARGER = {"euc-kr": "cp949", "ks_c_5601-1987": "cp949", "gb2312": "gb18030", "gbk": "gb18030"}
_LARGER |= {"shift_jis": "cp932", "iso-8859-1": "cp1252", "latin1": "cp1252", "iso-8859-9": "cp1254"}

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*+)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)")
_UNNESTED = frozenset(
    {"a", "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta"}
    | {"option", "p", "param", "source", "td", "th", "tr", "track", "wbr"}
)
_PLAIN_ANCHOR = re.compile(
    r"<a\s[^<>]{0,4000}?href\s*=\s*(?:\"([^\"<>]{1,8192})\"|'([^'<>]{1,8192})'|([^\s\"'<>]{1,8192}))",
    re.IGNORECASE,
)

# The first shapes a list's date takes: [2026.7.19.], 2024-08-01, 2018年3月18日, 18/03/2018, Juche113.12.14.
_DATE = re.compile(
    r"Juche\s?\d{2,3}\s?[.-]\s?\d{1,2}\s?[.-]\s?\d{1,2}"
    r"|(?<!\d)(?:19|20)\d{2}\s?[.\-/年년]\s?\d{1,2}\s?[.\-/月월]\s?\d{1,2}(?!\d)(?:[T ]\d{2}:\d{2}[0-9:.Z+-]*)?"
    r"|(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d{2}(?!\d)"
    r"|(?<!\d)\d{1,2}\.? [A-Z][a-z]{2,8}\.?,? (?:19|20)\d{2}(?!\d)"
    r"|[A-Z][a-z]{2,8}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:19|20)\d{2}(?!\d)"
)
_MAX_ROW_CHARS: Final = 600
_MAX_CLIMB: Final = 3


def page_links(page: ListPage, attributes: tuple[AttributeLink, ...]) -> list[RawLink]:
    """Return every link of an HTML page in document order, bad URIs too, at most 20,000.

    A page whose mark-up would take the parser quadratic time (nesting beyond 1,000, an element of more
    than 500 attributes) is read for its plain anchors alone.
    """
    text, codec = page_text(page)
    if _is_bomb(text):
        return [
            RawLink(href=_unescaped(href), base=page.url, origin=LinkOrigin.ANCHOR)
            for href in _plain_hrefs(text)
        ][:MAX_LINKS]
    tree = LexborHTMLParser(text)
    base = _base_url(tree, page.url)
    links = []
    for node in tree.css("a[href], area[href], frame[src], iframe[src]")[:MAX_LINKS]:
        is_frame = node.tag in {"frame", "iframe"}
        href = node.attributes.get("src" if is_frame else "href") or ""
        origin = LinkOrigin.FRAME if is_frame else LinkOrigin.ANCHOR
        links.append(_link_at(node, _in_page_charset(href, codec), base, origin=origin))
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


def _base_url(tree: LexborHTMLParser, page_url: str) -> str:
    """Return what relative links are relative to: the first usable base element, else the page itself."""
    for node in tree.css("base[href]")[:10]:
        try:
            return canonical_url(node.attributes.get("href") or "", page_url)
        except BadUrlError:
            continue
    return page_url


def _link_at(node: LexborNode, href: str, base: str, *, origin: LinkOrigin, rule: str = "") -> RawLink:
    text = node.text(separator=" ")[: 2 * _MAX_ROW_CHARS]
    title = text.strip() or node.attributes.get("title") or None
    return RawLink(href=href, base=base, origin=origin, title=title, date=_date_beside(node), rule=rule)


def _attribute_links(tree: LexborHTMLParser, rule: AttributeLink, base: str, *, name: str) -> list[RawLink]:
    links = []
    pattern = re.compile(rule.pattern)
    for node in tree.css(f"[{rule.attribute}]")[:MAX_LINKS]:
        value = node.attributes.get(rule.attribute.lower()) or ""
        for match in pattern.finditer(value[:8192]):
            href = _filled(rule.template, match)
            links.append(_link_at(node, href, base, origin=LinkOrigin.ATTRIBUTE, rule=name))
    return links


def _filled(template: str, match: re.Match[str]) -> str:
    return re.sub(r"\{(\d+)\}", lambda place: match[int(place[1])] or "", template)


def _date_beside(node: LexborNode) -> str | None:
    """Return the date that stands in the same row as a link, as it is written.

    A row is the largest element around the link, at most three levels up, that holds no other link.
    """
    row = node
    for _ in range(_MAX_CLIMB):
        parent = row.parent
        if parent is None or parent.tag in {"body", "html", "-undef"} or _has_other_links(parent, node):
            break
        row = parent
    for time in row.css("time[datetime]")[:1]:
        return time.attributes.get("datetime")
    text = row.text(separator=" ")
    match = _DATE.search(text) if len(text) <= 4 * _MAX_ROW_CHARS else None
    return match[0] if match else None


def _has_other_links(parent: LexborNode, node: LexborNode) -> bool:
    href = node.attributes.get("href")
    return any(other.attributes.get("href") != href for other in parent.css("a")[:20] if other != node)


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


def _is_bomb(text: str) -> bool:
    """Tell whether the parser, quadratic in depth and in attributes of one element, would take long."""
    depth = deepest = 0
    for match in _TAG.finditer(text):
        inside = match[3]
        if len(inside) > 2 * MAX_ATTRIBUTES and len(inside.split()) + inside.count("=") > 2 * MAX_ATTRIBUTES:
            return True
        if match[2].lower() not in _UNNESTED:
            depth = max(0, depth - 1) if match[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest > MAX_DEPTH


def _plain_hrefs(text: str) -> list[str]:
    return ["".join(group or "" for group in match.groups()) for match in _PLAIN_ANCHOR.finditer(text)]


def _unescaped(href: str) -> str:
    return href.replace("&amp;", "&")
