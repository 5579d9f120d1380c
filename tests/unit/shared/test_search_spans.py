"""Which stretches of time the index is asked for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ledger.search_spans import Pace, Steps, expressions_in, marks_between
from shared.search_query import query_tokens

_FIRST, _LAST = datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2080-01-01")
MOMENTS = st.datetimes(min_value=_FIRST, max_value=_LAST, timezones=st.just(UTC))


@given(MOMENTS, MOMENTS, MOMENTS)
def test_every_moment_of_a_stretch_has_one_of_its_marks(
    one: datetime, two: datetime, three: datetime
) -> None:
    since, moment, until = sorted((one, two, three))
    marks = marks_between(since, until)

    assert any(f"'{moment.strftime(form)}'" in marks for form in ("@y%Y", "@m%Y%m", "@d%Y%m%d"))
    assert marks.count("|") <= 110


def test_a_stretch_too_long_for_marks_has_none() -> None:
    assert marks_between(datetime(1800, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)) == ""


@given(st.lists(MOMENTS, min_size=1, max_size=60, unique=True), st.integers(0, 20))
def test_stretches_follow_one_another_back_to_the_oldest_with_few_marks_each(
    moments: list[datetime], found: int
) -> None:
    steps = Steps(articles=100, moments=sorted(moments, reverse=True))
    pace, latest = Pace(wanted=21, steps=steps), max(moments) + timedelta(hours=1)

    while (floor := pace.next_floor(latest)) is not None:
        assert floor < latest
        if floor > latest - timedelta(days=20 * 366):
            assert marks_between(floor, latest).count("|") <= 30
        pace.found, latest = found, floor


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("rally", "'@d20260309' & ('rally')"),
        ("rally site:kcna-en", "'@d20260309' & ('@skcna-en') & ('rally')"),
        ("rally removed:yes changed:2013", "'@d20260309' & '@removed' & '@edited' & ('rally')"),
        ("rally removed:no changed:no", "'@d20260309' & ('rally')"),
        ("-rally site:kcna-en", "'@d20260309' & ('@skcna-en') & !('rally')"),
        ("in:earlier rally", "'@d20260309' & '@edited' & ('rally')"),
    ],
)
def test_what_the_index_knows_besides_words_is_asked_of_it_too(query: str, words: str) -> None:
    assert expressions_in(query_tokens(query), "'@d20260309'", is_marked=True) == (words, "")


def test_without_marks_only_the_words_are_asked_for() -> None:
    asked = query_tokens("rally site:kcna-en title:mass")

    assert expressions_in(asked, "'@d20260309'", is_marked=False) == ("('rally')", "('mass')")
