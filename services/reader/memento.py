"""Memento (RFC 7089): the TimeGate leads to the capture closest to a time, the TimeMap lists them all."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request, Response

from services.reader.asking import base_of
from services.reader.cdx_asking import asked_url
from services.reader.errors import BadAddressError, NoSuchPageError
from services.reader.instants import digits_of, http_date
from services.reader.rendering import tagged
from services.reader.settings import ReaderSettings
from shared.clock import SystemClock
from shared.encoding import dump_json
from shared.ledger.captured_urls import CapturedUrls, Match, Memento, Span, key_of
from shared.urls import BadUrlError

__all__ = ["MementoPages", "links_around", "memento_address", "original_links", "url_in_path"]

_GET = ["GET", "HEAD"]
_ON_MAP = 1000
"""Captures on one page of a TimeMap."""
_MOST_PAGES = 10_000
_ADDRESS_SAFE = "!#$%&'()*+,/:;=?@[]~"
_LINK = "application/link-format; charset=utf-8"
_JSON = "application/json"
_OPEN = {"access-control-allow-origin": "*"}


def memento_address(replay_url: str, memento: Memento, *, raw: bool = False) -> str:
    """Return the address of a capture at the replay server: its URI-M, or that of the bytes as they were sent."""
    instant = digits_of(memento.fetched_at) + ("id_" if raw else "")
    return f"{replay_url}/{instant}/{quote(memento.url, safe=_ADDRESS_SAFE)}"


def link_value(address: str, rel: str, at: datetime | None = None, **more: str) -> str:
    """Return one link of a Link header or of a TimeMap (RFC 8288 §3)."""
    named = {"rel": rel, **({"datetime": http_date(at)} if at else {}), **more}
    shown = quote(address, safe=_ADDRESS_SAFE)
    return f"<{shown}>; " + "; ".join(f'{name}="{value}"' for name, value in named.items())


def url_in_path(request: Request, start: str) -> str:
    """Return the URL that stands in the address behind `start`, its query included.

    Raises:
        BadAddressError: there is none.
    """
    raw = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
    path = raw.decode("latin-1").partition("?")[0]
    query = request.scope["query_string"].decode("latin-1")
    rest = path.removeprefix(start)
    # Clients may escape the whole of it.
    rest = unquote(rest) if rest[:16].lower().startswith(("http%3a", "https%3a")) else rest
    url = asked_url(rest + (f"?{query}" if query else "")) if rest else ""
    try:
        key_of(url)
    except BadUrlError:
        raise BadAddressError(
            "Behind this stands the whole URL of a page, such as https://outlet.example/1."
        ) from None
    return url


class MementoPages:
    """Serves TimeGate and TimeMaps over the captures."""

    def __init__(self, captures: CapturedUrls, *, settings: ReaderSettings) -> None:
        self._captures = captures
        self._settings = settings
        self._replay = settings.replay_url

    def router(self) -> APIRouter:
        """Return the addresses of TimeGate and TimeMaps."""
        router = APIRouter()
        for path, page in (
            ("/timegate/{url:path}", self.timegate),
            ("/timemap/link/{url:path}", self.timemap_as_links),
            ("/timemap/json/{url:path}", self.timemap_as_json),
        ):
            router.add_api_route(path, page, methods=_GET, response_model=None)
        return router

    def timegate(self, request: Request) -> Response:
        """Lead to the capture closest to `Accept-Datetime`, or to the last one (RFC 7089 §4.1, pattern 2.1)."""
        url = url_in_path(request, "/timegate/")
        at = _accepted(request)
        found = self._captures.closest(key_of(url), at or SystemClock().now())
        if not found or not self._replay:
            raise NoSuchPageError("Nothing of this address is kept.")
        links = [
            *original_links(url, base_of(request, self._settings.public_url)),
            *links_around(self._captures, found[0], replay_url=self._replay),
        ]
        headers = {
            "location": memento_address(self._replay, found[0]),
            "vary": "accept-datetime",
            "link": ", ".join(links),
            "cache-control": "no-store",
            **_OPEN,
        }
        return Response(status_code=302, headers=headers)

    def timemap_as_links(self, request: Request) -> Response:
        """List the captures of a URL as links (RFC 7089 §5)."""
        return self._timemap(request, "link", self._as_links)

    def timemap_as_json(self, request: Request) -> Response:
        """List the captures of a URL as JSON, in the form of the Memento aggregators."""
        return self._timemap(request, "json", self._as_json)

    def _timemap(self, request: Request, form: str, write: "Callable[[_Map], tuple[bytes, str]]") -> Response:
        start = f"/timemap/{form}/"
        raw = (request.scope.get("raw_path") or b"").decode("latin-1").removeprefix(start)
        number, slash, _ = raw.partition("/")
        page = int(number) if slash and number.isascii() and number.isdigit() and len(number) < 9 else 1
        url = url_in_path(request, f"{start}{number}/" if slash and number.isdigit() else start)
        span = Span.of(url, Match.EXACT)
        found: list[Memento] = []
        if 1 <= page <= _MOST_PAGES:
            found = self._captures.page(span, limit=_ON_MAP + 1, skipped=(page - 1) * _ON_MAP)
        if not found or not self._replay:
            raise NoSuchPageError("Nothing of this address is kept.")
        base = base_of(request, self._settings.public_url)
        body, media_type = write(_Map(url=url, base=base, page=page, found=found, form=form))
        response = Response(body, media_type=media_type, headers=_OPEN)
        return tagged(request, response, cache=f"public, max-age={self._settings.cache_seconds}")

    def _as_links(self, given: "_Map") -> tuple[bytes, str]:
        links = [
            link_value(given.url, "original"),
            link_value(f"{given.base}/timegate/{given.url}", "timegate"),
            link_value(given.address(), "self", type="application/link-format"),
        ]
        links += [
            link_value(given.address(page), "timemap", type="application/link-format")
            for page in given.others
        ]
        is_first, is_last = given.page == 1, not given.has_more
        for place, one in enumerate(given.shown):
            rels = ["first"] if is_first and place == 0 else []
            rels += ["last"] if is_last and place == len(given.shown) - 1 else []
            links.append(
                link_value(memento_address(self._replay, one), " ".join([*rels, "memento"]), one.fetched_at)
            )
        return (",\n".join(links) + "\n").encode("utf-8", "replace"), _LINK

    def _as_json(self, given: "_Map") -> tuple[bytes, str]:
        shown = [
            {"datetime": one.fetched_at, "uri": memento_address(self._replay, one)} for one in given.shown
        ]
        value = {
            "original_uri": given.url,
            "timegate_uri": f"{given.base}/timegate/{given.url}",
            "timemap_uri": {
                "link_format": given.address(form="link"),
                "json_format": given.address(form="json"),
            },
            "mementos": {"first": shown[0], "last": shown[-1], "list": shown},
            "timemap_index": [{"uri": given.address(page)} for page in given.others],
        }
        return dump_json(value), _JSON


class _Map:
    """One page of a TimeMap."""

    def __init__(self, *, url: str, base: str, page: int, found: Sequence[Memento], form: str) -> None:
        self.url = url
        self.base = base
        self.page = page
        self.form = form
        self.shown = found[:_ON_MAP]
        self.has_more = len(found) > _ON_MAP

    @property
    def others(self) -> list[int]:
        """The pages before and after this one."""
        return [self.page - 1] * (self.page > 1) + [self.page + 1] * self.has_more

    def address(self, page: int | None = None, *, form: str | None = None) -> str:
        number = self.page if page is None else page
        return f"{self.base}/timemap/{form or self.form}/{f'{number}/' if number > 1 else ''}{self.url}"


def original_links(url: str, base: str) -> list[str]:
    """Return links to a URL, to its TimeMaps and to its TimeGate.

    Args:
        url: The original.
        base: The address of the pages, without a slash at its end.
    """
    return [
        link_value(url, "original"),
        link_value(f"{base}/timemap/link/{url}", "timemap", type="application/link-format"),
        link_value(f"{base}/timemap/json/{url}", "timemap", type=_JSON),
        link_value(f"{base}/timegate/{url}", "timegate"),
    ]


def links_around(captures: CapturedUrls, chosen: Memento, *, replay_url: str) -> list[str]:
    """Return links to a capture, to the first and last of its URL and to those beside it (RFC 7089 §2.2.1)."""
    instant = timedelta(microseconds=1)
    beside = {
        "first": captures.first(chosen.surt),
        "prev": next(iter(captures.before(chosen.surt, chosen.fetched_at - instant)), None),
        "": chosen,
        "next": next(iter(captures.after(chosen.surt, chosen.fetched_at)), None),
        "last": captures.last(chosen.surt),
    }
    rels: dict[int, list[str]] = {}
    kept: dict[int, Memento] = {}
    for rel, one in beside.items():
        if one is not None:
            kept[one.capture_id] = one
            rels.setdefault(one.capture_id, []).append(rel)
    return [
        link_value(
            memento_address(replay_url, one),
            " ".join([*filter(None, rels[number]), "memento"]),
            one.fetched_at,
        )
        for number, one in kept.items()
    ]


def _accepted(request: Request) -> datetime | None:
    """Read `Accept-Datetime`.

    Raises:
        BadAddressError: it is no time (RFC 7089 §4.5.3 wants 400).
    """
    text = request.headers.get("accept-datetime", "")
    if not text:
        return None
    try:
        at = parsedate_to_datetime(text[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        at = None
    if at is None or at.tzinfo is None or not 1 < at.year < 9999:
        raise BadAddressError("Accept-Datetime is a time such as Mon, 09 Mar 2026 12:00:00 GMT.")
    return at
