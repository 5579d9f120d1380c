"""What an article's page says of itself to programs: JSON-LD, Highwire and Dublin Core, as Zotero reads them."""

from dataclasses import dataclass

from markupsafe import Markup

from services.reader.memento import memento_address
from services.reader.references import of_whole_article
from services.reader.wording import shown
from shared.encoding import dump_json
from shared.ledger.captured_urls import Memento
from shared.ledger.records import Article, Revision

__all__ = ["ArticleMetadata", "article_metadata"]

_ESCAPES = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
"""No entity is read in a script element, and `</script` ends it: these letters are written as JSON escapes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleMetadata:
    """The elements of a page's head."""

    json_ld: Markup
    """The content of a script element of type application/ld+json, escaped for it."""
    tags: tuple[tuple[str, str], ...]
    """Names and contents of meta elements."""


def article_metadata(
    article: Article, read: Revision | None, *, base: str, stored: Memento | None, replay_url: str
) -> ArticleMetadata:
    """Return what the page of an article says of itself.

    Args:
        article: The article.
        read: The revision that the page shows.
        base: The address of these pages, without a slash at its end.
        stored: The capture that the shown text was taken from.
        replay_url: Where captures are replayed; empty for nowhere.
    """
    cited = of_whole_article(article)
    page = f"{base}{cited.path}"
    title = shown(read.title) if read else cited.title
    archived = memento_address(replay_url, stored) if stored and replay_url else None
    told = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": page,
        "url": cited.original,
        "mainEntityOfPage": page,
        "headline": title,
        "inLanguage": cited.language,
        "datePublished": cited.issued,
        "publisher": {"@type": "NewsMediaOrganization", "name": cited.source},
        "archivedAt": [address for address in (archived, page) if address],
        "isAccessibleForFree": True,
    }
    tags = {
        "citation_title": title,
        "citation_publication_date": (cited.issued or "")[:10].replace("-", "/"),
        "citation_journal_title": cited.source,
        "citation_language": cited.language,
        "citation_public_url": cited.original,
        "citation_fulltext_html_url": page,
        "DC.title": title,
        "DC.date": cited.issued,
        "DC.publisher": cited.source,
        "DC.language": cited.language,
        "DC.identifier": cited.original or page,
        "DC.source": cited.original,
        "DC.type": "Text",
    }
    return ArticleMetadata(
        json_ld=_for_script({name: value for name, value in told.items() if value}),
        tags=tuple((name, value) for name, value in tags.items() if value),
    )


def _for_script(value: object) -> Markup:
    text = dump_json(value).decode("utf-8", "replace").translate(_ESCAPES)
    return Markup(text)  # noqa: S704  (escaped just now, for the one place where it stands)
