"""A source and its pages, as the tests of the crawler's rules need them."""

from services.crawler.discovery import discover
from services.crawler.links import Discovery, ListPage
from shared.ledger.frontier import TargetKind
from shared.sources import SourceFile, load_source

HOME = "http://news.example/en/"


def source(links: str = "", lists: str = "") -> SourceFile:
    """A source at news.example with the given body of its `[links]` table."""
    return load_source(
        f"""
        id = "news-en"
        name = "News (En)"
        language = "en"
        home = "{HOME}"
        [[lists]]
        url = "{HOME}"
        kind = "listing"
        {lists}
        [links]
        {links}
        """
    )


def found(
    body: str | bytes,
    rules: SourceFile | None = None,
    *,
    kind: TargetKind = TargetKind.LISTING,
    url: str = "http://news.example/en/list?page=1",
    content_type: str | None = None,
) -> Discovery:
    """What a document at `url` gives."""
    raw = body.encode() if isinstance(body, str) else body
    return discover(ListPage(url=url, kind=kind, content_type=content_type, body=raw), rules or source())


def urls(discovery: Discovery) -> list[str]:
    """The URLs of a discovery, in its order."""
    return [link.url for link in discovery.links]
