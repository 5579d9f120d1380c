"""The cards of a *More from* block: other articles that the page shows under this one."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.normalizer.addresses import absolute_url
from services.normalizer.blocks import HEADINGS, Block, Element, Flow
from services.normalizer.body import Body
from services.normalizer.dates import DateValue, read_date
from services.normalizer.fields import Related
from services.normalizer.text import letters_of
from services.normalizer.vocabulary import (
    MAX_HEADING_CHARS,
    is_related_heading,
    is_related_label,
    is_stock_phrase,
)

_MAX_CARDS = 100
_DATE_CHARS = 48
_DATE_REST = 22
_MIN_TITLE_CHARS = 4
_TITLE_CHARS = 300
_MIN_EXCERPT_CHARS = 20


def find_related(flow: Flow, body: Body, base: str | None) -> tuple[Related, ...]:
    """Collect the cards of every list of other articles, in page order, each once.

    A card printed twice (for phones and for desktops) is one; two cards that differ in text, date or address stay.
    """
    cards: list[Related] = []
    links = _Links(flow.blocks, base)
    headings = frozenset(
        index
        for index, block in enumerate(flow.blocks)
        if len(block.text) <= MAX_HEADING_CHARS and _is_heading_like(block) and is_related_heading(block.text)
    )
    text = frozenset(body.indexes)
    named = (element.start for element in flow.elements if element.label and is_related_label(element.label))
    marks = sorted(headings.union(named))
    for element in _lists(flow.top, marks, headings=headings, body=body):
        for group in _card_groups(element, links):
            card = _card([index for index in group if index not in text], links)
            if card is not None and card.url != base:
                cards.append(card)
        if len(cards) >= _MAX_CARDS:
            break
    return _once(cards[:_MAX_CARDS])


class _Links:
    """The addresses that blocks link to, each joined once."""

    def __init__(self, blocks: list[Block], base: str | None) -> None:
        self.blocks = blocks
        self._base = base
        self._known: dict[int, list[str]] = {}

    def of(self, index: int) -> list[str]:
        """Return the addresses of a block in reading order."""
        if index not in self._known:
            hrefs = (anchor.attributes.get("href") for anchor in self.blocks[index].anchors)
            self._known[index] = [url for href in hrefs if (url := absolute_url(self._base, href))]
        return self._known[index]


def _lists(parent: Element, marks: list[int], *, headings: frozenset[int], body: Body) -> Iterator[Element]:
    """Yield the elements that hold other articles: named so, or opened by a heading that says so.

    `marks`: where such elements and headings begin; what holds none of them is passed by.
    """
    passed = parent.start
    for position, child in enumerate(parent.children):
        mark = bisect_left(marks, child.start)
        if mark == len(marks) or marks[mark] >= child.end or child.start < passed:
            continue
        announced = child.start in headings
        alone = child.end - child.start == 1
        if ((announced and not alone) or is_related_label(child.label)) and not body.touches(child):
            yield child
        elif announced and alone:
            members = _following(parent.children[position + 1 :], child.tag, body)
            if members:
                passed = members[-1].end
                yield replace(child, start=members[0].start, end=passed, children=members)
        elif not alone:
            yield from _lists(child, marks, headings=headings, body=body)


def _following(siblings: Sequence[Element], heading: str, body: Body) -> list[Element]:
    members: list[Element] = []
    for sibling in siblings:
        if body.touches(sibling) or (heading in HEADINGS and sibling.tag == heading):
            break
        members.append(sibling)
    return members


def _is_heading_like(block: Block) -> bool:
    return block.tag in HEADINGS or (block.tag != "li" and block.link_share < 0.9)


def _card_groups(element: Element, links: _Links) -> Iterator[list[int]]:
    """Yield the block indexes of each card: the largest element with links to one address only."""
    urls = {url for index in range(element.start, element.end) for url in links.of(index)}
    if len(urls) <= 1:
        if urls:
            yield list(range(element.start, element.end))
        return
    # Lines without a container of their own are cut into cards by their links.
    inner = [child for child in element.children if child.end - child.start > 1]
    covered = {index for child in inner for index in range(child.start, child.end)}
    loose = [index for index in range(element.start, element.end) if index not in covered]
    groups = [*_runs(loose, links)]
    groups += [group for child in inner for group in _card_groups(child, links)]
    yield from sorted(groups)


def _runs(indexes: list[int], links: _Links) -> Iterator[list[int]]:
    """Cut blocks without containers of their own into cards: each begins at a link to a new address."""
    run: list[int] = []
    current: str | None = None
    for index in indexes:
        urls = links.of(index)
        if urls and urls[0] != current:
            if current is not None:
                yield run
            run, current = [], urls[0]
        run.append(index)
    if current is not None:
        yield run


def _card(indexes: list[int], links: _Links) -> Related | None:
    chosen = _title_block(indexes, links)
    if chosen is None:
        return None
    block = links.blocks[chosen]
    title = block.text if block.link_share > 0.5 or block.tag in HEADINGS else _anchor_text(block)
    if is_related_heading(title) or not _MIN_TITLE_CHARS <= len(title) <= _TITLE_CHARS:
        return None
    letters = letters_of(title)
    others = [links.blocks[index] for index in indexes if index != chosen]
    others = [other for other in others if other.letters != letters]
    days = [_day(other) for other in others]
    texts = [
        other.text
        for other, day in zip(others, days, strict=True)
        if day is None and other.tag not in HEADINGS
    ]
    excerpt = max(texts, key=len, default="")
    return Related(
        title=title,
        url=next(iter(links.of(chosen)), None),
        excerpt=excerpt if len(excerpt) > _MIN_EXCERPT_CHARS else None,
        date=next(filter(None, days), None),
    )


def _title_block(indexes: list[int], links: _Links) -> int | None:
    """Return the linked block that names the other article: a heading, else the first that is all link."""
    linked = [
        index
        for index in indexes
        if links.blocks[index].anchors
        and len(links.blocks[index].text) >= _MIN_TITLE_CHARS
        and not is_stock_phrase(links.blocks[index].text)
        and _day(links.blocks[index]) is None
    ]
    headed = [index for index in linked if links.blocks[index].tag in HEADINGS]
    whole = [index for index in linked if links.blocks[index].link_share >= 0.5]
    return next(iter(headed or whole or linked), None)


def _anchor_text(block: Block) -> str:
    return max((" ".join(anchor.text().split()) for anchor in block.anchors), key=len, default="")


def _day(block: Block) -> str | None:
    """Return the ISO day of a block that says little more than a date."""
    if len(block.text) > _DATE_CHARS or not any(character.isdigit() for character in block.text):
        return None
    reading = read_date(block.text)
    if not isinstance(reading, DateValue) or reading.day is None:
        return None
    words = sum(character.isalpha() for character in block.text)
    return reading.day.isoformat() if words <= _DATE_REST else None


def _once(cards: list[Related]) -> tuple[Related, ...]:
    kept: dict[tuple[str, str | None, str | None, str | None], Related] = {}
    for card in cards:
        kept.setdefault((letters_of(card.title), card.url, card.excerpt, card.date), card)
    fuller = {(title, url) for title, url, excerpt, date in kept if excerpt or date}
    return tuple(
        card
        for (title, url, excerpt, date), card in kept.items()
        if excerpt or date or (title, url) not in fuller
    )
