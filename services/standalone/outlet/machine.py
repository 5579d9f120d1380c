"""What the outlet publishes for machines: feeds, sitemaps, robots.txt and the source files of an archive."""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape

from services.standalone.outlet.editions import EDITIONS, Edition, date_of
from services.standalone.outlet.plan import Article

FEED_LENGTH: Final = 12
MISSES: Final = 3
"""Looks at which an article has to be missing before the source files let an archive call it removed."""


def http_date(day: int) -> str:
    """Return six in the morning of a simulated day as RFC 9110 §5.6.7 writes it."""
    return email.utils.format_datetime(_morning(day), usegmt=True)


def feed(edition: Edition, articles: Sequence[Article], *, base_url: str, day: int) -> str:
    """Return the newest articles, one address each, as RSS 2.0."""
    items = "".join(
        f"<item><title>{escape(article.version_on(day).title)}</title>"
        f"<link>{base_url}{article.paths[0]}</link>"
        f'<guid isPermaLink="true">{base_url}{article.paths[0]}</guid>'
        f"<pubDate>{email.utils.format_datetime(_morning(article.day))}</pubDate></item>\n"
        for article in articles[:FEED_LENGTH]
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>\n'
        f"<title>{escape(edition.name)}</title><link>{base_url}/{edition.code}/</link>"
        f"<description>{escape(edition.name)}</description><language>{edition.code}</language>\n"
        f"{items}</channel></rss>\n"
    )


def sitemap(articles: Iterable[Article], *, base_url: str, day: int) -> str:
    """Return every article that stands, one address each, with the day of its own modified date."""
    rows = "".join(
        f"<url><loc>{base_url}{article.paths[0]}</loc>"
        f"<lastmod>{date_of(article.version_on(day).modified_day)}</lastmod></url>\n"
        for article in articles
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )


def robots(base_url: str) -> str:
    """Return robots.txt (RFC 9309): everything but the print versions."""
    barred = "".join(f"Disallow: /{edition.code}/p/\n" for edition in EDITIONS)
    maps = "".join(f"Sitemap: {base_url}/{edition.code}/sitemap.xml\n" for edition in EDITIONS)
    return f"User-agent: *\n{barred}\n{maps}"


def source_file(edition: Edition, base_url: str) -> str:
    """Return the source file (TOML) with which an edition served at `base_url` is archived."""
    home = f"{base_url}/{edition.code}/"
    return f"""# The print pages (/{edition.code}/p/) are accepted on purpose: robots.txt forbids them,
# so that the archive shows them as excluded instead of asking for them.
id = "harbour-{edition.code}"
name = "{edition.name}"
language = "{edition.code}"
home = "{home}"
timezone = "UTC"

[[lists]]
url = "{home}"
kind = "listing"
every = "1h"

{_SECOND_LISTS[edition.code].format(home=home)}
[links]
accept = ['/{edition.code}/[ap]/[0-9a-f]{{16}}$']
follow = ['/{edition.code}/l/[0-9a-f]{{16}}$']

[article]
{_ARTICLE_RULES[edition.code]}
[politeness]
delay = "0s"
concurrency = 4
robots = "obey"

[recheck]
after = ["1h", "6h", "24h", "48h", "7d", "30d"]
then_every = "365d"

# A simulated day lasts seconds, so only the number of looks counts: the third look at which an article is
# missing tells its removal, two days after it went.
[removal]
misses = {MISSES}
over = "0s"
"""


def _morning(day: int) -> dt.datetime:
    return dt.datetime.combine(date_of(day), dt.time(6), tzinfo=dt.UTC)


_SECOND_LISTS: Final = {
    "en": '[[lists]]\nurl = "{home}feed.xml"\nkind = "feed"\nevery = "1h"\n',
    "ko": '[[lists]]\nurl = "{home}sitemap.xml"\nkind = "sitemap"\nevery = "1h"\n',
    "zh": '[[lists]]\nurl = "{home}feed.xml"\nkind = "feed"\nevery = "1h"\n',
}
_ARTICLE_RULES: Final = {
    # Rules for the layout of the first eight days: after the change the archive must do without them.
    "en": 'title = "h1.article-title"\ndate = ".publish-info .date"\nbody = "div.article-body"\n'
    'date_order = "dmy"\nend_mark = "-0-"\n',
    "ko": 'body = "div.news-cont"\ndate_order = "ymd"\nend_mark = "(끝)"\n',
    "zh": 'title = "h1.bt"\nbody = "div.zhengwen"\ndate_order = "ymd"\nend_mark = "（完）"\n',
}
