"""The headline: the `h1` that another part of the page confirms, else what the page tells machines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from services.normalizer.blocks import Element, Flow
from services.normalizer.datelines import read_dateline
from services.normalizer.dates import written_dates
from services.normalizer.edges import is_fact_line, is_labelled_fact
from services.normalizer.fields import Candidate, Provenance
from services.normalizer.structured import Structured, first_text
from services.normalizer.text import cut, has_wide_letters, letters_of, plain
from services.normalizer.title_tails import BORDER, without_tail

_PIPE = re.compile(r"(?:(?<!\s)\s+)?[|｜][^|｜]*$")
_MIN_BEFORE_PIPE = 15
_MIN_SHARED_WORDS = 0.5
_MIN_TITLE_WORDS = 0.2
_MIN_WORDS = 3
_MIN_LABEL = 5
_MAX_SITE_WORDS = 4
_WORD = re.compile(r"\w+")
_KIND = re.compile(r"(?:title|titel|titre|título|headline|blog|post|article|artikel)\s*[:：]", re.IGNORECASE)
_HEADLINE_LABEL = re.compile(
    r"(?:article|news|post|story|entry|main|content)[-_]?(?:main[-_]?)?(?:title|head(?:line)?)(?:$|[\s_-])|(?:^|\s)headline(?:$|\s)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?。…:](?:[\"'”’)\s]*)$")
_MAX_TITLE_CHARS = 1_000
_HEADING_CHARS = range(4, 301)
_MAX_HEADINGS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What a page calls its site, where it stands, and what titles of its source end with."""

    site: str | None
    host: str
    tails: Sequence[str]

    def cut_off(self, title: str) -> str:
        """Return a title without the name of the site."""
        return without_site(without_tail(title, self.tails), self.site, self.host)


def find_title(
    flow: Flow,
    tree: LexborHTMLParser,
    structured: Structured,
    *,
    site: str | None = None,
    host: str = "",
    tails: Sequence[str] = (),
) -> Provenance | None:
    """Find the headline of a page.

    Args:
        flow: The page's text.
        tree: The parsed page.
        structured: Its structured data.
        site: The name of the site, which is cut off the end or the start of a title.
        host: The host of the page; a heading that is its name is the site's, not the article's.
        tails: What the titles of this source end with, by its rules.
    """
    offered = _offered(tree, structured)
    headings = [heading for heading in _headings(flow) if not _names_site(heading, site, host)]
    names = _Names(site=site, host=host, tails=tails)
    chosen = _confirmed_heading(headings, offered, names) or _first_offered(offered, headings, flow, names)
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


def without_site(title: str, site: str | None, host: str = "") -> str:
    """Cut the name of the site off a title: `Headline | Site` or `Site: Headline`.

    What follows a last vertical bar goes even when the site has another name: it is never part of a headline.
    Other tails go when they bear the name that the page gives its site, or the one it is registered under.
    """
    piped = _PIPE.search(title)
    if piped and piped.start() >= _MIN_BEFORE_PIPE:
        title = title[: piped.start()]
    last = list(BORDER.finditer(title))[-1:]
    if last and last[0].start() > 8 and _is_host(title[last[0].end() :], host):
        title = title[: last[0].start()]
    name = letters_of(site or "")
    if not name:
        return title.strip()
    for match in reversed(list(BORDER.finditer(title))):
        tail = letters_of(title[match.end() :])
        if tail and (tail in name or name in tail) and match.start() > 8:
            title = title[: match.start()]
    match_first = BORDER.search(title)
    if (
        match_first
        and letters_of(title[: match_first.start()]) == name
        and len(title) - match_first.end() > 10
    ):
        title = title[match_first.end() :]
    return title.strip()


def _is_host(tail: str, host: str) -> bool:
    """Tell whether the end of a title is the site by its domain: `Taipei Times` of `taipeitimes.com`."""
    letters = letters_of(tail)
    labels = [label for label in map(letters_of, host.split(".")) if len(label) >= _MIN_LABEL]
    if len(tail.split()) > _MAX_SITE_WORDS:
        return False
    return letters == letters_of(host.removeprefix("www.")) or any(label in letters for label in labels)


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


def _confirmed_heading(
    headings: list[str], offered: dict[str, str], names: _Names
) -> tuple[str, str, str] | None:
    texts = {name: names.cut_off(text) if name == "title" else text for name, text in offered.items()}
    others = [(name, letters_of(text)) for name, text in texts.items()]
    for heading in headings:
        letters = letters_of(heading)
        for name, other in others:
            if letters and _agree(letters, other):
                same = name == "json_ld.headline" and letters == other
                value = offered[name] if same else _without_label(heading, texts[name])
                return value, heading, f"h1+{name}"
    return None


def _without_label(heading: str, text: str) -> str:
    """Cut off a date, or a word such as `Blog:`, that stands in a heading before what is the title elsewhere."""
    before = heading.removesuffix(text).strip()
    if not before or before == heading.strip():
        return heading
    dates = written_dates(before)
    is_date = bool(dates) and dates[0].start == 0 and dates[0].end == len(before)
    return text if is_date or _KIND.fullmatch(before) else heading


def _agree(heading: str, other: str) -> bool:
    if heading == other:
        return True
    return len(heading) > 15 and (heading in other or (other in heading and len(other) > 0.6 * len(heading)))


def _names_site(heading: str, site: str | None, host: str) -> bool:
    letters = letters_of(heading)
    labels = {letters_of(label) for label in host.split(".") if len(label) > 3}
    return letters == letters_of(site or "") or letters in labels


def _first_offered(
    offered: dict[str, str], headings: list[str], flow: Flow, names: _Names
) -> tuple[str, str, str] | None:
    stated = next(((name, text) for name, text in offered.items() if name != "title"), None)
    heading = _speaker(headings, stated, offered, names)
    if heading:
        return heading, heading, "h1"
    labelled = None if stated or headings else _labelled_headline(flow)
    if labelled:
        return labelled, labelled, "labelled_headline"
    name, text = stated or ("title", offered.get("title", ""))
    if text:
        return names.cut_off(text) or text, text, name
    return (headings[0], headings[0], "h1") if headings else None


def _speaker(
    headings: list[str], stated: tuple[str, str] | None, offered: dict[str, str], names: _Names
) -> str | None:
    """Return the heading that stands for the title though nothing repeats it in the same words.

    An only heading stands for a title that is worded differently, or only meant for social media; it does not when
    it shares next to nothing with any of them. One of several, or one against what JSON-LD calls the headline, has
    to share half of its words, and of several none that is a mere piece of that headline.
    """
    if len(headings) == 1 and (stated is None or not stated[0].startswith("json_ld")):
        only = headings[0]
        texts = " ".join(map(names.cut_off, offered.values()))
        long_enough = stated is None or len(only.split()) >= _MIN_WORDS
        return only if long_enough and (not texts or _shared(only, texts) >= _MIN_TITLE_WORDS) else None
    if stated is None:
        return None
    letters = letters_of(stated[1])
    alone = len(headings) == 1
    for heading in headings:
        whole = alone or letters_of(heading) not in letters
        if whole and len(heading.split()) >= _MIN_WORDS and _shared(heading, stated[1]) >= _MIN_SHARED_WORDS:
            return heading
    return None


def _shared(heading: str, text: str) -> float:
    """Return the share of a heading's words that a title has too; all where words are not told apart by spaces."""
    words, others = (set(_WORD.findall(line.casefold())) for line in (heading, text))
    if has_wide_letters(heading) or len(words) < _MIN_WORDS:
        return 1.0
    return len(words & others) / len(words)
