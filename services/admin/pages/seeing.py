"""Pages that show: how all stands, sources, jobs, quarantine, pauses, the life of a URL, the audit."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.admin.handing_out import handed_out
from services.admin.kept_exports import KeptExports
from services.admin.operating.catalogue import ACTIONS
from services.admin.pages.forms import filled
from services.admin.pages.guard import Form, PageProblemError, PageRoute, bearer_of, needs
from services.admin.pages.rendering import Renderer
from services.admin.source_show import source_standing
from services.admin.tools import Tools
from shared.ledger.audit import Audit
from shared.ledger.cursor import Cursor
from shared.ledger.jobs import Job, JobState
from shared.ledger.pauses import Pauses
from shared.ledger.quarantine import Quarantine, QuarantineFilter
from shared.ledger.schedules import Schedules
from shared.ledger.tokens import TokenScope
from shared.ledger.tracing import Tracing

__all__ = ["seeing_pages"]

_ON_A_PAGE = 50
_BIGGEST = 2**63 - 1


def seeing_pages(kit: Tools, render: Renderer) -> APIRouter:
    """Return these pages."""
    router = APIRouter(route_class=PageRoute)
    _add_standing(router, kit, render)
    _add_sources(router, kit, render)
    _add_jobs(router, kit, render)
    _add_quarantine(router, kit, render)
    _add_audit(router, kit, render)
    return router


def _add_standing(router: APIRouter, kit: Tools, render: Renderer) -> None:
    @router.get("/", **needs(TokenScope.READ))
    def overview(request: Request) -> Response:
        """Show the main numbers."""
        return render.page(request, "overview.html", figures=kit.figures())

    @router.get("/trace", **needs(TokenScope.READ))
    def trace(request: Request) -> Response:
        """Tell the whole life of a URL."""
        url = request.query_params.get("url", "").strip()
        found = Tracing(kit.database).trace(url) if url else None
        return render.page(request, "trace.html", url=url, found=found)

    @router.get("/pauses", **needs(TokenScope.READ))
    def pauses(request: Request) -> Response:
        """List what is paused now, and what was."""
        ledger = Pauses(kit.database)
        ended = [one for one in ledger.history(_ON_A_PAGE) if one.ended_at is not None]
        return render.page(request, "pauses.html", pauses=ledger.in_force(), ended=ended)

    @router.get("/schedules", **needs(TokenScope.READ))
    def schedules(request: Request) -> Response:
        """List what is ordered again and again, with the next due time and what came of the last."""
        may_change = bearer_of(request).scope.includes(ACTIONS["schedule.add"].scope)
        rows = Schedules(kit.database).all()
        return render.page(request, "schedules.html", schedules=rows, may_change=may_change)


def _add_sources(router: APIRouter, kit: Tools, render: Renderer) -> None:
    @router.get("/sources", **needs(TokenScope.READ))
    def sources(request: Request) -> Response:
        """List the sources."""
        paused = {one.subject for one in Pauses(kit.database).in_force() if one.scope == "source"}
        return render.page(request, "sources.html", sources=kit.actions.registry.all(), paused=paused)

    @router.get("/sources/{source_id}", **needs(TokenScope.READ))
    def source(request: Request, source_id: str) -> Response:
        """Show how a source stands: its rate, its pause, its lists, its failures."""
        file = kit.actions.source(source_id)
        rate = file.politeness.model_dump(mode="json", include={"delay", "concurrency"})
        paused = [one.as_json() for one in Pauses(kit.database).in_force() if one.subject in (source_id, "")]
        standing = source_standing(kit, file)
        return render.page(
            request,
            "source.html",
            source=source_id,
            rate=rate,
            paused=paused,
            standing=standing,
            may_edit=bearer_of(request).scope.includes(ACTIONS["source.edit"].scope),
        )


def _add_jobs(router: APIRouter, kit: Tools, render: Renderer) -> None:
    @router.get("/jobs", **needs(TokenScope.READ))
    def jobs(request: Request) -> Response:
        """List jobs, the newest first."""
        after = request.query_params.get("after")
        page = kit.desk.jobs.page(_ON_A_PAGE, before=None if after is None else Cursor.parse(after))
        following = None if page.next is None else page.next.text
        return render.page(request, "jobs.html", jobs=page.items, following=following)

    @router.get("/jobs/{job_id}", **needs(TokenScope.READ))
    def job(request: Request, job_id: str) -> Response:
        """Show a job: how far it is, what it found, what came of it."""
        found = kit.desk.jobs.get(job_id)
        return render.page(request, "job.html", job=found, confirmed=_confirmed(request, found))

    @router.get("/exports/{name}", **needs(TokenScope.READ))
    def export(name: str) -> Response:
        """Hand out the file of an export."""
        return handed_out(KeptExports(evidence=kit.desk.parts.evidence), name)


def _add_quarantine(router: APIRouter, kit: Tools, render: Renderer) -> None:
    @router.get("/quarantine", **needs(TokenScope.READ))
    def quarantine(request: Request) -> Response:
        """List the messages that could not be worked on."""
        found = Quarantine(kit.database).page(_ON_A_PAGE + 1, after=_place(request, 0))
        following = found[_ON_A_PAGE - 1].quarantine_id if len(found) > _ON_A_PAGE else None
        return render.page(request, "quarantine.html", messages=found[:_ON_A_PAGE], following=following)

    @router.get("/quarantine/{number}", **needs(TokenScope.READ))
    def message(request: Request, number: str) -> Response:
        """Show a message with all of its reason."""
        ids = [int(number)] if number.isascii() and number.isdigit() and int(number) <= _BIGGEST else [0]
        found = Quarantine(kit.database).matching(QuarantineFilter(ids=ids))
        if not found:
            raise PageProblemError(
                404, "There is no such message in quarantine; perhaps its work is done by now."
            )
        return render.page(request, "message.html", message=found[0])


def _add_audit(router: APIRouter, kit: Tools, render: Renderer) -> None:
    @router.get("/audit", **needs(TokenScope.ADMIN))
    def audit(request: Request) -> Response:
        """List what was ordered and what came of it, the newest first."""
        found = Audit(kit.database).page(_ON_A_PAGE + 1, before=_place(request, _BIGGEST))
        rows: list[dict[str, Any]] = [one.as_json() for one in found[:_ON_A_PAGE]]
        following = rows[-1]["number"] if len(found) > _ON_A_PAGE else None
        return render.page(request, "audit.html", rows=rows, following=following)


def _place(request: Request, first: int) -> int:
    """Return where the page begins, as the link to it says."""
    text = request.query_params.get("after", str(first))
    if not (text.isascii() and text.isdigit() and int(text) <= _BIGGEST):
        raise PageProblemError(400, "No page begins there; go back to the beginning of the list.")
    return int(text)


def _confirmed(request: Request, job: Job) -> Form | None:
    """Return the order that a preview which has ended was of, to be confirmed; None where there is none."""
    kind = ACTIONS.get(job.action)
    if not job.dry_run or job.state is not JobState.SUCCEEDED or kind is None:
        return None
    return filled(job.arguments) if bearer_of(request).scope.includes(kind.scope) else None
