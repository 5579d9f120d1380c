from hypothesis import given
from hypothesis import strategies as st

from services.standalone.backoff import Backoff

lives = st.floats(min_value=0, max_value=1000)


def after(*lived: float) -> Backoff:
    backoff = Backoff()
    for seconds in lived:
        backoff = backoff.after_death(lived_seconds=seconds)
    return backoff


def test_waits_double_from_half_a_second_to_thirty() -> None:
    waits = [after(*[1.0] * deaths).wait_seconds for deaths in range(1, 9)]

    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_calm_minute_makes_earlier_deaths_forgotten() -> None:
    assert after(1, 1, 1, 61) == after(1)


def test_the_fifth_quick_death_is_shown_as_failing_and_still_followed_by_a_start() -> None:
    assert not after(1, 1, 1, 1).is_failing
    assert after(1, 1, 1, 1, 1).is_failing
    assert after(1, 1, 1, 1, 1).wait_seconds == 8


@given(st.lists(lives, min_size=1, max_size=200))
def test_the_wait_is_never_longer_than_thirty_seconds_nor_shorter_than_half_a_second(
    lived: list[float],
) -> None:
    assert 0.5 <= after(*lived).wait_seconds <= 30


@given(st.lists(lives, max_size=50), lives)
def test_one_more_quick_death_never_shortens_the_wait(lived: list[float], last: float) -> None:
    before = after(*lived)
    later = before.after_death(lived_seconds=last)

    assert last >= 60 or later.wait_seconds >= before.wait_seconds
