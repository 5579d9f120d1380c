"""Entries as Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1: one shape of entry, three ways to write it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree as ET

from services.reader.wording import language_tag
from shared.encoding import dump_json

__all__ = ["Entry", "Feed", "as_atom", "as_json_feed", "as_rss", "xml_text"]

_ATOM = "http://www.w3.org/2005/Atom"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold, escaped or not (XML 1.0 §2.2)."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries was updated: a fixed time, so that it is the same document each time."""

_ATOM_LINK = f"{{{_ATOM}}}link"
"""In RSS, which has no link to itself of its own (RSS Advisory Board, Best Practices Profile)."""

ET.register_namespace("atom", _ATOM)
ET.register_namespace("dc", _DUBLIN_CORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed. All text is plain."""

    urn: str
    title: str
    text: str
    address: str
    """Its page in this archive."""
    original: str | None
    """Its address at the source, checked."""
    at: datetime
    author: str
    language: str | None
    tags: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict)
    """For the extension of JSON Feed that is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed, its entries the newest first."""

    title: str
    address: str
    page: str
    """The same for people."""
    next: str | None
    """Where the entries go on."""
    entries: Sequence[Entry]

    @property
    def updated(self) -> datetime:
        """Return the time of the newest entry."""
        return max((entry.at for entry in self.entries), default=_BEGINNING)


def as_atom(feed: Feed) -> bytes:
    """Return a feed as Atom."""
    root = ET.Element("feed", {"xmlns": _ATOM})
    _add(root, "id", feed.address or "urn:pressmark")
    _add(root, "title", feed.title)
    _add(root, "updated", feed.updated.isoformat())
    _add(root, "generator", "Pressmark")
    _link(root, "self", feed.address, "application/atom+xml")
    _link(root, "alternate", feed.page, "text/html")
    if feed.next is not None:
        _link(root, "next", feed.next, "application/atom+xml")  # RFC 5005 §3
    for entry in feed.entries:
        root.append(_atom_entry(entry))
    return _document(root)


def as_rss(feed: Feed) -> bytes:
    """Return a feed as RSS 2.0. What RSS says of mail addresses is avoided: who wrote is told as `dc:creator`."""
    root = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.page)
    _add(channel, "description", feed.title)
    _add(channel, "lastBuildDate", format_datetime(feed.updated.astimezone(UTC)))
    _add(channel, "generator", "Pressmark")
    _link(channel, "self", feed.address, "application/rss+xml", name=_ATOM_LINK)
    if feed.next is not None:
        _link(channel, "next", feed.next, "application/rss+xml", name=_ATOM_LINK)
    for entry in feed.entries:
        channel.append(_rss_item(entry))
    return _document(root)


def as_json_feed(feed: Feed) -> bytes:
    """Return a feed as JSON Feed."""
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "next_url": feed.next,
        "items": [_json_item(entry) for entry in feed.entries],
    }
    return dump_json({name: one for name, one in value.items() if one is not None})


def xml_text(text: str) -> str:
    """Return text as an XML document can hold it; the writer escapes its markup."""
    return _NOT_XML.sub("\ufffd", text)


def _atom_entry(entry: Entry) -> ET.Element:
    element = ET.Element("entry", {"xml:lang": language_tag(entry.language)})
    _add(element, "id", entry.urn)
    _add(element, "title", entry.title)
    _add(element, "updated", entry.at.isoformat())
    _add(element, "published", entry.at.isoformat())
    _add(ET.SubElement(element, "author"), "name", entry.author)
    for tag in entry.tags:
        ET.SubElement(element, "category", {"term": tag})
    _link(element, "alternate", entry.address, "text/html")
    if entry.original is not None:
        _link(element, "via", entry.original, "text/html")
    _add(element, "content", entry.text).set("type", "text")
    return element


def _rss_item(entry: Entry) -> ET.Element:
    item = ET.Element("item")
    _add(item, "title", entry.title)
    _add(item, "link", entry.address)
    _add(item, "guid", entry.urn).set("isPermaLink", "false")
    _add(item, "pubDate", format_datetime(entry.at.astimezone(UTC)))
    _add(item, "creator", entry.author, space=_DUBLIN_CORE)
    _add(item, "language", language_tag(entry.language), space=_DUBLIN_CORE)
    for tag in entry.tags:
        _add(item, "category", tag)
    _add(item, "description", entry.text)
    return item


def _json_item(entry: Entry) -> dict[str, Any]:
    item = {
        "id": entry.urn,
        "url": entry.address,
        "external_url": entry.original,
        "title": entry.title,
        "content_text": entry.text,
        "date_published": entry.at,
        "language": language_tag(entry.language),
        "authors": [{"name": entry.author}],
        "tags": list(entry.tags),
        "_pressmark": dict(entry.more) or None,
    }
    return {name: value for name, value in item.items() if value is not None}


def _add(parent: ET.Element, name: str, text: str, *, space: str = "") -> ET.Element:
    child = ET.SubElement(parent, f"{{{space}}}{name}" if space else name)
    child.text = xml_text(text)
    return child


def _link(parent: ET.Element, relation: str, address: str, media_type: str, *, name: str = "link") -> None:
    ET.SubElement(parent, name, {"rel": relation, "type": media_type, "href": xml_text(address)})


def _document(root: ET.Element) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
