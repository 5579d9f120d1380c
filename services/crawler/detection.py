"""Finds the feeds, sitemaps and listing pages of an outlet, and proposes a source file for it.

Pages are asked for by a callable that is handed in; what is decided about them is decided here.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from services.crawler.discovery import discover
from services.crawler.generalising import LEAST_LINKS, article_patterns
from services.crawler.links import FoundLink, ListPage
from services.crawler.listings import page_text
from services.crawler.robots import RobotsPolicy, RobotsState
from shared.ledger.frontier import TargetKind
from shared.sources import LinkRules, ListKind, ListRule, SourceFile
from shared.urls import BadUrlError, canonical_url, host_key, same_site

__all__ = ["Ask", "Detected", "detect"]

MAX_ASKED: Final = 24
"""Pages that one detection asks for, at most."""
MAX_FEEDS: Final = 4
MAX_SITEMAPS: Final = 3
MAX_LISTINGS: Final = 6
MAX_SAMPLE: Final = 10

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
_FEED_NAME = re.compile(r"/(?:feed|rss|atom)(?:[/._-]|$)|\.(?:rss|atom)$|[?&]feed=", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)
_TITLE_ENDS = re.compile(r"(?<!\s)\s++[|–—·»-]\s+.*$")

Ask = Callable[[str], ListPage | None]
"""Gives the page of an address, redirects followed; None when there is none to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What was found, as a source to edit, with a sample of what it would archive."""

    source: SourceFile
    sample: tuple[FoundLink, ...]
    articles: int
    """Links that the source would take from its lists now."""
    asked: tuple[str, ...]
    """The addresses that were asked for, in order."""


@dataclass(slots=True, kw_only=True)
class _Asker:
    """Asks for each page once, and for no more than a detection may."""

    ask: Ask
    policy: RobotsPolicy = field(default_factory=lambda: RobotsPolicy(state=RobotsState.ALLOW_ALL))
    asked: dict[str, ListPage | None] = field(default_factory=dict)

    def page(self, url: str, kind: TargetKind) -> ListPage | None:
        if url not in self.asked:
            if len(self.asked) >= MAX_ASKED or not self.policy.allows(url):
                return None
            self.asked[url] = self.ask(url)
        page = self.asked[url]
        return page and ListPage(url=page.url, kind=kind, content_type=page.content_type, body=page.body)


def detect(home: str, *, ask: Ask) -> Detected | None:
    """Look at an outlet's home page and what it leads to, and propose a source. None without a home page.

    Feeds are those that pages announce (`rel=alternate`) or link to, sitemaps those of robots.txt and
    `/sitemap.xml`, listings the same-site pages that hold at least three links of the shape that feeds and
    sitemaps, or else the pages themselves, have in common. What robots.txt disallows is not asked for.

    Raises:
        BadUrlError: the address is none that could be asked for.
    """
    asker = _Asker(ask=ask)
    robots_page = asker.page(canonical_url(f"{host_key(home)}/robots.txt"), TargetKind.ROBOTS)
    if robots_page is not None:
        asker.policy = RobotsPolicy.parse(200, robots_page.body)
    front = asker.page(canonical_url(home), TargetKind.LISTING)
    if front is None:
        return None
    plain = _plain_source(front)
    links = _taken(front, plain)
    folder = _folder(front.url)
    feeds = _feeds(front, plain, asker)
    sitemaps = _sitemaps(front.url, plain, asker)
    announced = [link for _, found in (*feeds, *sitemaps) for link in found]
    if inside := [url for url in announced if _is_below(url, folder)]:
        announced = inside
        feeds, sitemaps = _with_any_of(feeds, inside), _with_any_of(sitemaps, inside)
    candidates = _section_candidates(folder, links)
    patterns, listings = _listings(front, candidates, announced, asker)
    rules = [
        *(ListRule(url=url, kind=ListKind.FEED) for url, _ in feeds),
        *(ListRule(url=url, kind=ListKind.SITEMAP) for url, _ in sitemaps),
        *(ListRule(url=url, kind=ListKind.LISTING) for url in listings),
    ] or [ListRule(url=front.url, kind=ListKind.LISTING)]
    source = plain.model_copy(
        update={"lists": tuple(rules), "links": LinkRules(accept=tuple(_at_site(patterns)))}
    )
    sample = _sample(source, asker)
    return Detected(
        source=source, sample=tuple(sample[:MAX_SAMPLE]), articles=len(sample), asked=tuple(asker.asked)
    )


def _plain_source(front: ListPage) -> SourceFile:
    """Return a source without rules: what the home page says of itself."""
    tree = LexborHTMLParser(page_text(front)[0])
    html = tree.css_first("html")
    told = _LANGUAGE.match((html.attributes.get("lang") or "") if html is not None else "")
    site_name = tree.css_first('meta[property="og:site_name"]')
    head = tree.css_first("title")
    title = (site_name.attributes.get("content") if site_name is not None else None) or (
        _TITLE_ENDS.sub("", head.text().strip()) if head is not None else ""
    )
    parts = urlsplit(front.url)
    name = " ".join("".join(c if c.isprintable() else " " for c in title or "").split())[:200]
    host = (parts.hostname or "site").removeprefix("www.")
    path = parts.path.strip("/").split("/")[0]
    words = f"{host}-{path}" if path and "." not in path else host
    return SourceFile(
        id=re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:63].rstrip("-") or "site",
        name=name or host,
        language=told[0].lower() if told else "und",
        home=front.url,
        lists=(ListRule(url=front.url, kind=ListKind.LISTING),),
        links=LinkRules(max_list_pages=1),
    )


def _taken(page: ListPage, source: SourceFile) -> list[FoundLink]:
    """Return the pages that a list leads to, and the sitemaps of an index, by a source without rules."""
    return list(discover(page, source).links)


def _feeds(front: ListPage, plain: SourceFile, asker: _Asker) -> list[tuple[str, list[str]]]:
    """Return the feeds that give articles, each with them."""
    tree = LexborHTMLParser(page_text(front)[0])
    announced = [
        node.attributes.get("href") or ""
        for node in tree.css("link[rel~=alternate][href]")
        if (node.attributes.get("type") or "").lower().partition(";")[0].strip() in _FEED_TYPES
    ]
    linked = [
        node.attributes.get("href") or ""
        for node in tree.css("a[href]")
        if _FEED_NAME.search(node.attributes.get("href") or "")
    ]
    found: list[tuple[str, list[str]]] = []
    for url in _resolved([*announced, *linked], front.url):
        page = asker.page(url, TargetKind.FEED) if len(found) < MAX_FEEDS else None
        entries = [link.url for link in _taken(page, plain)] if page else []
        if entries:
            found.append((url, entries))
    return found


def _resolved(hrefs: Iterable[str], base: str) -> list[str]:
    urls: dict[str, None] = {}
    for href in hrefs:
        try:
            url = canonical_url(href, base)
        except BadUrlError:
            continue
        if same_site(url, base):
            urls.setdefault(url)
    return list(urls)[: 2 * MAX_FEEDS]


def _sitemaps(home: str, plain: SourceFile, asker: _Asker) -> list[tuple[str, list[str]]]:
    """Return the sitemaps that give articles; of an index the newest that it names is read for them."""
    named = [url for url in asker.policy.sitemaps if same_site(url, home)]
    found: list[tuple[str, list[str]]] = []
    for url in dict.fromkeys([*named, f"{host_key(home)}/sitemap.xml"]):
        page = asker.page(canonical_url(url), TargetKind.SITEMAP) if len(found) < MAX_SITEMAPS else None
        links = _taken(page, plain) if page else []
        inner = [link.url for link in links if link.kind is TargetKind.SITEMAP]
        entries = [link.url for link in links if link.kind is TargetKind.ARTICLE]
        for below in (inner[:1], inner[-1:]) if not entries else ():
            part = asker.page(below[0], TargetKind.SITEMAP) if below else None
            entries += [link.url for link in _taken(part, plain)] if part else []
        if entries:
            found.append((canonical_url(url), entries))
    return found


def _folder(url: str) -> str:
    """Return the folder of a home page: outlets keep each language in one."""
    return urlsplit(url).path.rpartition("/")[0] + "/"


def _is_below(url: str, folder: str) -> bool:
    return urlsplit(url).path.startswith(folder)


def _with_any_of(lists: list[tuple[str, list[str]]], urls: Iterable[str]) -> list[tuple[str, list[str]]]:
    wanted = set(urls)
    return [(url, entries) for url, entries in lists if not wanted.isdisjoint(entries)]


def _section_candidates(folder: str, links: Iterable[FoundLink]) -> list[str]:
    """Return pages of the site that may be listings: those below the home page's folder, the shortest first."""
    near = [link.url for link in links if _is_below(link.url, folder)]
    return sorted(near, key=lambda url: (len(urlsplit(url).path.strip("/").split("/")), len(url)))


def _listings(
    front: ListPage, candidates: list[str], announced: list[str], asker: _Asker
) -> tuple[list[str], list[str]]:
    """Return the patterns of articles, and the pages that list at least three of them."""
    plain = _plain_source(front)
    home_links = [link.url for link in _taken(front, plain)]
    patterns = article_patterns(home_links, known=_of_site(announced, front.url))
    found = [front.url] if _holds(home_links, patterns) else []
    seen = list(home_links)
    for url in candidates:
        if len(found) >= MAX_LISTINGS or len(asker.asked) >= MAX_ASKED:
            break
        if patterns and any(re.search(pattern, url) for pattern in patterns):
            continue
        page = asker.page(url, TargetKind.LISTING)
        inside = [link.url for link in _taken(page, plain)] if page else []
        seen += inside
        patterns = patterns or article_patterns(seen)
        if _holds(inside, patterns):
            found.append(url)
    return patterns, found


def _of_site(urls: Iterable[str], home: str) -> list[str]:
    return [url for url in urls if same_site(url, home)]


def _holds(urls: Iterable[str], patterns: list[str]) -> bool:
    return sum(any(re.search(pattern, url) for pattern in patterns) for url in set(urls)) >= LEAST_LINKS


def _at_site(patterns: Iterable[str]) -> list[str]:
    """Let each pattern begin where the path does, so that it takes nothing deeper down."""
    return [f"^https?://[^/]+{pattern}" for pattern in patterns]


def _sample(source: SourceFile, asker: _Asker) -> list[FoundLink]:
    """Return what the source would take of the pages that were asked for, those with a title and a date first."""
    found: dict[str, FoundLink] = {}
    for rule in source.lists:
        page = asker.asked.get(canonical_url(rule.url))
        if page is None:
            continue
        listed = ListPage(
            url=page.url, kind=TargetKind(rule.kind.value), content_type=page.content_type, body=page.body
        )
        for link in discover(listed, source).links:
            if link.kind is TargetKind.ARTICLE:
                found.setdefault(link.url, link)
    return sorted(found.values(), key=lambda link: (link.title is None, link.date is None))
