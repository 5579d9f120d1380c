"""What a page shows in place of a text: a plea for JavaScript, or for consent to cookies.

The walk leaves both out. A larger library, asked where that leaves nothing, may offer them as the article.
"""

import re
from collections.abc import Iterator, Sequence

from services.normalizer.blocks import Flow
from services.normalizer.page import Page
from services.normalizer.text import letters_of

_MAX_PARTS = 50
_CONSENT = re.compile(
    r"(?:^|[\s_-])(?:cookies?|gdpr|cmp|onetrust|didomi|consent)(?:$|[\s_-])|[a-z](?:Consent|Cookies?)(?![a-z])",
    re.IGNORECASE,
)


def is_wall(lines: Sequence[str], page: Page, flow: Flow) -> bool:
    """Tell whether all of a text stands in parts for browsers without scripts, or that ask for consent."""
    walls = [letters_of(text) for text in _walls(page, flow)]
    return all(any(letters_of(line) in wall for wall in walls) for line in lines)


def _walls(page: Page, flow: Flow) -> Iterator[str]:
    for node in page.tree.css("noscript")[:_MAX_PARTS]:
        yield node.text(separator=" ")
    parts = (element for element in flow.top.descendants() if _CONSENT.search(element.label))
    for element, _ in zip(parts, range(_MAX_PARTS), strict=False):
        yield " ".join(block.text for block in flow.blocks[element.start : element.end])
