"""Linear checks before the parser, so that no page takes seconds.

The parser is quadratic in two things: the depth of nested elements (100,000 nested `div` took over 20 s) and the
number of attributes of one element (50,000 took 6 s). Both are measured here by regular expressions that look at
each character a bounded number of times, and a page that goes too far loses the mark-up in question, not its text.
"""

import re

from services.normalizer.fields import ExtractionError, ExtractionFailure
from services.normalizer.text import words

MAX_BODY_BYTES = 32 * 1024 * 1024
"""Larger bodies are refused: no article page of the test corpus reaches a tenth of it."""

MAX_TEXT_CHARS = 6_000_000
"""Text after this is not parsed: twice the largest page of the test corpus."""

MAX_TAGS = 100_000
"""Mark-up after so many tags is not parsed: a million tiny elements took 3 s, 150,000 short paragraphs 1.7 s."""

_MAX_DEPTH = 1_000
_LONG_TAG_CHARS = 4_000
_MAX_ATTRIBUTES = 1_000

_SNIFF_BYTES = 2048
_BINARY_STARTS = (
    b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"\x00\x00\x01\x00",
    b"ID3", b"OggS", b"\x7fELF", b"MZ", b"Rar!", b"7z\xbc\xaf", b"wOFF", b"wOF2", b"\x28\xb5\x2f\xfd", b"{\\rtf",
)  # fmt: skip
_FOREIGN_TYPES = re.compile(
    r"^\s*(?:image|video|audio|font)/|^\s*application/(?:pdf|json|zip|gzip|octet-stream|javascript|msword)"
    r"|^\s*text/(?:css|javascript|csv)",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<\s*(?:!doctype|[a-zA-Z][a-zA-Z0-9]*[\s>/])")

# WHATWG HTML §13.2.5, as far as it decides where a tag ends: a quote opens a value only after an equals sign, and
# nothing inside comments, scripts and other raw text is a tag. Possessive and atomic groups keep it linear.
_ATTRIBUTE = r"""[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?)?"""
_ATTRIBUTES = rf"(?>[\s/]+|{_ATTRIBUTE})*+"
_RAW_TEXT = "script|style|textarea|title|iframe|xmp|noembed|noframes"
_TOKEN = re.compile(
    r"<!--(?:-?>|(?>[^-]+|-(?!-!?>))*+)"
    rf"|<(?:(?P<raw>{_RAW_TEXT})(?=[\s/>]){_ATTRIBUTES}>(?>[^<]+|<(?!/(?P=raw)))*+|(?P<tag>[a-z][^\s/>]*+{_ATTRIBUTES}))",
    re.IGNORECASE,
)
_EACH_ATTRIBUTE = re.compile(_ATTRIBUTE)
_ANY_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
# These never nest by being left open: the parser closes them itself.
_UNNESTED = words(
    "area base br col embed hr img input li link meta option p param path source td th tr track wbr"
)
_KEPT_WHEN_FLAT = r"(?!(?:a|p|h[1-6]|br|li|tr|td|img|meta|link|title|script|style|head|body|html|time)\b)"
_INLINE_WHEN_FLAT = re.compile(
    r"</?(?:b|i|u|em|strong|font|span|small|big|nobr|sup|sub)\b[^<>]*>?", re.IGNORECASE
)
_BLOCK_WHEN_FLAT = re.compile(rf"</?{_KEPT_WHEN_FLAT}[a-zA-Z][^<>]*>?", re.IGNORECASE)


def refuse_foreign(body: bytes, content_type: str | None) -> None:
    """Refuse bodies that cannot be a page before anything is decoded.

    Raises:
        ExtractionError: the body is empty, too large, or of another media type by its first bytes.
    """
    if len(body) > MAX_BODY_BYTES:
        detail = f"{len(body)} bytes; pages up to {MAX_BODY_BYTES} are read"
        raise ExtractionError(ExtractionFailure.TOO_LARGE, detail)
    head = body[:_SNIFF_BYTES].lstrip()
    if not head and not body.strip():
        raise ExtractionError(ExtractionFailure.EMPTY, "the body holds no characters")
    if head.startswith(_BINARY_STARTS):
        raise ExtractionError(ExtractionFailure.NOT_HTML, f"the body starts with {bytes(head[:8])!r}")
    if content_type and _FOREIGN_TYPES.search(content_type) and b"<" not in head:
        raise ExtractionError(ExtractionFailure.NOT_HTML, f"the server says {content_type[:80]!r}")


def safe_markup(text: str) -> str:
    """Return mark-up that the parser reads in linear time.

    Raises:
        ExtractionError: the text holds no element at all.
    """
    if not _MARKUP.search(text):
        if not text.strip(" \t\r\n\f\x00\ufeff"):
            raise ExtractionError(ExtractionFailure.EMPTY, "the body holds no characters")
        raise ExtractionError(ExtractionFailure.NOT_HTML, "the body holds no HTML element")
    return _flattened(_without_attribute_bombs(_shortened(text)))


def _shortened(text: str) -> str:
    text = text[:MAX_TEXT_CHARS]
    if text.count("<") <= MAX_TAGS:
        return text
    return "<".join(text.split("<", MAX_TAGS)[:MAX_TAGS])


def _without_attribute_bombs(text: str) -> str:
    for match in _TOKEN.finditer(text):
        if match.end() - match.start() > _LONG_TAG_CHARS and _is_bomb(match):
            return _TOKEN.sub(_defused, text)
    return text


def _is_bomb(match: re.Match[str]) -> bool:
    tag = match["tag"]
    if tag is None or len(tag) <= _LONG_TAG_CHARS:
        return False
    return sum(1 for _ in _EACH_ATTRIBUTE.finditer(tag)) > _MAX_ATTRIBUTES


def _defused(match: re.Match[str]) -> str:
    return "<div" if _is_bomb(match) else match[0]


def _flattened(text: str) -> str:
    opened = text.count("<")
    if opened <= _MAX_DEPTH or (opened <= 30_000 and opened - 2 * text.count("</") <= _MAX_DEPTH):
        return text
    if _depth(text) <= _MAX_DEPTH:
        return text
    return _BLOCK_WHEN_FLAT.sub("<br><br>", _INLINE_WHEN_FLAT.sub("", text))


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _ANY_TAG.finditer(text):
        if match[2].lower() in _UNNESTED:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest
