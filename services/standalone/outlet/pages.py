"""The HTML pages of the outlet: home, section lists, articles, print versions, and what is missing."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Final

from services.standalone.outlet.editions import Edition, Layout, date_of
from services.standalone.outlet.plan import Article, Version

EXCERPT_CHARACTERS: Final = 110


def home_page(edition: Edition, *, lists: Sequence[tuple[str, str]], newest: str, day: int) -> str:
    """Return the front page; `lists` are pairs of section name and path, `newest` list entries."""
    return _document(edition, "HNA", f'<ul class="list">{newest}</ul>', lists=lists, day=day)


def list_page(
    edition: Edition, section: str, *, lists: Sequence[tuple[str, str]], entries: str, day: int
) -> str:
    """Return the list of a section, made of `list_entry` texts."""
    heading = html.escape(section)
    return _document(
        edition, section, f'<h2>{heading}</h2><ul class="list">{entries}</ul>', lists=lists, day=day
    )


def list_entry(edition: Edition, article: Article, *, path: str, day: int) -> str:
    """Return a line of a list: date, headline, and the print version, which robots.txt forbids."""
    published = date_of(article.day)
    title = html.escape(article.version_on(day).title)
    return (
        f'<li><span class="when">[{published.year}.{published.month}.{published.day}.]</span> '
        f'<a href="{path}">{title}</a> '
        f'<a class="print" href="{article.print_path}">[{edition.labels["print"]}]</a></li>\n'
    )


def article_page(
    edition: Edition,
    article: Article,
    *,
    cards: str,
    lists: Sequence[tuple[str, str]],
    day: int,
) -> str:
    """Return an article's page in the layout of the day; `cards` are the related block's."""
    layout = edition.layout_on(day)
    version = article.version_on(day)
    content = (
        f'<div class="{layout.frame}">\n<h1 class="{layout.headline}">{html.escape(version.title)}</h1>\n'
        f'<div class="{layout.meta}">{_facts(edition, article, version=version, layout=layout)}</div>\n'
        f'<div class="{layout.body}">\n{_paragraphs(version)}</div>\n'
        f'<div class="{layout.share}"><a href="#">{edition.labels["share"]}</a> '
        f'<a href="{article.print_path}">{edition.labels["print"]}</a></div>\n</div>\n'
        f'<section class="{layout.related}"><h3>{edition.labels["more"]} {html.escape(edition.name)}</h3>\n'
        f"{cards}</section>\n"
    )
    head = _page_dates(edition, article, version)
    return _document(edition, version.title, content, lists=lists, day=day, head=head)


def card(edition: Edition, layout: Layout, *, version: Version, path: str, published_day: int) -> str:
    """Return a card of the related block; it prints its excerpt twice, for phones and for desktops."""
    bare = version.paragraphs[0].removeprefix(edition.dateline(date_of(published_day)))
    excerpt = html.escape(bare[:EXCERPT_CHARACTERS])
    title = html.escape(version.title)
    when = layout.show_date(date_of(published_day))
    return (
        f'<article class="{layout.card}"><h4><a href="{path}">{title}</a></h4>\n'
        f'<div class="visible-phone"><p class="{layout.excerpt}">{excerpt}</p></div>'
        f'<span class="date">{when}</span>'
        f'<div class="visible-desktop"><p class="{layout.excerpt}">{excerpt}</p></div></article>\n'
    )


def print_page(edition: Edition, article: Article, day: int) -> str:
    """Return the bare print version of an article."""
    version = article.version_on(day)
    title = html.escape(version.title)
    return (
        f'<!doctype html>\n<html lang="{edition.code}"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title}</h1>\n{_paragraphs(version)}</body></html>\n"
    )


def missing_page(edition: Edition) -> str:
    """Return what stands where nothing is, or nothing any more (status 404)."""
    message = html.escape(edition.labels["missing"])
    return (
        f'<!doctype html>\n<html lang="{edition.code}"><head><meta charset="utf-8"><title>404</title></head>\n'
        f"<body><h1>404</h1><p>{message}</p></body></html>\n"
    )


def door_page(editions: Iterable[Edition]) -> str:
    """Return the page at `/`, which leads to the editions."""
    links = "".join(
        f'<li><a href="/{edition.code}/">{html.escape(edition.name)}</a></li>' for edition in editions
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Harbour News Agency</title></head>\n'
        f"<body><ul>{links}</ul></body></html>\n"
    )


def _document(
    edition: Edition, title: str, content: str, *, lists: Sequence[tuple[str, str]], day: int, head: str = ""
) -> str:
    menu = "".join(f'<li><a href="{path}">{html.escape(name)}</a></li>' for name, path in lists)
    today = f'<p class="today">{edition.header_date(date_of(day))}</p>' if edition.header_date else ""
    name = html.escape(edition.name)
    return (
        f'<!doctype html>\n<html lang="{edition.code}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{html.escape(title)} | {name}</title>\n{head}"
        f'<link rel="alternate" type="application/rss+xml" href="/{edition.code}/feed.xml">\n</head>\n<body>\n'
        f'<header>{today}<p class="masthead"><a href="/{edition.code}/">{name}</a></p>\n'
        f"<nav><ul>{menu}</ul></nav></header>\n<main>\n{content}</main>\n"
        f"<footer><p>© 2025 {name}</p></footer>\n</body>\n</html>\n"
    )


def _page_dates(edition: Edition, article: Article, version: Version) -> str:
    """The page's own account of its dates.

    The English edition gives only the day of the last change, which is no publication date.
    """
    modified = _meta("article:modified_time", version.modified_day)
    return modified if edition.code == "en" else _meta("article:published_time", article.day) + modified


def _meta(name: str, day: int) -> str:
    return f'<meta property="{name}" content="{date_of(day)}T08:00:00+00:00">\n'


def _facts(edition: Edition, article: Article, *, version: Version, layout: Layout) -> str:
    labels = edition.labels
    facts = [
        f'<span class="date">{labels["date"]}: {layout.show_date(date_of(article.day))}</span>',
        f"{labels['source']}: {html.escape(edition.name)}",
    ]
    if version.modified_day > article.day:
        facts.append(f"{labels['updated']}: {layout.show_date(date_of(version.modified_day))}")
    return " | ".join(facts)


def _paragraphs(version: Version) -> str:
    return "".join(f"<p>{html.escape(paragraph, quote=False)}</p>\n" for paragraph in version.paragraphs)
