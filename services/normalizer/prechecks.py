"""Whether a page is so plain that the guards would change nothing, counted on its bytes.

The guards measure attributes and depth exactly, on text. Most pages are far from every limit, and bytes
are searched faster than text. What is not plain by these rough counts goes through the guards.
"""

import re

# A comment, a raw text element (WHATWG HTML §13.2.5), or a tag: from `<` and a letter to the first `>`
# outside quotes, where a quote that is never closed counts as any character.
_ROUGH_TAG = re.compile(
    rb"<(?:!--(?>[^-]+|-(?!->))*+"
    rb"|(?P<raw>(?i:script|style|textarea|title|iframe|xmp|noembed|noframes))(?=[\s/>])[^>]*+(?>[^<]+|<(?!/(?i:(?P=raw))))*+"
    rb"""|(?P<tag>[a-zA-Z](?>[^>"']+|"[^"]*+"|'[^']*+'|["'])*+))"""
)
_MAX_BYTES = 6_000_000
_MAX_TAGS = 30_000
_LEAST_TAGS = 8
_MAX_TAG_BYTES = 16_000
"""A tag of so many bytes has at most 8,000 attributes."""

_MAX_OPEN = 1_000


def is_plain(markup: bytes) -> bool:
    """Tell whether UTF-8 mark-up has some tags, none of them long, and nearly as many ends as starts."""
    if len(markup) > _MAX_BYTES or markup.count(b"<") > 2 * _MAX_TAGS:
        return False
    tags = [tag for _, tag in _ROUGH_TAG.findall(markup)]
    if not _LEAST_TAGS <= len(tags) <= _MAX_TAGS or len(max(tags, key=len)) > _MAX_TAG_BYTES:
        return False
    return len(tags) <= _MAX_OPEN or len(tags) - markup.count(b"</") <= _MAX_OPEN
