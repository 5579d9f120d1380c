"""Splitting a URL and resolving it against a base, by RFC 3986 to the letter."""

import re
from typing import NamedTuple

# RFC 3986 appendix B.
_SPLIT = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


class UrlParts(NamedTuple):
    """What a URL reference is made of; a part that is absent is None. The fragment is not kept."""

    scheme: str | None
    authority: str | None
    path: str
    query: str | None


def split_url(url: str) -> UrlParts:
    """Split a URL reference. What stands before a colon is a scheme only when it is spelled like one."""
    match = _SPLIT.fullmatch(url)
    assert match is not None, "the pattern matches every text"
    scheme, authority, path, query = match.groups()
    if scheme is None:
        return UrlParts(None, authority, path, query)
    if not _SCHEME.fullmatch(scheme):
        # `1:2/x` is a relative path in every browser, though RFC 3986 would have it written `./1:2/x`.
        rest = "" if authority is None else f"//{authority}"
        return UrlParts(None, None, f"{scheme}:{rest}{path}", query)
    return UrlParts(scheme.lower(), authority, path, query)


def resolve(reference: UrlParts, base: UrlParts) -> UrlParts:
    """Return a reference as seen from a base (RFC 3986 §5.2.2), dot segments not yet removed."""
    if reference.scheme is not None:
        return reference
    if reference.authority is not None:
        return reference._replace(scheme=base.scheme)
    if not reference.path:
        query = base.query if reference.query is None else reference.query
        return base._replace(query=query)
    if reference.path.startswith("/"):
        return base._replace(path=reference.path, query=reference.query)
    folder = base.path.rpartition("/")[0]
    return base._replace(path=f"{folder}/{reference.path}", query=reference.query)


def without_dot_segments(path: str) -> str:
    """Return an absolute path without `.` and `..` segments (RFC 3986 §5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
