"""Which links a source's rules take, and as what. Reading them out of documents is done elsewhere."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from shared.ledger.frontier import TargetKind
from shared.sources import SourceFile
from shared.urls import BadUrlError, canonical_url, is_home, same_site

MAX_TITLE_CHARS: Final = 300

_SPACE = re.compile(r"\s+")
_CUT_BY_HTML = re.compile(r"[\t\r\n]")
_NO_PAGE = re.compile(
    r"\.(?:7z|apk|avi|bmp|css|docx?|eps|exe|flv|gif|gz|hwp|ico|jpe?g|js|json|m3u8|m4[av]|mov|mp[34]|mpe?g|og[gv]"
    r"|pdf|png|pptx?|rar|rss|svg|swf|tar|tiff?|ttf|wav|web[mp]|wmv|woff2?|xlsx?|xml|zip)$",
    re.IGNORECASE,
)
_OTHER_HOST: Final = "outlet.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A stored document that links are taken from, content-coding undone."""

    url: str
    kind: TargetKind
    content_type: str | None
    """The Content-Type header, for its charset."""
    body: bytes


class LinkOrigin(StrEnum):
    """Where in a document a link stood."""

    ANCHOR = "anchor"
    FRAME = "frame"
    ATTRIBUTE = "attribute"
    ENTRY = "entry"
    """An item of a feed or a URL of a sitemap: the outlet itself says that this is a page of its own."""
    NEXT = "next"
    """The next page of a list."""
    REQUISITE = "requisite"
    """A picture or a style sheet of a page."""
    INDEX = "index"
    """A sitemap that a sitemap index or robots.txt names."""


_WITHOUT_PATTERNS: Final = {
    LinkOrigin.INDEX: TargetKind.SITEMAP,
    LinkOrigin.REQUISITE: TargetKind.REQUISITE,
}
"""What is known by its place alone, and taken from the own site only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLink:
    """A link as a document has it, before any rule."""

    href: str
    base: str
    origin: LinkOrigin
    title: str | None = None
    date: str | None = None
    modified: str | None = None
    rule: str = ""
    """The attribute rule that made it, such as `attributes[0]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """A link that a source takes."""

    url: str
    """In canonical form."""
    kind: TargetKind
    title: str | None
    """What the list calls it, white space folded, at most 300 characters."""
    date: str | None
    """When the list says it was published, as it is written there."""
    rule: str
    """What took it: `accept[0]`, `follow[1]`, `next_page`, `attributes[0]`, `same_site`, `index`, `requisite`."""
    modified: str | None = None
    """When the list says it was changed, as it is written there. Never a date of publication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A link that is not taken. The reason is one of a few constants, fit for counting."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a document gave: links in its own order, each URL once, and why the others were left."""

    links: tuple[FoundLink, ...]
    rejected: Mapping[str, int]
    unreadable: str | None = None
    """Why the document is not what it should be, when it could not be read at all."""


class LinkRuling:
    """The link rules of one source, made ready to judge many links."""

    def __init__(self, source: SourceFile) -> None:
        self._home = canonical_url(source.home)
        self._lists = {canonical_url(rule.url) for rule in source.lists} | {self._home}
        self._reject = [re.compile(pattern) for pattern in source.links.reject]
        self._accept = [re.compile(pattern) for pattern in source.links.accept]
        self._follow = [re.compile(pattern) for pattern in source.links.follow]

    def judge(self, link: RawLink, *, page_url: str) -> FoundLink | Rejected:
        """Say what a link is to the source. A bad URI is a rejection like any other.

        `reject` beats everything, `accept` beats `follow`. A link to another site is taken only by a
        pattern that names that site.
        """
        href = _CUT_BY_HTML.sub("", link.href)
        if not href.strip() or href.lstrip().startswith("#"):
            return Rejected(reason="fragment")
        try:
            url = canonical_url(href, link.base)
        except BadUrlError as error:
            return Rejected(reason=error.reason)
        if url in self._lists or url == page_url:
            return Rejected(reason="known_list")
        if any(pattern.search(url) for pattern in self._reject):
            return Rejected(reason="reject")
        return self._ruled(url, link)

    def _ruled(self, url: str, link: RawLink) -> FoundLink | Rejected:
        own_site = same_site(url, self._home)
        if link.origin in _WITHOUT_PATTERNS:
            taken = _found(url, _WITHOUT_PATTERNS[link.origin], link, rule=link.origin.value)
            return taken if own_site else Rejected(reason="other_site")
        for kind, name, patterns in (
            (TargetKind.ARTICLE, "accept", self._accept),
            (TargetKind.LISTING, "follow", self._follow),
        ):
            for number, pattern in enumerate(patterns):
                if pattern.search(url) and (own_site or names_its_host(pattern, url)):
                    return _found(url, kind, link, rule=f"{name}[{number}]")
        if not own_site:
            return Rejected(reason="other_site")
        if link.origin is LinkOrigin.NEXT:
            return _found(url, TargetKind.LISTING, link, rule="next_page")
        if link.origin is LinkOrigin.ATTRIBUTE:
            return _found(url, TargetKind.ARTICLE, link, rule=link.rule)
        return self._unruled(url, link)

    def _unruled(self, url: str, link: RawLink) -> FoundLink | Rejected:
        """Judge a link of the own site that no pattern took."""
        if self._accept or link.origin is LinkOrigin.FRAME:
            return Rejected(reason="no_rule")
        path = urlsplit(url).path
        if is_home(url) or (link.origin is not LinkOrigin.ENTRY and not path.strip("/")):
            return Rejected(reason="home")
        if _NO_PAGE.search(path):
            return Rejected(reason="no_page")
        return _found(url, TargetKind.ARTICLE, link, rule="same_site")


def gather(links: list[RawLink], source: SourceFile, *, page_url: str) -> Discovery:
    """Judge the links of a document and fold those that lead to one URL."""
    ruling = LinkRuling(source)
    taken: dict[str, FoundLink] = {}
    rejected: Counter[str] = Counter()
    for link in links:
        match ruling.judge(link, page_url=page_url):
            case Rejected(reason=reason):
                rejected[reason] += 1
            case found:
                known = taken.get(found.url)
                taken[found.url] = _merged(known, found) if known else found
    return Discovery(links=tuple(taken.values()), rejected=rejected)


def folded(text: str | None) -> str | None:
    """Return text on one line, at most 300 characters, or None when nothing is left."""
    if not text:
        return None
    return _SPACE.sub(" ", text[: 4 * MAX_TITLE_CHARS]).strip()[:MAX_TITLE_CHARS] or None


def _found(url: str, kind: TargetKind, link: RawLink, *, rule: str) -> FoundLink:
    return FoundLink(
        url=url,
        kind=kind,
        title=folded(link.title),
        date=folded(link.date),
        rule=f"{link.rule} {rule}" if link.rule and link.rule != rule else rule,
        modified=folded(link.modified),
    )


def _merged(first: FoundLink, second: FoundLink) -> FoundLink:
    """Return one link for two that lead to the same URL: an image's has no title, the headline's has."""
    return FoundLink(
        url=first.url,
        kind=first.kind,
        title=first.title or second.title,
        date=first.date or second.date,
        rule=first.rule,
        modified=first.modified or second.modified,
    )


def names_its_host(pattern: re.Pattern[str], url: str) -> bool:
    """Tell whether a pattern that matches a URL would not match the same path on some other host."""
    scheme, _, rest = url.partition("://")
    path = rest[len(rest.partition("/")[0]) :]
    return pattern.search(f"{scheme}://{_OTHER_HOST}{path}") is None
