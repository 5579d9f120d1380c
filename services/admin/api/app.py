"""Joins the routes, the guard and the problems into one application, and serves it."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from services.admin.api.ordering import ordering_routes
from services.admin.api.problems import Problem, add_problems
from services.admin.api.reading import reading_routes
from services.admin.operating.runner import JobRunner
from services.admin.pages import BASE, create_pages
from services.admin.settings import AdminApiSettings
from services.admin.tools import Tools, make_tools
from shared.exposition import show_metrics
from shared.http_metrics import TimedAnswers
from shared.ledger.tokens import Tokens
from shared.logs import set_up_logs
from shared.settings import ProcessSettings, load

__all__ = ["create_app", "serve"]

log = structlog.get_logger(__name__)

_OF_A_BACKUP = 3
"""Connections that a backup holds beside those of its job. There is never more than one."""


def create_app(kit: Tools, *, ring: Callable[[], None] = lambda: None) -> FastAPI:
    """Return the application; `ring` is called when a job was queued."""
    app = FastAPI(
        title="Pressmark",
        version=version("pressmark"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.tokens = Tokens(kit.database)

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> Response:
        """Answer when the ledger does. The one route that needs no token; it tells nothing else."""
        kit.desk.audit.head()
        return Response("ok\n", media_type="text/plain", headers={"cache-control": "no-store"})

    app.include_router(reading_routes(kit))
    app.include_router(ordering_routes(kit, ring))
    app.mount(BASE, create_pages(kit))
    add_problems(app)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # as FastAPI's documentation does it
    return app


def serve() -> None:
    """Serve the API and run jobs, until the process is told to stop.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    process = load(ProcessSettings)
    set_up_logs("admin", form=process.log_format, level=process.log_level)
    show_metrics(process)
    settings = load(AdminApiSettings)
    kit = make_tools(connections=settings.connections + 2 * settings.job_threads + _OF_A_BACKUP)
    runner = JobRunner(kit.desk, threads=settings.job_threads)
    runner.start()
    log.info("admin_started", host=settings.host, port=settings.port)
    try:
        uvicorn.run(
            TimedAnswers(create_app(kit, ring=runner.ring), service="admin"),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )
    finally:
        runner.stop()
        kit.close()


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            routes=app.routes,
            description="What operators of an archive may order and see. Every route wants a token as Bearer.",
        )
        components = schema.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        app.openapi_schema = schema
    return app.openapi_schema
