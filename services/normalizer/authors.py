"""The people who signed an article: as the page tells machines, else as it shows its readers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.normalizer.blocks import Block, Flow
from services.normalizer.dates import folded, written_dates
from services.normalizer.fields import Candidate, Provenance
from services.normalizer.marked import BYLINE_SELECTOR
from services.normalizer.page import Page
from services.normalizer.structured import Structured, first_text
from services.normalizer.surroundings import Surroundings, label_before
from services.normalizer.text import cut, letters_of, plain
from services.normalizer.vocabulary import AUTHOR_LABEL

_META_KEYS = (
    "author", "article:author", "article:author_name", "og:article:author", "byl", "dc.creator", "dcterms.creator",
    "parsely-author", "sailthru.author", "cxenseparse:author", "dcsext.author", "citation_author",
)  # fmt: skip
_MAX_AUTHORS = 12
_NAME_CHARS = range(2, 60)
_SHOWN_CHARS = 160
_SHOWN_WORDS = range(2, 6)

_OPENING = re.compile(
    r"^(?:and\s+|(?:written|story|text|words|reported|posted|published|article|review(?:ed)?)?\s*"
    r"(?:by|von|par|por|di|door|av|af|przez|от|автор|author|autor[ae]?|autore|auteur|text|text\s+von)(?:\s*:\s*|\s+))",
    re.IGNORECASE,
)
_LABEL_ALONE = re.compile(
    r"^\W*(?:(?:written|story|reported|posted|published|article)\s+by|by|von|par|por|authors?|autore?|auteur|автор)\W*$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(?:(?<!\s)\s+)?(?:;|,|\||\s/\s|•|·|\s&\s|\s(?:and|und|et|y|e|og|och)\s|、)\s*")
_NOT_A_NAME = re.compile(
    r"^(?:https?:|www\.|@)|\d{3}|[{}<>=]|^(?:admin|editor|staff|unknown|none|null|redaktion|contributor|anonymous)$",
    re.IGNORECASE,
)
_NOT_SHOWN = re.compile(
    r"\b(?:read|min(?:ute)?s?|share|comments?|published|updated|posted|subscribe|follow|editor|more|articles?|news"
    r"|photo\w*|image|getty|source|archive|home|category|reviewed|founder|expert)\b",
    re.IGNORECASE,
)
_AUTHOR_PATH = re.compile(
    r"/(?:authors?|autor(?:en|es|i)?|auteurs?|by|people|profiles?|staff|writers?|contributors?|reporters?|columnists?"
    r"|journalists?|team|users?|members?|person)/",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    method: str
    values: list[str]
    is_person: bool = True


def find_authors(page: Page, flow: Flow, place: Surroundings) -> Provenance | None:
    """Find the names of the authors; the value joins them with `; `.

    An outlet that names only itself to machines often prints the person in the byline, which then is taken.
    """
    publishers = {letters_of(name) for name in _publishers(page.structured, page.site)}
    second_best: Provenance | None = None
    rejected: list[Candidate] = []
    for signature in _signatures(page, flow, place):
        names = _names(signature.values)
        persons = [name for name in names if letters_of(name) not in publishers]
        raw = cut("; ".join(signature.values))
        if signature.is_person and persons:
            value = "; ".join(persons)
            return Provenance(value=value, raw=raw, method=signature.method, rejected=tuple(rejected))
        if names:
            reason = "the outlet, where a person is named"
            rejected.append(Candidate(raw=raw, method=signature.method, reason=reason))
            second_best = second_best or Provenance(value="; ".join(names), raw=raw, method=signature.method)
    return second_best


def _signatures(page: Page, flow: Flow, place: Surroundings) -> Iterator[_Signature]:
    structured = page.structured
    for article in structured.articles:
        author = article.get("author")
        if author:
            persons = not _is_organisation(author)
            names = list(_stated(author, structured.names))
            yield _Signature(method="json_ld.author", values=names, is_person=persons)
    for key in _META_KEYS:
        if key in structured.meta:
            value = plain(structured.meta[key])
            if key == "citation_author" and value.count(",") == 1:
                value = " ".join(reversed(value.split(",")))
            yield _Signature(method=f"meta.{key}", values=[value])
    yield from _shown(flow, place)
    if page.marked.is_signed and (node := page.tree.css_first(BYLINE_SELECTOR)) is not None:
        yield _Signature(method="microdata.author", values=[plain(node.text(separator=" "))])


def _stated(value: object, names: Mapping[str, str]) -> Iterator[str]:
    values = value if isinstance(value, list) else [value]
    for item in values[:_MAX_AUTHORS]:
        if isinstance(item, dict) and isinstance(item.get("name"), list):
            yield from (plain(name) for name in item["name"] if isinstance(name, str))
        elif isinstance(item, dict) and "name" not in item and str(item.get("@id")) in names:
            yield names[str(item["@id"])]
        elif name := first_text(item):
            yield name


def _is_organisation(value: object) -> bool:
    values = value if isinstance(value, list) else [value]
    return all(isinstance(item, dict) and "Organization" in str(item.get("@type")) for item in values)


def _shown(flow: Flow, place: Surroundings) -> Iterator[_Signature]:
    """Yield bylines near the headline: those that say `By`, then author links, then elements named so."""
    linked: list[str] = []
    named: list[str] = []
    for index in place.region:
        block = flow.blocks[index]
        if len(block.text) > _SHOWN_CHARS or index == place.headline:
            continue
        opening = _OPENING.match(block.text)
        if opening or _LABEL_ALONE.match(label_before(flow, index)):
            names = _shown_names(block.text[opening.end() :] if opening else block.text)
            if names:
                yield _Signature(method="byline", values=names)
        if not place.stands_apart(index):
            linked += _author_links(block)
        if place.is_labelled(index, AUTHOR_LABEL):
            named += _shown_names(block.text)
    if linked:
        yield _Signature(method="author_link", values=linked)
    if named:
        yield _Signature(method="labelled_byline", values=named[:2])


def _author_links(block: Block) -> list[str]:
    return [
        name
        for anchor in block.anchors
        if _AUTHOR_PATH.search(anchor.attributes.get("href") or "")
        or "author" in (anchor.attributes.get("rel") or "")
        for name in _shown_names(" ".join(anchor.text().split()))
    ]


def _shown_names(text: str) -> list[str]:
    """Return the leading parts of a line that look like names of people."""
    dated = written_dates(text)
    line = (
        text
        if not dated or len(folded(text)) != len(text)
        else text[: dated[0].start] or text[dated[0].end :]
    )
    names: list[str] = []
    for part in _BETWEEN.split(line):
        name = _OPENING.sub("", part).strip(" .,:;|-–—()")
        if not _looks_like_name(name):
            if names:
                break
            continue
        names.append(name)
    return names


def _looks_like_name(name: str) -> bool:
    if len(name) not in _NAME_CHARS or _NOT_SHOWN.search(name) or any(map(str.isdigit, name)):
        return False
    words = name.split()
    if len(words) not in _SHOWN_WORDS:
        return False
    capitals = sum(word[0].isupper() for word in words)
    return capitals >= 2 and capitals * 2 >= len(words)


def _names(values: list[str]) -> list[str]:
    found: dict[str, str] = {}
    for value in values:
        if _NOT_A_NAME.search(value):
            continue
        for part in _BETWEEN.split(_OPENING.sub("", value.strip())):
            name = _OPENING.sub("", part).strip(" .,:;|-–")
            if len(name) in _NAME_CHARS and not _NOT_A_NAME.search(name):
                found.setdefault(letters_of(name), name)
    return list(found.values())[:_MAX_AUTHORS]


def _publishers(structured: Structured, site: str | None) -> list[str]:
    names = [first_text(article.get("publisher")) for article in structured.articles]
    names += [site, structured.meta.get("og:site_name"), structured.meta.get("application-name")]
    return [name for name in names if name]
