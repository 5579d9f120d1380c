"""What the normalizer is told about a page, and what it says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from shared.errors import PressmarkError
from shared.sources import ArticleRules

DatePrecision = Literal["second", "minute", "day", "month", "year"]
BlockKind = Literal["paragraph", "heading", "quote", "list_item", "table_row", "caption"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """What is known about a page besides its bytes. Every part may be missing.

    Attributes:
        url: The address the bytes came from.
        content_type: The `Content-Type` header as it was sent.
        rules: The source's own selectors.
        source_name: The name of the source as readers see it.
        language: The language the source declares (BCP 47 primary tag); `und` says nothing.
        timezone: IANA name of the zone that dates without one are in.
        captured_at: When the bytes were fetched (aware); nothing is published later.
    """

    url: str | None = None
    content_type: str | None = None
    rules: ArticleRules | None = None
    source_name: str | None = None
    language: str | None = None
    timezone: str | None = None
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A value that was seen and not taken, and why."""

    raw: str
    method: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the value of one field came from.

    Attributes:
        value: The value as text; for the body and the related cards, how many there are.
        raw: The characters of the page that it was read from, cut at 500.
        method: The place it was found, such as `rule`, `json_ld.headline` or `meta.og:title`.
        rejected: Other values the page offered, best first.
    """

    value: str | None
    raw: str | None
    method: str
    rejected: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """One card of a *More from* block. `date` is an ISO day when the card's date could be read."""

    title: str
    url: str | None
    excerpt: str | None
    date: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """One paragraph of the body and what it is."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of the article. `alternative`: the text for those who do not see it."""

    url: str
    caption: str | None
    alternative: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLink:
    """Where the body links to, and the words that do."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """What equal and nearly equal texts are found by.

    Attributes:
        exact: `sha256:<hex>` over the visible characters.
        near: 64 bits in hexadecimal; texts that share most of their wording differ in few of them.
    """

    exact: str
    near: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """The fields of one article page.

    Attributes:
        published: ISO 8601, as exact as `published_precision` says, with the zone where it is known.
        modified: ISO 8601, what the page itself says; never used as the publication date.
        language: ISO 639-1 code.
        body: Paragraphs in reading order, without mark-up.
        confidence: 0 to 1: how sure the choice of the body is.
        blocks: The paragraphs of `body`, in the same order, with their kinds.
        images: Pictures between the headline and the end of the text.
        links: Addresses that the text links to, each once.
        words: A character of a script written without spaces counts as one.
        fingerprints: None when there is no text.
    """

    url: str | None
    title: str | None
    published: str | None
    published_precision: DatePrecision | None
    modified: str | None
    authors: tuple[str, ...]
    language: str | None
    source: str | None
    canonical_url: str | None
    original_url: str | None
    body: tuple[str, ...]
    related: tuple[Related, ...]
    provenance: Mapping[str, Provenance] = field(default_factory=lambda: MappingProxyType({}))
    description: str | None = None
    site_name: str | None = None
    image: str | None = None
    charset: str = "utf-8"
    confidence: float = 0.0
    blocks: tuple[TextBlock, ...] = ()
    images: tuple[Picture, ...] = ()
    links: tuple[TextLink, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    words: int = 0
    characters: int = 0
    fingerprints: Fingerprints | None = None

    @property
    def text(self) -> str:
        """The body as one text, a line a paragraph."""
        return "\n".join(self.body)


class ExtractionFailure(StrEnum):
    """Why nothing can be read from a body."""

    EMPTY = "empty"
    NOT_HTML = "not_html"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    BAD_RULE = "bad_rule"
    PARSE_TIMEOUT = "parse_timeout"
    """Reading it took longer than a page may, and was ended."""
    PARSE_MEMORY = "parse_memory"
    """Reading it took more memory than a page may."""
    PARSE_CRASHED = "parse_crashed"
    """The process that read it died of it."""

    @property
    def is_of_reader(self) -> bool:
        """Whether the page was given up while it was read, so that a better reader may read it one day."""
        return self in {self.PARSE_TIMEOUT, self.PARSE_MEMORY, self.PARSE_CRASHED}


class ExtractionError(PressmarkError, ValueError):
    """Nothing can be read from these bytes; `reason` is for counting, `detail` for people."""

    def __init__(self, reason: ExtractionFailure, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
