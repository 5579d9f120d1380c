"""The pages of watches: which names are looked for in every article, and what was noticed about them."""

from itertools import islice

from fastapi import APIRouter, Request, Response

from services.reader.asked_lists import AskedLists, watch_named
from services.reader.rendering import Renderer
from services.reader.watch_view import alarm_view, watch_view
from shared.ledger.watches import Watches

__all__ = ["WatchPages"]

_ALARMS_SHOWN = 50
_GET = ["GET", "HEAD"]


class WatchPages:
    """Serves the watches and their alarms."""

    def __init__(self, ledger: Watches, *, lists: AskedLists, render: Renderer) -> None:
        self._ledger = ledger
        self._lists = lists
        self._render = render

    def router(self) -> APIRouter:
        """Return the addresses of the pages and of their exports."""
        router = APIRouter()
        for path, page in (
            ("/watches", self.all),
            ("/watches.json", self.all_json),
            ("/watches/{name}.json", self.one_json),
            ("/watches/{name}", self.one),
        ):
            router.add_api_route(path, page, methods=_GET, response_model=None)
        return router

    def all(self, request: Request) -> Response:
        """Every watch, and the last alarms of all."""
        words = self._render.words(request)
        return self._render.page(
            request,
            "watches.html",
            listing=self._lists.watches(request),
            watches=[
                watch_view(one, self._ledger.counts(one.watch_id), words=words) for one in self._ledger.all()
            ],
            alarms=[alarm_view(one, words) for one in islice(self._ledger.alarms(), _ALARMS_SHOWN)],
        )

    def all_json(self, request: Request) -> Response:
        """Every watch, and the last alarms of all."""
        watches = [{**one.as_json(), **self._ledger.counts(one.watch_id)} for one in self._ledger.all()]
        alarms = [one.as_json() for one in islice(self._ledger.alarms(), _ALARMS_SHOWN)]
        return self._render.json(request, {"items": watches, "alarms": alarms, "next": None})

    def one(self, request: Request, name: str) -> Response:
        """One watch with its last alarms."""
        watch, words = watch_named(self._ledger, name), self._render.words(request)
        alarms = islice(self._ledger.alarms(watch_id=watch.watch_id), _ALARMS_SHOWN)
        return self._render.page(
            request,
            "watch.html",
            listing=self._lists.watch(request),
            watch=watch_view(watch, self._ledger.counts(watch.watch_id), words=words),
            alarms=[alarm_view(one, words) for one in alarms],
        )

    def one_json(self, request: Request, name: str) -> Response:
        """One watch with its last alarms."""
        watch = watch_named(self._ledger, name)
        alarms = islice(self._ledger.alarms(watch_id=watch.watch_id), _ALARMS_SHOWN)
        counts = self._ledger.counts(watch.watch_id)
        return self._render.json(
            request,
            {**watch.as_json(), "articles": counts["articles"], "items": [a.as_json() for a in alarms]},
        )
