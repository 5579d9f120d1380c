"""Where a list may move: within its site, and to another only when its source's own rules name that one."""

import re

from services.crawler.links import names_its_host
from shared.sources import SourceFile
from shared.urls import canonical_url, same_site

__all__ = ["may_move"]


def may_move(to: str, *, url: str, source: SourceFile) -> bool:
    """Tell whether a redirect of a list may be followed without asking the operator.

    It may within the list's own site, to the site of the source's home or of another of its lists, and to an
    address that a `follow` pattern takes which names that host. Anything else is proposed to the operator and not
    asked for.
    """
    known = {url, canonical_url(source.home), *(canonical_url(rule.url) for rule in source.lists)}
    if any(same_site(to, one) for one in known):
        return True
    follow = (re.compile(pattern) for pattern in source.links.follow)
    return any(pattern.search(to) and names_its_host(pattern, to) for pattern in follow)
