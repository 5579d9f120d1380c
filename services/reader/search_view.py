"""What the page of a search shows besides its results: notices, and ways to narrow it. Nothing here does I/O."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from services.reader.wording import direction, language_name, shown
from services.reader.words import Words
from shared.ledger.records import SourceSummary
from shared.ledger.searching import Counts
from shared.search_query import SearchQuery

__all__ = ["Facet", "Narrower", "NoticeView", "facets_of", "notices_of", "search_address"]

_SHOWN_OF_A_FACET = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """Something in a query that may not mean what the reader thinks, in words."""

    part: str
    """As typed."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrower:
    """A value by which the results can be narrowed, and how many have it."""

    name: str
    lang: str
    dir: str
    count: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One way to divide the results."""

    heading: str
    narrowers: tuple[Narrower, ...]


def search_address(text: str, **more: str) -> str:
    """Return the address of a search."""
    return f"/search?{urlencode({'q': text, **{name: value for name, value in more.items() if value}})}"


def notices_of(
    query: SearchQuery, sources: Sequence[SourceSummary], *, words: Words
) -> tuple[NoticeView, ...]:
    """Return what was wrong with a query, and the names in it that this archive does not know."""
    asked = query.narrowing
    ids = [source.source_id for source in sources]
    languages = sorted({source.language for source in sources if source.language})
    notices = [
        NoticeView(part=one.part, sentence=words.sentences(map(words.say, one.sentences)))
        for one in query.notices
    ]
    for name in (*asked.source_ids, *asked.not_source_ids):
        if name not in ids:
            near = words.say(" or ").join(_near(name, sources))
            told = (
                words.say("No source has this name. Did you mean %(names)s?", names=near)
                if near
                else words.say("No source has this name. The page of sources lists them all.")
            )
            notices.append(NoticeView(part=f"site:{name}", sentence=told))
    for name in (*asked.languages, *asked.not_languages):
        if name not in languages:
            known = words.all_of(languages)
            told = words.say("No source is in this language. There are %(languages)s.", languages=known)
            notices.append(NoticeView(part=f"lang:{name}", sentence=told))
    return tuple(notices)


def facets_of(
    query: SearchQuery, counts: Counts, sources: Iterable[SourceSummary], *, order: str, words: Words
) -> tuple[Facet, ...]:
    """Return the ways to narrow a search that would leave something out, each with its counts."""
    names = {source.source_id: shown(source.name) for source in sources}

    def narrowers(
        values: Mapping[str, int], operator: str, labels: Mapping[str, str]
    ) -> tuple[Narrower, ...]:
        return tuple(
            _narrower(query, labels.get(value, value), count, f"{operator}:{value}", order=order)
            for value, count in list(values.items())[:_SHOWN_OF_A_FACET]
        )

    years = sorted(counts.years.items(), reverse=True)[:_SHOWN_OF_A_FACET]
    found = (
        Facet(heading=words.say("Source"), narrowers=narrowers(counts.sources, "site", names)),
        Facet(
            heading=words.say("Language"),
            narrowers=tuple(
                _narrower(query, language_name(tag), count, f"lang:{tag}", order=order, tag=tag)
                for tag, count in counts.languages.items()
            ),
        ),
        Facet(
            heading=words.say("Year"),
            narrowers=tuple(
                _narrower(query, str(year), count, f"after:{year} before:{year + 1}", order=order)
                for year, count in years
            ),
        ),
    )
    return tuple(facet for facet in found if len(facet.narrowers) > 1)


def _narrower(
    query: SearchQuery, name: str, count: int, operators: str, *, order: str, tag: str | None = None
) -> Narrower:
    return Narrower(
        name=name,
        lang=tag or "",
        dir=direction(tag) if tag else "auto",
        count=count,
        address=search_address(f"{query.text} {operators}", sort=order),
    )


def _near(name: str, sources: Sequence[SourceSummary]) -> list[str]:
    """Return the operator of the sources that may have been meant: by id, or by a part of their names."""
    ids = [source.source_id for source in sources]
    near = [one for one in ids if one.startswith(name)] or difflib.get_close_matches(name, ids, n=3)
    near = near or [source.source_id for source in sources if name in source.name.casefold()]
    return [f"site:{one}" for one in near[:3]]
