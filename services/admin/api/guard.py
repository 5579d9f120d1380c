"""The guard at every route: no token, no answer. The ledger is asked each time, so revoking works at once."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from services.admin.api.problems import ProblemError
from shared.ledger.tokens import Token, Tokens, TokenScope

__all__ = ["SCOPE", "GuardedRoute", "bearer_of"]

SCOPE = "x-required-scope"
"""Where a route says which scope it needs; it stands in the OpenAPI document too."""

_MOST_BODY_BYTES = 1_000_000
_NUL_IN_JSON = b"\\u0000"


class GuardedRoute(APIRoute):
    """A route that knows who asks before it reads what is asked. Without a scope of its own it cannot be made."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind the guard."""
        answer = super().get_route_handler()
        needed = TokenScope((self.openapi_extra or {})[SCOPE])

        async def guarded(request: Request) -> Response:
            request.state.token = await run_in_threadpool(_admitted, request, needed)
            await _check_text(request)
            response = await answer(request)
            response.headers.setdefault("cache-control", "no-store")
            return response

        return guarded


def bearer_of(request: Request) -> Token:
    """Return the token that a guarded request came with."""
    token: Token = request.state.token
    return token


def _admitted(request: Request, needed: TokenScope) -> Token:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    tokens: Tokens = request.app.state.tokens
    token = tokens.check(secret.strip()) if kind.lower() == "bearer" else None
    if token is None:
        raise ProblemError(
            401,
            "send 'Authorization: Bearer …' with a token that 'pressmark tokens add' made and nobody has revoked",
            headers={"www-authenticate": 'Bearer realm="pressmark"'},
        )
    if not token.scope.includes(needed):
        raise ProblemError(403, f"this needs the scope {needed}; the token has {token.scope}")
    return token


async def _check_text(request: Request) -> None:
    """Refuse what no column of text can hold, and bodies that are larger than any order."""
    body = await request.body()
    if len(body) > _MOST_BODY_BYTES:
        raise ProblemError(400, f"the body has more than {_MOST_BODY_BYTES:,} bytes")
    sent = request.url.query + request.url.path
    if _NUL_IN_JSON in body or b"\x00" in body or "%00" in sent or "\x00" in sent:
        raise ProblemError(400, "the character U+0000 has no place in an order")
