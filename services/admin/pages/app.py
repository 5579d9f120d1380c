"""Joins the pages, their guard and their errors into one application."""

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from services.admin.operating import BeyondScopeError
from services.admin.pages.guard import PageProblemError
from services.admin.pages.health import health_pages
from services.admin.pages.ordering import ordering_pages
from services.admin.pages.rendering import BASE, PageHeaders, Renderer
from services.admin.pages.seeing import seeing_pages
from services.admin.pages.signing import add_signing, token_pages
from services.admin.tools import Tools
from shared.errors import NotFoundError, PressmarkError, TryAgainError
from shared.ledger.cursor import CursorError
from shared.ledger.sessions import Sessions

__all__ = ["BASE", "create_pages", "page_routes"]

log = structlog.get_logger(__name__)


def create_pages(kit: Tools) -> ASGIApp:
    """Return the pages; they stand under `BASE`."""
    return PageHeaders(page_routes(kit))


def page_routes(kit: Tools) -> FastAPI:
    """Return the pages without what stands around them."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.sessions = Sessions(kit.database)
    render = Renderer()

    @app.get("/static/{name}", response_model=None)
    def static(name: str) -> Response:
        """Answer with a file that is part of the program."""
        found = render.static(name)
        if found is None:
            raise HTTPException(404)
        return found

    add_signing(app, kit, render)
    app.include_router(seeing_pages(kit, render))
    app.include_router(health_pages(kit, render))
    app.include_router(ordering_pages(kit, render))
    app.include_router(token_pages(kit, render))
    _add_errors(app, render)
    return app


def _add_errors(app: FastAPI, render: Renderer) -> None:
    def told(request: Request, status: int, sentence: str) -> Response:
        return render.page(request, "error.html", status=status, sentence=sentence)

    def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, PageProblemError)
        return told(request, error.status, str(error))

    def on_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 400
        return told(request, status, "No page has this address, or it cannot be asked for in this way.")

    def on_own(request: Request, error: Exception) -> Response:
        if isinstance(error, TryAgainError):
            log.warning("page_postponed", path=request.scope["path"], reason=str(error))
            return told(request, 503, "The ledger does not answer just now. Try again in a moment.")
        if isinstance(error, CursorError):
            return told(request, 400, str(error))
        if isinstance(error, BeyondScopeError):
            return told(request, 403, str(error))
        return told(request, 404 if isinstance(error, NotFoundError) else 422, str(error))

    def on_fault(request: Request, error: Exception) -> Response:
        log.error("page_failed", path=request.scope["path"], exc_info=error)
        return told(request, 500, "A fault on our side. It has been noted in the log of this service.")

    app.add_exception_handler(PageProblemError, on_problem)
    app.add_exception_handler(RequestValidationError, on_http)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(PressmarkError, on_own)
    app.add_exception_handler(Exception, on_fault)
