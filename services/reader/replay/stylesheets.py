"""Style sheets and style attributes of stored pages: their addresses rewritten."""

import re
from collections.abc import Callable

__all__ = ["rewritten_css"]

Rewrite = Callable[[str], str | None]

# CSS Syntax §4.3: a function `url(`, or a string behind `@import`. Escapes in names (`u\72l(`) are not undone:
# what is not rewritten so points nowhere that the policy of the page lets it go.
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

    return _ADDRESS.sub(replaced, text)
