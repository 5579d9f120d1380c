"""The pages for people. Each method is one page: what is asked, what is looked up, what is shown."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from services.reader.article_metadata import article_metadata
from services.reader.article_view import History, article_view, edit_view
from services.reader.asked_lists import AskedLists
from services.reader.asking import (
    article_id_of,
    base_of,
    cursor_of,
    language_of,
    number_of,
    source_id_of,
)
from services.reader.coverage_view import CoverageView, SeenOfSource, coverage_view, seen_in
from services.reader.errors import NoSuchPageError
from services.reader.evidence_pages import evidence_of_article
from services.reader.listings import Listing
from services.reader.memento import original_links
from services.reader.remembered import Remembered
from services.reader.rendering import Renderer
from services.reader.settings import ReaderSettings
from services.reader.views import card, days_of_cards, language_views, removal_view, source_view
from services.reader.words import Words
from shared.ledger.catalogue import Catalogue
from shared.ledger.records import Revision, SourceSummary
from shared.ledger.whole_article import WholeArticle, whole_article

__all__ = ["Pages"]

_CAPTURES_SHOWN = 100
_EDITS_SHOWN = 20
_SOME_REPLAY = "https://replay.example"
_GET = ["GET", "HEAD"]


class Pages:
    """Serves the pages over a catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        lists: AskedLists,
        settings: ReaderSettings,
        render: Renderer,
        sources: Remembered[tuple[SourceSummary, ...]],
        seen: Remembered[tuple[SeenOfSource, ...]],
    ) -> None:
        self._catalogue = catalogue
        self._lists = lists
        self._settings = settings
        self._render = render
        self._sources = sources
        self._seen = seen

    def router(self) -> APIRouter:
        """Return the addresses of the pages."""
        router = APIRouter()
        for path, page in (
            ("/", self.latest),
            ("/sources", self.all_sources),
            ("/source/{source_id}", self.source),
            ("/day/{day}", self.day),
            ("/article/{article_id}", self.article),
            ("/article/{article_id}/revision/{number}", self.revision),
            ("/article/{article_id}/edit/{number}", self.edit),
            ("/edits", self.edits),
            ("/removals", self.removals),
            ("/about", self.about),
            ("/verify", self.verify),
        ):
            router.add_api_route(path, page, methods=_GET, response_model=None)
        return router

    def latest(self, request: Request) -> Response:
        """All articles by date."""
        before, language = cursor_of(request), language_of(request)
        listing = self._lists.latest(request)
        page = listing.read(self._settings.articles_on_page, before)
        sources, words = self._sources.get(), self._render.words(request)
        return self._render.page(
            request,
            "latest.html",
            listing=listing,
            days=days_of_cards((card(one, words) for one in page.items), words),
            next=page.next,
            is_first=before is None,
            language=language,
            languages=language_views(sources, language),
            sources=[source_view(source, words) for source in sources],
        )

    def source(self, request: Request, source_id: str) -> Response:
        """The articles of one source by date."""
        source, words = self._source(source_id_of(source_id)), self._render.words(request)
        before, listing = cursor_of(request), self._lists.source(request)
        page = listing.read(self._settings.articles_on_page, before)
        return self._render.page(
            request,
            "source.html",
            listing=listing,
            source=source_view(source, words),
            source_id=source.source_id,
            days=days_of_cards((card(one, words) for one in page.items), words),
            next=page.next,
            is_first=before is None,
        )

    def day(self, request: Request) -> Response:
        """The articles of one day, with the days around it."""
        before, listing = cursor_of(request), self._lists.day(request)
        page = listing.read(self._settings.articles_on_page, before)
        day, words = date.fromisoformat(request.path_params["day"]), self._render.words(request)
        return self._render.page(
            request,
            "day.html",
            listing=listing,
            day=words.day(day),
            day_before=day - timedelta(days=1),
            day_after=day + timedelta(days=1),
            cards=[card(one, words) for one in page.items],
            next=page.next,
            is_first=before is None,
            coverage=self._what_was_seen(page.items, listing, words),
        )

    def all_sources(self, request: Request) -> Response:
        """The sources with what is kept of each."""
        words = self._render.words(request)
        views = [source_view(source, words) for source in self._sources.get()]
        listing = self._lists.sources(request)
        return self._render.page(request, "sources.html", listing=listing, sources=views)

    def article(self, request: Request, article_id: str) -> Response:
        """One article as its source shows it, or showed it last."""
        whole = self._whole(article_id)
        return self._article_page(request, whole, whole.article.current)

    def revision(self, request: Request, article_id: str, number: str) -> Response:
        """One article as it was worded once."""
        whole, wanted = self._whole(article_id), number_of(number)
        for revision in whole.article.revisions:
            if revision.number == wanted:
                return self._article_page(request, whole, revision)
        raise NoSuchPageError("This article has no such revision. Its page lists those it has.")

    def edit(self, request: Request, article_id: str, number: str) -> Response:
        """One edit with both wordings side by side."""
        article_id, wanted = article_id_of(article_id), number_of(number)
        before, words = None, self._render.words(request)
        while True:
            page = self._catalogue.edits(_EDITS_SHOWN, article_id=article_id, before=before)
            for edit in page.items:
                if edit.edit_id == wanted:
                    return self._render.page(request, "edit.html", edit=edit_view(edit, words, whole=True))
            if page.next is None:
                raise NoSuchPageError("This article has no such edit. Its page lists those it has.")
            before = page.next

    def edits(self, request: Request) -> Response:
        """What was reworded, the last seen first."""
        before, listing = cursor_of(request), self._lists.edits(request)
        page = listing.read(self._settings.entries_on_page, before)
        words = self._render.words(request)
        views = [edit_view(edit, words) for edit in page.items]
        return self._render.page(
            request,
            "edits.html",
            listing=listing,
            edits=views,
            next=page.next,
            is_first=before is None,
            coverage=self._what_was_seen(page.items, listing, words),
        )

    def removals(self, request: Request) -> Response:
        """What was taken down, the last seen first."""
        before, listing = cursor_of(request), self._lists.removals(request)
        page = listing.read(self._settings.entries_on_page, before)
        words = self._render.words(request)
        views = [removal_view(removal, words) for removal in page.items]
        return self._render.page(
            request,
            "removals.html",
            listing=listing,
            removals=views,
            next=page.next,
            is_first=before is None,
            coverage=self._what_was_seen(page.items, listing, words),
        )

    def about(self, request: Request) -> Response:
        """What this archive promises."""
        return self._render.page(request, "about.html")

    def verify(self, request: Request) -> Response:
        """How a reader checks an article with tools of his own."""
        replay = self._settings.replay_url or _SOME_REPLAY
        return self._render.page(request, "verify.html", replay=replay)

    def _what_was_seen(
        self, found: Sequence[object], listing: Listing[Any], words: Words
    ) -> list[CoverageView]:
        """Return the coverage of what was asked about, where nothing was found in it."""
        if found:
            return []
        seen = seen_in(self._seen.get(), source_ids=listing.source_ids, languages=listing.languages)
        return [coverage_view(one, words) for one in seen]

    def _article_page(self, request: Request, whole: WholeArticle, read: Revision | None) -> Response:
        article, more = whole.article, whole.more
        history = History(
            edits=whole.edits,
            urls=whole.urls,
            captures=whole.captures,
            captures_limit=_CAPTURES_SHOWN,
            evidence=whole.evidence,
        )
        base, words = base_of(request, self._settings.public_url), self._render.words(request)
        stored = whole.stored.get(read.capture.capture_id) if read else None
        response = self._render.page(
            request,
            "article.html",
            base=base,
            article=article_view(article, read, history, words=words),
            metadata=article_metadata(
                article, read, base=base, stored=stored, replay_url=self._settings.replay_url
            ),
            evidence=evidence_of_article(article.summary.article_id, settings=self._settings),
            editions=[card(one, words) for one in article.editions],
            more=[card(one, words) for one in more.items],
            more_next=more.next,
        )
        if stored is not None:
            response.headers["link"] = ", ".join(original_links(stored.url, base))
        return response

    def _whole(self, article_id: str) -> WholeArticle:
        found = whole_article(
            self._catalogue.database,
            article_id_of(article_id),
            captures=_CAPTURES_SHOWN,
            more=self._settings.related_articles,
        )
        if found is None:
            raise NoSuchPageError("No article is kept under this address. Search for its title instead.")
        return found

    def _source(self, source_id: str) -> SourceSummary:
        for source in self._sources.get():
            if source.source_id == source_id:
                return source
        raise NoSuchPageError("No source of this name is followed. The page of sources lists them all.")
