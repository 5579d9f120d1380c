"""The guard at every page: no session, no page; no token of the form, no order."""

import hmac
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from services.admin.pages.rendering import BASE
from shared.ledger.sessions import Sessions, form_token
from shared.ledger.tokens import Token, TokenScope

__all__ = [
    "SESSION",
    "Form",
    "PageProblemError",
    "PageRoute",
    "bearer_of",
    "check_form",
    "form_of",
    "needs",
    "read_form",
]

SESSION = "pressmark_session"
_SCOPE = "x-required-scope"
Form = dict[str, list[str]]
_MOST_BODY_BYTES = 1_000_000
_MOST_FIELDS = 1_000


class PageProblemError(Exception):
    """Ends a request with a page that says what was wrong."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def needs(scope: TokenScope) -> dict[str, Any]:
    """Return how a page says which scope opens it."""
    return {"openapi_extra": {_SCOPE: str(scope)}, "response_model": None}


class PageRoute(APIRoute):
    """A page that knows who asks before it reads what is asked. Without a scope of its own it cannot be made."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the guard."""
        answer = super().get_route_handler()
        needed = TokenScope((self.openapi_extra or {})[_SCOPE])

        async def guarded(request: Request) -> Response:
            sessions: Sessions = request.app.state.sessions
            secret = request.cookies.get(SESSION, "")
            token = await run_in_threadpool(sessions.bearer, secret) if secret else None
            if token is None:
                return RedirectResponse(f"{BASE}/sign-in", status_code=303)
            request.state.token, request.state.form_secret = token, secret
            if not token.scope.includes(needed):
                raise PageProblemError(403, f"This needs the scope {needed}; your token has {token.scope}.")
            if "%00" in request.url.query or "\x00" in request.scope["path"]:
                raise PageProblemError(400, "The character U+0000 has no place in an address.")
            if request.method == "POST":
                request.state.form = await read_form(request)
                check_form(request.state.form, secret)
            return await answer(request)

        return guarded


async def read_form(request: Request) -> Form:
    """Return the fields of a form as a browser sends them.

    Raises:
        PageProblemError: it is larger than any order, or no form.
    """
    body = await request.body()
    if len(body) > _MOST_BODY_BYTES:
        raise PageProblemError(400, f"The form has more than {_MOST_BODY_BYTES:,} bytes.")
    try:
        form = parse_qs(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise PageProblemError(400, "This is no form that a page of ours has sent.") from None
    if any("\x00" in value for values in form.values() for value in values):
        raise PageProblemError(400, "The character U+0000 has no place in an order.")
    return form


def check_form(form: Form, secret: str) -> None:
    """Refuse a form that was not made for this session.

    Raises:
        PageProblemError: its token is missing, or another's.
    """
    sent = form.pop("form_token", [""])[0]
    if not hmac.compare_digest(sent.encode(), form_token(secret).encode()):
        raise PageProblemError(
            403, "The form did not come from a page of this session. Open it again and send it."
        )


def form_of(request: Request) -> Form:
    """Return the form that a guarded request came with."""
    form: Form = request.state.form
    return form


def bearer_of(request: Request) -> Token:
    """Return the token on which the session of a guarded request stands."""
    token: Token = request.state.token
    return token
