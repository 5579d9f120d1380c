"""The CDX server: which captures there are of a URL, of those below it, or of a host; as pywb asks it."""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request, Response

from services.reader.cdx_asking import MOST_LINES, CdxQuery, cdx_query, kept
from services.reader.cdx_forms import FORMS, Fields, fields_of, named_fields
from services.reader.sending import send_parts
from shared.encoding import dump_json
from shared.ledger.captured_urls import CapturedUrls, Memento

__all__ = ["CdxPages"]

_MOST_COUNTED = 15_000_000


class CdxPages:
    """Serves the index of all captures."""

    def __init__(self, captures: CapturedUrls, *, cache_seconds: int) -> None:
        self._captures = captures
        self._cache = f"public, max-age={cache_seconds}"

    def router(self) -> APIRouter:
        """Return the address of the CDX server."""
        router = APIRouter()
        router.add_api_route("/cdx", self.cdx, methods=["GET", "HEAD"], response_model=None)
        return router

    def cdx(self, request: Request) -> Response:
        """Return the lines of what is asked for; as pywb 404 where there are none, and 400 past the last page."""
        query = cdx_query(request.query_params)
        if query.counts_pages:
            return self._pages(query)
        lines = kept(map(fields_of, self._found(query)), query)
        first = next(lines, None)
        if first is None:
            status = 400 if query.page else 404
            return _json({"message": f"No Captures found for: {query.url}"}, status=status)
        headers = {
            "content-type": FORMS[query.form],
            "cache-control": self._cache,
            "access-control-allow-origin": "*",
        }
        parts = named_fields(_again(first, lines), query.form, query.names)
        return send_parts(request, parts, headers=headers)

    def _found(self, query: CdxQuery) -> Iterable[Memento]:
        if query.closest is not None:
            return self._captures.closest(query.key, query.closest, limit=min(query.limit, MOST_LINES // 15))
        if query.page is not None:
            skipped = query.page * query.page_lines
            return self._captures.page(query.span, limit=query.page_lines, skipped=skipped)
        return self._captures.each(query.span, is_reversed=query.is_reversed)

    def _pages(self, query: CdxQuery) -> Response:
        count = self._captures.count(query.span, most=_MOST_COUNTED)
        pages = -(-count // query.page_lines)
        return _json({"pages": pages, "pageSize": query.page_lines, "blocks": pages}, status=200)


def _again(first: Fields, rest: Iterable[Fields]) -> Iterator[Fields]:
    yield first
    yield from rest


def _json(value: object, *, status: int) -> Response:
    headers = {"cache-control": "no-store", "access-control-allow-origin": "*"}
    return Response(dump_json(value), status_code=status, media_type="application/json", headers=headers)
