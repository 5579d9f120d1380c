"""Whose article it is: the source's name, and the link to the original at its first publisher."""

import re

from services.normalizer.addresses import absolute_url
from services.normalizer.blocks import Flow
from services.normalizer.fields import Candidate, PageContext, Provenance
from services.normalizer.page import Page
from services.normalizer.structured import first_text
from services.normalizer.surroundings import Surroundings
from services.normalizer.text import cut

_NAME = r"(?P<name>[^|·•\n<>]{2,80}?)"
_SOURCE_LINE = re.compile(
    rf"(?:^|[|·•/]\s*|\s)(?:source|quelle|fuente|fonte|bron|źródło|источник|джерело|출처|来源|來源|出典|nguồn|sumber|kaynak)"
    rf"\s*[:：]\s*{_NAME}\s*(?=[|·•]|$)",
    re.IGNORECASE,
)
_AGENCY = re.compile(r"^[^()]{3,60}\((?P<name>[A-Z][A-Za-z .]{1,24})\)\s*(?:--|–|—|-)")
_ORIGINAL = re.compile(
    r"^\W*(?:(?:read|view|see|go\s+to|visit)\s+(?:the\s+)?original\b.*|original(?:\s+(?:version|article|source|post|text|link"
    r"|story|page))?(?:\s+at\s+(?:the\s+)?source)?|원문(?:\s*보기)?|查看原文|原文(?:链接|連結|リンク)?|ver\s+(?:el\s+)?original"
    r"|voir\s+l'original|zum\s+original|оригинал(?:\s+статьи)?)\W*$",
    re.IGNORECASE,
)


def find_source(page: Page, flow: Flow, place: Surroundings, context: PageContext) -> Provenance | None:
    """Find the name of the source: the rule's, else the page's own `Source:` line, else the site's name."""
    lines = [flow.blocks[index].text for index in place.region]
    named = (line for line in lines if ":" in line or "：" in line)
    shown = [(line, match["name"]) for line in named if (match := _SOURCE_LINE.search(line))]
    if context.source_name:
        rejected = tuple(
            Candidate(raw=name.strip(), method="source_line", reason="the source's rule names it")
            for _, name in shown
            if name.strip() != context.source_name
        )
        return Provenance(value=context.source_name, raw=None, method="rule", rejected=rejected)
    if shown:
        text, name = shown[0]
        return Provenance(value=name.strip(), raw=cut(text), method="source_line")
    for article in page.structured.articles:
        publisher = first_text(article.get("publisher"))
        if publisher and not publisher.startswith("http"):
            return Provenance(value=publisher, raw=publisher, method="json_ld.publisher")
    if page.site:
        return Provenance(value=page.site, raw=page.site, method="meta.og:site_name")
    for index in range(place.first, min(place.first + 2, len(flow.blocks))):
        agency = _AGENCY.match(flow.blocks[index].text)
        if agency:
            return Provenance(value=agency["name"], raw=agency[0], method="dateline")
    return None


def find_original(page: Page, flow: Flow, place: Surroundings) -> Provenance | None:
    """Find the link of the article's meta line that says it leads to the original."""
    for index in place.region:
        for anchor in flow.blocks[index].anchors:
            text = " ".join(anchor.text().split())
            if not _ORIGINAL.match(text):
                continue
            raw = anchor.attributes.get("href")
            url = absolute_url(page.base, raw)
            if url is not None:
                return Provenance(value=url, raw=cut(raw or ""), method=f"link: {cut(text, 60)}")
    return None
