"""The paragraphs of the article, out of the blocks of the page."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.normalizer.blocks import HEADINGS, Block, Element, Flow
from services.normalizer.containers import Choice, choose_container
from services.normalizer.edges import is_complete, until_end, without_head
from services.normalizer.furniture import is_furniture, item_headings
from services.normalizer.standfirst import standfirst_index
from services.normalizer.structured import Structured
from services.normalizer.text import letters_of, lines_of

_MIN_STRUCTURED_CHARS = 300
_REPEAT_CHARS = 80
_PREFIX_CHARS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The text of an article and how it was found.

    Attributes:
        indexes: The blocks of the flow that are the paragraphs; empty when the text came from JSON-LD.
        element: The container, or None.
        confidence: 0 to 1; below 0.5 a second opinion is worth its time.
    """

    paragraphs: tuple[str, ...]
    method: str
    confidence: float
    indexes: tuple[int, ...] = ()
    element: Element | None = None

    def without(self, line: str) -> "Body":
        """Return the text without its first paragraph, if that is the given line."""
        if self.paragraphs[:1] != (line,):
            return self
        return replace(self, paragraphs=self.paragraphs[1:], indexes=self.indexes[1:])

    def touches(self, element: Element) -> bool:
        """Tell whether any paragraph of the text stands in an element of the flow."""
        position = bisect_left(self.indexes, element.start)
        return position < len(self.indexes) and self.indexes[position] < element.end


NO_BODY = Body(paragraphs=(), method="none", confidence=0.0)


def find_body(flow: Flow, structured: Structured, title: str | None, *, end_mark: str | None = None) -> Body:
    """Find the article's text by where the page's prose is, with JSON-LD's `articleBody` as a witness."""
    published = lines_of(structured.article_body)
    letters = letters_of("".join(published))
    choice = choose_container(flow, title)
    if choice is None:
        return _from_structured(published) if len(letters) > _MIN_STRUCTURED_CHARS else _short_lines(flow)
    element = choice.element
    aligned: list[int] | None = None
    if len(letters) > _MIN_STRUCTURED_CHARS:
        hits = [i for i, block in enumerate(flow.blocks) if _stands_in(block, letters)]
        found = sum(len(flow.blocks[i].letters) for i in hits) / len(letters)
        shown = sum(
            len(block.text) for block in flow.blocks[element.start : element.end] if not block.dropped
        )
        if found < 0.35 and len(letters) > 1.6 * shown:
            return _from_structured(published)
        if hits and 0.75 < found < 1.6 and len(letters) > 0.45 * shown:
            aligned = _with_subheadings(flow, element, hits)
    indexes = range(element.start, element.end) if aligned is None else aligned
    kept = _kept(flow.blocks, indexes, title=title, trusted=aligned is not None)
    kept = until_end(
        flow.blocks, without_head(flow.blocks, kept, title), end_mark, trusted=aligned is not None
    )
    lead = standfirst_index(flow, structured.descriptions, before=kept[0]) if kept else None
    if lead is not None and not _opens_with(flow.blocks, kept, flow.blocks[lead]):
        kept.insert(0, lead)
    return Body(
        paragraphs=tuple(flow.blocks[i].text for i in kept),
        method="article_structure" if aligned is None else "article_structure+json_ld",
        confidence=0.95 if aligned is not None else _confidence(flow.blocks, kept, choice),
        indexes=tuple(kept),
        element=element,
    )


def body_of_rule(blocks: list[Block], *, title: str | None, end_mark: str | None = None) -> Body:
    """Return every paragraph of the element that the source's rule named, but a repeat of the title."""
    headline = letters_of(title or "")
    kept = [i for i, block in enumerate(blocks) if not _repeats_title(block, title, headline)]
    kept = until_end(blocks, kept, end_mark)
    paragraphs = tuple(blocks[i].text for i in kept)
    return Body(paragraphs=paragraphs, method="rule", confidence=1.0 if paragraphs else 0.0)


def _from_structured(paragraphs: list[str]) -> Body:
    return Body(paragraphs=tuple(paragraphs), method="json_ld.articleBody", confidence=0.9)


def _short_lines(flow: Flow) -> Body:
    """Return the paragraphs under the only headline of a page that has no line of prose, such as a caption."""
    headings = [i for i, block in enumerate(flow.blocks) if block.tag == "h1"]
    if len(headings) != 1:
        return NO_BODY
    below = range(headings[0] + 1, len(flow.blocks))
    kept = [i for i in below if flow.blocks[i].tag == "p" and not is_furniture(flow.blocks[i])]
    paragraphs = tuple(flow.blocks[i].text for i in kept)
    return Body(paragraphs=paragraphs, method="short_lines", confidence=0.1, indexes=tuple(kept))


def _stands_in(block: Block, letters: str) -> bool:
    return len(block.text) >= 15 and len(block.letters) >= 12 and block.letters[:_PREFIX_CHARS] in letters


def _with_subheadings(flow: Flow, element: Element, hits: list[int]) -> list[int]:
    chosen = set(hits)
    for i in hits:
        flow.blocks[i].dropped = False
    return [
        i
        for i in range(hits[0], hits[-1] + 1)
        if i in chosen or (element.holds(i) and flow.blocks[i].tag in HEADINGS and not flow.blocks[i].dropped)
    ]


def _kept(blocks: list[Block], indexes: Iterable[int], *, title: str | None, trusted: bool) -> list[int]:
    kept: list[int] = []
    seen: set[str] = set()
    headline = letters_of(title or "")
    items = frozenset() if trusted else item_headings(blocks, indexes)
    for i in indexes:
        block = blocks[i]
        if block.dropped or block.tag == "h1" or _repeats_title(block, title, headline):
            continue
        if not trusted and i not in items and is_furniture(block):
            continue
        # Short repeats are legitimate (recipes, verses); a long one is a box printed twice.
        if len(block.text) > _REPEAT_CHARS:
            if block.letters in seen:
                continue
            seen.add(block.letters)
        kept.append(i)
    while kept and blocks[kept[-1]].tag in HEADINGS:
        kept.pop()
    return kept


def _repeats_title(block: Block, title: str | None, letters: str) -> bool:
    return bool(title) and len(block.text) <= len(title or "") + 30 and block.letters == letters


def _opens_with(blocks: list[Block], kept: list[int], lead: Block) -> bool:
    return any(blocks[i].letters[:60] == lead.letters[:60] for i in kept[:3])


def _confidence(blocks: list[Block], kept: list[int], choice: Choice) -> float:
    lengths = [len(blocks[i].text) for i in kept]
    confidence = min(1.0, choice.share * 1.3)
    if sum(lengths) < 300:
        confidence *= 0.4
    if lengths and sum(lengths) / len(lengths) < 60:
        confidence *= 0.6
    if choice.kept_share < 0.5:
        confidence *= 0.9
    if kept and is_complete(blocks, kept):
        confidence = max(confidence, 0.8)
    return round(confidence, 3)
