"""From a template or a value to a response with the headers that caches need."""

import hashlib
from collections.abc import Callable
from datetime import tzinfo
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from jinja2 import Environment

from services.reader.asking import base_of
from services.reader.choosing import Choice, choice_of
from services.reader.formats import CITATIONS, FEEDS, FORMATS, JSON
from services.reader.standing import Standing, standing_of
from services.reader.templates_of import templates_of
from services.reader.tongues import TAGS, Tongue, tongue
from services.reader.words import Words
from shared.encoding import dump_json

__all__ = ["Renderer", "StaticFile", "tagged"]

_HERE = Path(str(files("services.reader")))
_STATIC_TYPES = {"style.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"}
_A_YEAR = 31_536_000


class StaticFile:
    """A file that is part of the program, under an address that changes with its content."""

    def __init__(self, name: str) -> None:
        self.body = (_HERE / "static" / name).read_bytes()
        self.media_type = _STATIC_TYPES[name]
        self.version = hashlib.sha256(self.body).hexdigest()[:12]
        self.address = f"/static/{name}?v={self.version}"

    def response(self, request: Request) -> Response:
        """Return the file; for ever when the address names this version."""
        seconds = _A_YEAR if request.query_params.get("v") == self.version else 300
        cache = f"public, max-age={seconds}" + (", immutable" if seconds == _A_YEAR else "")
        return tagged(request, Response(self.body, media_type=self.media_type), cache=cache)


class Renderer:
    """Fills templates in the reader's language. Everything put into one is escaped."""

    def __init__(
        self, *, cache_seconds: int, public_url: str, zone_of: Callable[[str], tzinfo | None]
    ) -> None:
        self.static = {name: StaticFile(name) for name in _STATIC_TYPES}
        self._cache = f"public, max-age={cache_seconds}"
        self._public_url = public_url
        self._zone_of = zone_of
        self._templates = {tag: self._environment(tongue(tag)) for tag in TAGS}

    def words(self, request: Request) -> Words:
        """Return what a page says to this reader.

        Raises:
            BadAddressError: the address names a language or a time zone that there is not.
        """
        return self._words(choice_of(request))

    def page(self, request: Request, template: str, **values: Any) -> Response:  # noqa: ANN401  (what it needs)
        """Return a page."""
        choice = choice_of(request)
        standing = standing_of(request, choice, base_of(request, self._public_url))
        response = tagged(request, self._html(template, choice, standing, values), cache=self._cache)
        return _in_language(response, choice)

    def error_page(self, request: Request, status: int, *, title: str, sentence: str) -> Response:
        """Return a page that says what went wrong and where to go on. It is never cached."""
        choice = choice_of(request, strict=False)
        standing = standing_of(request, choice, None)
        values = {"title": title, "sentence": sentence, "status": status}
        response = self._html("error.html", choice, standing, values)
        response.status_code = status
        response.headers["cache-control"] = "no-store"
        return _in_language(response, choice)

    def error_words(self, request: Request) -> Words:
        """Return what a page says of an address of which nothing can be used."""
        return self._words(choice_of(request, strict=False))

    def json(self, request: Request, value: object) -> Response:
        """Return a value as JSON."""
        response = Response(dump_json(value), media_type="application/json")
        return tagged(request, response, cache=self._cache)

    def _words(self, choice: Choice) -> Words:
        return Words(tongue=tongue(choice.tag), zone=ZoneInfo(choice.zone), zone_of=self._zone_of)

    def _environment(self, speech: Tongue) -> Environment:
        """Return the templates of one language with what is the same on every page."""
        templates = templates_of(speech, _HERE / "templates")
        templates.globals["style"] = self.static["style.css"].address
        templates.globals["files"] = (JSON, *FORMATS)
        templates.globals["feeds"] = FEEDS
        templates.globals["citations"] = CITATIONS
        templates.globals["mark"] = self.static["mark.svg"].address
        return templates

    def _html(self, template: str, choice: Choice, standing: Standing, values: dict[str, Any]) -> Response:
        text = self._templates[choice.tag].get_template(template).render(standing=standing, **values)
        return Response(
            choice.keep_on_links(text).encode("utf-8", "replace"), media_type="text/html; charset=utf-8"
        )


def tagged(request: Request, response: Response, *, cache: str) -> Response:
    """Give a response its entity tag, or answer that the reader already has it (RFC 9110 §13.1.2)."""
    tag = f'"{hashlib.blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
    known = request.headers.get("if-none-match", "")
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        response = Response(status_code=304)
    response.headers["etag"] = tag
    response.headers["cache-control"] = cache
    return response


def _in_language(response: Response, choice: Choice) -> Response:
    """Say in which language a page is, and that the next reader may get another (RFC 9110 §8.5, §12.5.5)."""
    response.headers["content-language"] = choice.tag
    response.headers["vary"] = "Accept-Language"
    return response
