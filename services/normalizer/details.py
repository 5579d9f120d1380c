"""What an article holds besides its plain text: kinds of blocks, pictures, links, tags, counts, fingerprints.

All of it is read from what the walk, the choice of the body and the structured data have found already.
"""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from selectolax.lexbor import LexborNode

from services.normalizer.addresses import absolute_url
from services.normalizer.blocks import HEADINGS, Flow
from services.normalizer.body import Body
from services.normalizer.fields import BlockKind, Fingerprints, Picture, TextBlock, TextLink
from services.normalizer.structured import Structured, first_text
from services.normalizer.surroundings import FRAME
from services.normalizer.text import block_text, cut, plain
from services.normalizer.vocabulary import MAX_LABEL_CHARS, is_foreign_label
from services.normalizer.wording import text_digest

_MAX_LINKS = 500
_MAX_PICTURES = 100
_MAX_TAGS = 50
_MAX_TAG_CHARS = 100
_MAX_CLIMB = 12
_FIGURE_CLIMB = 4
_SMALL_PIXELS = 60
_LEAD_REACH = 12
_SOURCES = ("data-src", "data-original", "data-lazy-src", "src")
_SETS = ("data-srcset", "srcset")
_KINDS: dict[str, BlockKind] = {
    **dict.fromkeys(HEADINGS, "heading"),
    **dict.fromkeys(("li", "dd", "dt"), "list_item"),
    **dict.fromkeys(("tr", "td", "th", "table", "caption"), "table_row"),
    "blockquote": "quote",
    "figcaption": "caption",
}
_HOLDERS: dict[str, BlockKind] = {
    "blockquote": "quote",
    "figure": "caption",
    "li": "list_item",
    "tr": "table_row",
}
_COMMAS = re.compile(r"[,;，、]")
_CHARACTERS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)

_UNSPACED_LEADS = bytes((0xE0, 0xE1, *range(0xE3, 0xEA), 0xEF))
"""How these characters begin in UTF-8. Latin, Greek and Cyrillic letters and quotes begin otherwise."""

_PARTS = 64
_SPREAD = 0x9E37_79B1
_NO_PAIR = 1 << 32
_LANE_BITS = 64
_LANE = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""The 32 bits of a lane that hold a hash; the other half takes what a product has beyond them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """The length of a text, and what equal and nearly equal texts are found by: nothing for one without words.

    A character of a script without spaces counts as a word.
    """

    words: int
    characters: int
    fingerprints: Fingerprints | None


def text_blocks(flow: Flow, body: Body) -> tuple[TextBlock, ...]:
    """Return the paragraphs of a body with what each of them is."""
    if len(body.indexes) != len(body.paragraphs):
        return tuple(TextBlock(kind="paragraph", text=text) for text in body.paragraphs)
    wanted = frozenset(body.indexes)
    held: dict[int, BlockKind] = {}
    for element in flow.elements:
        if (kind := _HOLDERS.get(element.tag)) is not None and body.touches(element):
            for index in range(element.start, element.end):
                if index in wanted and (index not in held or kind == "quote"):
                    held[index] = kind
    return tuple(
        TextBlock(kind=_kind(flow.blocks[index].tag, held.get(index)), text=text)
        for index, text in zip(body.indexes, body.paragraphs, strict=True)
    )


def _kind(tag: str, held: BlockKind | None) -> BlockKind:
    own = _KINDS.get(tag)
    return own if own == "heading" else held or own or "paragraph"


def text_links(flow: Flow, body: Body, base: str | None) -> tuple[TextLink, ...]:
    """Return where the body links to, in reading order, each address once."""
    found: dict[str, str] = {}
    for index in body.indexes:
        for anchor in flow.blocks[index].anchors:
            href = anchor.attributes.get("href")
            if not href or href.startswith("#"):
                continue
            url = absolute_url(base, href)
            if url is not None and url not in found:
                found[url] = cut(block_text(anchor.text()))
        if len(found) >= _MAX_LINKS:
            break
    return tuple(TextLink(url=url, text=text) for url, text in found.items())


def pictures(flow: Flow, body: Body, headline: int | None, base: str | None) -> tuple[Picture, ...]:
    """Return the pictures between the headline and the end of the body, with their captions."""
    if not body.indexes:
        return ()
    first, last = body.indexes[0], body.indexes[-1]
    start = max(first - _LEAD_REACH, headline if headline is not None else 0)
    captions = {
        mem_id: block_text(placed.node.text())
        for placed in flow.captions
        if start <= placed.index <= last + 1 and (mem_id := _figure(placed.node)) is not None
    }
    found: dict[str, Picture] = {}
    for placed in flow.pictures:
        if not start <= placed.index <= last + 1 or len(found) >= _MAX_PICTURES:
            continue
        url = _address(placed.node, base)
        if url is None or url in found or _stands_apart(placed.node):
            continue
        figure = _figure(placed.node) if captions else None
        caption = captions.get(figure) if figure is not None else None
        alternative = plain(placed.node.attributes.get("alt") or "")
        found[url] = Picture(url=url, caption=caption or None, alternative=cut(alternative) or None)
    return tuple(found.values())


def _address(node: LexborNode, base: str | None) -> str | None:
    attributes = node.attributes
    for side in ("width", "height"):
        size = attributes.get(side) or ""
        if size.isdecimal() and int(size[:9]) < _SMALL_PIXELS:
            return None
    for name in _SOURCES:
        value = attributes.get(name)
        if value and not value.startswith("data:"):
            return absolute_url(base, value)
    for name in _SETS:
        listed = (attributes.get(name) or "").split()
        if listed and not listed[0].startswith("data:"):
            return absolute_url(base, listed[0].rstrip(","))
    return None


def _figure(node: LexborNode) -> int | None:
    parent = node.parent
    for _ in range(_FIGURE_CLIMB):
        if parent is None:
            return None
        if parent.tag == "figure":
            return parent.mem_id
        parent = parent.parent
    return None


def _stands_apart(node: LexborNode) -> bool:
    """Tell whether a picture stands in a part that is named as one of the site, or of other articles."""
    parent = node.parent
    for _ in range(_MAX_CLIMB):
        if parent is None or parent.tag in {"article", "main", "body"}:
            return False
        if parent.tag in FRAME:
            return True
        attributes = parent.attributes
        label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".strip()[:MAX_LABEL_CHARS]
        if label and is_foreign_label(label):
            return True
        parent = parent.parent
    return False


def section_of(structured: Structured) -> str | None:
    """Return the section that the page says the article belongs to."""
    for article in structured.articles:
        if section := first_text(article.get("articleSection")):
            return cut(section, _MAX_TAG_CHARS)
    found = structured.first_meta("article:section", "parsely-section", "sailthru.section", "section")
    return cut(plain(found[1]), _MAX_TAG_CHARS) or None if found else None


def tags_of(structured: Structured) -> tuple[str, ...]:
    """Return the words that the page files the article under: those of the first place that has any."""
    for value in (
        list(structured.tags),
        *(article.get("keywords") for article in structured.articles),
        *(structured.meta.get(name) for name in ("news_keywords", "parsely-tags", "keywords")),
    ):
        names = [part for text in _texts(value) for part in _COMMAS.split(text)]
        cleaned = [plain(name) for name in names]
        kept = dict.fromkeys(name for name in cleaned if 0 < len(name) <= _MAX_TAG_CHARS)
        if kept:
            return tuple(kept)[:_MAX_TAGS]
    return ()


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for one in value[: 2 * _MAX_TAGS] if (text := first_text(one))]
    return []


def _may_be_unspaced(text: str) -> bool:
    """Tell whether a text can hold a character of a script without spaces; bytes tell it much faster."""
    if text.isascii():
        return False
    encoded = text.encode("utf-8", "surrogatepass")
    return len(encoded.translate(None, _UNSPACED_LEADS)) < len(encoded)


def measures_of(paragraphs: Sequence[str]) -> Measures:
    """Measure a text: its words are found once, for their number and for its signature."""
    text = _spaced(" ".join(paragraphs))
    words = text.casefold().encode("utf-8", "replace").split()
    return Measures(
        # Bytes are cut at ASCII's white space only. No other is printable, and folding case makes and takes none.
        words=len(words) if text.isprintable() else len(text.split()),
        characters=sum(map(len, paragraphs)),
        fingerprints=Fingerprints(exact=text_digest(paragraphs), near=f"{_signature(words):016x}")
        if words
        else None,
    )


def _spaced(text: str) -> str:
    """Return a text with spaces around each character of a script that is written without them."""
    return _CHARACTERS.sub(r" \g<0> ", text) if _may_be_unspaced(text) else text


def _signature(words: list[bytes]) -> int:
    """Return 64 bits of which texts share most that share most of their wording.

    It is a one-bit minhash over pairs of words (of characters, where a script has no spaces): the pairs are dealt
    into 64 parts by their hash, and each part gives one bit of its least hash. Two signatures differ in about
    32 x (1 - share of pairs in common) bits; unrelated texts in 32.
    """
    hashes = list(map(crc32, words))
    least = [_NO_PAIR] * _PARTS
    for value in _pair_hashes(hashes):
        part = (value >> 8) & (_PARTS - 1)
        if value < least[part]:  # noqa: PLR1730  (`min` takes three times as long)
            least[part] = value
    return _bits_of(least)


def _pair_hashes(hashes: list[int]) -> tuple[int, ...]:
    """Return a hash of 32 bits for each word with the next; for an only word, with itself.

    All of them are worked out at once, as lanes of 64 bits in one large number: three times as fast as one by one.
    """
    if len(hashes) == 1:
        hashes = hashes * 2
    count = len(hashes) - 1
    words = int.from_bytes(struct.pack(f"<{count + 1}Q", *hashes), "little")
    lanes = int.from_bytes(_LANE * count, "little")
    pairs = ((words * 31 + (words >> _LANE_BITS)) & lanes) * _SPREAD & lanes
    return struct.unpack(f"<{count}Q", pairs.to_bytes(8 * count, "little"))


def _bits_of(least: list[int]) -> int:
    """Take a bit of every part; one that no pair fell into takes that of the next that has one."""
    signature, value = 0, next(value for value in least if value < _NO_PAIR)
    for part in range(_PARTS - 1, -1, -1):
        value = least[part] if least[part] < _NO_PAIR else value
        signature = signature << 1 | (((value * _SPREAD) >> 17) & 1)
    return signature
