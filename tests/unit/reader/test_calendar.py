"""The fields of a calendar: every day of the month once, in weeks from Monday, darker where there is more."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.reader.calendar_pages import weeks_of
from shared.ledger.days import Month


@given(
    st.dates(min_value=date(2, 1, 1), max_value=date(9998, 12, 31)),
    st.dictionaries(st.integers(0, 27), st.integers(1, 100_000)),
)
def test_a_month_has_each_of_its_days_once_and_shades_follow_counts(
    day: date, counts: dict[int, int]
) -> None:
    first = day.replace(day=1)
    articles = {first + timedelta(days=number): count for number, count in counts.items()}
    weeks = weeks_of(Month(first=first, articles=articles, before=None, after=None))
    shown = [one for week in weeks for one in week if one is not None]

    assert [one.day for one in shown] == [first + timedelta(days=number) for number in range(len(shown))]
    assert (shown[-1].day + timedelta(days=1)).day == 1
    assert all(one is None or one.day.weekday() == place for week in weeks for place, one in enumerate(week))
    assert {one.day: one.articles for one in shown if one.articles} == articles
    by_count = sorted(shown, key=lambda one: one.articles)
    assert [one.shade for one in by_count] == sorted(one.shade for one in shown)
    assert all((one.shade == 0) == (one.articles == 0) and one.shade <= 4 for one in shown)
