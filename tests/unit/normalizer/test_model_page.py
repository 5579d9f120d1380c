from datetime import UTC, datetime

import pytest

from services.normalizer.extracting import extract
from services.normalizer.fields import PageContext
from shared.sources import ArticleRules, DateOrder
from tests.unit.normalizer.model_page import CARDS, ORIGINAL, PARAGRAPHS, URL, model_page

CONTEXT = PageContext(url=URL)


def test_the_headline_stands_without_the_name_of_the_site() -> None:
    assert extract(model_page(), CONTEXT).title == "A Harvest in the North"


def test_the_body_holds_every_paragraph_and_nothing_else() -> None:
    found = extract(model_page(), CONTEXT)

    assert found.body == PARAGRAPHS


def test_the_date_of_the_article_is_not_that_of_the_page_header() -> None:
    found = extract(model_page(), CONTEXT)

    assert (found.published, found.published_precision) == ("2021-10-16", "day")


def test_the_source_is_the_one_the_page_names() -> None:
    assert extract(model_page(), CONTEXT).source == "Outlet (En)"


def test_the_name_that_the_source_file_gives_comes_before_the_page_s() -> None:
    found = extract(model_page(), PageContext(url=URL, source_name="The Outlet"))

    assert found.source == "The Outlet"
    assert [candidate.raw for candidate in found.provenance["source"].rejected] == ["Outlet (En)"]


def test_the_link_to_the_original_is_found_by_what_it_says() -> None:
    assert extract(model_page(), CONTEXT).original_url == ORIGINAL


def test_a_card_printed_for_phone_and_desktop_is_one() -> None:
    found = extract(model_page(), CONTEXT)

    assert [(card.title, card.url, card.excerpt) for card in found.related] == [
        (card.title, card.url, card.excerpt) for card in CARDS
    ]


def test_cards_with_one_title_and_different_texts_both_stay() -> None:
    found = extract(model_page(), CONTEXT)

    assert [card.date for card in found.related] == ["2026-03-09", "2026-03-07", "2026-03-06"]


def test_every_field_says_where_it_came_from() -> None:
    found = extract(model_page(), CONTEXT)

    assert {"title", "published", "language", "source", "original_url", "body"} <= set(found.provenance)
    assert found.provenance["published"].method == "labelled_line"


def test_a_page_that_could_be_read_two_ways_is_decided_by_its_dateline() -> None:
    page = model_page(
        date_line="Date: 04/03/2005",
        paragraphs=(
            "Pyongyang, March 3 (KCNA) -- The ministry released a memorandum on Thursday.",
            *PARAGRAPHS,
        ),
    )

    assert extract(page, PageContext(url="https://archive.example/a")).published == "2005-03-04"


def test_a_date_of_two_readings_gives_only_its_year() -> None:
    page = model_page(date_line="Date: 04/03/2005", paragraphs=PARAGRAPHS[1:])

    found = extract(page, PageContext(url="https://archive.example/a"))

    assert (found.published, found.published_precision) == ("2005", "year")
    assert "date_order" in found.provenance["published"].rejected[0].reason


def test_the_date_order_of_the_source_decides_between_two_readings() -> None:
    page = model_page(date_line="Date: 04/03/2005", paragraphs=PARAGRAPHS[1:])
    rules = ArticleRules(date_order=DateOrder.DMY)

    found = extract(page, PageContext(url="https://archive.example/a", rules=rules))

    assert found.published == "2005-03-04"


def test_a_date_after_the_capture_is_not_believed() -> None:
    head = '<meta property="article:published_time" content="2031-01-01T00:00:00Z">'

    found = extract(model_page(head=head), PageContext(url=URL, captured_at=datetime(2026, 3, 9, tzinfo=UTC)))

    assert found.published == "2021-10-16"
    assert "later than the capture" in {entry.reason for entry in found.provenance["published"].rejected}


def test_the_date_of_a_change_is_never_the_publication_date() -> None:
    page = model_page(
        date_line="Updated: 16/10/2021", head='<meta property="article:modified_time" content="2021-10-16">'
    )

    found = extract(page, PageContext(url="https://archive.example/a"))

    assert found.published is None
    assert found.modified == "2021-10-16"


def test_rules_of_the_source_come_before_everything() -> None:
    page = b"""<html><body><h1>Site</h1><h2 class=head>The Real Headline</h2><b class=when>2024.10.1.</b>
        <div class=text><p>Only this.</p><p class=share>Share</p><p>And that. -0-</p><p>www.site.example</p></div>
        <a class=orig href="/first">here</a></body></html>"""
    rules = ArticleRules(
        title="h2.head",
        date=".when",
        date_format="%Y.%m.%d.",
        body=".text",
        original_url="a.orig",
        exclude=(".share",),
        end_mark="-0-",
    )

    found = extract(page, PageContext(url="http://site.example/1", rules=rules))

    assert found.title == "The Real Headline"
    assert found.published == "2024-10-01"
    assert found.body == ("Only this.", "And that. -0-")
    assert found.original_url == "http://site.example/first"
    assert {found.provenance[name].method for name in ("title", "published", "body", "original_url")} == {
        "rule"
    }


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("the respected Comrade<nobr><span>Kim Jong Un</span></nobr>was present", "Comrade Kim Jong Un was"),
        ("the words of <nobr>Kim Jong Un</nobr>, he said", "of Kim Jong Un, he"),
        ("an un<b>break</b>able word in the text", "an unbreakable word"),
        ("in 18<sup>th</sup> place of the list", "in 18th place"),
        ("경애하는 <nobr><span>김정은</span></nobr>동지께서 지도하시였다", "경애하는 김정은동지께서"),
    ],
)
def test_words_glued_at_a_nobr_border_are_parted_and_no_others(markup: str, text: str) -> None:
    page = model_page(paragraphs=(f"{PARAGRAPHS[1]} {markup}.", *PARAGRAPHS[1:]))

    assert text in extract(page, CONTEXT).body[0]


def test_json_ld_comes_before_what_the_page_shows() -> None:
    head = """<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
        {"@type": "Person", "@id": "#p", "name": "Kim Chol"},
        {"@type": "NewsArticle", "headline": "A Harvest in the North", "author": {"@id": "#p"},
         "datePublished": "2021-10-15T09:30:00+09:00", "dateModified": "2021-10-20T10:00:00+09:00"}]}</script>"""

    found = extract(model_page(head=head), CONTEXT)

    assert (found.published, found.published_precision) == ("2021-10-15T09:30:00+09:00", "second")
    assert found.modified == "2021-10-20T10:00:00+09:00"
    assert found.authors == ("Kim Chol",)


def test_a_time_without_a_zone_gets_that_of_the_source() -> None:
    head = '<meta property="article:published_time" content="2021-10-16 08:00">'

    found = extract(model_page(head=head), PageContext(url=URL, timezone="Asia/Pyongyang"))

    assert found.published == "2021-10-16T08:00+09:00"


def test_an_undetermined_language_of_the_source_is_no_language() -> None:
    found = extract(model_page(), PageContext(url=URL, language="und"))

    assert found.language == "en"


def test_a_page_gives_the_same_twice() -> None:
    assert extract(model_page(), CONTEXT) == extract(model_page(), CONTEXT)


def test_a_page_of_lines_without_a_heading_is_read_from_its_date_line() -> None:
    lines = [
        "December 24, 2025",
        "Outlet Outlet (En)",
        "A Harvest in the North",
        "Date: 16/10/2021 | Source: Outlet (En)",
    ]
    page = "".join(f"<p>{line}</p>" for line in (*lines, *PARAGRAPHS)).encode()

    found = extract(b"<html><body><div>" + page + b"</div></body></html>")

    assert (found.title, found.published, found.source) == (
        "A Harvest in the North",
        "2021-10-16",
        "Outlet (En)",
    )
    assert found.body == PARAGRAPHS


def test_a_byline_is_found_where_machines_are_told_nothing() -> None:
    page = model_page().replace(
        b'<div class="article-content">', b"<p>By Jane Q. Public</p><div class=article-content>"
    )

    assert extract(page, CONTEXT).authors == ("Jane Q. Public",)


def test_a_caption_above_the_dateline_is_no_text() -> None:
    page = model_page(paragraphs=("A picture of the harvest.", *PARAGRAPHS))

    assert extract(page, CONTEXT).body == PARAGRAPHS


def test_a_headline_with_a_glued_name_is_parted_like_the_text() -> None:
    page = b"<h1>Comrade<nobr><span>Kim Jong Un</span></nobr>Visits a Farm</h1><p>" + PARAGRAPHS[0].encode()

    assert extract(page).title == "Comrade Kim Jong Un Visits a Farm"


def test_a_headline_without_a_heading_element_is_found_by_its_name() -> None:
    page = (
        b"<title>Site</title><div class=article-main-title>A Farm Is Visited</div><p>"
        + PARAGRAPHS[0].encode()
    )

    assert extract(page).title == "A Farm Is Visited"


def test_a_first_sentence_with_a_date_stays_in_the_text() -> None:
    page = model_page(paragraphs=("It was one day in May Juche 63 (1974).", *PARAGRAPHS[1:]))

    assert extract(page, CONTEXT).body[0] == "It was one day in May Juche 63 (1974)."
