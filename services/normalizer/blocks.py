"""One walk over a parsed page: its text as blocks in reading order, and the containers that hold them.

A block is the text between two borders of block elements (or two `br`). An element remembers the range of blocks
it holds, so that every later question (which container holds the article, which are cards) is a sum over a range.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from services.normalizer.text import block_text, has_wide_letters, letters_of, words
from services.normalizer.vocabulary import MAX_LABEL_CHARS, Verdict, label_verdict

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

_SKIPPED = words(
    "amp-ad amp-sidebar amp-social-share audio button canvas datalist dialog embed fieldset figcaption footer"
    " iframe img input label link map math menu meta nav noscript object option picture progress script select"
    " source style svg template textarea title video"
)
_INLINE = words(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr o:p q rb rp rt ruby s samp"
    " small span strike strong sub sup time tt u var wbr"
)
_CELLS = frozenset({"td", "th"})
_LIST_PARTS = frozenset({"li", "td", "th", "dd"})

_MAX_DEPTH = 200
"""Below this the walk takes an element's text as it is; real pages stay under 60."""

_BORDER = "\x00"
"""Marks a `nobr` border inside a block. The parser never yields NUL, so the mark cannot come from the page."""

_WEIGHT_LIMIT = 1_200
_SHORT_CHARS = 60
_LINK_SHARE_LIMIT = 0.45


@dataclass(slots=True, eq=False)
class Block:
    """A run of text. `weight`: how much it speaks for being of an article; `of_card`: that it is of another."""

    tag: str
    text: str
    link_share: float
    weight: float
    anchors: list[LexborNode]
    dropped: bool = False
    of_card: bool = False
    _letters: str | None = None

    @property
    def letters(self) -> str:
        """Return the text without case, spaces and punctuation, for comparing."""
        if self._letters is None:
            self._letters = letters_of(self.text)
        return self._letters


@dataclass(slots=True, eq=False)
class Element:
    """A block element that holds the blocks `start` to `end` (not included)."""

    tag: str
    label: str
    start: int
    verdict: int
    end: int = 0
    children: list["Element"] = field(default_factory=list)

    def holds(self, index: int) -> bool:
        """Tell whether a block stands in this element."""
        return self.start <= index < self.end

    def descendants(self) -> Iterator["Element"]:
        """Yield every element below this one in reading order."""
        waiting = self.children[::-1]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


@dataclass(frozen=True, slots=True)
class Flow:
    """The text of a page in reading order, and the tree of containers over it."""

    blocks: list[Block]
    top: Element


def read_flow(root: LexborNode, *, excluded: frozenset[int] = frozenset()) -> Flow:
    """Walk an element of a page once.

    Args:
        root: Usually `body`; the walk stays inside it.
        excluded: `mem_id` of elements to leave out with all they hold.
    """
    walker = _Walker(excluded)
    top = Element(tag=root.tag or "body", label="", start=0, verdict=Verdict.NEUTRAL)
    walker.walk(root, top, anchor=None, depth=0)
    walker.flush(top.tag)
    top.end = len(walker.blocks)
    return Flow(walker.blocks, top)


class _Walker:
    """Collects text until a border, then makes a block of it."""

    def __init__(self, excluded: frozenset[int]) -> None:
        self.blocks: list[Block] = []
        self._excluded = excluded
        self._pieces: list[str] = []
        self._anchors: list[LexborNode] = []
        self._link_chars = 0
        self._breaks = 0

    def walk(self, node: LexborNode, element: Element, *, anchor: LexborNode | None, depth: int) -> None:
        child = node.first_child
        while child is not None:
            tag = child.tag
            if tag == "-text":
                self._take_text(child.text_content, anchor)
            elif tag is None or tag in _SKIPPED or tag[0] in "-!" or self._is_excluded(child):
                pass
            elif tag == "br":
                self._take_break(element.tag)
            elif depth >= _MAX_DEPTH:
                self._take_text(child.text(separator=" "), anchor)
            elif tag in _INLINE:
                self._walk_inline(child, element, tag=tag, anchor=anchor, depth=depth)
            elif tag in _CELLS:
                self._pieces.append(" ")
                self.walk(child, element, anchor=anchor, depth=depth + 1)
                self._pieces.append(" ")
            elif (first := child.first_child) is not None:
                # Most elements without text are empty but for white space: no container is made of them.
                if first.tag != "-text" or first.next is not None or not (first.text_content or "").isspace():
                    self._walk_block(child, element, tag=tag, anchor=anchor, depth=depth)
                elif self._pieces:
                    self.flush(element.tag)
            child = child.next

    def flush(self, tag: str) -> None:
        """End the current block, if it holds any text."""
        if not self._pieces:
            return
        text = block_text("".join(self._pieces))
        self._pieces.clear()
        anchors, self._anchors = self._anchors, []
        link_chars, self._link_chars = self._link_chars, 0
        self._breaks = 0
        if text:
            share = min(1.0, link_chars / len(text))
            weight = _weight(text, tag, share)
            self.blocks.append(Block(tag, text, share, weight, anchors))

    def _is_excluded(self, node: LexborNode) -> bool:
        return bool(self._excluded) and node.mem_id in self._excluded

    def _take_text(self, text: str | None, anchor: LexborNode | None) -> None:
        if not text:
            return
        if text.isspace():
            if self._pieces:
                self._pieces.append(" ")
            return
        self._pieces.append(text)
        self._breaks = 0
        if anchor is not None:
            self._link_chars += len(text)
            if not self._anchors or self._anchors[-1] is not anchor:
                self._anchors.append(anchor)

    def _take_break(self, tag: str) -> None:
        self._breaks += 1
        if self._breaks >= 2:
            self.flush(tag)
        else:
            self._pieces.append("\n")

    def _walk_inline(
        self, node: LexborNode, element: Element, *, tag: str, anchor: LexborNode | None, depth: int
    ) -> None:
        if tag == "a":
            anchor = node
        elif tag == "nobr":
            self._pieces.append(_BORDER)
        self.walk(node, element, anchor=anchor, depth=depth + 1)
        if tag == "nobr":
            self._pieces.append(_BORDER)

    def _walk_block(
        self, node: LexborNode, parent: Element, *, tag: str, anchor: LexborNode | None, depth: int
    ) -> None:
        if self._pieces:
            self.flush(parent.tag)
        label, verdict = _judge(node, tag)
        element = Element(tag=tag, label=label, start=len(self.blocks), verdict=verdict)
        self.walk(node, element, anchor=anchor, depth=depth + 1)
        if self._pieces:
            self.flush(tag)
        element.end = len(self.blocks)
        if element.end > element.start:
            parent.children.append(element)


def _judge(node: LexborNode, tag: str) -> tuple[str, int]:
    attributes = node.attributes
    if not attributes:
        return "", Verdict.ALIEN if tag == "aside" else Verdict.NEUTRAL
    label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".strip()[:MAX_LABEL_CHARS]
    verdict = label_verdict(label, tag) if label else Verdict.NEUTRAL
    if attributes.get("itemprop") == "articleBody":
        return label, Verdict.GOOD
    if tag == "aside":
        return label, verdict | Verdict.SUSPECT | Verdict.ALIEN
    hidden = "hidden" in attributes or attributes.get("aria-hidden") == "true"
    if hidden or "display:none" in (attributes.get("style") or "").replace(" ", ""):
        verdict |= Verdict.SUSPECT
    return label, verdict


def _weight(text: str, tag: str, link_share: float) -> float:
    length = len(text)
    if length < 25 or link_share >= _LINK_SHARE_LIMIT or tag in HEADINGS:
        return 0.0
    weight = float(min(length, _WEIGHT_LIMIT))
    if length < 300 and has_wide_letters(text):
        weight *= 2  # a Chinese or Korean character says about as much as two Latin ones
    if tag == "p":
        weight *= 0.6 if length < _SHORT_CHARS else 1.0
    elif tag in _LIST_PARTS:
        weight *= 0.35
    else:
        weight *= 0.3 if length < _SHORT_CHARS else 0.8
    return weight * (1 - link_share)
