"""Which addresses of a foreign file belong to a source: what its own link rules would have taken as articles."""

import re
from urllib.parse import urlsplit

from shared.sources import SourceFile
from shared.urls import canonical_url, is_home, same_site

__all__ = ["ImportScope"]

_OTHER_HOST = "outlet.invalid"
_NO_PAGE = re.compile(
    r"\.(?:avi|bmp|css|docx?|eps|gif|gz|ico|jpe?g|js|json|m3u8|m4[av]|mov|mp[34]|og[gv]|pdf|png|pptx?|rss|svg|swf"
    r"|tiff?|ttf|wav|web[mp]|wmv|woff2?|xlsx?|xml|zip)$",
    re.IGNORECASE,
)


class ImportScope:
    """The scope of one source."""

    def __init__(self, source: SourceFile) -> None:
        self._home = canonical_url(source.home)
        self._lists = {canonical_url(rule.url) for rule in source.lists} | {self._home}
        self._accept = [re.compile(pattern) for pattern in source.links.accept]
        self._reject = [re.compile(pattern) for pattern in source.links.reject]
        self._follow = [re.compile(pattern) for pattern in source.links.follow]

    def has(self, url: str) -> bool:
        """Tell whether an address in canonical form would be an article of the source.

        `reject` beats `accept`, and `accept` beats `follow`. An address of another site is one only by a pattern
        that names that site. Without `accept` every deeper page of the own site is one.
        """
        if url in self._lists or any(pattern.search(url) for pattern in self._reject):
            return False
        own_site = same_site(url, self._home)
        if any(
            pattern.search(url) and (own_site or self._names_its_host(pattern, url))
            for pattern in self._accept
        ):
            return True
        if self._accept or not own_site or any(pattern.search(url) for pattern in self._follow):
            return False
        return not is_home(url) and _NO_PAGE.search(urlsplit(url).path) is None

    @staticmethod
    def _names_its_host(pattern: re.Pattern[str], url: str) -> bool:
        """Tell whether a pattern that matches would not match the same path on some other host."""
        scheme, _, rest = url.partition("://")
        path = rest[len(rest.partition("/")[0]) :]
        return pattern.search(f"{scheme}://{_OTHER_HOST}{path}") is None
