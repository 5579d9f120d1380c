"""Style sheets and style attributes of stored pages: their addresses rewritten."""

import re
from collections.abc import Callable

__all__ = ["rewritten_css"]

Rewrite = Callable[[str], str | None]

# A letter may be written `\72 ` (CSS Syntax §4.3.7). Only letters are put back: selectors need `\:` and `\31 `.
_ESCAPED_LETTER = re.compile(r"\\(?:0{0,4}([46][1-9a-fA-F]|[57][0-9aA])(?![0-9a-fA-F])[ \t\n]?|([g-zG-Z]))")
# A function `url(`, or a string behind `@import`. What is written yet otherwise stays, and leads nowhere that the
# policy of the page lets it go.
_ADDRESS = re.compile(
    r"""(?P<function>url\(\s*+)(?P<quote>["']?)(?P<address>[^"'()\\\n]*+)(?P=quote)\s*+\)"""
    r"""|(?P<import>@import\s++)(?P<mark>["'])(?P<imported>[^"'\\\n]*+)(?P=mark)""",
    re.IGNORECASE,
)


def rewritten_css(text: str, rewrite: Rewrite) -> str:
    """Return a style sheet whose addresses are rewritten; those that lead nowhere become empty.

    Args:
        text: The style sheet.
        rewrite: Returns the new address, or None when there is to be none. Addresses in it need no escape.
    """

    def replaced(match: re.Match[str]) -> str:
        if match["import"]:
            address = rewrite(match["imported"])
            return f'{match["import"]}"{address or "data:,"}"'
        address = rewrite(match["address"].strip())
        return f'url("{address or "data:,"}")'

    return _ADDRESS.sub(replaced, _ESCAPED_LETTER.sub(_letter, text))


def _letter(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else match[2]
