"""Which of the texts that a page offers is its title, and what of it is the name of the site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from services.normalizer.titles import without_site
from tests.support.hostile_pages import PROSE

URL = "https://www.taipeitimes.example/news/1"


def read(*, head: str = "", before: str = "", after: str = "") -> Extraction:
    markup = f"<html><head>{head}</head><body><article>{before}{PROSE}</article>{after}</body></html>"
    return extract(markup.encode(), PageContext(url=URL))


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Navy holds its yearly drills - Taipei Times", "Navy holds its yearly drills"),
        ("Navy holds its yearly drills — The Taipei Times", "Navy holds its yearly drills"),
        ("Navy holds its yearly drills - the fleet", "Navy holds its yearly drills - the fleet"),
        (
            "Navy drills - What the Taipei Times wrote of them then",
            "Navy drills - What the Taipei Times wrote of them then",
        ),
    ],
)
def test_a_site_is_known_by_its_domain_where_the_page_gives_it_no_name(title: str, expected: str) -> None:
    assert without_site(title, None, "www.taipeitimes.example") == expected


@given(st.text(max_size=80), st.text(max_size=20), st.from_regex(r"[a-z]{2,12}\.[a-z]{2,4}", fullmatch=True))
def test_what_is_left_of_a_title_stands_in_it(title: str, site: str, host: str) -> None:
    assert without_site(title, site, host) in title


def test_an_only_heading_that_shares_nothing_with_any_title_is_that_of_another_part() -> None:
    head = (
        "<title>How the harvest was brought in</title>"
        '<meta property="og:title" content="How the harvest was brought in">'
    )

    found = read(head=head, after="<h1>A message of our founder</h1>")

    assert found.title == "How the harvest was brought in"


def test_an_only_heading_in_other_words_is_the_title() -> None:
    head = '<meta property="og:title" content="Farmers bring in their largest harvest ever">'

    found = read(head=head, before="<h1>The largest harvest so far</h1>")

    assert found.title == "The largest harvest so far"


def test_an_only_heading_in_a_script_without_spaces_is_the_title() -> None:
    found = read(head="<title>別の言葉</title>", before="<h1>今年の収穫は過去最大</h1>")

    assert found.title == "今年の収穫は過去最大"


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Dec 18 2025 The largest harvest so far", "The largest harvest so far"),
        ("Blog: The largest harvest so far", "The largest harvest so far"),
        ("Kenya: The largest harvest so far", "Kenya: The largest harvest so far"),
    ],
)
def test_what_stands_before_a_title_in_its_heading_only_goes_when_it_is_no_topic(
    heading: str, expected: str
) -> None:
    head = '<meta property="og:title" content="The largest harvest so far">'

    assert read(head=head, before=f"<h1>{heading}</h1>").title == expected


def test_of_several_headings_the_one_that_words_the_stated_headline_differently_is_the_title() -> None:
    head = (
        '<script type="application/ld+json">'
        '{"@type": "Article", "headline": "The best harvest in ten years of farming"}</script>'
    )

    found = read(
        head=head,
        before="<h1>Ten years of farming: the best harvest?</h1>",
        after="<h1>Write to the editors of us</h1>",
    )

    assert found.title == "Ten years of farming: the best harvest?"


def test_of_several_headings_none_is_the_title_that_is_a_piece_of_the_stated_one() -> None:
    head = (
        '<script type="application/ld+json">{"@type": "Article", "headline": "Kenya: A town at sea"}</script>'
    )

    found = read(head=head, before="<h1>A town at sea</h1>", after="<h1>Write to us</h1>")

    assert found.title == "Kenya: A town at sea"
