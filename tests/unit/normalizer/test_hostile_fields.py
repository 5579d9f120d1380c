"""Pages whose titles, dates and addresses are made to mislead a reader."""

from datetime import UTC, datetime

import pytest

from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from tests.support.hostile_pages import PROSE
from tests.unit.normalizer.model_page import PARAGRAPHS

CAPTURED = datetime(2026, 3, 9, tzinfo=UTC)
URL = "https://paper.example/news/1"


def read(*, head: str = "", before: str = "") -> Extraction:
    markup = f"<html><head>{head}</head><body><article>{before}{PROSE}</article></body></html>"
    return extract(markup.encode(), PageContext(url=URL, captured_at=CAPTURED))


@pytest.mark.parametrize("base", ["javascript:alert(1)", "data:text/html,x", "file:///etc/", "http://[::1"])
def test_a_base_that_is_no_web_address_is_none(base: str) -> None:
    found = read(head=f'<base href="{base}">', before='<p><a href="/a">A link</a> of the text.</p>')

    assert [link.url for link in found.links] in ([], ["https://paper.example/a"])
    assert found.canonical_url == URL


def test_a_canonical_address_on_another_site_is_noted_and_not_believed() -> None:
    found = read(head='<link rel="canonical" href="https://other.example/stolen">')

    assert found.canonical_url == URL
    assert [one.raw for one in found.provenance["canonical_url"].rejected] == ["https://other.example/stolen"]


def test_the_same_title_is_taken_every_time_from_titles_that_disagree() -> None:
    head = (
        "<title>One title of the page</title>" + '<meta property="og:title" content="Another title">' * 1_000
    )

    titles = {read(head=head, before="<h1>A third title of it</h1>").title for _ in range(3)}

    assert len(titles) == 1
    assert titles <= {"One title of the page", "Another title", "A third title of it"}


@pytest.mark.parametrize(
    "date", ["0000-00-00", "2024-02-31", "10000000000-01-01", "now", "9" * 5_000, "2031-01-01T00:00:00Z"]
)
def test_a_date_that_cannot_be_is_no_date(date: str) -> None:
    found = read(head=f'<meta property="article:published_time" content="{date}">')

    assert found.published is None


def test_hidden_comments_are_no_text_and_the_prose_is_read() -> None:
    found = read(before="<!-- The secret words of a comment that nobody is shown. -->")

    assert PARAGRAPHS[1] in found.body
    assert "secret words" not in found.text


HIDDEN = "Many hidden words that nobody is shown, in a line long enough to be taken for a paragraph of it."


def text_with(markup: str) -> str:
    """Return what is read from a text in whose midst something stands."""
    prose = [f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS]
    found = read(before="".join([*prose[:2], markup, *prose[2:]]))
    assert PARAGRAPHS[1] in found.body
    assert PARAGRAPHS[-1] in found.body
    return found.text


@pytest.mark.parametrize(
    "markup",
    [
        f'<p style="display:none">{HIDDEN}</p>',
        f'<p style="color: red; DISPLAY : None !important">{HIDDEN}</p>',
        f'<div style="visibility: hidden"><p>{HIDDEN}</p></div>',
        f"<p hidden>{HIDDEN}</p>",
        f'<div aria-hidden="true"><p>{HIDDEN}</p></div>',
        f"<!-- <p>{HIDDEN}</p> -->",
        f"<template><p>{HIDDEN}</p></template>",
        f"<noscript><p>{HIDDEN}</p></noscript>",
        f"<textarea>{HIDDEN}</textarea>",
        f"<script>var words = '{HIDDEN}'</script>",
        f"<style>/* {HIDDEN} */</style>",
    ],
)
def test_what_an_element_says_is_hidden_is_no_text(markup: str) -> None:
    assert HIDDEN not in text_with(markup)


@pytest.mark.parametrize(
    "markup",
    [
        f'<style>.k {{ display: none }}</style><p class="k">{HIDDEN}</p>',
        f'<p style="font-size: 1px">{HIDDEN}</p>',
        f'<p style="position: absolute; left: -9999px">{HIDDEN}</p>',
        f"<details><summary>More</summary><p>{HIDDEN}</p></details>",
        f'<p>A sentence for all readers. <span style="display: none">{HIDDEN}</span></p>',
    ],
)
def test_what_only_a_layout_hides_is_text(markup: str) -> None:
    """No style sheet is applied, and inside a line nothing is judged: what was served is told, not guessed."""
    assert HIDDEN in text_with(markup)


def test_an_article_that_a_script_would_show_is_text_though_it_is_hidden() -> None:
    markup = f'<html><body><div style="visibility:hidden"><h1>A headline</h1>{PROSE}</div></body></html>'

    assert PARAGRAPHS[1] in extract(markup.encode(), PageContext(url=URL)).body
