"""From a template or a value to a response with the headers that caches need."""

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.reader.formats import CITATIONS, FEEDS, FORMATS, JSON
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
    """Fills templates. Everything put into one is escaped."""

    def __init__(self, *, cache_seconds: int) -> None:
        self.static = {name: StaticFile(name) for name in _STATIC_TYPES}
        self._cache = f"public, max-age={cache_seconds}"
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["style"] = self.static["style.css"].address
        self._templates.globals["files"] = (JSON, *FORMATS)
        self._templates.globals["feeds"] = FEEDS
        self._templates.globals["citations"] = CITATIONS
        self._templates.globals["mark"] = self.static["mark.svg"].address

    def page(self, request: Request, template: str, **values: Any) -> Response:  # noqa: ANN401  (what it needs)
        """Return a page."""
        return tagged(request, self._html(template, values), cache=self._cache)

    def error_page(self, status: int, *, title: str, sentence: str) -> Response:
        """Return a page that says what went wrong and where to go on. It is never cached."""
        response = self._html("error.html", {"title": title, "sentence": sentence, "status": status})
        response.status_code = status
        response.headers["cache-control"] = "no-store"
        return response

    def json(self, request: Request, value: object) -> Response:
        """Return a value as JSON."""
        response = Response(dump_json(value), media_type="application/json")
        return tagged(request, response, cache=self._cache)

    def _html(self, template: str, values: dict[str, Any]) -> Response:
        text = self._templates.get_template(template).render(values)
        return Response(text.encode("utf-8", "replace"), media_type="text/html; charset=utf-8")


def tagged(request: Request, response: Response, *, cache: str) -> Response:
    """Give a response its entity tag, or answer that the reader already has it (RFC 9110 §13.1.2)."""
    tag = f'"{hashlib.blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
    known = request.headers.get("if-none-match", "")
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        response = Response(status_code=304)
    response.headers["etag"] = tag
    response.headers["cache-control"] = cache
    return response
