"""Foreign text, addresses and times as a page shows them."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reader.wording import direction, excerpt, language_tag, link, shown
from services.reader.words import ENGLISH


@given(st.text())
def test_shown_text_has_no_control_and_turns_no_direction(text: str) -> None:
    plain = shown(text)

    assert not any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in plain)
    assert not any(
        unicodedata.bidirectional(letter) in ("LRE", "RLE", "LRO", "RLO", "PDF") for letter in plain
    )
    assert not any(unicodedata.bidirectional(letter) in ("LRI", "RLI", "FSI", "PDI") for letter in plain)


@given(st.text(max_size=600), st.integers(min_value=2, max_value=200))
def test_an_excerpt_is_never_wider_than_asked(text: str, limit: int) -> None:
    width = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in excerpt(text, limit))

    assert width <= limit + 2


def test_an_excerpt_ends_with_a_whole_word() -> None:
    assert excerpt("The quick brown fox jumps", 18) == "The quick brown…"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "//evil.example", "http://", "ftp://a.example/",
        "http://a b.example",
        "http://a.example/\n", "http://[broken", "\x01http://a.example", "http://a.example/\u202e", "",
    ],
)  # fmt: skip
def test_only_plain_web_addresses_are_linked(url: str) -> None:
    assert link(url) is None


@pytest.mark.parametrize(
    "url", ["http://a.example/", "HTTPS://a.example/북?x=1&y=<", "http://a.example:8080/#x"]
)
def test_a_web_address_is_linked_as_it_is(url: str) -> None:
    assert link(url) == url


@pytest.mark.parametrize(
    ("published", "shown_as", "in_words"),
    [
        ("2021-10-16", "16/10/2021", "16 October 2021"),
        ("2021-10", "10/2021", "October 2021"),
        ("2021", "2021", "2021"),
        ("2021-10-16T14:05:00+09:00", "16/10/2021 14:05 +09:00", "16 October 2021"),
        ("2021-10-16T14:05:33.12Z", "16/10/2021 14:05 UTC", "16 October 2021"),
        ("2021-10-16 14:05", "16/10/2021 14:05", "16 October 2021"),
        (None, None, None),
        ("yesterday", None, None),
        ("<b>", None, None),
    ],
)
def test_a_date_is_shown_day_first_to_the_precision_the_page_gave(
    published: str | None, shown_as: str | None, in_words: str | None
) -> None:
    assert ENGLISH.short_date(published) == shown_as
    assert ENGLISH.stated_date(published) == in_words


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_is_not_shown(text: str) -> None:
    ENGLISH.short_date(text)
    ENGLISH.stated_date(text)


@pytest.mark.parametrize(
    ("language", "tag", "way"),
    [
        ("ko", "ko", "auto"),
        ("ar", "ar", "rtl"),
        ("zh-Hant", "zh-Hant", "auto"),
        (None, "und", "auto"),
        ('x" y', "und", "auto"),
    ],
)
def test_a_language_becomes_the_attributes_a_browser_needs(language: str | None, tag: str, way: str) -> None:
    assert (language_tag(language), direction(language)) == (tag, way)


def test_times_and_numbers_are_written_out() -> None:
    assert ENGLISH.moment(datetime(2026, 3, 9, 12, 5, tzinfo=UTC)) == "9 March 2026, 12:05 UTC"
    assert (ENGLISH.articles(1), ENGLISH.articles(2078)) == ("1 article", "2,078 articles")
