"""Routes that show: how all stands, jobs, pauses, quarantine, the life of a URL, tokens, the audit."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from services.admin.api.guard import SCOPE, GuardedRoute
from services.admin.api.problems import PROBLEMS
from services.admin.handing_out import handed_out
from services.admin.kept_exports import KeptExports
from services.admin.operating.catalogue import ACTIONS
from services.admin.tools import Tools
from shared.encoding import dump_json
from shared.ledger.audit import Audit
from shared.ledger.cursor import Cursor
from shared.ledger.jobs import JobState
from shared.ledger.pauses import Pauses
from shared.ledger.quarantine import Quarantine
from shared.ledger.schedules import Schedules
from shared.ledger.tokens import Tokens, TokenScope
from shared.ledger.tracing import Tracing

__all__ = ["BIGGEST", "JobBody", "answered", "needs", "reading_routes"]

BIGGEST = 2**63 - 1
Limit = Annotated[int, Query(ge=1, le=200, description="Items on one page.")]
Place = Annotated[int, Query(ge=0, le=BIGGEST, description="Where the last page ended, as `next` said.")]


class JobBody(BaseModel):
    """A job as it stands."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0b7dbf9e-6a0e-4a4f-9a55-3f4f3d1c2b1a",
                    "action": "failure.retry",
                    "arguments": {"reason": "http_5"},
                    "dry_run": False,
                    "actor": "token:4be0643f1d98",
                    "state": "running",
                    "progress": {"done": 2000, "total": 5200},
                    "result": None,
                    "findings": [],
                    "errors": [],
                }
            ]
        }
    )

    id: str
    action: str
    arguments: dict[str, Any]
    dry_run: bool
    actor: str
    state: JobState
    progress: dict[str, int | None]
    result: dict[str, Any] | None
    findings: list[dict[str, Any]]
    errors: list[str]


class PageBody(BaseModel):
    """Some items of a list, and where the next page begins; null at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [], "next": None}]})

    items: list[dict[str, Any]]
    next: str | int | None


def needs(scope: TokenScope) -> dict[str, Any]:
    """Return what a route says of the scope it needs, and of the problems it may answer."""
    return {
        "openapi_extra": {SCOPE: str(scope), "security": [{"bearer": []}]},
        "responses": PROBLEMS,
    }


def answered(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a value as JSON."""
    return Response(dump_json(value), status_code=status, media_type="application/json", headers=headers)


def reading_routes(kit: Tools) -> APIRouter:
    """Return these routes."""
    router = APIRouter(prefix="/api/v1", route_class=GuardedRoute)
    _add_standing(router, kit)
    _add_lists(router, kit)
    _add_confidential(router, kit)
    return router


def _add_standing(router: APIRouter, kit: Tools) -> None:
    @router.get("/status", **needs(TokenScope.READ))
    def status() -> dict[str, Any]:
        """Show how the archive stands: targets by state, captures, articles, queues, what is paused."""
        return answered(kit.figures())  # type: ignore[return-value]  # the annotation is for OpenAPI

    @router.get("/health", **needs(TokenScope.READ))
    def health() -> dict[str, Any]:
        """Show how well the archive does: each number with its standing and what to do, and the last two days."""
        return answered(kit.health.report().as_json())  # type: ignore[return-value]  # as above

    @router.get("/actions", **needs(TokenScope.READ))
    def actions() -> list[dict[str, str]]:
        """List what may be ordered, and which scope each order needs."""
        return [
            {"name": name, "scope": str(kind.scope), "says": (kind.__doc__ or "").partition("\n")[0]}
            for name, kind in ACTIONS.items()
        ]

    @router.get("/trace", **needs(TokenScope.READ))
    def trace(
        url: Annotated[str, Query(min_length=1, max_length=4096, description="An absolute URL.")],
    ) -> dict[str, Any]:
        """Tell the whole life of a URL, hop by hop and in the order of time."""
        return answered(Tracing(kit.database).trace(url))  # type: ignore[return-value]  # as above

    @router.get("/openapi.json", **needs(TokenScope.READ))
    def openapi(request: Request) -> dict[str, Any]:
        """Describe this API in OpenAPI 3.1."""
        return answered(request.app.openapi())  # type: ignore[return-value]  # as above


def _add_lists(router: APIRouter, kit: Tools) -> None:
    @router.get("/jobs", response_model=PageBody, **needs(TokenScope.READ))
    def jobs(
        request: Request, *, limit: Limit = 50, after: str | None = None, state: JobState | None = None
    ) -> Response:
        """List jobs, the newest first."""
        before = None if after is None else Cursor.parse(after)
        page = kit.desk.jobs.page(limit, before=before, state=state)
        items = [job.as_json() for job in page.items]
        return _page(request, items, None if page.next is None else page.next.text)

    @router.get("/jobs/{job_id}", response_model=JobBody, **needs(TokenScope.READ))
    def job(job_id: str) -> Response:
        """Show a job: how far it is, what it found, what came of it."""
        return answered(kit.desk.jobs.get(job_id).as_json())

    @router.get("/pauses", response_model=PageBody, **needs(TokenScope.READ))
    def pauses(request: Request) -> Response:
        """List what is paused now."""
        return _page(request, [one.as_json() for one in Pauses(kit.database).in_force()], None)

    @router.get("/schedules", response_model=PageBody, **needs(TokenScope.READ))
    def schedules(request: Request) -> Response:
        """List what is ordered again and again: when it is due next, and what came of the last due time."""
        return _page(request, [one.as_json() for one in Schedules(kit.database).all()], None)

    @router.get("/exports/{name}", response_class=Response, **needs(TokenScope.READ))
    def export(name: str) -> Response:
        """Hand out the file of an export, as the result of its job names it."""
        return handed_out(KeptExports(evidence=kit.desk.parts.evidence), name)

    @router.get("/quarantine", response_model=PageBody, **needs(TokenScope.READ))
    def quarantine(request: Request, *, limit: Limit = 50, after: Place = 0) -> Response:
        """List the messages that could not be worked on, in the order in which they came."""
        found = Quarantine(kit.database).page(limit + 1, after=after)
        items = [one.as_json() for one in found[:limit]]
        return _page(request, items, items[-1]["id"] if len(found) > limit else None)


def _add_confidential(router: APIRouter, kit: Tools) -> None:
    @router.get("/audit", response_model=PageBody, **needs(TokenScope.ADMIN))
    def audit(request: Request, *, limit: Limit = 50, after: Place = BIGGEST) -> Response:
        """List what was ordered and what came of it, the newest first."""
        found = Audit(kit.database).page(limit + 1, before=after)
        items = [one.as_json() for one in found[:limit]]
        return _page(request, items, items[-1]["number"] if len(found) > limit else None)

    @router.get("/tokens", response_model=PageBody, **needs(TokenScope.ADMIN))
    def tokens(request: Request) -> Response:
        """List the tokens, revoked ones too; never what they are."""
        return _page(request, [one.as_json() for one in Tokens(kit.database).all()], None)


def _page(request: Request, items: list[dict[str, Any]], following: str | int | None) -> Response:
    """Return a page, with the address of the next one in `Link` (RFC 8288)."""
    headers = {}
    if following is not None:
        query = request.url.include_query_params(after=following).query
        headers["link"] = f'<{request.url.path}?{query}>; rel="next"'
    return answered({"items": items, "next": following}, headers=headers)
