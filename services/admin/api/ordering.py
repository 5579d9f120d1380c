"""Routes that order: one for each action, the end of a job, and tokens."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.admin.api.guard import GuardedRoute, bearer_of
from services.admin.api.reading import JobBody, answered, needs
from services.admin.operating import Action
from services.admin.operating.catalogue import ACTIONS
from services.admin.tools import Tools
from shared.ledger.jobs import Job
from shared.ledger.tokens import Tokens, TokenScope

__all__ = ["ordering_routes"]

Ring = Callable[[], None]
DryRun = Annotated[
    bool,
    Query(
        description="Answer 200 with what would be done, and change nothing; where finding out takes long, "
        "202 with a job that has it as its result."
    ),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="The same key of the same token gives the same job, however often it is sent.",
    ),
]


class NewToken(BaseModel):
    """The token that is wanted."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"examples": [{"name": "night shift", "scope": "operate"}]},
    )

    name: str = Field(min_length=1, max_length=200)
    scope: TokenScope


def ordering_routes(kit: Tools, ring: Ring) -> APIRouter:
    """Return these routes; `ring` wakes whoever runs jobs."""
    router = APIRouter(prefix="/api/v1", route_class=GuardedRoute)
    for kind in ACTIONS.values():
        _add_action(router, kit, kind, ring)
    _add_cancel(router, kit)
    _add_tokens(router, kit)
    return router


def _add_action(router: APIRouter, kit: Tools, kind: type[Action], ring: Ring) -> None:
    def order(
        request: Request, order: Action, *, dry_run: DryRun = False, idempotency_key: IdempotencyKey = None
    ) -> Response:
        actor = bearer_of(request).actor
        order.check(kit.desk.parts)
        if dry_run and kind.plans_long:
            job, is_new = kit.desk.order(order, actor=actor, key=idempotency_key, dry_run=True)
        elif dry_run:
            return answered({"dry_run": True, **kit.desk.plan(order, actor=actor)})
        else:
            job, is_new = kit.desk.order(order, actor=actor, key=idempotency_key)
        if is_new:
            ring()
        return _accepted(job)

    order.__annotations__["order"] = kind
    wants = needs(kind.scope)
    wants["responses"] = {
        **wants["responses"],
        200: {
            "description": "What would be done",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
    }
    router.add_api_route(
        f"/actions/{kind.name}",
        order,
        methods=["POST"],
        status_code=202,
        response_model=JobBody,
        operation_id=kind.name,
        summary=(kind.__doc__ or "").partition("\n")[0],
        description=kind.__doc__,
        **wants,
    )


def _add_cancel(router: APIRouter, kit: Tools) -> None:
    @router.post(
        "/jobs/{job_id}/cancel", status_code=202, response_model=JobBody, **needs(TokenScope.OPERATE)
    )
    def cancel(request: Request, job_id: str) -> Response:
        """Ask for the end of a job: at once when it is queued, else at its next step."""
        bearer = bearer_of(request)
        return _accepted(kit.desk.cancel(job_id, actor=bearer.actor, scope=bearer.scope))


def _add_tokens(router: APIRouter, kit: Tools) -> None:
    tokens = Tokens(kit.database)

    def note(request: Request, action: str, detail: dict[str, Any]) -> None:
        actor = bearer_of(request).actor
        kit.desk.audit.add(actor=actor, action=action, event="succeeded", job_id=None, detail=detail)

    @router.post("/tokens", status_code=201, **needs(TokenScope.ADMIN))
    def make_token(request: Request, wanted: NewToken) -> dict[str, Any]:
        """Make a token. It stands in this answer and nowhere else."""
        token, secret = tokens.make(wanted.name, wanted.scope, by=bearer_of(request).actor)
        note(request, "token.add", {"id": token.token_id, "name": token.name, "scope": str(token.scope)})
        return answered(token.as_json() | {"token": secret}, status=201)  # type: ignore[return-value]  # for OpenAPI

    @router.delete("/tokens/{token_id}", **needs(TokenScope.ADMIN))
    def revoke_token(request: Request, token_id: str) -> dict[str, Any]:
        """Let a token open nothing any more, from this moment on."""
        token = tokens.revoke(token_id)
        note(request, "token.revoke", {"id": token_id})
        return answered(token.as_json())  # type: ignore[return-value]  # as above


def _accepted(job: Job) -> Response:
    return answered(job.as_json(), status=202, headers={"location": f"/api/v1/jobs/{job.job_id}"})
