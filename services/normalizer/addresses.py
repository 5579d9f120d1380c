"""Addresses that a page names: joined to its own, and only those a reader could follow."""

import re
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from services.normalizer.fields import Candidate, Provenance
from services.normalizer.structured import Structured, first_text
from services.normalizer.text import cut

_MAX_CHARS = 4_000
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+/[A-Za-z0-9_~%+,&=-]*(?:[/.?][A-Za-z0-9_~%+,&=-]+)*/?\Z")
"""An absolute address that joining would not change: no dot segments, no fragment, nothing to strip."""
_PLAIN_PATH = re.compile(r"/(?!/)[A-Za-z0-9_~%+,&=-]*(?:[/.?][A-Za-z0-9_~%+,&=-]+)*/?\Z")
"""The same of a path from the root, which stands behind the origin of its page as it is."""
_SAME_SITE = ("www.", "m.", "amp.", "mobile.", "edition.")


def absolute_url(base: str | None, address: str | None) -> str | None:
    """Return an http(s) address joined to its base, or None when it is none."""
    if not address or len(address) > _MAX_CHARS:
        return None
    if _PLAIN_ADDRESS.match(address):
        return address
    if base and _PLAIN_PATH.match(address) and (origin := _origin(base)):
        return origin + address
    address = "".join(address.split()) if any(space in address for space in "\t\r\n") else address.strip()
    try:
        joined = urljoin(base, address) if base else address
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in {"http", "https"} and parts.netloc else None


@lru_cache(maxsize=64)
def _origin(base: str) -> str | None:
    """Return scheme and host of a page's address, as joining writes them."""
    try:
        root = urljoin(base, "/")
        parts = urlsplit(root)
    except ValueError:
        return None
    return root[:-1] if parts.scheme in {"http", "https"} and parts.netloc else None


def host_of(url: str | None) -> str:
    """Return the host of an address in lower case, empty when it has none."""
    try:
        return (urlsplit(url or "").hostname or "").lower()
    except ValueError:
        return ""


def canonical_address(structured: Structured, url: str | None, base: str | None) -> Provenance | None:
    """Return the page's canonical address.

    One on another site, or the home page for an article, is a template's mistake and is not believed.
    """
    rejected: list[Candidate] = []
    offered = (("link.canonical", structured.canonical), ("meta.og:url", structured.meta.get("og:url")))
    for method, raw in offered:
        found = absolute_url(base, raw)
        if found is None or raw is None:
            continue
        reason = _mistake(found, url)
        if reason is None:
            return Provenance(value=found, raw=cut(raw), method=method, rejected=tuple(rejected))
        rejected.append(Candidate(raw=cut(raw), method=method, reason=reason))
    if url is None:
        return None
    return Provenance(value=url, raw=url, method="url", rejected=tuple(rejected))


def image_address(structured: Structured, base: str | None) -> str | None:
    """Return the address of the picture that stands for the article."""
    social = structured.first_meta("og:image", "og:image:url", "twitter:image")
    if social and (found := absolute_url(base, social[1])):
        return found
    for article in structured.articles:
        image = article.get("image")
        first = image[0] if isinstance(image, list) and image else image
        address = first.get("url") if isinstance(first, dict) else first_text(first)
        if isinstance(address, str) and (found := absolute_url(base, address)):
            return found
    return None


def _mistake(found: str, url: str | None) -> str | None:
    if url is None:
        return None
    ours, theirs = _site(url), _site(found)
    if ours != theirs and not ours.endswith(f".{theirs}") and not theirs.endswith(f".{ours}"):
        return "on another site"
    try:
        page, named = urlsplit(url), urlsplit(found)
    except ValueError:
        return "not an address"
    if named.path in {"", "/"} and not named.query and page.path not in {"", "/"}:
        return "the home page"
    return None


def _site(url: str) -> str:
    host = host_of(url)
    for prefix in _SAME_SITE:
        host = host.removeprefix(prefix)
    return host
