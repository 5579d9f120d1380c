"""The source that single pages of an unknown site are kept under."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

from shared.sources import ListKind, ListRule, SourceFile
from shared.urls import host_key

__all__ = ["source_for"]

_A_YEAR = timedelta(days=365)
_UNKNOWN_LANGUAGE = "und"
"""BCP 47: undetermined."""


def source_for(url: str) -> SourceFile:
    """Return a source for the site of a URL. Its only list is the home page, which is not looked at by itself.

    The name is the host, so that a reader sees where the page came from.
    """
    host = urlsplit(url).hostname or "site"
    home = f"{host_key(url)}/"
    return SourceFile(
        id=("pages-" + re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-"))[:63].rstrip("-"),
        name=host,
        language=_UNKNOWN_LANGUAGE,
        home=home,
        lists=(ListRule(url=home, kind=ListKind.LISTING, every=_A_YEAR),),
    )
