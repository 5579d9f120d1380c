"""No text makes one of our regular expressions slow: 100,000 characters of its worst kind are read at once."""

import re
import signal
import time
from collections.abc import Iterator

import pytest

from tests.support.own_patterns import OwnPattern, own_patterns

SHORT, LONG = 2_000, 100_000
SUSPECT_SECONDS, MOST_SECONDS = 0.002, 0.25
BOUNDED = {
    # Pattern: the longest text that its module gives it, in characters.
    "services.normalizer.edges._SENTENCE": 200,
    "services.normalizer.shown_dates._FOOT": 60,
    "services.normalizer.vocabulary._SUSPECT": 200,
    "services.normalizer.wording._DATELINES[0]": 400,
    "services.normalizer.wording._DATELINES[1]": 400,
}
"""Those that would be slow on a long text and never see one."""


class TooSlowError(Exception):
    pass


@pytest.fixture
def clock() -> Iterator[None]:
    """Ends a search that takes a second of processor time: they look for signals on their way."""

    def give_up(*_: object) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, give_up)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


def seconds_of(one: OwnPattern, method: str, text: object) -> float:
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, 1)
    try:
        one.run(method, text)
    except TooSlowError:
        return 1.0
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - begun


def slow_texts(one: OwnPattern) -> Iterator[tuple[str, str]]:
    """Yield how a pattern is used and on what it is slow; a short text of a kind comes before a long one."""
    for method in one.methods:
        for text in one.hard_texts(SHORT):
            if seconds_of(one, method, text) <= SUSPECT_SECONDS:
                continue
            long = text[:-1] * (LONG // SHORT) + text[-1:]
            if min(seconds_of(one, method, long) for _ in range(2)) > MOST_SECONDS:
                yield method, repr(text[:4])
                break


def test_no_pattern_of_ours_is_slow_on_any_text(clock: None) -> None:
    patterns = own_patterns()
    slow = {one.name: list(slow_texts(one)) for one in patterns if one.name not in BOUNDED}

    assert len(patterns) > 200
    assert {name: found for name, found in slow.items() if found} == {}
    assert set(BOUNDED) <= {one.name for one in patterns}


def test_a_slow_pattern_would_be_found(clock: None) -> None:
    planted = OwnPattern("planted", re.compile(r"\s+;"), ("search",))

    assert [method for method, _ in slow_texts(planted)] == ["search"]
