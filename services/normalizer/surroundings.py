"""The blocks around a headline, where a page says when and by whom the article was written.

Other parts of the page say the same of other articles, so the parts that are not this
article's are known here too.
"""

import re
from dataclasses import dataclass

from services.normalizer.blocks import Element, Flow
from services.normalizer.body import Body
from services.normalizer.vocabulary import is_foreign_label

FRAME = frozenset({"aside", "nav", "footer", "form", "dialog"})
"""Tags of parts that belong to the site, not to an article."""
_FRAME_OR_HEADER = FRAME | {"header"}

_ABOVE = 6
_REACH = 40
_INSIDE = 2
_AFTER = 6
_GROUP_BLOCKS = 14
_SMALL_BLOCKS = 3
_LINE_CHARS = 240
_LABEL_CHARS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where facts about the article stand.

    Attributes:
        headline: Index of the block with the headline, if the page shows it.
        first: Index of the first block of the text.
        last: Index of the last block of the text.
        region: Indexes of the short blocks around the headline, at the start and after the end of the text,
            without those of foreign parts.
        group: The largest small element that holds the headline.
        labels: Labels of the small elements that hold a block of the region.
    """

    headline: int | None
    first: int
    last: int
    region: tuple[int, ...]
    group: Element | None
    labels: dict[int, str]

    @property
    def stop(self) -> int:
        """Return the index where the region above the text ends."""
        return self.first + _INSIDE

    def stands_apart(self, index: int) -> bool:
        """Tell whether a block stands above the headline and not in one group with it."""
        if self.headline is None or index >= self.headline:
            return False
        return self.group is None or not self.group.holds(index)

    def is_labelled(self, index: int, pattern: re.Pattern[str]) -> bool:
        """Tell whether a small element that holds the block is named so."""
        return bool(pattern.search(self.labels.get(index, "")))


def read_surroundings(flow: Flow, body: Body, title: str | None) -> Surroundings:
    """Find the headline and what stands around it."""
    indexes = body.indexes or ((body.element.start,) if body.element else (0,))
    first = indexes[0]
    if body.element is not None and first < body.element.start <= indexes[-1]:
        first = body.element.start  # the first index is that of a standfirst above the container
    headline = _headline(flow, title, first)
    near = _region(headline, first, indexes[-1], len(flow.blocks))
    region = [index for index in near if len(flow.blocks[index].text) <= _LINE_CHARS]
    for start, end in _foreign_ranges(flow, headline, region):
        region = [index for index in region if not start <= index < end]
    return Surroundings(
        headline=headline,
        first=first,
        last=indexes[-1],
        region=tuple(region),
        group=_headline_group(flow.top, headline) if headline is not None else None,
        labels=_small_labels(flow, region),
    )


def label_before(flow: Flow, index: int) -> str:
    """Return the short block before a block, such as `Published`, or nothing."""
    text = flow.blocks[index - 1].text if index else ""
    return text if len(text) < _LABEL_CHARS else ""


def _headline(flow: Flow, title: str | None, first: int) -> int | None:
    wanted = (title or "").casefold()
    exact: int | None = None
    heading: int | None = None
    for index, block in enumerate(flow.blocks[: first + 1]):
        if wanted and block.text.casefold() == wanted:
            exact = index if exact is None or block.tag == "h1" else exact
        elif block.tag == "h1":
            heading = index
    return exact if exact is not None else heading


def _region(headline: int | None, first: int, last: int, length: int) -> list[int]:
    start = (headline if headline is not None else first) - _ABOVE
    stop = min(first + _INSIDE, length)
    near = range(max(0, start, stop - _REACH), stop)
    return [*near, *range(max(last, stop), min(last + _AFTER, length))]


def _foreign_ranges(flow: Flow, headline: int | None, near: list[int]) -> list[tuple[int, int]]:
    """Return where the parts of the frame and of other articles stand that do not hold the headline."""
    first, last = (near[0], near[-1]) if near else (0, -1)
    held = headline if headline is not None else len(flow.blocks)
    return [
        (element.start, element.end)
        for element in flow.elements
        if element.end > first
        and element.start <= last
        and not element.start <= held < element.end
        and (element.tag in _FRAME_OR_HEADER or (element.label and is_foreign_label(element.label)))
    ]


def _headline_group(top: Element, headline: int) -> Element | None:
    """Return the largest small element that holds the headline: what stands in it belongs to the article."""
    current = top
    while current.end - current.start > _GROUP_BLOCKS:
        inner = next((child for child in current.children if child.holds(headline)), None)
        if inner is None:
            return None
        current = inner
    return current if current is not top else None


def _small_labels(flow: Flow, region: list[int]) -> dict[int, str]:
    found = dict.fromkeys(region, "")
    for element in flow.elements:
        if element.label and element.end - element.start <= _SMALL_BLOCKS:
            for index in range(element.start, element.end):
                if index in found:
                    found[index] += f" {element.label}"
    return found
