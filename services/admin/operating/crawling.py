"""Actions that look now: at the lists of a source, at single pages, and again at what is known."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from services.admin.actions import Ordered
from services.admin.operating.action import Action, Outcome, Work, examples, pause_of
from services.admin.operating.parts import Parts
from shared.errors import NotFoundError
from shared.ledger.catalogue import Catalogue
from shared.ledger.frontier import LIST_KINDS, TargetKind
from shared.ledger.pauses import Pause
from shared.ledger.retries import Touched
from shared.urls import canonical_url, host_key, url_key

__all__ = ["CrawlSource", "CrawlUrls", "Recheck", "SourceId"]

SourceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Url = Annotated[str, Field(min_length=1, max_length=4096)]


class CrawlSource(Action):
    """Look at all lists of a source now, and archive what is new there."""

    model_config = examples({"source": "harbour-en"})
    name = "source.crawl"

    source: SourceId
    """The source's id."""

    def held_by(self, pauses: Sequence[Pause]) -> Pause | None:
        """Rest while the source is paused."""
        return pause_of(pauses, source=self.source)

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Count its lists."""
        del work
        source = parts.orders.source(self.source)
        lists = Touched(parts.database).of_source(source.id, LIST_KINDS)
        return {"targets": lists, "sources": [source.id]}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Make its lists due and ring for the crawler."""
        del work
        return _told(parts.orders.crawl(self.source))


class CrawlUrls(Action):
    """Archive single pages now, each under the source whose site it is on, or else under one of its own."""

    model_config = examples({"urls": ["https://harbour.example/en/article/1"]})
    name = "url.crawl"

    urls: tuple[Url, ...] = Field(min_length=1, max_length=1000)
    """Absolute URLs, http or https."""

    def held_by(self, pauses: Sequence[Pause]) -> Pause | None:
        """Rest while all their hosts are paused."""
        return pause_of(pauses, hosts=[host_key(canonical_url(url)) for url in self.urls])

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Tell which are known already."""
        del work
        urls = list(dict.fromkeys(canonical_url(url) for url in self.urls))
        known = Touched(parts.database).known([url_key(url) for url in urls])
        return {"targets": len(urls), "known": known, "new": len(urls) - known, "urls": urls}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Accept what is new, make the rest due, and ring for the crawler."""
        del work
        return _told(parts.orders.archive(self.urls))


class Recheck(Action):
    """Look again now at the known articles of a source, at one article under all its addresses, or at one URL."""

    model_config = examples({"what": "harbour-en"}, {"what": "https://harbour.example/en/article/1"})
    name = "target.recheck"

    what: Annotated[str, Field(min_length=1, max_length=4096)]
    """A source's id, an article's id, or a URL."""

    def held_by(self, pauses: Sequence[Pause]) -> Pause | None:
        """Rest while the source, or the host of the URL, is paused."""
        if "://" in self.what:
            return pause_of(pauses, hosts=[host_key(canonical_url(self.what))])
        return pause_of(pauses, source=self.what)

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Count what would be looked at."""
        del work
        if "://" in self.what:
            known = Touched(parts.database).known([url_key(canonical_url(self.what))])
            return {"targets": known, "urls": [canonical_url(self.what)]}
        urls = self._urls_of_article(parts)
        if urls:
            return {"targets": len(urls), "urls": urls}
        source = parts.orders.source(self.what)
        articles = Touched(parts.database).of_source(source.id, [TargetKind.ARTICLE])
        return {"targets": articles, "sources": [source.id]}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Make it due and ring for the crawler."""
        del work
        urls = [] if "://" in self.what else self._urls_of_article(parts)
        if not urls:
            return _told(parts.orders.recheck(self.what))
        ordered = [parts.orders.recheck(url) for url in urls]
        sources = dict.fromkeys(source for one in ordered for source in one.sources)
        return {"targets": sum(one.targets for one in ordered), "sources": list(sources)}

    def _urls_of_article(self, parts: Parts) -> list[str]:
        """Return the addresses of the article that is meant; none when a source is."""
        found = [one.url for one in Catalogue(parts.database).urls(self.what)]
        if not found and not _is_source_id(parts, self.what):
            raise NotFoundError(
                f"there is no source and no article {self.what!r}; 'pressmark source list' and "
                "'pressmark articles' show those there are"
            )
        return found


def _is_source_id(parts: Parts, text: str) -> bool:
    try:
        parts.orders.registry.get(text)
    except NotFoundError:
        return False
    return True


def _told(ordered: Ordered) -> Outcome:
    sources: Sequence[str] = ordered.sources
    return {"targets": ordered.targets, "sources": list(sources)}
