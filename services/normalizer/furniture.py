"""Lines inside an article's container that are no text of it: links, credits of pictures, the site speaking."""

import re
from collections.abc import Iterable

from services.normalizer.blocks import HEADINGS, Block
from services.normalizer.vocabulary import is_stock_phrase

_LINK_SHARE = 0.5
_ALL_LINK = 0.8
_STOCK_CHARS = 200
_LONG_CHARS = 250
_CREDIT_CHARS = 300
_SENTENCE_CHARS = 90
_OWN_CHARS = 40
_LEAST_ITEMS = 3
_ITEM_CHARS = 80
_ITEM_TAGS = frozenset({"p", "div", "li"})
_CREDIT = re.compile(
    r"\((?:images?|pictures?|photos?|pics?|fotos?|bild|credits?|photo\s+credit|crédit\s+photo)\s*"
    r"(?::|/|©|-|courtesy|by)[^()]*\)\s*$"
    r"|\((?:AP|Reuters|AFP|Getty|EPA)[^()]{0,20}Photos?[^()]*\)\s*$"
    r"|(?:Getty\s+Images|/ ?AFP|/ ?Reuters|/ ?AP\s+Photo|/ ?Shutterstock)\)?\.?\s*$",
    re.IGNORECASE,
)


def is_furniture(block: Block) -> bool:
    """Tell whether a block is a line of links, a picture's caption with its credit, or a stock phrase."""
    length = len(block.text)
    if length < 3 and not block.letters:
        return True
    if block.link_share > _LINK_SHARE and (length < _LONG_CHARS or block.link_share > _ALL_LINK):
        return not (_is_anchor_heading(block) or _is_linked_sentence(block))
    if length < _STOCK_CHARS and is_stock_phrase(block.text):
        return True
    return (
        length < _CREDIT_CHARS
        and block.tag not in HEADINGS
        and bool(_CREDIT.search(block.text, max(0, length - 120)))
    )


def item_headings(blocks: list[Block], indexes: Iterable[int]) -> frozenset[int]:
    """Return the linked headings of an article that lists things: three or more, each above its own prose."""
    found = frozenset(
        i
        for i in indexes
        if blocks[i].tag in HEADINGS
        and blocks[i].link_share > _LINK_SHARE
        and not blocks[i].dropped
        and i + 1 < len(blocks)
        and _is_item_text(blocks[i + 1])
    )
    return found if len(found) >= _LEAST_ITEMS else frozenset()


def _is_item_text(block: Block) -> bool:
    if block.dropped or block.tag not in _ITEM_TAGS:
        return False
    return block.link_share < 0.3 and len(block.text) >= _ITEM_CHARS


def _is_anchor_heading(block: Block) -> bool:
    """A heading that links to itself, so that readers can cite it."""
    return block.tag in HEADINGS and all(
        (anchor.attributes.get("href") or "").startswith("#") for anchor in block.anchors
    )


def _is_linked_sentence(block: Block) -> bool:
    """A paragraph that says something around its links."""
    length = len(block.text)
    return (
        block.tag == "p"
        and block.link_share <= _ALL_LINK
        and length >= _SENTENCE_CHARS
        and block.text.endswith((".", "!", "?"))
        and length * (1 - block.link_share) >= _OWN_CHARS
    )
