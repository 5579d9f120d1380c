"""What a page says of itself for machines: JSON-LD articles and `meta` elements, read once."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from selectolax.lexbor import LexborHTMLParser

from services.normalizer.marked import Attributes, Marked
from services.normalizer.text import plain, words

_MAX_SCRIPT_CHARS = 2_000_000
_MAX_NODES = 5_000
_LENIENT_CHARS = 500_000
_ARTICLE_TYPES = words(
    "AdvertiserContentArticle AnalysisNewsArticle Article AskPublicNewsArticle BackgroundNewsArticle BlogPosting"
    " LiveBlogPosting NewsArticle OpinionNewsArticle Report ReportageNewsArticle ReviewNewsArticle"
    " ScholarlyArticle SocialMediaPosting TechArticle"
)
_NESTS = ("@graph", "mainEntity", "mainEntityOfPage", "itemListElement", "hasPart", "item")
_DESCRIPTION_KEYS = ("og:description", "description", "twitter:description")

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Structured:
    """The machine-readable head of a page.

    Attributes:
        meta: `meta` contents by lower-case `property`, `name` or `itemprop`; the first one wins.
        articles: JSON-LD objects of an article type, in page order.
        others: JSON-LD objects of other types, such as the page or a video; their dates are second best.
        names: The `name` of JSON-LD objects by their `@id`, for articles that only refer to their author.
        tags: Every `article:tag`, in page order.
        canonical: `href` of `link rel=canonical` as written.
        html_language: `lang` of the `html` element as written.
    """

    meta: Mapping[str, str] = field(default_factory=dict)
    articles: tuple[JsonObject, ...] = ()
    others: tuple[JsonObject, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    canonical: str | None = None
    html_language: str | None = None

    @property
    def article_body(self) -> str:
        """Return the longest `articleBody`, as it is written."""
        bodies = [_joined(article.get("articleBody")) for article in self.articles]
        return max(bodies, key=len, default="")

    @property
    def descriptions(self) -> tuple[str, ...]:
        """Return what the page gives as its description, cleaned, best first."""
        values = [self.meta.get(key) for key in _DESCRIPTION_KEYS]
        values += [first_text(article.get("description")) for article in self.articles[:2]]
        return tuple(dict.fromkeys(plain(value) for value in values if value))

    def first_meta(self, *keys: str) -> tuple[str, str] | None:
        """Return key and content of the first of the keys that the page has."""
        for key in keys:
            value = self.meta.get(key)
            if value and value.strip():
                return key, value
        return None


def read_structured(tree: LexborHTMLParser, marked: Marked) -> Structured:
    """Read the structured data of a parsed page."""
    articles: list[JsonObject] = []
    others: list[JsonObject] = []
    names: dict[str, str] = {}
    for script in marked.scripts:
        for found in _objects(_loaded(script.text())):
            if types_of(found) & _ARTICLE_TYPES:
                articles.append(found)
            else:
                others.append(found)
            name, identity = found.get("name"), found.get("@id")
            if isinstance(name, str) and isinstance(identity, str):
                names.setdefault(identity, plain(name))
    link = tree.css_first('link[rel="canonical"]')
    root = tree.root
    meta, tags = _read_meta(marked.metas)
    return Structured(
        meta=meta,
        tags=tuple(tags),
        articles=tuple(articles),
        others=tuple(others),
        names=names,
        canonical=link.attributes.get("href") if link is not None else None,
        html_language=root.attributes.get("lang") if root is not None and root.tag == "html" else None,
    )


def first_text(value: object) -> str | None:
    """Return the text of a JSON-LD value, which may be a list, or an object with a name."""
    for _ in range(8):
        if isinstance(value, list):
            value = value[0] if value else None
        elif isinstance(value, dict):
            value = value.get("name") or value.get("@value") or value.get("url") or value.get("@id")
        else:
            break
    return (plain(value) or None) if isinstance(value, str) else None


def _joined(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _read_meta(metas: Iterable[Attributes]) -> tuple[dict[str, str], list[str]]:
    meta: dict[str, str] = {}
    tags: list[str] = []
    for attributes in metas:
        content = attributes.get("content") or attributes.get("value")
        key = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
        if content and key:
            name = key.strip().lower()
            meta.setdefault(name, content)
            if name == "article:tag":
                tags.append(content)
    return meta, tags


def _loaded(text: str) -> object:
    if not text or len(text) > _MAX_SCRIPT_CHARS:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if len(text) > _LENIENT_CHARS:
            return None
    try:
        # Publishers leave raw line ends in strings, a semicolon or a byte order mark around the object.
        return json.loads(text.strip().strip(";\ufeff"), strict=False)
    except (ValueError, RecursionError):
        return None


def _objects(data: object) -> Iterator[JsonObject]:
    waiting = [data]
    seen = 0
    while waiting and seen < _MAX_NODES:
        node = waiting.pop(0) if len(waiting) < 64 else waiting.pop()
        seen += 1
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            yield node
            if not types_of(node) & _ARTICLE_TYPES:
                waiting.extend(node[key] for key in _NESTS if isinstance(node.get(key), dict | list))


def types_of(node: JsonObject) -> frozenset[str]:
    """Return the schema.org types of a JSON-LD object, without their address."""
    value = node.get("@type")
    names = value if isinstance(value, list) else [value]
    return frozenset(name.rpartition("/")[2] for name in names if isinstance(name, str))
