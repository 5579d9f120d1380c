"""Which server a URL is asked of, and which site it belongs to."""

import re

from shared.urls.canonical import canonical_url
from shared.urls.hosts import default_port
from shared.urls.parts import split_url

_HOME_PATH = re.compile(r"/(?:(?:index|default|home|main)\.(?:html?|php|aspx?|jsp|do))?", re.IGNORECASE)


def host_key(url: str) -> str:
    """Return `scheme://host:port`, the authority that politeness and robots.txt belong to (RFC 9309 §2.3).

    The port is always written, so that one server has one key.

    Raises:
        BadUrlError: the URL has no canonical form.
    """
    scheme, host, port = _origin(url)
    return f"{scheme}://{host}:{port}"


def same_site(a: str, b: str) -> bool:
    """Tell whether two URLs belong to one site: the same host, with or without `www.`, on the same port.

    http and https on their own ports are one site. A subdomain is another site, because outlets keep
    their other languages there; an accept rule that names it takes it in.

    Raises:
        BadUrlError: one of the URLs has no canonical form.
    """
    return _site(a) == _site(b)


def is_home(url: str) -> bool:
    """Tell whether a URL is the front page of its host: no path, or an index file, and no query.

    Raises:
        BadUrlError: the URL has no canonical form.
    """
    parts = split_url(canonical_url(url))
    return parts.query is None and _HOME_PATH.fullmatch(parts.path) is not None


def _origin(url: str) -> tuple[str, str, int]:
    parts = split_url(canonical_url(url))
    assert parts.scheme is not None
    assert parts.authority is not None
    host, colon, port = parts.authority.rpartition(":")
    if not colon or parts.authority.endswith("]"):
        return parts.scheme, parts.authority, default_port(parts.scheme)
    return parts.scheme, host, int(port)


def _site(url: str) -> tuple[str, int]:
    scheme, host, port = _origin(url)
    own_port = port == default_port(scheme)
    return host.removeprefix("www."), 0 if own_port else port
