"""What happens, as feeds: Atom (RFC 4287) and JSON Feed 1.1, from the append-only table of events."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Request, Response

from services.reader.asking import language_of, source_id_of, watch_id_of
from services.reader.errors import NoSuchPageError
from services.reader.feed_wording import entry_text, entry_title, xml_text
from services.reader.rendering import tagged
from services.reader.settings import ReaderSettings
from services.reader.wording import language_tag, link, shown
from shared.encoding import dump_json
from shared.ledger.telling import ALARMS, ARTICLES, EDITS, KINDS, REMOVALS, Telling, Told

__all__ = ["Feeds"]

_FEEDS = {
    "all": (KINDS, "Everything that happens"),
    "articles": (ARTICLES, "New articles"),
    "edits": (EDITS, "Edits"),
    "removals": (REMOVALS, "Removals and returns"),
    "alarms": (ALARMS, "Alarms of the watches"),
}
_ATOM = "http://www.w3.org/2005/Atom"
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries was updated: a fixed time, so that it is the same document each time."""


class Feeds:
    """Serves the feeds over the table of events."""

    def __init__(self, telling: Telling, *, settings: ReaderSettings) -> None:
        self._telling = telling
        self._settings = settings
        self._cache = f"public, max-age={settings.cache_seconds}"

    def router(self) -> APIRouter:
        """Return the addresses of the feeds."""
        router = APIRouter()
        for path, feed in (("/feeds/{name}.atom", self.atom), ("/feeds/{name}.json", self.json)):
            router.add_api_route(path, feed, methods=["GET", "HEAD"], response_model=None)
        return router

    def atom(self, request: Request, name: str) -> Response:
        """Return a feed as Atom."""
        events, title = self._events(request, name)
        body = ET.tostring(
            _atom(events, title, address=self._address(request), base=self._base(request)),
            encoding="utf-8",
            xml_declaration=True,
        )
        response = Response(body, media_type="application/atom+xml; charset=utf-8")
        return tagged(request, response, cache=self._cache)

    def json(self, request: Request, name: str) -> Response:
        """Return a feed as JSON Feed."""
        events, title = self._events(request, name)
        base = self._base(request)
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": f"Pressmark: {title}",
            "home_page_url": f"{base}/",
            "feed_url": self._address(request),
            "items": [_json_item(event, base) for event in events],
        }
        response = Response(dump_json(feed), media_type="application/feed+json")
        return tagged(request, response, cache=self._cache)

    def _events(self, request: Request, name: str) -> tuple[Sequence[Told], str]:
        if name not in _FEEDS:
            raise NoSuchPageError(f"There is no feed of this name. There are {', '.join(_FEEDS)}.")
        kinds, title = _FEEDS[name]
        source = request.query_params.get("source", "")
        events = self._telling.newest(
            kinds,
            self._settings.feed_entries,
            source_id=source_id_of(source) if source else None,
            language=language_of(request),
            watch_id=watch_id_of(request),
        )
        return events, title

    def _base(self, request: Request) -> str:
        """Return the address of these pages, without a slash at its end."""
        base = self._settings.public_url or str(request.base_url)
        return (link(base) or "").rstrip("/")

    def _address(self, request: Request) -> str:
        asked = {
            name: request.query_params[name]
            for name in ("source", "lang", "watch")
            if name in request.query_params
        }
        return f"{self._base(request)}{request.scope['path']}{'?' + urlencode(asked) if asked else ''}"


def _atom(events: Sequence[Told], title: str, *, address: str, base: str) -> ET.Element:
    feed = ET.Element("feed", {"xmlns": _ATOM})
    _add(feed, "id", address or "urn:pressmark")
    _add(feed, "title", f"Pressmark: {title}")
    _add(feed, "updated", max((event.at for event in events), default=_BEGINNING).isoformat())
    _add(feed, "generator", "Pressmark")
    ET.SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": xml_text(address)})
    ET.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": xml_text(f"{base}/")})
    for event in events:
        feed.append(_atom_entry(event, base))
    return feed


def _atom_entry(event: Told, base: str) -> ET.Element:
    entry = ET.Element("entry", {"xml:lang": language_tag(event.language)})
    _add(entry, "id", event.urn)
    _add(entry, "title", entry_title(event))
    _add(entry, "updated", event.at.isoformat())
    _add(entry, "published", event.at.isoformat())
    _add(ET.SubElement(entry, "author"), "name", shown(event.source_name) or event.source_id)
    ET.SubElement(entry, "category", {"term": event.kind})
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": _page(event, base)})
    original = link(event.url or "")
    if original is not None:
        ET.SubElement(entry, "link", {"rel": "via", "href": xml_text(original)})
    _add(entry, "content", entry_text(event)).set("type", "text")
    return entry


def _json_item(event: Told, base: str) -> dict[str, Any]:
    item = {
        "id": event.urn,
        "url": _page(event, base),
        "external_url": link(event.url or ""),
        "title": entry_title(event),
        "content_text": entry_text(event),
        "date_published": event.at,
        "language": language_tag(event.language),
        "authors": [{"name": shown(event.source_name)}],
        "tags": [event.kind, event.source_id],
        "_pressmark": {"event": event.event_id, "article": event.article_id, "capture": event.capture},
    }
    return {name: value for name, value in item.items() if value is not None}


def _page(event: Told, base: str) -> str:
    path = f"/article/{event.article_id}" if event.article_id else f"/source/{event.source_id}"
    return f"{base}{path}"


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = xml_text(text)
    return child
