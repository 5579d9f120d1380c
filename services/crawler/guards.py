"""Linear checks of mark-up before a parser that is quadratic in it sees it.

Measured: selectolax took 38 s for one element of 100,000 attributes and over 20 s for 100,000 nested ones,
feedparser 22 s for 40,000 attributes and 20 s for a million tags that never close. Each pattern here
looks at a character a bounded number of times, and reads attributes as the HTML standard's tokenizer
does (§13.2.5.32 on), so that stray quotes hide nothing.
"""

import re
from collections.abc import Iterator
from typing import Final

MAX_ATTRIBUTES: Final = 500

_VALUE = r"""(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)"""
_ATTRIBUTE = rf"=?+[^\s/>=]++(?:\s*+=\s*+{_VALUE}?+)?+"
_TAG = re.compile(rf"<(/?)([a-zA-Z][^\s/>]*+)((?:[\s/]++|{_ATTRIBUTE}|=)*+)")
_ONE_ATTRIBUTE = re.compile(_ATTRIBUTE)
_HIDDEN = re.compile(r"<!\[CDATA\[|<!--")
_HIDDEN_END: Final = {"<![CDATA[": "]]>", "<!--": "-->"}
# These are left open in plain HTML without nesting: the parser closes them itself.
_UNNESTED = frozenset(
    {"a", "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta"}
    | {"option", "p", "param", "source", "td", "th", "tr", "track", "wbr"}
)


def has_attribute_bomb(text: str) -> bool:
    """Tell whether an element has more than 500 attributes."""
    return any(_attributes(match[3]) > MAX_ATTRIBUTES for match in _TAG.finditer(text))


def deepest_html(text: str) -> int:
    """Return about how deep the elements of a page nest, from above."""
    depth = deepest = 0
    for match in _TAG.finditer(text):
        if match[2].lower() not in _UNNESTED:
            depth = max(0, depth - 1) if match[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def deepest_xml(text: str) -> int:
    """Return how deep the elements of an XML document nest, comments and CDATA aside."""
    depth = deepest = 0
    for part in _visible(text):
        for match in _TAG.finditer(part):
            if match[1]:
                depth = max(0, depth - 1)
            elif not match[3].endswith("/"):
                depth += 1
                deepest = max(deepest, depth)
    return deepest


def count_tags(text: str) -> int:
    """Return how many tags an XML document opens, comments and CDATA aside."""
    return sum(part.count("<") - part.count("</") for part in _visible(text))


def _attributes(inside: str) -> int:
    # An attribute takes at least two characters, so short tags need no count.
    return sum(1 for _ in _ONE_ATTRIBUTE.finditer(inside)) if len(inside) > 2 * MAX_ATTRIBUTES else 0


def _visible(text: str) -> Iterator[str]:
    """Yield the parts of an XML document that are neither comment nor CDATA."""
    at = 0
    while opening := _HIDDEN.search(text, at):
        yield text[at : opening.start()]
        end = text.find(_HIDDEN_END[opening[0]], opening.end())
        if end < 0:
            return
        at = end + 3
    yield text[at:]
