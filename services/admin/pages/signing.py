"""Pages that open and close: sign in with a token, sign out, and the tokens themselves."""

import secrets
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from services.admin.pages.guard import (
    SESSION,
    PageProblemError,
    PageRoute,
    bearer_of,
    check_form,
    form_of,
    needs,
    read_form,
)
from services.admin.pages.rendering import BASE, Renderer
from services.admin.tools import Tools
from shared.ledger.sessions import LASTING, Sessions
from shared.ledger.tokens import Token, Tokens, TokenScope

__all__ = ["add_signing", "token_pages"]

_VISIT = "pressmark_visit"
"""A cookie that only ties the sign-in form to the browser that asked for it."""
_MOST_NAME = 200


def add_signing(app: FastAPI, kit: Tools, render: Renderer) -> None:
    """Add the one page that is open to everybody, and what becomes of its form."""
    tokens, sessions = Tokens(kit.database), Sessions(kit.database)

    @app.get("/sign-in", response_model=None)
    def ask(request: Request) -> Response:
        """Ask for a token."""
        visit = request.cookies.get(_VISIT) or secrets.token_urlsafe(32)
        return _with_visit(request, render, visit, trouble="")

    @app.post("/sign-in", response_model=None)
    async def sign_in(request: Request) -> Response:
        """Open a session when the token is good."""
        form, visit = await read_form(request), request.cookies.get(_VISIT, "")
        if not visit:
            raise PageProblemError(403, "Open the page to sign in first; your browser must keep its cookie.")
        check_form(form, visit)
        shown = form.get("token", [""])[0].strip()
        token = await run_in_threadpool(tokens.check, shown)
        if token is None:
            trouble = "No such token, or it was revoked. 'pressmark tokens add' makes one."
            return _with_visit(request, render, visit, trouble=trouble)
        secret = await run_in_threadpool(_opened, kit, sessions, token)
        response = RedirectResponse(f"{BASE}/", status_code=303)
        _set_cookie(request, response, SESSION, secret)
        response.delete_cookie(_VISIT, path=BASE)
        return response


def token_pages(kit: Tools, render: Renderer) -> APIRouter:
    """Return the pages of tokens, and the end of a session."""
    router = APIRouter(route_class=PageRoute)
    tokens = Tokens(kit.database)

    @router.post("/sign-out", **needs(TokenScope.READ))
    def sign_out(request: Request) -> Response:
        """End the session."""
        Sessions(kit.database).close(request.cookies[SESSION])
        _note(kit, bearer_of(request), "session.close", {})
        response = RedirectResponse(f"{BASE}/sign-in", status_code=303)
        response.delete_cookie(SESSION, path=BASE)
        return response

    @router.get("/tokens", **needs(TokenScope.ADMIN))
    def listed(request: Request) -> Response:
        """List the tokens; never what they are."""
        return _token_page(request, kit, render)

    @router.post("/tokens", **needs(TokenScope.ADMIN))
    def make(request: Request) -> Response:
        """Make a token. It stands on this page and nowhere else."""
        form, bearer = form_of(request), bearer_of(request)
        name, scope = form.get("name", [""])[0].strip(), form.get("scope", [""])[0]
        if not 0 < len(name) <= _MOST_NAME or scope not in tuple(TokenScope):
            trouble = f"Give it a name of 1 to {_MOST_NAME} letters, and choose what it may do."
            return _token_page(request, kit, render, trouble=trouble)
        token, secret = tokens.make(name, TokenScope(scope), by=bearer.actor)
        _note(kit, bearer, "token.add", {"id": token.token_id, "name": name, "scope": scope})
        return _token_page(request, kit, render, secret=secret)

    @router.post("/tokens/{token_id}/revoke", **needs(TokenScope.ADMIN))
    def revoke(request: Request, token_id: str) -> Response:
        """Let a token open nothing any more, and end its sessions with it."""
        tokens.revoke(token_id)
        _note(kit, bearer_of(request), "token.revoke", {"id": token_id})
        return RedirectResponse(f"{BASE}/tokens", status_code=303)

    return router


def _opened(kit: Tools, sessions: Sessions, token: Token) -> str:
    secret = sessions.open(token)
    _note(kit, token, "session.open", {})
    return secret


def _token_page(
    request: Request, kit: Tools, render: Renderer, *, trouble: str = "", secret: str = ""
) -> Response:
    return render.page(
        request,
        "tokens.html",
        status=422 if trouble else 200,
        tokens=Tokens(kit.database).all(),
        scopes=tuple(TokenScope),
        trouble=trouble,
        secret=secret,
    )


def _note(kit: Tools, token: Token, action: str, detail: dict[str, Any]) -> None:
    kit.desk.audit.add(actor=token.actor, action=action, event="succeeded", job_id=None, detail=detail)


def _with_visit(request: Request, render: Renderer, visit: str, *, trouble: str) -> Response:
    request.state.form_secret = visit
    response = render.page(request, "sign_in.html", status=403 if trouble else 200, trouble=trouble)
    _set_cookie(request, response, _VISIT, visit)
    return response


def _set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(LASTING.total_seconds()),
        path=BASE,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
