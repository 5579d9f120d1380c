"""The headline: the `h1` that another part of the page confirms, else what the page tells machines."""

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from services.normalizer.blocks import Element, Flow
from services.normalizer.datelines import read_dateline
from services.normalizer.edges import is_fact_line, is_labelled_fact
from services.normalizer.fields import Candidate, Provenance
from services.normalizer.structured import Structured, first_text
from services.normalizer.text import cut, letters_of, plain

# White space is only looked at from where it begins: a long run of it is then read once.
_SEPARATOR = re.compile(r"(?<!\s)\s++[|\-–—·•:»«/~]\s+|(?:(?<!\s)\s+)?[|｜]\s*")
_PIPE = re.compile(r"(?:(?<!\s)\s+)?[|｜][^|｜]*$")
_MIN_BEFORE_PIPE = 15
_MIN_SHARED_WORDS = 0.5
_HEADLINE_LABEL = re.compile(
    r"(?:article|news|post|story|entry|main|content)[-_]?(?:main[-_]?)?(?:title|head(?:line)?)(?:$|[\s_-])|(?:^|\s)headline(?:$|\s)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?。…:](?:[\"'”’)\s]*)$")
_MAX_TITLE_CHARS = 1_000
_HEADING_CHARS = range(4, 301)
_MAX_HEADINGS = 6


def find_title(
    flow: Flow, tree: LexborHTMLParser, structured: Structured, *, site: str | None = None, host: str = ""
) -> Provenance | None:
    """Find the headline of a page.

    Args:
        flow: The page's text.
        tree: The parsed page.
        structured: Its structured data.
        site: The name of the site, which is cut off the end or the start of a title.
        host: The host of the page; a heading that is its name is the site's, not the article's.
    """
    offered = _offered(tree, structured)
    headings = [heading for heading in _headings(flow) if not _names_site(heading, site, host)]
    chosen = _confirmed_heading(headings, offered) or _first_offered(offered, headings, flow, site)
    if chosen is None:
        return None
    value, raw, method = chosen
    seen = [*offered.items(), *(("h1", heading) for heading in headings)]
    rejected = {
        text: Candidate(raw=cut(text), method=name, reason="a better source was found")
        for name, text in seen
        if text not in {raw, value}
    }
    return Provenance(value=value, raw=cut(raw), method=method, rejected=tuple(rejected.values()))


def title_of_text(lines: Sequence[str]) -> Provenance | None:
    """Take a line for the headline, on pages that have neither a heading nor a title.

    It is the line above the one that gives the date, else the first one. A page that holds several agency
    dispatches has no single headline.

    Args:
        lines: The lines above the text that stand near it, then the text.
    """
    facts = next((position for position, line in enumerate(lines[:10]) if is_labelled_fact(line)), 0)
    first = lines[facts - 1] if facts else next((line for line in lines if not is_fact_line(line)), "")
    dispatches = sum(1 for line in lines if (found := read_dateline(line)) is not None and found.strict)
    if len(first) not in _HEADING_CHARS or _SENTENCE_END.search(first) or dispatches > 1:
        return None
    return Provenance(value=first, raw=cut(first), method="first_line")


def without_site(title: str, site: str | None) -> str:
    """Cut the name of the site off a title: `Headline | Site` or `Site: Headline`.

    What follows a last vertical bar goes even when the site has another name: it is never part of a headline.
    """
    piped = _PIPE.search(title)
    if piped and piped.start() >= _MIN_BEFORE_PIPE:
        title = title[: piped.start()]
    name = letters_of(site or "")
    if not name:
        return title.strip()
    for match in reversed(list(_SEPARATOR.finditer(title))):
        tail = letters_of(title[match.end() :])
        if tail and (tail in name or name in tail) and match.start() > 8:
            title = title[: match.start()]
    match_first = _SEPARATOR.search(title)
    if (
        match_first
        and letters_of(title[: match_first.start()]) == name
        and len(title) - match_first.end() > 10
    ):
        title = title[match_first.end() :]
    return title.strip()


def _offered(tree: LexborHTMLParser, structured: Structured) -> dict[str, str]:
    offered: dict[str, str] = {}
    for article in structured.articles:
        headline = first_text(article.get("headline")) or first_text(article.get("name"))
        if headline:
            offered["json_ld.headline"] = headline
            break
    social = structured.first_meta("og:title", "twitter:title")
    if social:
        offered[f"meta.{social[0]}"] = plain(social[1])
    node = tree.css_first("title")
    if node is not None and (text := plain(node.text())):
        offered["title"] = text
    return {name: text for name, text in offered.items() if 0 < len(text) <= _MAX_TITLE_CHARS}


def _headings(flow: Flow) -> list[str]:
    texts = (_text_of(flow, element) for element in flow.headlines[:_MAX_HEADINGS])
    return [text for text in texts if len(text) in _HEADING_CHARS]


def _labelled_headline(flow: Flow) -> str | None:
    """Return the first small element that is named as a headline, on pages that use no `h1`."""
    for element in flow.top.descendants():
        if element.label and element.end - element.start <= 2 and _HEADLINE_LABEL.search(element.label):
            text = _text_of(flow, element)
            if len(text) in _HEADING_CHARS:
                return text
    return None


def _text_of(flow: Flow, element: Element) -> str:
    return " ".join(block.text for block in flow.blocks[element.start : element.end])


def _confirmed_heading(headings: list[str], offered: dict[str, str]) -> tuple[str, str, str] | None:
    others = [(name, letters_of(text)) for name, text in offered.items()]
    for heading in headings:
        letters = letters_of(heading)
        for name, other in others:
            if letters and _agree(letters, other):
                same = name == "json_ld.headline" and letters == other
                return (offered[name] if same else heading), heading, f"h1+{name}"
    return None


def _agree(heading: str, other: str) -> bool:
    if heading == other:
        return True
    return len(heading) > 15 and (heading in other or (other in heading and len(other) > 0.6 * len(heading)))


def _names_site(heading: str, site: str | None, host: str) -> bool:
    letters = letters_of(heading)
    labels = {letters_of(label) for label in host.split(".") if len(label) > 3}
    return letters == letters_of(site or "") or letters in labels


def _first_offered(
    offered: dict[str, str], headings: list[str], flow: Flow, site: str | None
) -> tuple[str, str, str] | None:
    stated = next(((name, text) for name, text in offered.items() if name != "title"), None)
    if len(headings) == 1 and (stated is None or _speaks_for(headings[0], *stated)):
        return headings[0], headings[0], "h1"
    labelled = None if stated or headings else _labelled_headline(flow)
    if labelled:
        return labelled, labelled, "labelled_headline"
    name, text = stated or ("title", offered.get("title", ""))
    if text:
        return without_site(text, site) or text, text, name
    return (headings[0], headings[0], "h1") if headings else None


def _speaks_for(heading: str, name: str, text: str) -> bool:
    """The only heading stands for a title that is worded a little differently, or only meant for social media."""
    words, others = set(heading.casefold().split()), set(text.casefold().split())
    if len(words) < 3:
        return False
    return not name.startswith("json_ld") or len(words & others) >= _MIN_SHARED_WORDS * len(words)
