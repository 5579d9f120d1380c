"""URLs of sitemaps and of sitemap indexes, streamed, with entities off and every size bounded."""

import io
import zlib
from collections.abc import Iterator
from typing import Final

from lxml import etree

from services.crawler.feeds import UnreadableListError
from services.crawler.links import LinkOrigin, ListPage, RawLink

MAX_SITEMAP_BYTES: Final = 50 * 1024 * 1024
"""Largest sitemap once expanded (sitemaps.org protocol)."""
MAX_SITEMAP_URLS: Final = 50_000

_GZIP: Final = b"\x1f\x8b"
_FEED_ROOTS: Final = frozenset({"rss", "feed", "rdf"})
_LIST_ROOTS: Final = frozenset({"urlset", "sitemapindex"})
_ENTRY_NAMES: Final = frozenset({"url", "sitemap"})
_MAX_VALUE_CHARS: Final = 10_000


def sitemap_links(page: ListPage) -> list[RawLink]:
    """Return the URLs of a sitemap, or the sitemaps of an index, at most 50,000, in their own order.

    Elements are known by their local names, whatever namespace they are written in. A plain text
    sitemap, one URL a line, is read too.

    Raises:
        UnreadableListError: `too_large` once expanded, `not_a_sitemap`, or `a_feed` when the document is
            RSS or Atom, which has a reader of its own.
    """
    body = expanded(page.body)
    start = body.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if start != b"<":
        return _text_links(body, page.url)
    try:
        return list(_xml_links(body, page.url))
    except etree.XMLSyntaxError:
        raise UnreadableListError("not_a_sitemap") from None


def expanded(body: bytes) -> bytes:
    """Return a body without the gzip that its first bytes tell of, whatever its name or headers say.

    A stream that ends early gives what it held.

    Raises:
        UnreadableListError: `too_large`, more than 50 MiB come out, or `not_a_sitemap`, none does.
    """
    if not body.startswith(_GZIP):
        if len(body) > MAX_SITEMAP_BYTES:
            raise UnreadableListError("too_large")
        return body
    plain = bytearray()
    rest = body
    while rest.startswith(_GZIP):
        decoder = zlib.decompressobj(wbits=31)
        try:
            plain += decoder.decompress(rest, MAX_SITEMAP_BYTES + 1 - len(plain))
        except zlib.error:
            break
        if len(plain) > MAX_SITEMAP_BYTES:
            raise UnreadableListError("too_large")
        rest = decoder.unused_data
    if not plain:
        raise UnreadableListError("not_a_sitemap")
    return bytes(plain)


def _xml_links(body: bytes, base: str) -> Iterator[RawLink]:
    """Yield the entries of an XML sitemap while it is read, freeing each element when it is done with."""
    values: dict[str, str] = {}
    count = 0
    root_name = ""
    for event, element in _events(body):
        name = _local_name(element.tag)
        if event == "start":
            if not root_name:
                root_name = name
                _refuse_other_roots(name)
            continue
        if name in _ENTRY_NAMES:
            if "loc" in values:
                yield _entry(name, values, base)
                count += 1
            values = {}
            _free(element)
        elif element.text and name in {"loc", "lastmod", "title", "publication_date"}:
            _keep(values, _value_name(element, name), element.text)
        if count >= MAX_SITEMAP_URLS:
            return


def _events(body: bytes) -> Iterator[tuple[str, etree._Element]]:
    return etree.iterparse(  # type: ignore[no-any-return]
        io.BytesIO(body),
        events=("start", "end"),
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=True,
    )


def _refuse_other_roots(name: str) -> None:
    if name in _FEED_ROOTS:
        raise UnreadableListError("a_feed")
    if name not in _LIST_ROOTS:
        raise UnreadableListError("not_a_sitemap")


def _value_name(element: etree._Element, name: str) -> str:
    """Tell the page's own `loc` from an image's or a video's, and a news title from theirs."""
    parent = element.getparent()
    parent_name = _local_name(parent.tag) if parent is not None else ""
    return name if parent_name in _ENTRY_NAMES or parent_name == "news" else ""


def _keep(values: dict[str, str], name: str, text: str) -> None:
    if name and text.strip():
        values.setdefault(name, text.strip()[:_MAX_VALUE_CHARS])


def _entry(name: str, values: dict[str, str], base: str) -> RawLink:
    return RawLink(
        href=values["loc"],
        base=base,
        origin=LinkOrigin.INDEX if name == "sitemap" else LinkOrigin.ENTRY,
        title=values.get("title"),
        date=values.get("publication_date"),
        modified=values.get("lastmod"),
    )


def _local_name(tag: object) -> str:
    """Return an element's name without namespace or prefix, in lower case; entities have none."""
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def _free(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _text_links(body: bytes, base: str) -> list[RawLink]:
    lines = body.decode("utf-8", "replace").lstrip("\ufeff").split("\n", MAX_SITEMAP_URLS)[:MAX_SITEMAP_URLS]
    links = [
        RawLink(href=line.strip(), base=base, origin=LinkOrigin.ENTRY)
        for line in lines
        if line.strip().startswith(("http://", "https://"))
    ]
    if not links:
        raise UnreadableListError("not_a_sitemap")
    return links
