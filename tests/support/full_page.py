"""A page that has something for every field of an extraction."""

from datetime import UTC, datetime

from services.normalizer.fields import PageContext
from shared.sources import ArticleRules

__all__ = ["FULL_CONTEXT", "FULL_PAGE"]

_PROSE = "The council of the town met on Monday and spoke for two hours about the new bridge over the river"
_HEAD = (
    '<meta charset="utf-8"><title>A bridge over the river is built</title>'
    '<meta property="og:site_name" content="The Paper">'
    '<meta property="og:title" content="A bridge over the river is built">'
    '<meta property="article:section" content="Town"><meta property="article:tag" content="Bridges">'
    '<meta property="article:tag" content="Rivers"><meta name="description" content="A bridge is built.">'
    '<meta property="og:image" content="https://paper.example/large.jpg"><meta name="author" content="Jane Doe">'
    '<link rel="canonical" href="https://paper.example/news/1">'
    '<script type="application/ld+json">{"@type":"NewsArticle","headline":"A bridge over the river is built",'
    '"datePublished":"2024-05-03T09:00:00+02:00","dateModified":"2024-05-04T10:00:00+02:00"}</script>'
)
_BODY = f"""<article><h1>A bridge over the river is built</h1>
<figure><img src="/bridge.jpg" alt="A drawing"><figcaption>The bridge, drawn.</figcaption></figure>
<p>{_PROSE}.</p><p>{_PROSE}, as <a href="/report?id=1">the report</a> says.</p><h2>What it costs</h2>
<blockquote><p>{_PROSE}, said the mayor – “at last”.</p></blockquote>
<ul><li>{_PROSE}, first.</li><li>{_PROSE}, second.</li></ul>
<p>{_PROSE} and went home.</p><a class="original" href="https://wire.example/7">Source</a></article>
<div class="related"><h3>More From The Paper</h3>
<div class="card"><a href="/news/2"><h4>The mayor opens the new market hall</h4></a><p>May 2, 2024</p></div>
<div class="card"><a href="/news/3"><h4>The school in the old town gets a roof</h4></a><p>May 1, 2024</p></div>
<div class="card"><a href="/news/4"><h4>The harbour is closed for the winter</h4></a><p>April 30, 2024</p></div>
</div>"""

FULL_PAGE = f'<html lang="en"><head>{_HEAD}</head><body>{_BODY}</body></html>'.encode()
FULL_CONTEXT = PageContext(
    url="https://paper.example/news/1",
    content_type="text/html; charset=utf-8",
    source_name="The Paper",
    language="en",
    timezone="Europe/Berlin",
    rules=ArticleRules(original_url="a.original"),
    captured_at=datetime(2026, 3, 9, tzinfo=UTC),
)
