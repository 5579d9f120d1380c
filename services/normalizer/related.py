"""The cards of a *More from* block: other articles that the page shows under this one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.normalizer.addresses import absolute_url
from services.normalizer.blocks import HEADINGS, Block, Element, Flow
from services.normalizer.body import Body
from services.normalizer.dates import DateValue, read_date
from services.normalizer.fields import Related
from services.normalizer.text import letters_of
from services.normalizer.vocabulary import is_related_heading, is_related_label, is_stock_phrase

_MAX_CARDS = 100
_DATE_CHARS = 48
_DATE_REST = 22
_MIN_TITLE_CHARS = 4
_TITLE_CHARS = 300


def find_related(flow: Flow, body: Body, base: str | None) -> tuple[Related, ...]:
    """Collect the cards of every list of other articles, in page order, each once.

    A card printed twice (for phones and for desktops) is one; two cards that differ in text, date or address stay.
    """
    cards: list[Related] = []
    text = frozenset(body.indexes)
    for element in _lists(flow.top, flow, body):
        for group in _card_groups(flow.blocks, element, base):
            shown = [flow.blocks[index] for index in group if index not in text]
            card = _card(shown, base)
            if card is not None and card.url != base:
                cards.append(card)
        if len(cards) >= _MAX_CARDS:
            break
    return _once(cards[:_MAX_CARDS])


def _lists(parent: Element, flow: Flow, body: Body) -> Iterator[Element]:
    """Yield the elements that hold other articles: named so, or opened by a heading that says so."""
    passed = parent.start
    for position, child in enumerate(parent.children):
        if child.start < passed:
            continue
        named = is_related_label(child.label) or _announced(child, flow)
        if named and not body.touches(child):
            yield child
        elif _is_announcement(child, flow):
            members = _following(parent.children[position + 1 :], child.tag, body)
            if members:
                passed = members[-1].end
                yield replace(child, start=members[0].start, end=passed, children=members)
        else:
            yield from _lists(child, flow, body)


def _following(siblings: Sequence[Element], heading: str, body: Body) -> list[Element]:
    members: list[Element] = []
    for sibling in siblings:
        if body.touches(sibling) or (heading in HEADINGS and sibling.tag == heading):
            break
        members.append(sibling)
    return members


def _announced(element: Element, flow: Flow) -> bool:
    """The first words of the element announce other articles, and more follows in it."""
    first = flow.blocks[element.start]
    return element.end - element.start > 1 and is_related_heading(first.text) and _is_heading_like(first)


def _is_announcement(element: Element, flow: Flow) -> bool:
    if element.end - element.start != 1:
        return False
    block = flow.blocks[element.start]
    return is_related_heading(block.text) and _is_heading_like(block)


def _is_heading_like(block: Block) -> bool:
    return block.tag in HEADINGS or (block.tag != "li" and block.link_share < 0.9)


def _card_groups(blocks: list[Block], element: Element, base: str | None) -> Iterator[list[int]]:
    """Yield the block indexes of each card: the largest element with links to one address only."""
    urls = {url for index in range(element.start, element.end) for url in _urls(blocks[index], base)}
    if len(urls) <= 1:
        if urls:
            yield list(range(element.start, element.end))
        return
    # Lines without a container of their own are cut into cards by their links.
    inner = [child for child in element.children if child.end - child.start > 1]
    covered = {index for child in inner for index in range(child.start, child.end)}
    loose = [index for index in range(element.start, element.end) if index not in covered]
    groups = [*_runs(blocks, loose, base)]
    groups += [group for child in inner for group in _card_groups(blocks, child, base)]
    yield from sorted(groups)


def _runs(blocks: list[Block], indexes: list[int], base: str | None) -> Iterator[list[int]]:
    """Cut blocks without containers of their own into cards: each begins at a link to a new address."""
    run: list[int] = []
    current: str | None = None
    for index in indexes:
        urls = _urls(blocks[index], base)
        if urls and urls[0] != current:
            if current is not None:
                yield run
            run, current = [], urls[0]
        run.append(index)
    if current is not None:
        yield run


def _urls(block: Block, base: str | None) -> list[str]:
    return [url for anchor in block.anchors if (url := absolute_url(base, anchor.attributes.get("href")))]


def _card(blocks: list[Block], base: str | None) -> Related | None:
    linked = [block for block in blocks if block.anchors and len(block.text) >= _MIN_TITLE_CHARS]
    linked = [block for block in linked if _day(block) is None and not is_stock_phrase(block.text)]
    if not linked:
        return None
    headed = [block for block in linked if block.tag in HEADINGS]
    chosen = (headed or sorted(linked, key=lambda block: block.link_share < 0.5))[0]
    title = chosen.text if chosen.link_share > 0.5 or chosen.tag in HEADINGS else _anchor_text(chosen)
    if is_related_heading(title) or len(title) > _TITLE_CHARS or len(title) < _MIN_TITLE_CHARS:
        return None
    urls = _urls(chosen, base)
    others = [block for block in blocks if block is not chosen and block.letters != letters_of(title)]
    excerpts = [block for block in others if _day(block) is None and block.tag not in HEADINGS]
    excerpt = max(excerpts, key=lambda block: len(block.text), default=None)
    date = next((day for block in others if (day := _day(block))), None)
    return Related(
        title=title,
        url=urls[0] if urls else None,
        excerpt=excerpt.text if excerpt is not None and len(excerpt.text) > 20 else None,
        date=date,
    )


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
