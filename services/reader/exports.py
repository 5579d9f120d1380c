"""The same lists and articles for programs: under the address of the page, with the suffix of a format."""

import re
from collections.abc import Callable
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any

from fastapi import APIRouter, Request, Response

from services.reader.asked_lists import AskedLists
from services.reader.asking import article_id_of, base_of, cursor_of
from services.reader.choosing import in_language, program_words
from services.reader.coverage_view import SeenOfSource, seen_in
from services.reader.errors import NoSuchPageError
from services.reader.evidence_pages import evidence_of_article, evidence_of_capture
from services.reader.feed_forms import Feed
from services.reader.formats import CITATIONS, FEEDS, FORMATS, Citation, FeedFormat, FileFormat, Format, Place
from services.reader.listings import Listing
from services.reader.references import of_whole_article
from services.reader.remembered import Remembered
from services.reader.rendering import Renderer, tagged
from services.reader.sending import send_file, send_parts
from services.reader.settings import ReaderSettings
from shared.ledger.catalogue import Catalogue
from shared.ledger.records import Article

__all__ = ["Exports"]

_GET = ["GET", "HEAD"]


class Exports:
    """Serves every list in every format, and articles with their citations."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        lists: AskedLists,
        settings: ReaderSettings,
        render: Renderer,
        seen: Remembered[tuple[SeenOfSource, ...]],
    ) -> None:
        self._catalogue = catalogue
        self._lists = lists
        self._seen = seen
        self._settings = settings
        self._render = render

    def router(self) -> APIRouter:
        """Return the addresses of the exports. The JSON of watches is served with their pages."""
        router = APIRouter()
        add = partial(router.add_api_route, methods=_GET, response_model=None)
        for path, ask in self._lists.by_path().items():
            for form in FORMATS:
                add(path + form.suffix, _answer(ask, partial(self._file, form=form)))
            for feed in FEEDS:
                add(path + feed.suffix, _answer(ask, partial(self._feed, form=feed)))
            if not path.startswith("/watches"):
                add(f"{path}.json", _answer(ask, self._page))
        for citation in CITATIONS:
            add(f"/article/{{article_id}}{citation.suffix}", partial(self.citation, citation=citation))
        add("/article/{article_id}.json", self.article)
        return router

    def article(self, request: Request, article_id: str) -> Response:
        """One article with every revision of it and the captures that show them."""
        article = self._article(article_id)
        value = article.as_json()
        for told, revision in zip(value["revisions"], article.revisions, strict=True):
            address = evidence_of_capture(revision.capture.capture_id, settings=self._settings)
            told["capture"]["warc"] = address
        value["evidence"] = evidence_of_article(article.summary.article_id, settings=self._settings)
        return self._render.json(request, value)

    def citation(self, request: Request, article_id: str, *, citation: Citation) -> Response:
        """One article as a reference."""
        article = self._article(article_id)
        parts = citation.cite([of_whole_article(article)], base_of(request, self._settings.public_url))
        headers = self._headers(citation, f"article-{article.summary.article_id}")
        return send_parts(request, parts, headers=headers)

    def _page(self, request: Request, listing: Listing[Any]) -> Response:
        """Some items of a list as JSON, with the address of the next; an empty list with what could be seen."""
        page = listing.read(self._settings.items_of(listing.path), cursor_of(request))
        following = listing.address(".json", before=page.next) if page.next else None
        value: dict[str, object] = {"items": list(map(listing.shape.json, page.items)), "next": following}
        if listing.is_claim and not page.items:
            seen = seen_in(self._seen.get(), source_ids=listing.source_ids, languages=listing.languages)
            value["coverage"] = [one.as_json(program_words(request)) for one in seen]
        return self._render.json(request, value)

    def _file(self, request: Request, listing: Listing[Any], *, form: FileFormat) -> Response:
        """A whole list as a file, from the place that is asked for on."""
        base = base_of(request, self._settings.public_url)
        made = form.write(listing, Place(base=base, before=cursor_of(request)))
        headers = self._headers(form, listing.path.strip("/").replace("/", "-"))
        if isinstance(made, SpooledTemporaryFile):
            return send_file(request, made, headers=headers)
        return send_parts(request, made, headers=headers)

    def _feed(self, request: Request, listing: Listing[Any], *, form: FeedFormat) -> Response:
        """The newest items of a list, and where the feed goes on (RFC 5005 §3)."""
        before, base = cursor_of(request), base_of(request, self._settings.public_url)
        words = program_words(request)
        page = listing.read(self._settings.feed_entries, before)
        feed = Feed(
            title=f"Pressmark: {words.say(listing.title, **listing.title_values)}",
            address=base + in_language(request, listing.address(form.suffix, before=before)),
            page=base + listing.page,
            next=base + in_language(request, listing.address(form.suffix, before=page.next))
            if page.next
            else None,
            entries=[listing.entry(one, base, words) for one in page.items[: self._settings.feed_entries]],
        )
        response = Response(form.tell(feed), media_type=form.media_type)
        return tagged(request, response, cache=self._cache)

    def _article(self, article_id: str) -> Article:
        article = self._catalogue.article(article_id_of(article_id))
        if article is None:
            raise NoSuchPageError("No article is kept under this address.")
        return article

    def _headers(self, form: Format, name: str) -> dict[str, str]:
        """Return the headers of a file with a name that every system bears (RFC 6266)."""
        safe = re.sub(r"[^A-Za-z0-9.-]+", "-", name)
        return {
            "content-type": form.media_type,
            "content-disposition": f'attachment; filename="pressmark-{safe}{form.suffix}"',
            "cache-control": self._cache,
        }

    @property
    def _cache(self) -> str:
        return f"public, max-age={self._settings.cache_seconds}"


def _answer(
    ask: Callable[[Request], Listing[Any]], give: Callable[[Request, Listing[Any]], Response]
) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return give(request, ask(request))

    return answer
