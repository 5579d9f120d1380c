"""One walk over a parsed page: its text as blocks in reading order, and the containers that hold them.

A block is the text between two borders of block elements (or two `br`). An element remembers the range of blocks
it holds, so that every later question (which container holds the article, which are cards) is a sum over a range.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborNode

from services.normalizer.text import block_text, has_wide_letters, letters_of, words
from services.normalizer.vocabulary import MAX_LABEL_CHARS, Verdict, label_verdict

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

_SKIPPED = words(
    "amp-ad amp-sidebar amp-social-share audio button canvas datalist dialog embed fieldset footer"
    " iframe input label link map math menu meta nav noscript object option progress script select"
    " source style svg template textarea title video -comment -document -undef !doctype !"
)
_INLINE = words(
    "abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark o:p picture q rb rp rt ruby s samp"
    " small span strike strong sub sup time tt u var wbr"
)
_LEFT_OUT, _WALKED, _LINK, _BREAK, _CELL, _GLUED, _PICTURE, _CAPTION = range(8)
_ROLES: dict[str | None, int] = {
    None: _LEFT_OUT,
    **dict.fromkeys(_SKIPPED, _LEFT_OUT),
    **dict.fromkeys(_INLINE, _WALKED),
    "a": _LINK,
    "br": _BREAK,
    "td": _CELL,
    "th": _CELL,
    "nobr": _GLUED,
    "img": _PICTURE,
    "amp-img": _PICTURE,
    "figcaption": _CAPTION,
}
"""What the walk does at an element. Any other tag borders a block."""

_LIST_PARTS = frozenset({"li", "td", "th", "dd"})
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_MAX_DEPTH = 200
"""Below this the walk takes an element's text as it is; real pages stay under 60."""

_BORDER = "\x00"
"""Marks a `nobr` border inside a block. The parser never yields NUL, so the mark cannot come from the page."""

_BORDERS = {_CELL: " ", _GLUED: _BORDER}

_WEIGHT_LIMIT = 1_200
_SHORT_CHARS = 60
_NO_ANCHORS: list[LexborNode] = []
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
    verdict: int
    start: int
    end: int
    children: list["Element"]

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
class Placed:
    """An element that is no text, and the index of the block before which it stands."""

    index: int
    node: LexborNode


@dataclass(frozen=True, slots=True)
class Flow:
    """The text of a page in reading order, the tree of containers over it, and the pictures between the text.

    `headlines`: the containers that are an `h1`, in reading order.
    """

    blocks: list[Block]
    top: Element
    pictures: list[Placed] = field(default_factory=list)
    captions: list[Placed] = field(default_factory=list)
    headlines: list[Element] = field(default_factory=list)


def read_flow(root: LexborNode, *, excluded: frozenset[int] = frozenset()) -> Flow:
    """Walk an element of a page once.

    Args:
        root: Usually `body`; the walk stays inside it.
        excluded: `mem_id` of elements to leave out with all they hold.
    """
    walker = _Walker(excluded)
    tag = root.tag or "body"
    children: list[Element] = []
    walker.walk(root, tag, children, anchor=None, depth=0)
    walker.flush(tag)
    top = Element(tag, "", Verdict.NEUTRAL, 0, len(walker.blocks), children)
    headlines = sorted(walker.headlines, key=lambda element: (element.start, -element.end))
    return Flow(walker.blocks, top, walker.pictures, walker.captions, headlines)


class _Walker:
    """Collects text until a border, then makes a block of it."""

    def __init__(self, excluded: frozenset[int]) -> None:
        self.blocks: list[Block] = []
        self.pictures: list[Placed] = []
        self.captions: list[Placed] = []
        self.headlines: list[Element] = []
        self._excluded = excluded
        self._pieces: list[str] = []
        self._anchors: list[LexborNode] = []
        self._link_chars = 0
        self._breaks = 0

    def walk(
        self, node: LexborNode, tag: str, children: list[Element], *, anchor: LexborNode | None, depth: int
    ) -> None:
        """Walk below a node whose text belongs to a block of `tag`; the containers found join `children`."""
        pieces = self._pieces
        child = node.first_child
        while child is not None:
            name = child.tag
            if name == "-text":
                text = child.text_content
                if not text or text.isspace():
                    if pieces:
                        pieces.append(" ")
                else:
                    self._add_text(text, anchor)
            elif (role := _ROLES.get(name)) is None:
                # Most elements without text are empty but for white space: no container is made of them.
                if (first := child.first_child) is not None:
                    if pieces:
                        self.flush(tag)
                    if first.tag != "-text" or first.next is not None:
                        self._walk_block(child, name or "", children, anchor=anchor, depth=depth)
                    elif (text := first.text_content) and not text.isspace():
                        self._take_leaf(child, name or "", children, text=text, anchor=anchor)
            elif role:
                self._walk_other(child, tag, children, role=role, anchor=anchor, depth=depth)
            child = child.next

    def flush(self, tag: str) -> None:
        """End the current block, if it holds any text."""
        pieces = self._pieces
        if not pieces:
            return
        text = block_text(pieces[0] if len(pieces) == 1 else "".join(pieces))
        pieces.clear()
        self._breaks = 0
        share, anchors = 0.0, _NO_ANCHORS
        if self._link_chars:
            share = min(1.0, self._link_chars / (len(text) or 1))
            anchors, self._anchors, self._link_chars = self._anchors, [], 0
        if text:
            self.blocks.append(Block(tag, text, share, _weight(text, tag, share), anchors))

    def _add_text(self, text: str, anchor: LexborNode | None) -> None:
        self._pieces.append(text)
        self._breaks = 0
        if anchor is not None:
            self._link_chars += len(text)
            if not self._anchors or self._anchors[-1] is not anchor:
                self._anchors.append(anchor)

    def _walk_other(
        self,
        node: LexborNode,
        tag: str,
        children: list[Element],
        *,
        role: int,
        anchor: LexborNode | None,
        depth: int,
    ) -> None:
        """Walk what is neither text nor a block."""
        if role == _BREAK:
            self._take_break(tag)
        elif role == _PICTURE:
            self.pictures.append(Placed(len(self.blocks), node))
        elif role == _CAPTION:
            self.captions.append(Placed(len(self.blocks), node))
        elif not (self._excluded or depth >= _MAX_DEPTH) or not self._is_left_out(node, anchor, depth):
            border = _BORDERS.get(role)
            if border:
                self._pieces.append(border)
            self.walk(node, tag, children, anchor=node if role == _LINK else anchor, depth=depth + 1)
            if border:
                self._pieces.append(border)

    def _is_left_out(self, node: LexborNode, anchor: LexborNode | None, depth: int) -> bool:
        """Tell whether an element is not walked: a rule excludes it, or it stands too deep."""
        if self._excluded and node.mem_id in self._excluded:
            return True
        if depth < _MAX_DEPTH:
            return False
        text = node.text(separator=" ")
        if text and not text.isspace():
            self._add_text(text, anchor)
        return True

    def _take_break(self, tag: str) -> None:
        self._breaks += 1
        if self._breaks >= 2:
            self.flush(tag)
        else:
            self._pieces.append("\n")

    def _take_leaf(
        self,
        node: LexborNode,
        tag: str,
        children: list[Element],
        *,
        text: str,
        anchor: LexborNode | None,
    ) -> None:
        """Take a block element that holds one text and nothing else, as most paragraphs do."""
        if self._excluded and node.mem_id in self._excluded:
            return
        start = len(self.blocks)
        self._add_text(text, anchor)
        self.flush(tag)
        if len(self.blocks) > start:
            self._hold(Element(tag, *_judge(node, tag), start, start + 1, []), children)

    def _walk_block(
        self, node: LexborNode, tag: str, children: list[Element], *, anchor: LexborNode | None, depth: int
    ) -> None:
        if (self._excluded or depth >= _MAX_DEPTH) and self._is_left_out(node, anchor, depth):
            return
        start = len(self.blocks)
        inner: list[Element] = []
        self.walk(node, tag, inner, anchor=anchor, depth=depth + 1)
        if self._pieces:
            self.flush(tag)
        # Judged only now: a quarter of the elements hold no text, and no rule asks for them.
        end = len(self.blocks)
        if end > start:
            self._hold(Element(tag, *_judge(node, tag), start, end, inner), children)

    def _hold(self, element: Element, children: list[Element]) -> None:
        children.append(element)
        if element.tag == "h1":
            self.headlines.append(element)


def _judge(node: LexborNode, tag: str) -> tuple[str, int]:
    attributes = node.attributes
    if not attributes:
        return "", Verdict.ALIEN if tag == "aside" else Verdict.NEUTRAL
    name, identity = attributes.get("class"), attributes.get("id")
    label = (f"{name} {identity}" if name and identity else name or identity or "")[:MAX_LABEL_CHARS].strip()
    verdict = label_verdict(label, tag) if label else Verdict.NEUTRAL
    if tag == "aside":
        return label, verdict | Verdict.SUSPECT | Verdict.ALIEN
    if name is not None and len(attributes) == 1 + (identity is not None):
        return label, verdict
    if attributes.get("itemprop") == "articleBody":
        return label, Verdict.GOOD
    hidden = "hidden" in attributes or attributes.get("aria-hidden") == "true"
    style = attributes.get("style")
    if hidden or (style and _HIDING.search(style)):
        verdict |= Verdict.SUSPECT | Verdict.ALIEN
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
