"""What programs look for at a site before they know it: robots.txt, site maps, the description of the search."""

from collections.abc import Iterator
from itertools import islice
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response

from services.reader.asked_lists import AskedLists
from services.reader.asking import base_of
from services.reader.errors import NoSuchPageError
from services.reader.remembered import Remembered
from services.reader.rendering import tagged
from services.reader.sending import send_parts
from services.reader.settings import ReaderSettings
from shared.ledger.article_days import ArticleDay

__all__ = ["MOST_IN_MAP", "SiteFiles"]

MOST_IN_MAP = 50_000
"""As many entries as one file may have (sitemaps.org)."""
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_OPENSEARCH = """<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>Pressmark</ShortName>
<Description>Articles of news outlets as they were published, with what was edited and removed</Description>
<InputEncoding>UTF-8</InputEncoding>
<Image height="16" width="16" type="image/svg+xml">{base}/static/mark.svg</Image>
<Url type="text/html" template="{base}/search?q={{searchTerms}}"/>
<Url type="application/atom+xml" template="{base}/search.atom?q={{searchTerms}}"/>
<Url type="application/rss+xml" template="{base}/search.rss?q={{searchTerms}}"/>
<Url type="application/json" template="{base}/search.json?q={{searchTerms}}"/>
<Url type="application/opensearchdescription+xml" rel="self" template="{base}/opensearch.xml"/>
</OpenSearchDescription>
"""


class SiteFiles:
    """Serves them."""

    def __init__(
        self, lists: AskedLists, *, settings: ReaderSettings, days: Remembered[tuple[ArticleDay, ...]]
    ) -> None:
        self._lists = lists
        self._settings = settings
        self._days = days

    def router(self) -> APIRouter:
        """Return their addresses."""
        router = APIRouter()
        for path, file in (
            ("/robots.txt", self.robots),
            ("/opensearch.xml", self.opensearch),
            ("/sitemap.xml", self.sitemap),
            ("/sitemap/{day}.xml", self.sitemap_of_day),
        ):
            router.add_api_route(path, file, methods=["GET", "HEAD"], response_model=None)
        return router

    def robots(self, request: Request) -> Response:
        """Say where the site map is, and that lists in other forms need not be crawled beside their pages."""
        rest = "".join(f"Disallow: /{path}\n" for path in ("cdx", "timegate/", "timemap/", "search"))
        text = f"User-agent: *\n{rest}Sitemap: {self._base(request)}/sitemap.xml\n"
        return self._tagged(request, text, "text/plain; charset=utf-8")

    def opensearch(self, request: Request) -> Response:
        """Describe the search to browsers and search clients (OpenSearch 1.1)."""
        text = _HEAD + _OPENSEARCH.format(base=escape(self._base(request)))
        return self._tagged(request, text, "application/opensearchdescription+xml")

    def sitemap(self, request: Request) -> Response:
        """List the site maps: one for each day with articles."""
        base = escape(self._base(request))
        maps = "".join(
            f"<sitemap><loc>{base}/sitemap/{one.day.isoformat()}.xml</loc>"
            f"<lastmod>{one.changed_at.isoformat(timespec='seconds')}</lastmod></sitemap>\n"
            for one in self._days.get()
        )
        return self._tagged(
            request, f'{_HEAD}<sitemapindex xmlns="{_SPACE}">\n{maps}</sitemapindex>\n', "application/xml"
        )

    def sitemap_of_day(self, request: Request) -> Response:
        """List the articles of one day of UTC."""
        articles = self._lists.day(request).every()
        first = next(articles, None)
        if first is None:
            raise NoSuchPageError("No article of this day is kept.")
        base = escape(self._base(request))

        def parts() -> Iterator[bytes]:
            yield f'{_HEAD}<urlset xmlns="{_SPACE}">\n'.encode()
            for one in (first, *islice(articles, MOST_IN_MAP - 1)):
                changed = max(one.first_seen_at, one.state_since).isoformat(timespec="seconds")
                place = f"{base}/article/{escape(one.article_id)}"
                yield f"<url><loc>{place}</loc><lastmod>{changed}</lastmod></url>\n".encode()
            yield b"</urlset>\n"

        headers = {"content-type": "application/xml", "cache-control": self._cache}
        return send_parts(request, parts(), headers=headers)

    def _base(self, request: Request) -> str:
        return base_of(request, self._settings.public_url)

    def _tagged(self, request: Request, text: str, media_type: str) -> Response:
        return tagged(request, Response(text, media_type=media_type), cache=self._cache)

    @property
    def _cache(self) -> str:
        return f"public, max-age={self._settings.cache_seconds}"
