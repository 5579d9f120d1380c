"""What a source file may say, with every default and every rule."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.sources.checks import HttpUrl, Language, Pattern, Proxy, Selector, SourceId, TimeZoneName
from shared.sources.durations import Duration
from shared.urls import canonical_url

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class ListKind(StrEnum):
    """What a list is: a page with links, an RSS, Atom or JSON feed, or a sitemap."""

    LISTING = "listing"
    FEED = "feed"
    SITEMAP = "sitemap"


class KeyPart(StrEnum):
    """Which part of an article's URL its key is read from."""

    PATH = "path"
    QUERY = "query"
    BASE64 = "base64"


class DateOrder(StrEnum):
    """The order of day, month and year in the outlet's numeric dates."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class RobotsChoice(StrEnum):
    """Whether the robots.txt of a source's hosts is obeyed."""

    OBEY = "obey"
    IGNORE = "ignore"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)


class ListRule(_Part):
    """One list of the source, looked at again and again for new articles."""

    url: HttpUrl
    kind: ListKind
    every: Duration = timedelta(minutes=15)
    """Time between two looks at the list, from one second."""

    @field_validator("every")
    @classmethod
    def _every_is_some_time(cls, every: timedelta) -> timedelta:
        if every < timedelta(seconds=1):
            raise ValueError('write a duration from "1s" on')
        return every


class AttributeLink(_Part):
    """Links that stand in an attribute other than `href`, such as a script's argument."""

    attribute: str = Field(min_length=1, pattern=r"^[^\s\"'<>/=]+$")
    pattern: Pattern
    template: str = Field(min_length=1)
    """The link, with `{0}` for the whole match and `{1}` on for its groups; joined with the page's URL."""

    @model_validator(mode="after")
    def _template_names_groups_that_exist(self) -> Self:
        groups = re.compile(self.pattern).groups
        for name in _PLACEHOLDER.findall(self.template):
            if not (name.isascii() and name.isdigit() and int(name) <= groups):
                right = ", ".join(f"{{{number}}}" for number in range(groups + 1))
                raise ValueError(f"the template may name {right}, because the pattern has {groups} group(s)")
        return self


class LinkRules(_Part):
    """Which links of a list are articles, which are lists themselves, and which are neither."""

    accept: tuple[Pattern, ...] = ()
    """Searched in the absolute URL: articles. Without any, every deeper link of the same site is one."""
    reject: tuple[Pattern, ...] = ()
    """Searched in the absolute URL: never taken, whatever else matches."""
    follow: tuple[Pattern, ...] = ()
    """Searched in the absolute URL: listing pages themselves."""
    max_list_pages: int = Field(default=5, ge=1, le=10_000, strict=True)
    """How many pages of a listing are looked at by following its next page, the first one included."""
    from_articles: bool = Field(default=False, strict=True)
    """Take links out of article pages too."""
    attributes: tuple[AttributeLink, ...] = ()


class KeyRule(_Part):
    """How the identity of an article is read from its URL."""

    taken_from: KeyPart = Field(alias="from")
    pattern: Pattern
    """Its first group is the key, or the whole match when it has none."""
    editions: SourceId | None = None
    """The group of sources in which one key means one story in several languages."""


class ArticleRules(_Part):
    """Where an article page keeps what must be got from it. All of it is optional."""

    title: Selector | None = None
    title_tails: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Endings of the titles of this source that are no part of a headline, such as ` - Harbour Wire`."""
    date: Selector | None = None
    body: Selector | None = None
    original_url: Selector | None = None
    exclude: tuple[Selector, ...] = ()
    """Parts of the body that are no text of the article."""
    date_order: DateOrder | None = None
    date_format: str | None = Field(default=None, min_length=1)
    """A strptime format, tried before anything else."""
    end_mark: str | None = Field(default=None, min_length=1)
    """What every complete body ends with, such as `-0-`."""
    key: KeyRule | None = None


class Politeness(_Part):
    """How gently the hosts of this source are asked."""

    delay: Duration = timedelta(seconds=5)
    """Least time between two requests to one host, unless its robots.txt asks for more."""
    concurrency: int = Field(default=1, ge=1, le=16, strict=True)
    """Connections to one host at the same time."""
    robots: RobotsChoice = RobotsChoice.OBEY
    robots_reason: str = ""
    """Why robots.txt is not obeyed. It is kept with the evidence."""
    proxy: Proxy | None = None
    """What every request of this source goes through: an address such as `http://proxy.example:3128`, or a name
    that the operator gave an address with user and password in `PRESSMARK_FETCHER_PROXIES`."""

    @field_validator("delay")
    @classmethod
    def _delay_ends(cls, delay: timedelta) -> timedelta:
        if delay > _DAY:
            raise ValueError('write a duration of at most "1d"')
        return delay

    @model_validator(mode="after")
    def _ignoring_has_a_reason(self) -> Self:
        if self.robots is RobotsChoice.IGNORE and not self.robots_reason.strip():
            raise ValueError('robots = "ignore" needs robots_reason: one sentence that says why')
        return self


class Recheck(_Part):
    """When an archived article is looked at again."""

    after: tuple[Duration, ...] = (_HOUR, 6 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 30 * _DAY)
    """Times after the first archived look, growing."""
    then_every: Duration = 365 * _DAY
    """Time between looks after the last of those."""

    @field_validator("after")
    @classmethod
    def _after_grows(cls, after: tuple[timedelta, ...]) -> tuple[timedelta, ...]:
        if any(later <= earlier for earlier, later in zip((timedelta(0), *after), after, strict=False)):
            raise ValueError('write durations that grow, such as ["1h", "6h", "24h"]')
        return after

    @field_validator("then_every")
    @classmethod
    def _then_every_is_some_time(cls, then_every: timedelta) -> timedelta:
        if then_every < timedelta(minutes=1):
            raise ValueError('write a duration from "1m" on')
        return then_every


class Removal(_Part):
    """What it takes to say that an article was taken down."""

    misses: int = Field(default=3, ge=1, le=100, strict=True)
    """Looks in a row that did not find it."""
    over: Duration = 2 * _DAY
    """Least time from the first of those looks to the last."""


class Requisites(_Part):
    """Whether stored pages are to be shown with their pictures and styles."""

    capture: bool = Field(default=False, strict=True)
    """Archive the pictures and style sheets of articles, of the own site, once each and after everything else."""
    most_of_page: int = Field(default=40, ge=1, le=500, strict=True)
    """How many of one page, style sheets first."""


class SourceFile(_Part):
    """One outlet in one language: where its lists are and how its pages are read."""

    id: SourceId
    name: str = Field(min_length=1, max_length=200)
    """The name as readers see it."""
    language: Language
    """Primary tag of BCP 47."""
    home: HttpUrl
    timezone: TimeZoneName = "UTC"
    lists: tuple[ListRule, ...] = Field(min_length=1)
    links: LinkRules = LinkRules()
    article: ArticleRules = ArticleRules()
    politeness: Politeness = Politeness()
    recheck: Recheck = Recheck()
    removal: Removal = Removal()
    requisites: Requisites = Requisites()

    @field_validator("name")
    @classmethod
    def _name_is_one_line(cls, name: str) -> str:
        if not name.isprintable() or name != name.strip():
            raise ValueError("write a name of one line without blanks around it")
        return name

    @field_validator("lists")
    @classmethod
    def _lists_differ(cls, lists: tuple[ListRule, ...]) -> tuple[ListRule, ...]:
        seen: set[str] = set()
        for rule in lists:
            url = canonical_url(rule.url)
            if url in seen:
                raise ValueError(f"{rule.url} stands twice; keep one of the two lists")
            seen.add(url)
        return lists
