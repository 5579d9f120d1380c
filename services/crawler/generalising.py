"""From the links of lists to the patterns that articles share."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

LEAST_LINKS: Final = 3
"""Links of one shape from which the shape counts as that of articles."""
MAX_PATTERNS: Final = 6

_TOKEN = re.compile(r"[0-9a-f]{16,}|\d+", re.IGNORECASE)
_HEX = re.compile(r"(?=.*[0-9])[0-9a-f]{8,}", re.IGNORECASE)
_TAIL = re.compile(r"\.(?:s?html?|php|aspx?|jsp|do|kcmsf)$", re.IGNORECASE)
_SLUG_WORDS: Final = 3


def shape_of(url: str) -> str:
    r"""Return the shape of an address as a regular expression, anchored at the end, without the host.

    Numbers become `\d+`, long hexadecimal `[0-9a-f]+`, segments of several words or escapes `[^/?#]+`; other
    words stand for themselves. Of a query the names stay and the values become `[^&]+`.
    """
    parts = urlsplit(url)
    segments = [_segment(segment) for segment in parts.path.split("/")]
    query = "".join(
        f"{'&' if number else chr(92) + '?'}{re.escape(name)}={_value(value)}" if mark else r"\?.+"
        for number, (name, mark, value) in enumerate(pair.partition("=") for pair in parts.query.split("&"))
        if name
    )
    return "/".join(segments) + query + "$"


def article_patterns(links: Iterable[str], *, known: Iterable[str] = ()) -> list[str]:
    """Return the patterns of the shapes that at least three links share, the most frequent first, at most six.

    A shape that only says a word (`/en/sports/$`) is that of a section and never one of articles.

    Args:
        links: canonical addresses of one site.
        known: those among them that a feed or sitemap names as pages of its own; where there are any,
            only their shapes count.
    """
    announced = set(known)
    grouped: Mapping[str, set[str]] = _grouped(announced or links)
    shapes = [
        (len(urls), shape) for shape, urls in grouped.items() if len(urls) >= LEAST_LINKS and _varies(shape)
    ]
    return [shape for _, shape in sorted(shapes, key=lambda pair: (-pair[0], pair[1]))[:MAX_PATTERNS]]


def _grouped(links: Iterable[str]) -> dict[str, set[str]]:
    grouped: defaultdict[str, set[str]] = defaultdict(set)
    for url in links:
        grouped[shape_of(url)].add(url)
    return grouped


def _varies(shape: str) -> bool:
    return any(mark in shape for mark in (r"\d+", "[0-9a-f]+", "[^/?#]+", "[^&]+", r"\?.+"))


def _segment(segment: str) -> str:
    tail = _TAIL.search(segment)
    stem, ending = (segment[: tail.start()], tail[0]) if tail else (segment, "")
    return _stem(stem) + re.escape(ending)


def _stem(stem: str) -> str:
    if _HEX.fullmatch(stem):
        return "[0-9a-f]+"
    if "%" in stem or len(re.findall(r"[a-z]+", stem, re.IGNORECASE)) >= _SLUG_WORDS:
        return "[^/?#]+"
    pieces, at = [], 0
    for token in _TOKEN.finditer(stem):
        pieces.append(re.escape(stem[at : token.start()]))
        pieces.append(r"\d+" if token[0].isdigit() and len(token[0]) < 16 else "[0-9a-f]+")
        at = token.end()
    return "".join([*pieces, re.escape(stem[at:])])


def _value(value: str) -> str:
    return r"\d+" if value.isdigit() else "[^&]+"
