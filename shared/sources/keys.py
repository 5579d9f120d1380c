"""The key of an article, read from its URL by the source's rule."""

import base64
import binascii
import re
from urllib.parse import unquote

from shared.sources.model import KeyPart, KeyRule
from shared.urls import BadUrlError, canonical_url

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def article_key(rules: KeyRule, url: str) -> str | None:
    """Return the key that names an article at all its URLs, or None when the rule does not fit this one.

    `path` and `query` are searched with their escapes decoded; `base64` is the query string decoded
    as base64 with either alphabet, any padding, escaped or not.
    """
    try:
        canonical = canonical_url(url)
    except BadUrlError:
        return None
    address, _, query = canonical.partition("?")
    match rules.taken_from:
        case KeyPart.PATH:
            text: str | None = unquote("/" + address.split("/", 3)[3])
        case KeyPart.QUERY:
            text = unquote(query)
        case KeyPart.BASE64:
            text = _decoded(query)
    found = re.search(rules.pattern, text) if text else None
    if found is None:
        return None
    return (found[1] if found.re.groups else found[0]) or None


def _decoded(query: str) -> str | None:
    """Return the text inside a base64 query, or None when it is none."""
    standard = unquote(query).replace("-", "+").replace("_", "/").replace(" ", "+")
    digits = standard.rstrip("=")
    if not digits or _NOT_BASE64.search(digits):
        return None
    whole = digits[: len(digits) - (len(digits) % 4 == 1)]
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4)).decode("utf-8", "replace")
    except binascii.Error:
        return None
