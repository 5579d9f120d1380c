"""Endings that the titles of one source share, such as ` - Harbour Wire`: found over many pages, cut off on each.

A page alone cannot tell the name of a section or of an outlet from a part of its headline when it never says its
name. Over the pages of a source the ending is what stays while the headlines change. It is kept with the rules of
the source, never guessed anew for a batch, so that a page reads alike beside whatever others.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

# White space is only looked at from where it begins: a long run of it is then read once.
BORDER = re.compile(r"(?<!\s)\s++[|\-–—·•:»«/~]\s+|(?:(?<!\s)\s+)?[|｜]\s*")
"""What parts a headline from the names around it."""
_MIN_TITLES = 3
_MIN_SHARE = 0.5
_MAX_CHARS = 80
_MAX_TAILS = 5


def common_tails(titles: Iterable[str]) -> tuple[str, ...]:
    """Return the endings that at least three titles and half of all have behind different heads, longest first.

    Args:
        titles: As they are read without such a rule; equal ones count once.
    """
    heads: dict[str, set[str]] = defaultdict(set)
    distinct = set(titles)
    for title in distinct:
        for border in BORDER.finditer(title):
            tail = title[border.start() :]
            if border.start() and len(tail) <= _MAX_CHARS:
                heads[tail].add(title[: border.start()])
    enough = max(_MIN_TITLES, _MIN_SHARE * len(distinct))
    tails = [tail for tail, before in heads.items() if len(before) >= enough]
    return tuple(sorted(tails, key=lambda tail: (-len(tail), tail))[:_MAX_TAILS])


def without_tail(title: str, tails: Sequence[str]) -> str:
    """Cut off the first ending that a title has; a title that is nothing else stays."""
    for tail in tails:
        if title.endswith(tail) and (head := title[: -len(tail)].rstrip()):
            return head
    return title
