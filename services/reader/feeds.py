"""What happens, as feeds: Atom, RSS and JSON Feed, from the append-only table of events."""

from collections.abc import Sequence
from functools import partial
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from services.reader.asking import base_of, language_of, source_id_of, watch_id_of
from services.reader.choosing import program_words
from services.reader.errors import NoSuchPageError
from services.reader.feed_forms import Entry, Feed
from services.reader.feed_wording import entry_text, entry_title
from services.reader.formats import FEEDS, FeedFormat
from services.reader.rendering import tagged
from services.reader.settings import ReaderSettings
from services.reader.wording import link, shown
from services.reader.words import Words
from shared.ledger.telling import ALARMS, ARTICLES, EDITS, KINDS, REMOVALS, Telling, Told
from shared.phrases import message

__all__ = ["FEED_NAMES", "Feeds"]

_FEEDS = {
    "all": (KINDS, message("Everything that happens")),
    "articles": (ARTICLES, message("New articles")),
    "edits": (EDITS, message("Edits")),
    "removals": (REMOVALS, message("Removals and returns")),
    "alarms": (ALARMS, message("Alarms of the watches")),
}
FEED_NAMES = tuple(_FEEDS)


class Feeds:
    """Serves the feeds over the table of events."""

    def __init__(self, telling: Telling, *, settings: ReaderSettings) -> None:
        self._telling = telling
        self._settings = settings

    def router(self) -> APIRouter:
        """Return the addresses of the feeds; JSON Feed under .json too, as it always was."""
        router = APIRouter()
        for form in FEEDS:
            for suffix in dict.fromkeys((form.suffix, f".{form.suffix.rpartition('.')[2]}")):
                feed = partial(self.feed, form=form)
                router.add_api_route(
                    f"/feeds/{{name}}{suffix}", feed, methods=["GET", "HEAD"], response_model=None
                )
        return router

    def feed(self, request: Request, name: str, *, form: FeedFormat) -> Response:
        """Return a feed in one form."""
        events, title = self._events(request, name)
        base, words = base_of(request, self._settings.public_url), program_words(request)
        feed = Feed(
            title=f"Pressmark: {words.say(title)}",
            address=f"{base}{_address(request)}",
            page=f"{base}/",
            next=None,
            entries=[_entry(event, base, words) for event in events],
        )
        response = Response(form.tell(feed), media_type=form.media_type)
        return tagged(request, response, cache=f"public, max-age={self._settings.cache_seconds}")

    def _events(self, request: Request, name: str) -> tuple[Sequence[Told], str]:
        if name not in _FEEDS:
            names = ", ".join(_FEEDS)
            raise NoSuchPageError("There is no feed of this name. There are %(names)s.", names=names)
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


def _address(request: Request) -> str:
    asked = {
        name: request.query_params[name]
        for name in ("source", "lang", "watch", "hl")
        if name in request.query_params
    }
    return f"{request.scope['path']}{'?' + urlencode(asked) if asked else ''}"


def _entry(event: Told, base: str, words: Words) -> Entry:
    path = f"/article/{event.article_id}" if event.article_id else f"/source/{event.source_id}"
    return Entry(
        urn=event.urn,
        title=entry_title(event, words),
        text=entry_text(event, words),
        address=f"{base}{path}",
        original=link(event.url or ""),
        at=event.at,
        author=shown(event.source_name) or event.source_id,
        language=event.language,
        tags=(event.kind, event.source_id),
        more={"event": event.event_id, "article": event.article_id, "capture": event.capture},
    )
