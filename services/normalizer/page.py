"""A page, parsed once; every field reads this one tree."""

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from services.normalizer.addresses import absolute_url, host_of
from services.normalizer.charsets import decode
from services.normalizer.fields import ExtractionError, ExtractionFailure, PageContext
from services.normalizer.guards import refuse_foreign, safe_markup
from services.normalizer.marked import Marked, find_marked
from services.normalizer.prechecks import is_plain
from services.normalizer.structured import Structured, first_text, read_structured
from services.normalizer.text import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A parsed page.

    Attributes:
        markup: The text that was parsed, after the guards.
        marked: The elements that speak to machines.
        base: What relative addresses are joined to.
        site: The name that the page gives its site.
        codec: The Python codec that decoded it.
    """

    tree: LexborHTMLParser
    body: LexborNode
    markup: str
    marked: Marked
    structured: Structured
    base: str | None
    site: str | None
    codec: str


def read_page(body: bytes, context: PageContext) -> Page:
    """Decode, check and parse a page.

    Raises:
        ExtractionError: the bytes are no HTML page, or hold nothing.
    """
    refuse_foreign(body, context.content_type)
    decoded = decode(body, context.content_type, domain=host_of(context.url))
    # A page in UTF-8 is parsed as it came: text would be encoded again first.
    as_it_came = decoded.method == "strict_utf8" and is_plain(body)
    markup = decoded.text if as_it_came else safe_markup(decoded.text)
    try:
        tree = LexborHTMLParser(body if as_it_came else markup)
    except (SelectolaxError, ValueError) as error:
        raise ExtractionError(
            ExtractionFailure.UNREADABLE, f"the parser refused the page: {error}"
        ) from error
    root = tree.body
    if root is None:
        raise ExtractionError(ExtractionFailure.NOT_HTML, "the page has no body element")
    marked = find_marked(tree)
    structured = read_structured(tree, marked)
    stated = absolute_url(context.url, marked.base)
    return Page(
        tree=tree,
        body=root,
        markup=markup,
        marked=marked,
        structured=structured,
        base=stated or context.url or absolute_url(None, structured.canonical),
        site=_site_name(structured),
        codec=decoded.codec,
    )


def select(page: Page, selector: str) -> list[LexborNode]:
    """Return the elements that a rule's CSS selector names.

    Raises:
        ExtractionError: the selector is not CSS that the parser knows.
    """
    try:
        return page.tree.css(selector)
    except (SelectolaxError, ValueError, RuntimeError) as error:
        detail = f"{selector!r} is not a CSS selector that can be used; mend it in the source file"
        raise ExtractionError(ExtractionFailure.BAD_RULE, detail) from error


def _site_name(structured: Structured) -> str | None:
    social = structured.first_meta("og:site_name", "application-name")
    if social:
        return plain(social[1]) or None
    names = (first_text(found.get("publisher")) for found in (*structured.articles, *structured.others))
    return next((name for name in names if name and not name.startswith("http")), None)
