"""Which container of a page holds the article.

First the parts that are not the article are dropped, by what their labels say and how much text they hold. Then
the search starts at the element that holds the headline and goes down to where the text is.
"""

import re
from dataclasses import dataclass
from itertools import accumulate

from services.normalizer.blocks import HEADINGS, Block, Element, Flow
from services.normalizer.cards import drop_cards
from services.normalizer.vocabulary import Verdict, is_foreign_label, is_never_article

_SUSPECT_SHARE = 0.25
_ALIEN_SHARE = 0.5
_DESCENT_SHARE = 0.6
_LEAVES = frozenset({"p", "blockquote", "li", "ul", "ol", "table", "dl", "pre"})
_PROSE_CHARS = 600
_PROSE_WEIGHT = 80.0
_PROSE_TAGS = frozenset({"p", "li", "div"})
_SENTENCE_ENDS = tuple('.!?。"”’»…)')
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Choice:
    """The container that was chosen. `share` is its part of the page's article-like text."""

    element: Element
    share: float
    kept_share: float


class Masses:
    """How much article-like text any element holds, as a difference of running sums."""

    def __init__(self, blocks: list[Block]) -> None:
        self._sums = [0.0, *accumulate(0.0 if block.dropped else block.weight for block in blocks)]

    @property
    def total(self) -> float:
        """Return the weight of the whole page."""
        return self._sums[-1]

    def of(self, element: Element) -> float:
        """Return the weight of what an element holds."""
        return self._sums[element.end] - self._sums[element.start]


def choose_container(flow: Flow, title: str | None) -> Choice | None:
    """Find the element that holds the article; None when the page has no text.

    Marks the blocks of dropped parts in `flow` as such.
    """
    drop_cards(flow)
    everything = Masses(flow.blocks)
    if everything.total <= 0:
        return None
    masses = _drop_foreign_parts(flow, everything)
    if masses.total <= 0:
        return Choice(flow.top, 0.0, 0.0)
    start = _start(flow, masses, title) or flow.top
    element = _descend(start, flow, masses)
    return Choice(element, masses.of(element) / masses.total, masses.total / everything.total)


def _drop_foreign_parts(flow: Flow, everything: Masses) -> Masses:
    _drop(flow, everything)
    masses = Masses(flow.blocks)
    if masses.total >= 0.3 * everything.total or everything.total <= 600:
        return masses
    # The labels ate the page. Believe only the strong ones, and then none.
    for block in _blocks_under(flow, Verdict.SUSPECT):
        block.dropped = False
    _drop(flow, everything, only=Verdict.ALIEN)
    masses = Masses(flow.blocks)
    if masses.total < 0.12 * everything.total and masses.total < 500:
        for block in flow.blocks:
            block.dropped = False
        return everything
    return masses


def _blocks_under(flow: Flow, verdict: int) -> list[Block]:
    found = [
        block
        for element in flow.top.descendants()
        if element.verdict & verdict
        for block in flow.blocks[element.start : element.end]
    ]
    return found or flow.blocks


def _drop(flow: Flow, masses: Masses, *, only: int = Verdict.SUSPECT) -> None:
    blocks = flow.blocks
    first_dropped = len(blocks)
    for element in flow.elements:
        if element.verdict & only and element.start < first_dropped and _is_foreign(element, blocks, masses):
            first_dropped = element.start
            for block in blocks[first_dropped : element.end]:
                block.dropped = True


def _is_foreign(element: Element, blocks: list[Block], masses: Masses) -> bool:
    mass = masses.of(element)
    alien = element.verdict & Verdict.ALIEN
    if mass < _SUSPECT_SHARE * masses.total:
        return bool(alien) or mass < _PROSE_WEIGHT or not _is_prose(element, blocks)
    if not alien:
        return False
    return mass < _ALIEN_SHARE * masses.total or is_never_article(element.label)


def _is_prose(element: Element, blocks: list[Block]) -> bool:
    """Tell whether a part holds whole paragraphs with few links: a section whose name only sounds like furniture.

    Sections are named after their matter too: `podcast-gear-tips`, `how-to-shop`, `product-details`.
    """
    if is_foreign_label(element.label):
        return False
    prose = total = links = 0.0
    for block in blocks[element.start : element.end]:
        length = len(block.text)
        total += length
        links += length * block.link_share
        if block.weight >= _PROSE_WEIGHT and block.link_share < 0.25 and block.tag in _PROSE_TAGS:
            prose += length if block.text.endswith(_SENTENCE_ENDS) else 0
    return prose >= max(_PROSE_CHARS, 0.5 * total) and links < 0.15 * total


def _start(flow: Flow, masses: Masses, title: str | None) -> Element | None:
    hints = [element for element in _heavy(flow.top, masses) if element.tag == "article" or _is_good(element)]
    if not hints:
        return None
    heaviest = max(masses.of(element) for element in hints)
    fit = [
        element
        for element in hints
        if masses.of(element) >= 0.3 * heaviest and masses.of(element) >= 0.2 * masses.total
    ]
    headline = _headline_index(flow.blocks, title)
    if headline is not None:
        for element in fit:
            if element.holds(headline):
                return element
        for element in fit:
            if element.start >= headline:
                return element
    return next((element for element in fit if masses.of(element) >= 0.7 * heaviest), None)


def _heavy(parent: Element, masses: Masses) -> list[Element]:
    found = []
    for child in parent.children:
        mass = masses.of(child)
        if mass < 0.2 * masses.total or mass < 150:
            continue
        if child.tag != "p" and child.tag not in HEADINGS:
            found.append(child)
        found.extend(_heavy(child, masses))
    return found


def _is_good(element: Element) -> bool:
    return bool(element.verdict & Verdict.GOOD)


def _headline_index(blocks: list[Block], title: str | None) -> int | None:
    headings = [index for index, block in enumerate(blocks) if block.tag == "h1"]
    if title:
        wanted = title.casefold()
        for index in headings:
            if blocks[index].text.casefold() == wanted:
                return index
    return headings[0] if headings else None


def _descend(start: Element, flow: Flow, masses: Masses) -> Element:
    current = start
    while True:
        mass = masses.of(current)
        best = max(current.children, key=masses.of, default=None)
        if best is None or best.tag in _LEAVES or masses.of(best) < _DESCENT_SHARE * mass:
            return current
        inside = current is not flow.top
        if inside and _has_equal_sibling(best, current, masses):
            return current
        if inside and _leaves_prose_behind(best, current, flow, mass=mass, best_mass=masses.of(best)):
            return current
        current = best


def _has_equal_sibling(best: Element, parent: Element, masses: Masses) -> bool:
    """An article cut into sections of one class must not lose the smaller sections."""
    mass = masses.of(parent)
    if masses.of(best) >= 0.95 * mass or not best.label or best.tag not in {"div", "section"}:
        return False
    label = _DIGITS.sub("", best.label)
    return any(
        child is not best
        and child.tag == best.tag
        and masses.of(child) >= max(0.08 * mass, 120)
        and _DIGITS.sub("", child.label) == label
        for child in parent.children
    )


def _leaves_prose_behind(
    best: Element, parent: Element, flow: Flow, *, mass: float, best_mass: float
) -> bool:
    """The rest of the parent is prose too: long blocks, few links."""
    if best_mass >= 0.9 * mass or (_is_good(best) and not _is_good(parent)):
        return False
    around = flow.blocks[parent.start : best.start] + flow.blocks[best.end : parent.end]
    rest = [block for block in around if not block.dropped and block.weight > 0]
    if not rest or sum(block.weight for block in rest) <= 0.12 * mass:
        return False
    mean_length = sum(len(block.text) for block in rest) / len(rest)
    mean_links = sum(block.link_share for block in rest) / len(rest)
    return mean_length >= 90 and mean_links < 0.12
