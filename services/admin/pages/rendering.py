"""From a template to a page that nobody else may keep, frame or add to."""

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.admin.health.judging import duration
from shared.encoding import dump_json
from shared.ledger.sessions import form_token
from shared.ledger.tokens import Token, TokenScope

__all__ = ["BASE", "PAGE_HEADERS", "PageHeaders", "Renderer", "as_text"]

BASE = "/desk"
"""Where the pages stand, beside the API of the same process."""

PAGE_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""One script of our own, nothing from elsewhere, forms to nowhere else, no frame, no copy in any cache."""

_HERE = Path(str(files("services.admin.pages")))
_STATIC_TYPES = {
    "desk.css": "text/css; charset=utf-8",
    "htmx-2.0.11.min.js": "text/javascript; charset=utf-8",
    "mark.svg": "image/svg+xml",
}
_SECTIONS = (
    ("", "Overview", TokenScope.READ),
    ("health", "Health", TokenScope.READ),
    ("sources", "Sources", TokenScope.READ),
    ("jobs", "Jobs", TokenScope.READ),
    ("quarantine", "Quarantine", TokenScope.READ),
    ("pauses", "Pauses", TokenScope.READ),
    ("schedules", "Schedules", TokenScope.READ),
    ("trace", "Trace", TokenScope.READ),
    ("orders", "Orders", TokenScope.OPERATE),
    ("audit", "Audit", TokenScope.ADMIN),
    ("tokens", "Tokens", TokenScope.ADMIN),
)


class Renderer:
    """Fills templates. Everything put into one is escaped."""

    def __init__(self) -> None:
        self._static = {name: (_HERE / "static" / name).read_bytes() for name in _STATIC_TYPES}
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["base"] = BASE
        self._templates.filters["said"] = as_text
        self._templates.filters["lasting"] = duration

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        **values: Any,  # noqa: ANN401  (what the template needs)
    ) -> Response:
        """Return a page, with the sections that the signed-in operator may see."""
        token: Token | None = getattr(request.state, "token", None)
        secret: str | None = getattr(request.state, "form_secret", None)
        values["operator"] = token
        values["may_operate"] = token is not None and token.scope.includes(TokenScope.OPERATE)
        values["sections"] = [
            (path, name)
            for path, name, scope in _SECTIONS
            if token is not None and token.scope.includes(scope)
        ]
        values["form_token"] = "" if secret is None else form_token(secret)
        text = self._templates.get_template(template).render(values)
        return Response(text.encode("utf-8", "replace"), status, media_type="text/html; charset=utf-8")

    def static(self, name: str) -> Response | None:
        """Return a file that is part of the program; None when there is no such file."""
        if name not in self._static:
            return None
        return Response(self._static[name], media_type=_STATIC_TYPES[name])


class PageHeaders:
    """Stands around all pages, so that error pages have the headers too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and add the headers to the response."""
        added = [(name.encode(), value.encode()) for name, value in PAGE_HEADERS.items()]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def as_text(value: object) -> str:
    """Return a value of a report as people read it."""
    match value:
        case None | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        case dict() | list() | tuple():
            return dump_json(value).decode()
        case _:
            return str(value)
