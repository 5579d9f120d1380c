"""Cards: rows of like siblings that each name another article. They are no text of this one at any weight."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import groupby

from services.normalizer.blocks import HEADINGS, Block, Element, Flow

_LEAST_CARDS = 3
_MOST_BLOCKS = 10
_MOST_PROSE_CHARS = 250
"""An excerpt and a date. It is counted once though it may be printed twice, for phones and for desktops."""
_LINK_SHARE = 0.8
_LEAST_REST = 60.0
"""Weight that must be left beside the cards. A page of nothing but cards is a list, and is read as it is."""
_DIGITS = re.compile(r"\d+")


def drop_cards(flow: Flow) -> None:
    """Mark the blocks of cards in `flow` as dropped, if the page holds more than cards."""
    headed = [
        index
        for index, block in enumerate(flow.blocks)
        if block.tag in HEADINGS and block.link_share >= _LINK_SHARE
    ]
    if len(headed) < _LEAST_CARDS:
        return
    cards = list(_cards_under(flow.top, flow.blocks, headed))
    inside = {index for card in cards for index in range(card.start, card.end)}
    rest = sum(block.weight for index, block in enumerate(flow.blocks) if index not in inside)
    if rest >= _LEAST_REST:
        for index in inside:
            flow.blocks[index].dropped = flow.blocks[index].of_card = True


def _cards_under(element: Element, blocks: list[Block], headed: list[int]) -> Iterator[Element]:
    """Yield the cards of an element and of all below it, passing by what holds too few linked headings."""
    if bisect_left(headed, element.end) - bisect_left(headed, element.start) < _LEAST_CARDS:
        return
    if len(element.children) >= _LEAST_CARDS:
        yield from _cards_in(element, blocks)
    for child in element.children:
        yield from _cards_under(child, blocks, headed)


def _cards_in(parent: Element, blocks: list[Block]) -> Iterator[Element]:
    """Yield the children that are cards: three or more in a row, alike in tag and label."""
    for _, row in groupby(parent.children, key=lambda child: (child.tag, _DIGITS.sub("", child.label))):
        siblings = list(row)
        if len(siblings) >= _LEAST_CARDS and all(_is_card(one, blocks) for one in siblings):
            yield from siblings


def _is_card(element: Element, blocks: list[Block]) -> bool:
    """Tell whether an element is a linked heading with a few lines, and no more."""
    held = blocks[element.start : element.end]
    if not 2 <= len(held) <= _MOST_BLOCKS or any(block.tag == "h1" for block in held):
        return False
    linked = any(block.tag in HEADINGS and block.link_share >= _LINK_SHARE for block in held)
    prose = sum(len(text) for text in {block.text for block in held if block.link_share < _LINK_SHARE})
    return linked and prose <= _MOST_PROSE_CHARS
