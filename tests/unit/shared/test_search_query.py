"""What a reader types, and what is understood by it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.search_narrowing import period_of
from shared.search_query import query_tokens


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2013", "2013-01-01", "2014-01-01"), ("2013-12", "2013-12-01", "2014-01-01"),
        ("2013-2", "2013-02-01", "2013-03-01"), ("2012-02-29", "2012-02-29", "2012-03-01"),
        ("2013.12.09", "2013-12-09", "2013-12-10"), ("2013/12/31", "2013-12-31", "2014-01-01"),
    ],
)  # fmt: skip
def test_a_period_is_a_year_a_month_or_a_day(text: str, begin: str, end: str) -> None:
    period = period_of(text)

    assert period is not None
    assert (period.begin, period.end) == (moment(begin), moment(end))


@pytest.mark.parametrize(
    "text", ["", "13", "yesterday", "2013-13", "2013-02-30", "2013-00", "2013-01-00", "0000", "9999"]
)
def test_what_is_no_date_of_the_calendar_is_no_period(text: str) -> None:
    assert period_of(text) is None


def test_after_begins_with_its_day_and_before_ends_ahead_of_its_own() -> None:
    asked = query_tokens("rally after:2013-12-05 before:2014 AFTER:2012").narrowing

    assert (asked.since, asked.until) == (moment("2013-12-05"), moment("2014-01-01"))


def test_digits_of_any_script_make_a_date() -> None:
    assert query_tokens("before:２０１３-１２").narrowing.until == moment("2013-12-01")


def test_edits_and_removals_are_asked_for_at_all_never_or_in_a_time() -> None:
    assert query_tokens("changed:yes removed:no").narrowing.changed is True
    assert query_tokens("changed:yes removed:no").narrowing.removed is False
    assert query_tokens("removed:2013-12").narrowing.removed == period_of("2013-12")


def test_a_minus_turns_a_word_a_phrase_a_source_and_a_language_round() -> None:
    query = query_tokens('rally -square -"mass rally" -site:kcna-en -lang:ko KN-23')

    assert query.expression == "('rally') & ('kn' <-> '23') & !('square') & !('mass' <-> 'rally')"
    assert query.narrowing.not_source_ids == ("kcna-en",)
    assert query.narrowing.not_languages == ("ko",)
    assert query.words == ("rally", "KN-23")


def test_words_of_the_title_are_asked_of_the_title() -> None:
    query = query_tokens('title:"mass rally" title:square held')

    assert query.title_expression == "('mass' <-> 'rally') & ('square')"
    assert query.expression == "('held')"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("site:../etc", "site:kcna-en"), ("lang:english", "lang:en"), ("site:", "site:kcna-en"),
        ("before:yesterday", "before:2013"), ("after:2013-02-30", "after:2013"), ("changed:maybe", "changed:yes"),
        ("removed:", "removed:yes"), ("in:title", "in:earlier"), ("title:!", "title:rally"),
        ("-before:2013", "minus"), ("-title:x", "minus"),
        ("source:kcna", "site:kcna-en"), ("since:2013", "after:2013"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_told_what_would_be_right(text: str, says: str) -> None:
    query = query_tokens(f"rally {text}")

    [notice] = query.notices
    assert notice.part == text
    assert says in notice.sentence
    assert query.narrowing.is_empty
    assert query.words[0] == "rally"


def test_a_bad_value_is_no_word_of_the_search() -> None:
    assert query_tokens("rally before:yesterday").expression == "('rally')"


def test_days_that_exclude_each_other_are_told_of() -> None:
    assert query_tokens("rally after:2014 before:2013").notices


def test_a_search_for_nothing_but_what_is_not_wanted_is_told_of_and_empty() -> None:
    query = query_tokens("-rally")

    assert query.notices
    assert query.is_empty


@pytest.mark.parametrize("text", ["http://example.org/a", "rally: held", "website:one", "10:30", "a-b"])
def test_a_colon_or_a_hyphen_within_a_word_is_no_operator(text: str) -> None:
    query = query_tokens(text)

    assert query.clauses
    assert not query.notices
    assert not query.unwanted


@given(st.text(alphabet='site:langbeforeaftertitlein changed"-2013 ', max_size=80))
def test_any_mixture_of_operators_is_a_query(text: str) -> None:
    query = query_tokens(text)

    assert query.expression.count("(") == query.expression.count(")")
    assert len(query.notices) <= len(text)
