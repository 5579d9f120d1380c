"""When a target is looked at next. All of it is arithmetic on times that are passed in."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from shared.sources import Recheck

SPREAD: Final = 0.1
"""A list is looked at up to this share of its interval later, so that lists do not come in step."""
MAX_LIST_WAIT: Final = timedelta(hours=6)
"""Longest wait for a list that fails, unless its own interval is longer."""
MAX_TRIES: Final = 3
FIRST_RETRY: Final = timedelta(seconds=30)
RETRY_FACTOR: Final = 4
MISSING_RETRY: Final = timedelta(hours=1)
MAX_TRIES_OF_MISSING: Final = 2

MOST_CHANGED_LOOKS: Final = -4
MOST_UNCHANGED_LOOKS: Final = 12
_CHANGES_A_STEP: Final = 2
_QUIET_LOOKS_A_STEP: Final = 4

# The URL or its host is the obstacle, and no time of waiting changes that.
_HOPELESS: Final = frozenset({"bad_url", "scheme", "port", "private_address", "header_too_large"})
_PASSING_STATUSES: Final = frozenset({408, 425, 429})
_GONE: Final = frozenset({410, 451})


def counted_looks(unchanged_looks: int, *, changed: bool) -> int:
    """Return the memory of a list after one more look: unchanged looks in a row, below zero changed ones.

    A look that brings something new ends a quiet time at once. A quiet look takes back one that brought
    something, so that a list that changes a little more slowly than it is looked at finds its interval.
    """
    if changed:
        return max(MOST_CHANGED_LOOKS, min(0, unchanged_looks) - 1)
    return min(MOST_UNCHANGED_LOOKS, unchanged_looks + 1)


def list_interval(every: timedelta, unchanged_looks: int) -> timedelta:
    """Return the interval of a list, from a quarter of `every` to eight times as long.

    Two looks in a row that brought something halve it, four quarter it; four quiet looks in a row double
    it, eight make it four and twelve eight times as long.
    """
    if unchanged_looks < 0:
        shorter: timedelta = every / 2 ** (-max(MOST_CHANGED_LOOKS, unchanged_looks) // _CHANGES_A_STEP)
        return shorter
    longer: timedelta = every * 2 ** (min(MOST_UNCHANGED_LOOKS, unchanged_looks) // _QUIET_LOOKS_A_STEP)
    return longer


def next_look(
    looked_at: datetime,
    *,
    every: timedelta,
    jitter: float,
    failures: int = 0,
) -> datetime:
    """Return when a list is looked at next.

    Args:
        looked_at: the last look.
        every: the list's interval, as `list_interval` gives it.
        jitter: from 0 to 1, such as `spread_of` gives; 1 is a tenth of the interval later.
        failures: looks in a row that failed. Each doubles the wait, up to six hours.
    """
    wait = every * (1 + SPREAD * min(1.0, max(0.0, jitter)))
    longest = max(wait, MAX_LIST_WAIT)
    doubled: timedelta = wait * 2 ** min(max(0, failures), 20)
    return looked_at + min(longest, doubled)


def spread_of(key: bytes) -> float:
    """Return a number from 0 up to 1 that is always the same for a key of at least 4 bytes."""
    return int.from_bytes(key[:4], "big") / 2**32


def next_recheck(first_archived: datetime, *, looked_at: datetime, rules: Recheck) -> datetime:
    """Return when an archived article is looked at again: the first planned time after the last look.

    A look that came late moves nothing: the plan counts from the first archived look.
    """
    for offset in rules.after:
        if first_archived + offset > looked_at:
            return first_archived + offset
    last = first_archived + (rules.after[-1] if rules.after else timedelta(0))
    rounds = max(0, (looked_at - last) // rules.then_every) + 1
    return last + rounds * rules.then_every


def denser(rules: Recheck) -> Recheck:
    """Return the rules for an article that was rewritten once: a look more in the middle of each interval."""
    times = (timedelta(0), *rules.after)
    middles = (earlier + (later - earlier) / 2 for earlier, later in pairwise(times))
    after = sorted({*rules.after, *middles} - {timedelta(0)})
    return rules.model_copy(update={"after": tuple(after), "then_every": rules.then_every / 2})


def next_retry(reason: str, *, attempts: int, now: datetime) -> datetime | None:
    """Return when a target that was never archived is tried again, or None: it has failed for good.

    Args:
        reason: the fetcher's reason, or `http_` and the status.
        attempts: failed looks so far, from 1.
        now: the time of the last of them.

    What passes (no answer, 5xx, 408, 425, 429, a body cut short) is tried three times in all, after 30 s
    and 2 minutes. A page that is not there or not for us (other 4xx) gets one more look after an hour,
    because lists name articles before they are served. Gone (410, 451) and what can never be asked
    for is given up at once. A host that asks to be left alone (`Retry-After`) is held as a whole in the
    ledger, so a look that is due before is not made before.
    """
    status = _status_in(reason)
    if reason in _HOPELESS or status in _GONE:
        return None
    if status is not None and status < 500 and status not in _PASSING_STATUSES:
        return now + MISSING_RETRY if attempts < MAX_TRIES_OF_MISSING else None
    if attempts >= MAX_TRIES:
        return None
    wait: timedelta = FIRST_RETRY * RETRY_FACTOR ** (max(1, attempts) - 1)
    return now + wait


def _status_in(reason: str) -> int | None:
    digits = reason.removeprefix("http_")
    return int(digits) if len(digits) == 3 and digits.isascii() and digits.isdigit() else None
