"""The people who signed an article."""

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser

from services.normalizer.fields import Provenance
from services.normalizer.structured import Structured, first_text
from services.normalizer.text import cut, letters_of, plain

_META_KEYS = (
    "author", "article:author", "article:author_name", "byl", "dc.creator", "dcterms.creator", "parsely-author",
    "sailthru.author", "cxenseparse:author", "dcsext.author", "citation_author",
)  # fmt: skip
_BYLINE_SELECTOR = (
    '[rel~="author"], [itemprop="author"] [itemprop="name"], [itemprop="author"], .byline-name, .author-name,'
    " .byline a, .author a, .byline__name, .byline, .author"
)
_MAX_AUTHORS = 12
_MAX_BYLINES = 6
_NAME_CHARS = range(2, 60)
_OPENING = re.compile(
    r"^(?:(?:written|story|text|reported|posted|published|reviewed)\s+)?(?:by|von|par|por|di|door|av|af|przez|от|автор|автор:"
    r"|author|autor|autore|auteur)\s*[:\s]\s*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*(?:;|,|\||\s&\s|\sand\s|\sund\s|\set\s|\sy\s|\se\s|、)\s*")
_NOT_A_NAME = re.compile(r"^(?:https?:|www\.|@)|\d{4}|^(?:admin|editor|staff|unknown|none|null|redaktion)$", re.IGNORECASE)


def find_authors(tree: LexborHTMLParser, structured: Structured, site: str | None) -> Provenance | None:
    """Find the names of the authors; the value joins them with `; `."""
    publisher = {letters_of(name) for name in _publishers(structured, site)}
    organisation: Provenance | None = None
    for method, values in _sources(tree, structured):
        names = _names(values)
        if not names:
            continue
        found = Provenance(value="; ".join(names), raw=cut("; ".join(values)), method=method)
        if any(letters_of(name) not in publisher for name in names):
            return found
        # An outlet that names itself as the author often prints the person in the byline.
        organisation = organisation or found
    return organisation


def _sources(tree: LexborHTMLParser, structured: Structured) -> Iterable[tuple[str, list[str]]]:
    for article in structured.articles:
        if article.get("author"):
            yield "json_ld.author", list(_person_names(article["author"]))
    for key in _META_KEYS:
        if key in structured.meta:
            yield f"meta.{key}", [plain(structured.meta[key])]
    yield "byline", [plain(node.text()) for node in tree.css(_BYLINE_SELECTOR)[:_MAX_BYLINES]]


def _person_names(value: object) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    for item in values[:_MAX_AUTHORS]:
        if isinstance(item, dict) and isinstance(item.get("name"), list):
            yield from (plain(name) for name in item["name"] if isinstance(name, str))
        elif name := first_text(item):
            yield name


def _names(values: list[str]) -> list[str]:
    found: dict[str, str] = {}
    for value in values:
        for part in _BETWEEN.split(_OPENING.sub("", value.strip())):
            name = _OPENING.sub("", part).strip(" .,:;|-–")
            if len(name) in _NAME_CHARS and not _NOT_A_NAME.search(name):
                found.setdefault(letters_of(name), name)
    return list(found.values())[:_MAX_AUTHORS]


def _publishers(structured: Structured, site: str | None) -> list[str]:
    names = [first_text(article.get("publisher")) for article in structured.articles]
    names += [site, structured.meta.get("og:site_name"), structured.meta.get("application-name")]
    return [name for name in names if name]
