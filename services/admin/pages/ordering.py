"""Pages that order: a form for each action, what it would do, and then the job."""

import secrets
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.admin.operating import Action
from services.admin.operating.catalogue import ACTIONS
from services.admin.pages.forms import asked, faults, fields_of
from services.admin.pages.guard import Form, PageProblemError, PageRoute, bearer_of, form_of, needs
from services.admin.pages.rendering import BASE, Renderer
from services.admin.tools import Tools
from shared.errors import NotFoundError, PressmarkError, TryAgainError
from shared.ledger.tokens import TokenScope

__all__ = ["ordering_pages"]


def ordering_pages(kit: Tools, render: Renderer) -> APIRouter:
    """Return these pages."""
    router = APIRouter(route_class=PageRoute)
    orders = _Orders(kit=kit, render=render)

    @router.get("/orders", **needs(TokenScope.OPERATE))
    def every(request: Request) -> Response:
        """List what the session may order."""
        scope = bearer_of(request).scope
        known = [(name, _says(kind)) for name, kind in ACTIONS.items() if scope.includes(kind.scope)]
        return render.page(request, "orders.html", orders=known)

    @router.get("/orders/{name}", **needs(TokenScope.OPERATE))
    def empty(request: Request, name: str) -> Response:
        """Show the form of an action, filled with what the address names."""
        query = request.query_params
        return orders.empty(request, name, {key: query.getlist(key) for key in query})

    @router.post("/orders/{name}", **needs(TokenScope.OPERATE))
    def sent(request: Request, name: str) -> Response:
        """Tell what the order would do; do it when that was seen and confirmed."""
        return orders.answer(request, name, form_of(request))

    @router.post("/jobs/{job_id}/cancel", **needs(TokenScope.OPERATE))
    def cancel(request: Request, job_id: str) -> Response:
        """Ask for the end of a job."""
        bearer = bearer_of(request)
        kit.desk.cancel(job_id, actor=bearer.actor, scope=bearer.scope)
        return RedirectResponse(f"{BASE}/jobs/{job_id}", status_code=303)

    return router


@dataclass(frozen=True, slots=True, kw_only=True)
class _Orders:
    """The form of an action, its preview and its order."""

    kit: Tools
    render: Renderer

    def empty(self, request: Request, name: str, named: Form) -> Response:
        """Return the form as it is at first, with what its address names."""
        kind = _allowed(request, name)
        first = kind.first_values(self.kit.desk.parts, {key: values[0] for key, values in named.items()})
        return self.form(request, name, {key: [value] for key, value in first.items()} | named, {})

    def form(self, request: Request, name: str, values: Form, errors: dict[str, str]) -> Response:
        """Return the form, with what was wrong with it the last time."""
        kind = _allowed(request, name)
        return self.render.page(
            request,
            "order.html",
            status=422 if errors else 200,
            name=name,
            says=_says(kind),
            fields=fields_of(kind, values, errors),
            trouble=errors.get("", ""),
        )

    def answer(self, request: Request, name: str, form: Form) -> Response:
        """Return the preview of what was filled in, or the way to the job that was ordered."""
        kind, actor = _allowed(request, name), bearer_of(request).actor
        try:
            order = kind.model_validate(asked(kind, form))
            order.check(self.kit.desk.parts)
            if form.get("step") == ["confirm"]:
                job, _ = self.kit.desk.order(order, actor=actor, key=form.get("key", [""])[0] or None)
                return RedirectResponse(f"{BASE}/jobs/{job.job_id}", status_code=303)
            if kind.plans_long:
                job, _ = self.kit.desk.order(order, actor=actor, dry_run=True)
                return RedirectResponse(f"{BASE}/jobs/{job.job_id}", status_code=303)
            outcome = self.kit.desk.plan(order, actor=actor)
        except ValidationError as error:
            return self.form(request, name, form, faults(error))
        except TryAgainError:
            raise
        except PressmarkError as error:
            return self.form(request, name, form, {"": str(error)})
        fields = [one for one in fields_of(kind, form, {}) if one.value]
        return self.render.page(
            request,
            "preview.html",
            name=name,
            says=_says(kind),
            fields=fields,
            outcome=outcome,
            key=secrets.token_urlsafe(16),
        )


def _allowed(request: Request, name: str) -> type[Action]:
    """Return an action that the session may order. One route serves all of them, so its scope is not enough."""
    if name not in ACTIONS:
        raise NotFoundError(f"there is no order {name!r}; the page of orders lists those there are")
    kind, token = ACTIONS[name], bearer_of(request)
    if not token.scope.includes(kind.scope):
        raise PageProblemError(403, f"This needs the scope {kind.scope}; your token has {token.scope}.")
    return kind


def _says(kind: type[Action]) -> str:
    return (kind.__doc__ or "").partition("\n")[0]
