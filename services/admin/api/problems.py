"""Errors as RFC 9457 has them: `application/problem+json` with a type that never changes."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from services.admin.operating import BeyondScopeError
from shared.encoding import dump_json
from shared.errors import NotFoundError, PressmarkError, TryAgainError
from shared.ledger.cursor import CursorError
from shared.ledger.jobs import KeyReusedError

__all__ = ["PROBLEMS", "Problem", "ProblemError", "add_problems"]

log = structlog.get_logger(__name__)

_MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = "5"
_TITLES = {
    400: ("bad-request", "The request cannot be read"),
    401: ("token-needed", "A valid token is needed"),
    403: ("scope-too-small", "The token does not allow this"),
    404: ("not-found", "There is no such thing"),
    405: ("method-not-allowed", "This address does not take that method"),
    422: ("not-acceptable-order", "The request is understood and cannot be carried out"),
    500: ("fault", "A fault on our side"),
    503: ("try-later", "The ledger does not answer just now"),
}


class Problem(BaseModel):
    """What went wrong, for programs (`type`, `status`) and for people (`title`, `detail`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:pressmark:problem:not-found",
                    "title": "There is no such thing",
                    "status": 404,
                    "detail": "there is no source 'harbor'; 'pressmark source list' shows those there are",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = None
    """Where the request is wrong: `pointer` (RFC 6901, or the name of a parameter) and `detail` of each fault."""


PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": _TITLES[status][1],
        "content": {_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (400, 401, 403, 404, 422, 503)
}
"""What every guarded route may answer, as OpenAPI tells it."""


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers


def add_problems(app: FastAPI) -> None:
    """Turn whatever may be raised into a problem."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(PressmarkError, _on_own_error)
    app.add_exception_handler(Exception, _on_fault)


def _answer(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] | None = None,
) -> Response:
    slug, title = _TITLES.get(status, _TITLES[400])
    body: dict[str, Any] = {
        "type": f"urn:pressmark:problem:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = list(errors)
    return Response(
        dump_json(body),
        status_code=status,
        media_type=_MEDIA_TYPE,
        headers={"cache-control": "no-store", **(headers or {})},
    )


def _on_problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return _answer(error.status, str(error), headers=error.headers)


def _on_invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [{"pointer": _pointer(one["loc"]), "detail": str(one["msg"])} for one in error.errors()]
    return _answer(422, "; ".join(f"{one['pointer']}: {one['detail']}" for one in errors), errors=errors)


def _pointer(location: Sequence[object]) -> str:
    place, *path = location
    return "".join(f"/{part}" for part in path) or "/" if place == "body" else ".".join(map(str, location))


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = f"{request.method} {request.scope['path']}: {error.detail}"
    return _answer(error.status_code, detail, headers=error.headers)


def _on_own_error(request: Request, error: Exception) -> Response:
    if isinstance(error, TryAgainError):
        log.warning("request_postponed", path=request.scope["path"], reason=str(error))
        return _answer(503, "try again in a moment", headers={"retry-after": _RETRY_SECONDS})
    if isinstance(error, NotFoundError):
        return _answer(404, str(error))
    if isinstance(error, CursorError):
        return _answer(400, str(error))
    if isinstance(error, BeyondScopeError):
        return _answer(403, str(error))
    if isinstance(error, KeyReusedError):
        pointer = {"pointer": "header.idempotency-key", "detail": "it stood for another order"}
        return _answer(422, str(error), errors=[pointer])
    return _answer(422, str(error))


def _on_fault(request: Request, error: Exception) -> Response:
    log.error("request_failed", path=request.scope["path"], exc_info=error)
    return _answer(500, "it has been noted in the log of this service")
