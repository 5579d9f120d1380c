"""The one definition of a URL: its canonical form, host, site, and keys."""

from shared.urls.canonical import MAX_URL_BYTES, canonical_url, url_key
from shared.urls.hosts import BadUrlError
from shared.urls.sites import host_key, is_home, same_site
from shared.urls.surt import surt

__all__ = [
    "MAX_URL_BYTES",
    "BadUrlError",
    "canonical_url",
    "host_key",
    "is_home",
    "same_site",
    "surt",
    "url_key",
]
