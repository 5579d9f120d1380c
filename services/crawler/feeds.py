"""Entries of RSS, Atom and JSON feeds, read from bytes that were fetched and stored before."""

import io
import re
from typing import Any, Final
from xml.sax import SAXException

import feedparser
import orjson

from services.crawler.guards import count_tags, deepest_xml, has_attribute_bomb
from services.crawler.links import LinkOrigin, ListPage, RawLink

MAX_FEED_BYTES: Final = 10 * 1024 * 1024
MAX_ENTRIES: Final = 5000
MAX_TAGS: Final = 100_000
MAX_DEPTH: Final = 2000

_MARKUP = re.compile(r"<[^<>]{0,2000}>")


class UnreadableListError(ValueError):
    """A feed or sitemap that is not read at all. Its text is a constant reason, fit for counting."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def feed_links(page: ListPage) -> list[RawLink]:
    """Return the entries of a feed as links, in its own order, at most 5,000.

    Raises:
        UnreadableListError: `too_large`, `attribute_bomb`, `too_many_tags` or `too_deep` (what would keep the
            parser busy for minutes), `not_a_feed`, or `broken_feed` (XML that ends or breaks before any entry).
    """
    if len(page.body) > MAX_FEED_BYTES:
        raise UnreadableListError("too_large")
    if page.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _json_links(page)
    _refuse_bombs(page.body)
    return _xml_links(page)


def _refuse_bombs(body: bytes) -> None:
    # Every byte stands for itself, because only ASCII matters and any encoding must pass.
    text = body.decode("latin-1")
    if has_attribute_bomb(text):
        raise UnreadableListError("attribute_bomb")
    if count_tags(text) > MAX_TAGS:
        raise UnreadableListError("too_many_tags")
    if deepest_xml(text) > MAX_DEPTH:
        raise UnreadableListError("too_deep")


def _xml_links(page: ListPage) -> list[RawLink]:
    # A stream, because feedparser would open a file or a URL that the bytes happen to name.
    headers = {"content-location": page.url}
    if page.content_type:
        headers["content-type"] = page.content_type
    try:
        feed = feedparser.parse(
            io.BytesIO(page.body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # feedparser lets errors of its many parsers through; none is worth a worker.
        raise UnreadableListError("not_a_feed") from error
    if not feed.get("version") and not feed.entries:
        raise UnreadableListError("not_a_feed")
    links = [
        link for entry in feed.entries[:MAX_ENTRIES] if (link := _entry_link(entry, page.url)) is not None
    ]
    if not links and isinstance(feed.get("bozo_exception"), SAXException):
        raise UnreadableListError("broken_feed")
    return links


def _entry_link(entry: Any, base: str) -> RawLink | None:  # noqa: ANN401 (feedparser has no types)
    """Return the link of an entry.

    A permanent address that an aggregator kept (`feedburner:origLink`) comes before the entry's own
    link, that before an identifier that is an address.
    """
    link = _text(entry, "feedburner_origlink") or _text(entry, "link")
    identifier = _text(entry, "id")
    permanent = dict.get(entry, "guidislink") is not False
    if not link and permanent and identifier and identifier.startswith(("http://", "https://")):
        link = identifier
    if not link:
        return None
    title = _text(entry, "title")
    return RawLink(
        href=link,
        base=base,
        origin=LinkOrigin.ENTRY,
        title=_MARKUP.sub(" ", title) if title else None,
        date=_text(entry, "published") or _text(entry, "created"),
        modified=_text(entry, "updated"),
    )


def _text(entry: Any, key: str) -> str | None:  # noqa: ANN401 (feedparser has no types)
    # Past feedparser's own mapping, which gives `published` for `updated` with a warning.
    value = dict.get(entry, key)
    return value if isinstance(value, str) and value else None


def _json_links(page: ListPage) -> list[RawLink]:
    """Read a JSON Feed (jsonfeed.org, versions 1 and 1.1)."""
    try:
        document = orjson.loads(page.body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise UnreadableListError("not_a_feed") from None
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise UnreadableListError("not_a_feed")
    links = []
    for item in items[:MAX_ENTRIES]:
        texts = {key: value for key, value in item.items() if isinstance(value, str)} if _is_map(item) else {}
        identifier = texts.get("id", "")
        link = texts.get("url") or (identifier if identifier.startswith(("http://", "https://")) else "")
        if link:
            links.append(_json_link(link, texts, page.url))
    return links


def _is_map(item: object) -> bool:
    return isinstance(item, dict)


def _json_link(link: str, texts: dict[str, str], base: str) -> RawLink:
    return RawLink(
        href=link,
        base=base,
        origin=LinkOrigin.ENTRY,
        title=texts.get("title"),
        date=texts.get("date_published"),
        modified=texts.get("date_modified"),
    )
