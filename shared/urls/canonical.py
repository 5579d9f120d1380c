"""The canonical form of a URL: what is stored, compared, asked for, and hashed into a key."""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from shared.urls.hosts import BadUrlError, canonical_host, canonical_port
from shared.urls.parts import UrlParts, resolve, split_url, without_dot_segments

MAX_URL_BYTES: Final = 8192
"""Longest URL that is kept, in bytes of its canonical form."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/]*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*")
_NOT_IN_PATH = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+")
_NOT_IN_QUERY = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]+")

_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
_TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|mc_cid|mc_eid|mkt_tok"
    r"|_ga|_gl|_hsenc|_hsmi|hsctatracking|vero_id|wt_z?mc|xtor|spm|__twitter_impression|_openstat"
    r"|at_medium|at_campaign|ns_mchannel|ns_source|ns_campaign|ns_linkname|phpsessid|jsessionid",
    re.IGNORECASE,
)
# `sid` alone names the article in several news systems (`?name=News&sid=123`), so only a value as
# long and as mixed as a session's is dropped.
_SESSION_VALUE = re.compile(r"(?=[^&]*[0-9])(?=[^&]*[A-Za-z])[0-9A-Za-z]{20,}")


def canonical_url(url: str, base: str | None = None) -> str:
    """Return the one form of a URL, resolved against a base when it is relative.

    Scheme and host in lower case, the host in punycode, default port and fragment dropped, dot
    segments resolved, percent-encoding normalised (RFC 3986 §6.2.2), an empty path written `/`,
    session ids and tracking parameters dropped, the order of the query kept, all else in UTF-8
    percent-encoded. Canonical of canonical is the same.

    Raises:
        BadUrlError: not http or https, credentials, control characters, a backslash, a bad host or
            port, longer than 8 KiB.
    """
    parts = _checked_parts(url)
    if base is not None and (parts.scheme is None or parts.authority is None):
        parts = resolve(parts, _checked_parts(base))
    if parts.scheme not in {"http", "https"}:
        raise BadUrlError("scheme", url)
    if not parts.authority:
        raise BadUrlError("host", url)
    path = _canonical_path(parts.path)
    query = _canonical_query(parts.query)
    canonical = f"{parts.scheme}://{_canonical_authority(parts.authority, parts.scheme)}{path}{query}"
    if len(canonical) > MAX_URL_BYTES:
        raise BadUrlError("too_long", url)
    return canonical


def url_key(url: str) -> bytes:
    """Return the 16-byte key of a URL: BLAKE2b of its canonical form.

    Raises:
        BadUrlError: the URL has no canonical form.
    """
    return blake2b(canonical_url(url).encode("ascii"), digest_size=16).digest()


def _checked_parts(url: str) -> UrlParts:
    """Refuse what parsers disagree about before splitting, and trim the blanks a page may leave around."""
    trimmed = url.strip(" \t\r\n\f")
    if len(trimmed) > MAX_URL_BYTES:
        raise BadUrlError("too_long", url)
    if _CONTROL.search(trimmed):
        raise BadUrlError("control_character", url)
    if "\\" in trimmed:
        raise BadUrlError("backslash", url)
    return split_url(trimmed)


@lru_cache(maxsize=4096)
def _canonical_authority(authority: str, scheme: str) -> str:
    if "@" in authority:
        raise BadUrlError("credentials", authority)
    host, port = authority, ""
    if not authority.endswith("]"):
        head, colon, tail = authority.rpartition(":")
        host, port = (head, tail) if colon else (authority, "")
    port = canonical_port(port, scheme=scheme)
    return canonical_host(host) + (f":{port}" if port else "")


def _canonical_path(path: str) -> str:
    if not _PLAIN_PATH.fullmatch(path):
        path = _escaped(path, _NOT_IN_PATH)
    if ";" in path:
        path = _SESSION_IN_PATH.sub("", path)
    return without_dot_segments(path) or "/"


def _canonical_query(query: str | None) -> str:
    if not query:
        return ""
    if not _PLAIN_QUERY.fullmatch(query):
        query = _escaped(query, _NOT_IN_QUERY)
    parameters = query.split("&")
    kept = [parameter for parameter in parameters if not _is_noise(parameter)]
    query = query if len(kept) == len(parameters) else "&".join(kept)
    return f"?{query}" if query else ""


def _is_noise(parameter: str) -> bool:
    """Tell whether a parameter only follows the visitor: a session id or a campaign's mark."""
    name, _, value = parameter.partition("=")
    if name.lower() == "sid":
        return _SESSION_VALUE.fullmatch(value) is not None
    return _TRACKING.fullmatch(name) is not None


def _escaped(text: str, not_allowed: re.Pattern[str]) -> str:
    """Normalise the escapes of a text, then escape what must not stand in it plainly."""
    normalised = _ESCAPE.sub(_normal_escape, text)
    try:
        return not_allowed.sub(lambda match: _percent(match.group()), normalised)
    except UnicodeEncodeError:
        raise BadUrlError("surrogate", text) from None


def _normal_escape(match: re.Match[str]) -> str:
    digits = match.group(1)
    if digits is None:
        return "%25"
    character = chr(int(digits, 16))
    return character if character in _UNRESERVED else f"%{digits.upper()}"


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8"))
