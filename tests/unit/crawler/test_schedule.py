"""When a target is looked at next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.crawler.schedule import (
    counted_looks,
    denser,
    list_interval,
    next_look,
    next_recheck,
    next_retry,
    spread_of,
)
from services.crawler.settings import CrawlerSettings
from shared.sources import Recheck

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
FIRST = timedelta(seconds=30)


def test_a_list_is_looked_at_after_its_interval_and_at_most_a_tenth_later() -> None:
    assert next_look(NOW, every=QUARTER, jitter=0.0) == NOW + QUARTER
    assert next_look(NOW, every=QUARTER, jitter=1.0) == NOW + QUARTER * 1.1


def test_a_list_that_fails_is_looked_at_more_rarely_but_at_least_every_six_hours() -> None:
    assert next_look(NOW, every=QUARTER, jitter=0.0, failures=1) == NOW + 2 * QUARTER
    assert next_look(NOW, every=QUARTER, jitter=0.0, failures=50) == NOW + 6 * HOUR
    assert next_look(NOW, every=24 * HOUR, jitter=0.0, failures=50) == NOW + 24 * HOUR


@given(st.binary(min_size=4, max_size=16))
def test_the_spread_of_a_key_is_steady_and_below_one(key: bytes) -> None:
    assert 0 <= spread_of(key) < 1
    assert spread_of(key) == spread_of(key + b"x")


@pytest.mark.parametrize(
    ("age_hours", "next_hours"),
    [
        (0, 1),
        (0.99, 1),
        (1, 6),
        (7, 24),
        (24, 48),
        (49, 168),
        (200, 720),
        (720, 720 + 8760),
        (9480, 720 + 2 * 8760),
    ],
)
def test_an_article_is_looked_at_at_the_planned_ages_and_then_yearly(
    age_hours: float, next_hours: float
) -> None:
    due = next_recheck(NOW, looked_at=NOW + age_hours * HOUR, rules=Recheck())

    assert due == NOW + next_hours * HOUR


@given(
    st.lists(st.integers(1, 10**6), unique=True, max_size=6),
    st.integers(60, 10**7),
    st.integers(0, 10**8),
)
def test_the_next_look_is_always_ahead_and_never_further_than_the_plan(
    after: list[int], then_every: int, age: int
) -> None:
    offsets = tuple(timedelta(seconds=seconds) for seconds in sorted(after))
    rules = Recheck(after=offsets, then_every=timedelta(seconds=then_every))
    looked_at = NOW + timedelta(seconds=age)

    due = next_recheck(NOW, looked_at=looked_at, rules=rules)

    assert due > looked_at
    assert due - looked_at <= max(rules.then_every, *offsets, timedelta(0))


@pytest.mark.parametrize(
    "reason", ["timeout", "dns", "connect", "http_503", "http_429", "503", "length", "time"]
)
def test_what_may_pass_is_tried_three_times_ever_later(reason: str) -> None:
    waits = [next_retry(reason, attempts=attempts, now=NOW) for attempts in (1, 2, 3)]

    assert waits == [NOW + timedelta(seconds=30), NOW + timedelta(seconds=120), None]


@pytest.mark.parametrize("reason", ["http_404", "http_403", "404"])
def test_a_page_that_is_not_there_gets_one_more_look(reason: str) -> None:
    assert next_retry(reason, attempts=1, now=NOW) == NOW + HOUR
    assert next_retry(reason, attempts=2, now=NOW) is None


@pytest.mark.parametrize("reason", ["http_410", "http_451", "private_address", "bad_url", "scheme", "port"])
def test_what_can_never_be_had_is_given_up_at_once(reason: str) -> None:
    assert next_retry(reason, attempts=1, now=NOW) is None


def test_the_settings_stand_on_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSMARK_CRAWLER_MAX_BATCH_TARGETS", "50")

    settings = CrawlerSettings()

    assert settings.max_batch_targets == 50
    assert settings.robots_fresh == timedelta(hours=24)


def test_a_list_that_changes_at_every_look_is_looked_at_four_times_as_often_in_the_end() -> None:
    looks, intervals = 0, []
    for _ in range(6):
        looks = counted_looks(looks, changed=True)
        intervals.append(list_interval(HOUR, looks) / HOUR)

    assert intervals == [1, 0.5, 0.5, 0.25, 0.25, 0.25]


def test_a_quiet_list_is_looked_at_up_to_eight_times_as_rarely_and_one_change_brings_it_back() -> None:
    looks = 0
    for _ in range(50):
        looks = counted_looks(looks, changed=False)

    assert list_interval(HOUR, looks) == 8 * HOUR
    assert list_interval(HOUR, counted_looks(looks, changed=True)) == HOUR


@given(st.lists(st.booleans(), max_size=60))
def test_an_interval_never_leaves_its_bounds(changes: list[bool]) -> None:
    looks = 0
    for changed in changes:
        looks = counted_looks(looks, changed=changed)

    assert HOUR / 4 <= list_interval(HOUR, looks) <= 8 * HOUR


def test_a_rewritten_article_is_looked_at_again_at_half_the_intervals() -> None:
    rules = denser(Recheck(after=(HOUR, 3 * HOUR), then_every=timedelta(days=10)))

    assert rules.after == (HOUR / 2, HOUR, 2 * HOUR, 3 * HOUR)
    assert rules.then_every == timedelta(days=5)
