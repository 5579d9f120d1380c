"""From the bytes of a page to the fields of an article: one parse, every field with where it came from."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from services.normalizer.addresses import canonical_address, host_of, image_address
from services.normalizer.attribution import find_original, find_source
from services.normalizer.authors import find_authors
from services.normalizer.blocks import Flow, read_flow
from services.normalizer.body import Body, find_body
from services.normalizer.dating import find_dates
from services.normalizer.details import (
    counts_of,
    fingerprints,
    pictures,
    section_of,
    tags_of,
    text_blocks,
    text_links,
)
from services.normalizer.fallback import second_opinion
from services.normalizer.fields import Extraction, PageContext, Provenance
from services.normalizer.languages import find_language
from services.normalizer.page import Page, read_page
from services.normalizer.related import find_related
from services.normalizer.ruled import excluded_nodes, ruled_body, ruled_original, ruled_title
from services.normalizer.surroundings import read_surroundings
from services.normalizer.text import letters_of
from services.normalizer.titles import find_title, title_of_text
from services.normalizer.walls import is_wall

_UNSURE = 0.5
"""Below this confidence trafilatura is asked; it is right more often than we are there."""

_MUCH_LONGER = 1.5
"""A second opinion that is not much longer than ours is no better: short articles make us unsure too."""

_NO_CONTEXT = PageContext()


def extract(body: bytes, context: PageContext = _NO_CONTEXT) -> Extraction:
    """Extract the fields of an article page.

    The same bytes and context always give the same result.

    Args:
        body: The page as it was served, with its content coding undone.
        context: What else is known about the page.

    Raises:
        ExtractionError: nothing can be read from the bytes, or a rule of the source is not usable.
    """
    rules = context.rules
    page = read_page(body, context)
    flow = read_flow(page.body, excluded=excluded_nodes(page, rules))
    title = ruled_title(page, rules) or find_title(
        flow,
        page.tree,
        page.structured,
        site=page.site,
        host=host_of(page.base),
        tails=rules.title_tails if rules else (),
    )
    headline = title.value if title else None
    text = _body(page, flow, context, headline)
    if title is None and (title := title_of_text(_opening(flow, text))):
        headline = title.value
        text = text.without(title.value or "")
    language = find_language(headline, text.paragraphs, page.structured, declared=context.language)
    tag = language.value if language else None
    place = read_surroundings(flow, text, headline)
    dates = find_dates(page, context, flow=flow, place=place, body=text, language=tag)
    related = find_related(flow, text, page.base)
    provenance = {
        "title": title,
        "published": dates.published.provenance if dates.published else None,
        "modified": dates.modified,
        "authors": find_authors(page, flow, place),
        "language": language,
        "source": find_source(page, flow, place, context),
        "canonical_url": canonical_address(page.structured, context.url, page.base),
        "original_url": ruled_original(page, rules) or find_original(page, flow, place),
        "body": Provenance(value=str(len(text.paragraphs)), raw=None, method=text.method),
        "related": Provenance(value=str(len(related)), raw=None, method="article_structure")
        if related
        else None,
    }
    known = {name: entry for name, entry in provenance.items() if entry is not None}
    return replace(
        _assembled(known, page, context, text),
        published_precision=dates.published.value.precision if dates.published else None,
        related=related,
        blocks=text_blocks(flow, text),
        images=pictures(flow, text, place.headline, page.base),
        links=text_links(flow, text, page.base),
    )


def _opening(flow: Flow, body: Body) -> list[str]:
    """Return the text with the few lines above it."""
    first = body.indexes[0] if body.indexes else 0
    return [*(block.text for block in flow.blocks[max(0, first - 6) : first]), *body.paragraphs]


def _assembled(known: Mapping[str, Provenance], page: Page, context: PageContext, body: Body) -> Extraction:
    values = {name: entry.value for name, entry in known.items()}
    signed = values.get("authors")
    counts = counts_of(body.paragraphs)
    return Extraction(
        url=context.url,
        title=values.get("title"),
        published=values.get("published"),
        published_precision=None,
        modified=values.get("modified"),
        authors=tuple(signed.split("; ")) if signed else (),
        language=values.get("language"),
        source=values.get("source"),
        canonical_url=values.get("canonical_url"),
        original_url=values.get("original_url"),
        body=body.paragraphs,
        related=(),
        provenance=MappingProxyType(dict(known)),
        description=next(iter(page.structured.descriptions), None),
        site_name=page.site,
        image=image_address(page.structured, page.base),
        charset=page.codec,
        confidence=body.confidence,
        section=section_of(page.structured),
        tags=tags_of(page.structured),
        words=counts.words,
        characters=counts.characters,
        fingerprints=fingerprints(body.paragraphs),
    )


def _body(page: Page, flow: Flow, context: PageContext, title: str | None) -> Body:
    rules = context.rules
    found = find_body(flow, page.structured, title, end_mark=rules.end_mark if rules else None)
    ruled = ruled_body(page, rules, title)
    if ruled is not None:
        wanted = frozenset(ruled.paragraphs)
        indexes = tuple(index for index, block in enumerate(flow.blocks) if block.text in wanted)
        return replace(ruled, indexes=indexes or found.indexes, element=found.element)
    if found.confidence >= _UNSURE:
        return found
    other = second_opinion(page.markup, context.url)
    # What is known to be the text of other articles is no gain.
    foreign = {block.letters for block in flow.blocks if block.of_card}
    own = sum(len(paragraph) for paragraph in other if letters_of(paragraph) not in foreign)
    if own <= _MUCH_LONGER * sum(map(len, found.paragraphs)) or is_wall(other, page, flow):
        return found
    return replace(found, paragraphs=other, method="trafilatura")
