"""Which of a page's dates is the publication, and which are not."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.calendars import lunar_hijri, solar_hijri
from services.normalizer.date_orders import order_of_place, order_of_texts
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from shared.sources import DateOrder

TEXT = "".join(
    f"<p>Sentence number {word} of an article that is long enough to be taken for one by any reader.</p>"
    for word in ("one", "two", "three", "four", "five", "six")
)
CAPTURED = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)


def page(*, head: str = "", under: str = "", above: str = "", after: str = "", language: str = "en") -> bytes:
    body = f"{above}<article><h1>A headline of some length</h1>{under}<div>{TEXT}</div></article>{after}"
    return f"<html lang={language}><head>{head}</head><body>{body}</body></html>".encode()


def read(
    markup: bytes, *, url: str = "https://news.example/story", captured: datetime | None = CAPTURED
) -> Extraction:
    return extract(markup, PageContext(url=url, captured_at=captured))


def json_ld(**dates: str) -> str:
    fields = "".join(f', "{name}": "{value}"' for name, value in dates.items())
    return f'<script type="application/ld+json">{{"@type": "NewsArticle"{fields}}}</script>'


def test_the_time_of_the_last_change_in_place_of_the_publication_gives_way_to_the_date_shown() -> None:
    stamp = "2025-11-20T16:02:46Z"
    head = json_ld(datePublished=stamp, dateModified=stamp)

    found = read(page(head=head, under="<div>May 14, 2025</div>"))

    assert found.published == "2025-05-14"
    assert "json_ld.datePublished" in {entry.method for entry in found.provenance["published"].rejected}


def test_a_stated_publication_stands_against_a_shown_date_of_the_same_night() -> None:
    """Late in America is the next day in UTC: that is no reason to distrust the machine."""
    stamp = "2025-11-20T02:02:46+00:00"
    head = json_ld(datePublished=stamp, dateModified=stamp)

    found = read(page(head=head, under="<div>November 19, 2025</div>"))

    assert found.published == stamp


def test_a_shown_change_never_outranks_a_stated_publication() -> None:
    head = json_ld(datePublished="2021-08-12T19:35:44+00:00", dateModified="2025-02-22T22:13:14+00:00")

    found = read(page(head=head, under="<div>Last updated: February 22, 2025</div>"))

    assert (found.published, found.modified) == ("2021-08-12T19:35:44+00:00", "2025-02-22T22:13:14+00:00")


def test_a_change_that_only_machines_see_is_no_publication() -> None:
    found = read(page(head='<meta property="article:modified_time" content="2025-10-10T21:07:49+00:00">'))

    assert found.published is None
    assert found.modified == "2025-10-10T21:07:49+00:00"


def test_a_time_element_that_stands_for_a_change_is_no_publication() -> None:
    under = '<div>Updated <time datetime="2025-11-19">November 19, 2025</time></div><div>March 3, 2024</div>'

    assert read(page(under=under)).published == "2024-03-03"


def test_a_time_element_of_another_article_gives_way_to_the_line_under_the_headline() -> None:
    above = (
        '<div class="hero"><p><time datetime="2025-01-31T12:00:00Z">31 January</time> Another story</p></div>'
    )

    found = read(
        page(above=above, under="<div>3 March 2017 by Ann Other, representative of a long committee</div>")
    )

    assert found.published == "2017-03-03"


@pytest.mark.parametrize(
    ("other", "expected"), [("12/17/2025", "2017-03-01"), ("17/12/2025", "2017-01-03"), ("", "2017")]
)
def test_other_dates_of_the_page_tell_which_number_is_the_day(other: str, expected: str) -> None:
    after = f"<ul><li>{other} A notice</li></ul>"

    assert read(page(under="<div>03/01/2017</div>", after=after)).published == expected


def test_a_named_date_far_below_the_text_counts() -> None:
    after = "<ul>" + "<li>A link</li>" * 12 + "<li>Datum 28.04.2023</li></ul>"

    assert read(page(after=after)).published == "2023-04-28"


def test_the_date_of_today_in_the_header_is_never_taken() -> None:
    above = "<header><div>Monday, December 1, 2025</div></header>"

    assert read(page(above=above)).published is None


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ("December 02, 2025", "2025-12-02"),
        ("February 12, 2025", "2025-02-12"),
        ("May 5, 2025", "2025"),
        ("December 02, 2025 and February 12, 2025", "2025"),
    ],
)
def test_a_day_that_is_written_out_elsewhere_tells_which_number_is_the_day(card: str, expected: str) -> None:
    after = f"<ul><li>{card}</li></ul>"

    assert read(page(under="<div>02-12-2025</div>", after=after), captured=None).published == expected


@pytest.mark.parametrize("name", ["field--name-changed field--type-changed", "lastModified", "last-updated"])
def test_an_element_named_as_a_change_gives_no_publication(name: str) -> None:
    under = f'<div class="{name}"><time datetime="2025-11-12T14:36:23-05:00">November 12, 2025</time></div>'

    found = read(page(under=under))

    assert found.published is None
    assert found.modified == "2025-11-12"


def test_the_only_date_of_an_entry_is_its_publication_though_hatom_calls_it_updated() -> None:
    under = '<div><span class="date updated">November 12, 2025</span></div>'

    assert read(page(under=under)).published == "2025-11-12"


def test_a_line_that_says_published_in_an_element_of_changes_is_believed() -> None:
    assert read(page(under='<p class="last-modified">Published May 3, 2025</p>')).published == "2025-05-03"


def test_a_page_that_gave_machines_one_false_publication_is_believed_by_its_readers_line() -> None:
    stamp = "2025-11-29T12:28:31-05:00"
    head = json_ld(datePublished=stamp, dateModified=stamp, dateCreated="2025-08-08T00:00:00-04:00")

    found = read(page(head=head, under="<div>Published August 13, 2025</div>"))

    assert found.published == "2025-08-13"


@pytest.mark.parametrize(
    ("changed", "expected"), [("", "2020-04-29"), ("30.04.2020", "2020-04-29"), ("28.04.2020", None)]
)
def test_a_guess_later_than_the_last_change_is_not_taken(changed: str, expected: str | None) -> None:
    pytest.importorskip("htmldate")
    under = f"<p>Stand: {changed} 18:00 Uhr</p>" if changed else ""

    found = read(page(under=under, after="<footer>2020-04-29</footer>", language="de"))

    assert found.published == expected


def test_nothing_is_published_after_its_capture() -> None:
    head = json_ld(datePublished="2026-03-01T10:00:00Z")

    assert read(page(head=head)).published is None


def test_the_json_object_with_the_headline_of_the_page_comes_first() -> None:
    head = (
        '<script type="application/ld+json">['
        '{"@type":"Article","headline":"Another story","datePublished":"2020-01-01"},'
        '{"@type":"Article","headline":"A headline of some length","datePublished":"2024-05-05"}]</script>'
    )

    assert read(page(head=head)).published == "2024-05-05"


def test_the_date_of_a_comment_in_the_data_is_not_the_article_s() -> None:
    head = '<script type="application/ld+json">{"@type":"Comment","datePublished":"2024-05-05"}</script>'

    assert read(page(head=head)).published is None


@pytest.mark.parametrize(
    ("language", "host", "expected"),
    [
        ("de", "a.example", DateOrder.DMY),
        ("en", "paper.co.uk", DateOrder.DMY),
        ("en", "paper.com", None),
        ("ja", "paper.jp", None),
        (None, "", None),
    ],
)
def test_a_place_tells_the_order_only_where_it_has_one(
    language: str | None, host: str, expected: DateOrder | None
) -> None:
    assert order_of_place(language, host) is expected


def test_texts_that_disagree_tell_no_order() -> None:
    assert order_of_texts(["31/12/2024", "12/31/2024"]) is None


@pytest.mark.parametrize(
    ("year", "month", "day", "expected"),
    [
        (1403, 1, 1, date(2024, 3, 20)),
        (1400, 1, 1, date(2021, 3, 21)),
        (1399, 12, 30, date(2021, 3, 20)),
        (1357, 11, 22, date(1979, 2, 11)),
        (1403, 13, 1, None),
    ],
)
def test_a_persian_day_is_ours(year: int, month: int, day: int, expected: date | None) -> None:
    assert solar_hijri(year, month, day) == expected


@pytest.mark.parametrize(
    ("year", "month", "day", "expected"),
    [(1445, 9, 15, date(2024, 3, 25)), (1445, 1, 1, date(2023, 7, 19)), (1445, 1, 31, None)],
)
def test_a_hijri_day_is_ours(year: int, month: int, day: int, expected: date | None) -> None:
    assert lunar_hijri(year, month, day) == expected


@given(st.integers(1300, 1499), st.integers(1, 11), st.integers(1, 29))
def test_days_of_other_calendars_follow_each_other(year: int, month: int, day: int) -> None:
    for reckon in (solar_hijri, lunar_hijri):
        today, tomorrow, next_month = (
            reckon(year, month, day),
            reckon(year, month, day + 1),
            reckon(year, month + 1, 1),
        )
        assert today is not None
        assert tomorrow is not None
        assert next_month is not None
        assert (tomorrow - today).days == 1
        assert next_month > today
