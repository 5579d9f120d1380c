"""The source that single pages of an unknown site are kept under."""

import hashlib
import re
from datetime import timedelta
from urllib.parse import urlsplit

from shared.sources import ListKind, ListRule, SourceFile
from shared.urls import host_key

__all__ = ["source_for"]

_A_YEAR = timedelta(days=365)
_LONGEST_ID = 63
_UNKNOWN_LANGUAGE = "und"
"""BCP 47: undetermined."""


def source_for(url: str) -> SourceFile:
    """Return a source for the site of a URL. Its only list is the home page, which is not looked at by itself.

    The name is the host, so that a reader sees where the page came from.
    """
    parts = urlsplit(url)
    host = parts.hostname or "site"
    home = f"{host_key(url)}/"
    return SourceFile(
        id=_source_id(host if parts.port is None else f"{host}.{parts.port}"),
        name=host,
        language=_UNKNOWN_LANGUAGE,
        home=home,
        lists=(ListRule(url=home, kind=ListKind.LISTING, every=_A_YEAR),),
    )


def _source_id(site: str) -> str:
    """Return an id that no other site gets: `a-b.com` and `a.b.com` differ, and so do long names cut short."""
    name = "pages-" + re.sub(r"[^a-z0-9-]", "-", site.lower().replace("-", "--"))
    if len(name) <= _LONGEST_ID:
        return name
    digest = hashlib.sha256(site.encode()).hexdigest()[:12]
    return f"{name[: _LONGEST_ID - len(digest) - 1]}-{digest}"
