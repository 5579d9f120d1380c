"""The sort-friendly key of a URL in CDX indexes, as pywb computes it.

The rules are those of the Internet Archive's default canonicalizer (the `surt` package 0.3, a port
of archive-commons), written out because the package brings a client for the public suffix list.
Keys must be equal byte for byte, so its oddities are kept: escapes are undone until nothing
changes, a `..` above the root stays, the query is sorted.
"""

import re
from ipaddress import IPv4Address
from urllib.parse import quote_from_bytes, unquote_to_bytes

from shared.urls.hosts import BadUrlError, canonical_host

_REPEATED_SCHEME = re.compile(rb"^(https?://)+")
_HTTP_URL = re.compile(rb"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?", re.IGNORECASE | re.DOTALL)
_HAS_SCHEME = re.compile(rb"[a-zA-Z][a-zA-Z0-9+.-]*:")
_WWW = re.compile(rb"www\d*\.")
_IPV4_FORM = re.compile(rb"(?:0[0-7]*|[1-9][0-9]*)(?:\.[0-9]+){0,3}")
_SAFE = rb"""!"$&'()*+,-./:;<=>?@[\]^_`{|}~"""
_PATH_SESSIONS = (
    re.compile(rb"^(.*/)(?:\((?:[a-z]\([0-9a-z]{24}\))+\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
    re.compile(rb"^(.*/)(?:\([0-9a-z]{24}\)/)([^?]+\.aspx.*)$", re.IGNORECASE),
)
_QUERY_SESSIONS = tuple(
    re.compile(rb"^(.*)(?:" + session + rb")(?:&(.*))?$", re.IGNORECASE)
    for session in (
        rb"jsessionid=[0-9a-zA-Z]{32}",
        rb"phpsessid=[0-9a-zA-Z]{32}",
        rb"sid=[0-9a-zA-Z]{32}",
        rb"ASPSESSIONID[a-zA-Z]{8}=[a-zA-Z]{24}",
        rb"cfid=[^&]+&cftoken=[^&]+",
    )
)


def surt(url: str) -> str:
    """Return the index key of a URL, such as `kp,kcna)/en/article/q/5d1e`.

    A text without a scheme is taken for http; one that is no http or https URL is returned as it is.
    """
    raw = re.sub(rb"[\n\r\t]", b"", url.encode("utf-8", "replace").strip())
    if not _HAS_SCHEME.match(raw):
        raw = b"http://" + raw
    parts = _HTTP_URL.match(_REPEATED_SCHEME.sub(lambda match: match[1], raw))
    if parts is None:
        return url
    scheme, authority, path, query = parts.groups()
    key = _host_key(authority, scheme.lower()) + b")" + _path_key(path) + _query_key(query)
    return key.decode("utf-8", "replace")


def _host_key(authority: bytes, scheme: bytes) -> bytes:
    """Return the labels of a host from the last to the first, with a port that is not the scheme's own."""
    host, port = _host_and_port(authority.rpartition(b"@")[2])
    host = _unescaped(host.lower())
    if not host.isascii():
        host = _punycode(host)
    host = host.replace(b"..", b".").strip(b".")
    host = _dotted_ipv4(host) or _escaped(host.lower())
    www = _WWW.match(host)
    host = host[www.end() :] if www else host
    shown = b",".join(reversed(host.split(b".")))
    own = b"443" if scheme == b"https" else b"80"
    return shown if port in {b"", own} else shown + b":" + port


def _host_and_port(authority: bytes) -> tuple[bytes, bytes]:
    if authority.startswith(b"["):
        host, _, rest = authority[1:].partition(b"]")
        port = rest.removeprefix(b":")
    else:
        host, _, port = authority.partition(b":")
    return host, port.lstrip(b"0") if port.isdigit() else b""


def _punycode(host: bytes) -> bytes:
    try:
        return host.decode("utf-8", "ignore").encode("idna")
    except ValueError:
        return host


def _dotted_ipv4(host: bytes) -> bytes | None:
    if host.isdigit():
        return str(IPv4Address(int(host[-40:]) & 0xFFFFFFFF)).encode()
    if not _IPV4_FORM.fullmatch(host):
        return None
    try:
        return canonical_host(host.decode("ascii")).encode()
    except BadUrlError:
        return None


def _path_key(path: bytes) -> bytes:
    key = _escaped(_plain_path(_unescaped(path))).lower()
    for session in _PATH_SESSIONS:
        match = session.match(key)
        key = match[1] + match[2] if match else key
    return key[:-1] if len(key) > 1 and key.endswith(b"/") else key


def _plain_path(path: bytes) -> bytes:
    """Resolve dot segments and fold repeated slashes, keeping a last slash."""
    kept: list[bytes] = []
    for segment in path.split(b"/")[1:]:
        if segment == b"..":
            # Above the root there is nothing to leave, and the original keeps the segment.
            kept = kept[:-1] if kept else [segment]
        elif segment != b".":
            kept.append(segment)
    if not kept:
        return b"/"
    folders = b"".join(segment + b"/" for segment in kept[:-1] if segment)
    return b"/" + folders + kept[-1]


def _query_key(query: bytes | None) -> bytes:
    if not query:
        return b""
    key = _escaped(_unescaped(query))
    for session in _QUERY_SESSIONS:
        match = session.match(key)
        key = match[1] + (match[2] or b"") if match else key
    pairs = sorted(tuple(argument.split(b"=", 1)) for argument in key.lower().split(b"&"))
    key = b"&".join(b"=".join(pair) for pair in pairs)
    return b"?" + key if key else b""


def _escaped(text: bytes) -> bytes:
    return quote_from_bytes(text, safe=_SAFE).encode("ascii")


def _unescaped(text: bytes) -> bytes:
    while (plain := unquote_to_bytes(text)) != text:
        text = plain
    return text
