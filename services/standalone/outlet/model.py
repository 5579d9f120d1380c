"""The outlet as a pure function: what it answers to a path on a day, and what is true on that day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from services.standalone.outlet import machine, pages
from services.standalone.outlet.editions import DAYS, EDITIONS, LAYOUT_CHANGE_DAY, Edition, date_of
from services.standalone.outlet.loopback import Response
from services.standalone.outlet.plan import Article, address, plan_edition
from services.standalone.outlet.truth import (
    CHARACTER_LANGUAGES,
    TrueArticle,
    TrueEdit,
    TrueRemoval,
    TrueReturn,
    Truth,
    changed_words,
)

LIST_LENGTH: Final = 15
"""Entries on a list: more than an edition prints in three days, so that nothing leaves a list unseen."""

FRONT_LENGTH: Final = 5
CARDS: Final = 4
EXAMPLE_BASE: Final = "http://outlet.example"


class Outlet:
    """Fourteen days of a fictional agency in three languages; equal seeds give equal bytes.

    Attributes:
        days: How many days can be simulated; the first is 1.
        layout_change_day: The day on which the English edition changes the look of every page.
    """

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.days = DAYS
        self.layout_change_day = LAYOUT_CHANGE_DAY
        self._editions: Mapping[str, Edition] = {edition.code: edition for edition in EDITIONS}
        self._articles = {edition.code: plan_edition(edition, seed=seed) for edition in EDITIONS}
        everything = [article for articles in self._articles.values() for article in articles]
        self._at = {path: article for article in everything for path in article.paths}
        self._printed = {article.print_path: article for article in everything}

    def respond(self, path: str, *, day: int, headers: Mapping[str, str] | None = None) -> Response:
        """Answer a GET of `path` on a day.

        Args:
            path: Path as sent; a query is ignored.
            day: From 1 to `days`.
            headers: Request headers with names in lower case. `host` is used in absolute addresses,
                `if-none-match` and `if-modified-since` as RFC 9110 §13.1 says.

        Raises:
            ValueError: There is no such day.
        """
        self._check(day)
        sent = headers or {}
        base_url = f"http://{sent['host']}" if "host" in sent else EXAMPLE_BASE
        clean = urlsplit(path).path
        article = self._at.get(clean) or self._printed.get(clean)
        if article is not None:
            return self._article_answer(article, clean, day=day, headers=sent)
        text, content_type = self._fixed_page(clean, base_url=base_url, day=day)
        if not text:
            return _missing(self._edition_of(clean))
        return _conditional(text, content_type, changed_on=day, headers=sent)

    def truth(self, day: int) -> Truth:
        """Return everything that happened up to and including a day."""
        self._check(day)
        out = [article for articles in self._articles.values() for article in articles if article.day <= day]
        return Truth(
            day=day,
            articles=tuple(_true_article(article, day) for article in out),
            edits=tuple(edit for article in out for edit in _true_edits(article, day)),
            removals=tuple(
                TrueRemoval(article_id=article.article_id, paths=article.paths, day=article.gone_on)
                for article in out
                if article.gone_on is not None and article.gone_on <= day
            ),
            returns=tuple(
                _true_return(article, article.back_on)
                for article in out
                if article.back_on is not None and article.back_on <= day
            ),
            disallowed=tuple(article.print_path for article in out),
        )

    def source_files(self, base_url: str) -> list[str]:
        """Return the source file of each edition (TOML) for the outlet served at `base_url`."""
        return [machine.source_file(edition, base_url) for edition in EDITIONS]

    def _check(self, day: int) -> None:
        if not 1 <= day <= self.days:
            raise ValueError(f"the outlet has no day {day}; take one from 1 to {self.days}")

    def _edition_of(self, path: str) -> Edition:
        return self._editions.get(path.split("/")[1], EDITIONS[0]) if "/" in path else EDITIONS[0]

    def _standing(self, edition: Edition, day: int) -> list[Article]:
        """Every article that answers on the day, newest first."""
        return [article for article in reversed(self._articles[edition.code]) if article.stands_on(day)]

    def _lists(self, edition: Edition) -> list[tuple[str, str]]:
        return [
            (name, address(edition.code, "l", seed=self.seed, of=key))
            for key, name in edition.sections.items()
        ]

    def _fixed_page(self, path: str, *, base_url: str, day: int) -> tuple[str, str]:
        """The text and type of what is no article; an empty text when there is nothing."""
        if path == "/robots.txt":
            return machine.robots(base_url), "text/plain; charset=utf-8"
        if path == "/":
            return pages.door_page(EDITIONS), "text/html; charset=utf-8"
        edition = self._edition_of(path)
        if path == f"/{edition.code}/feed.xml":
            text = machine.feed(edition, self._standing(edition, day), base_url=base_url, day=day)
            return text, "application/rss+xml; charset=utf-8"
        if path == f"/{edition.code}/sitemap.xml":
            text = machine.sitemap(self._standing(edition, day), base_url=base_url, day=day)
            return text, "application/xml; charset=utf-8"
        return self._listing(edition, path, day), "text/html; charset=utf-8"

    def _listing(self, edition: Edition, path: str, day: int) -> str:
        lists = self._lists(edition)
        if path == f"/{edition.code}/":
            newest = [(article, article.paths[0]) for article in self._standing(edition, day)]
            entries = self._entries(edition, newest[:FRONT_LENGTH], day)
            return pages.home_page(edition, lists=lists, newest=entries, day=day)
        for (name, list_path), section in zip(lists, edition.sections, strict=True):
            if path == list_path:
                entries = self._entries(edition, self._in_section(edition, section, day), day)
                return pages.list_page(edition, name, lists=lists, entries=entries, day=day)
        return ""

    def _in_section(self, edition: Edition, section: str, day: int) -> list[tuple[Article, str]]:
        standing = [(article, dict(article.addresses)) for article in self._standing(edition, day)]
        entries = [(article, paths[section]) for article, paths in standing if section in paths]
        return entries[:LIST_LENGTH]

    def _entries(self, edition: Edition, entries: list[tuple[Article, str]], day: int) -> str:
        return "".join(pages.list_entry(edition, article, path=path, day=day) for article, path in entries)

    def _article_answer(
        self, article: Article, path: str, *, day: int, headers: Mapping[str, str]
    ) -> Response:
        edition = self._editions[article.edition]
        if not article.stands_on(day):
            return _missing(edition)
        if path == article.print_path:
            text = pages.print_page(edition, article, day)
        else:
            cards = self._cards(edition, article, day)
            text = pages.article_page(edition, article, cards=cards, lists=self._lists(edition), day=day)
        changed_on = day if edition.header_date else max(article.version_on(day).day, article.back_on or 1)
        return _conditional(
            text, "text/html; charset=utf-8", changed_on=min(changed_on, day), headers=headers
        )

    def _cards(self, edition: Edition, article: Article, day: int) -> str:
        """The related block: today's news, or what was news when an undated page was made."""
        made_on = day if edition.header_date else article.day
        others = [
            other
            for other in self._standing(edition, made_on)
            if other is not article and (edition.header_date or other.gone_on is None)
        ]
        return "".join(
            pages.card(
                edition,
                edition.layout_on(day),
                version=other.version_on(made_on),
                path=other.paths[0],
                published_day=other.day,
            )
            for other in others[:CARDS]
        )


def _true_article(article: Article, day: int) -> TrueArticle:
    last_standing = min(day, article.gone_on - 1) if article.gone_on and article.away_on(day) else day
    version = article.version_on(last_standing)
    return TrueArticle(
        article_id=article.article_id,
        edition=article.edition,
        published=date_of(article.day),
        paths=article.paths,
        title=version.title,
        paragraphs=version.paragraphs,
        away=article.away_on(day),
    )


def _true_edits(article: Article, day: int) -> list[TrueEdit]:
    """The edits seen so far, but for what changed while the article was away: that belongs to its return."""
    edits: list[TrueEdit] = []
    for number, version in enumerate(article.versions[1:], start=1):
        if version.day > day or version.day == article.back_on or version.edit_class is None:
            continue
        removed, added = _difference(article, number)
        edits.append(
            TrueEdit(
                article_id=article.article_id,
                paths=article.paths,
                day=version.day,
                edit_class=version.edit_class,
                silent=version.silent,
                removed=removed,
                added=added,
            )
        )
    return edits


def _true_return(article: Article, day: int) -> TrueReturn:
    changed = [number for number, version in enumerate(article.versions) if version.day == day]
    removed, added = _difference(article, changed[0]) if changed else ((), ())
    return TrueReturn(
        article_id=article.article_id, paths=article.paths, day=day, removed=removed, added=added
    )


def _difference(article: Article, number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that went and came with the version of that number, those of the title first."""
    before, after = article.versions[number - 1], article.versions[number]
    by_character = article.edition in CHARACTER_LANGUAGES
    titles = changed_words(before.title, after.title, by_character=by_character)
    texts = changed_words(before.text, after.text, by_character=by_character)
    return titles[0] + texts[0], titles[1] + texts[1]


def _missing(edition: Edition) -> Response:
    body = pages.missing_page(edition).encode()
    return Response(status=404, headers=(("Content-Type", "text/html; charset=utf-8"),), body=body)


def _conditional(text: str, content_type: str, *, changed_on: int, headers: Mapping[str, str]) -> Response:
    """Answer 200, or 304 when the client has these bytes (RFC 9110 §13.1.2 and §13.1.3)."""
    body = text.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    changed = machine.http_date(changed_on)
    validators = (("ETag", tag), ("Last-Modified", changed))
    if _client_has(tag, changed, headers=headers):
        return Response(status=304, headers=validators)
    return Response(status=200, headers=(("Content-Type", content_type), *validators), body=body)


def _client_has(tag: str, changed: str, *, headers: Mapping[str, str]) -> bool:
    known = headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or tag in {one.strip().removeprefix("W/") for one in known.split(",")}
    since = headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False  # An unreadable date is ignored (RFC 9110 §13.1.3).
