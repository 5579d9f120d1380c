"""Coverage: what is known of each day of a source, so that a claim of absence can be judged.

A source is *silent* on a day on which we looked at its lists, they answered, and nothing of that day is known.
We are *blind* on a day on which no list answered; then nothing can be said. Days are those that pages state for
what they published, and UTC for what we did.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from shared.errors import NotFoundError
from shared.ledger import coverage_sql as sql
from shared.ledger.database import Database, Transaction

__all__ = ["Coverage", "Day", "days_of", "in_words"]

_BASELINE_WEEKS = 8
_LEAST_WEEKS = 3
"""A usual number needs as many earlier days of the week on which a list answered."""
_LONGEST_RANGE = timedelta(days=3660)

# 2025-07-02-018, 2024-08-01-H003, ikn250625008: a day and a number within it, at the end of a key.
_SERIAL = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2}|\d{8}|\d{6})-?([A-Z]?)(\d{3,4})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of one source."""

    day: date
    published: int
    """Articles archived that state this day, or that were first seen on it and state none."""
    found: int
    """Addresses of articles found on this day."""
    archived: int
    """Those of them that are archived by now."""
    not_archived: Mapping[str, int]
    """The rest, by state and reason."""
    announced: int
    """Addresses whose feed or sitemap gave this day as theirs."""
    serials: int | None
    """The highest number of this day's keys; None where keys have no numbers without great gaps."""
    serials_missing: tuple[str, ...]
    """Numbers up to it that no article has."""
    usual: float | None
    """The median of the same day of the week in the eight weeks before."""
    good_looks: int
    """Looks at lists that were answered."""
    failed_looks: Mapping[str, int]
    """The others, by reason."""
    cause: str | None
    """Why no list was looked at, where none was."""

    @property
    def expected(self) -> int | None:
        """Return the least that must have been published, where anything tells it."""
        known = max(self.serials or 0, self.announced)
        return known or None

    @property
    def verdict(self) -> str:
        """Return seen, silent, blind, or partly_blind: articles are known, but no list answered on the day."""
        if self.good_looks:
            return "seen" if self.published or self.found else "silent"
        return "partly_blind" if self.published or self.found else "blind"

    def as_json(self) -> dict[str, Any]:
        """Return the day as exports show it."""
        return {
            "day": self.day.isoformat(),
            "verdict": self.verdict,
            "expected": self.expected,
            "usual": self.usual,
            "published": self.published,
            "found": self.found,
            "archived": self.archived,
            "not_archived": dict(self.not_archived),
            "announced": self.announced,
            "serials": self.serials,
            "serials_missing": list(self.serials_missing),
            "good_looks": self.good_looks,
            "failed_looks": dict(self.failed_looks),
            "cause": self.cause,
        }


class Coverage:
    """Reads the coverage of sources.

    Every method may raise `TryAgainError`: the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def days(self, source_id: str, first: date, last: date) -> list[Day]:
        """Return every day from the first to the last.

        Raises:
            NotFoundError: there is no such source.
        """
        with self._database.transaction() as transaction:
            return days_of(transaction, source_id, first, last)

    def span(self, source_id: str) -> tuple[date, date]:
        """Return the day since which a source is followed, and today.

        Raises:
            NotFoundError: there is no such source.
        """
        with self._database.transaction() as transaction:
            row = _source(transaction, source_id)
        return row["added_at"].date(), row["today"]


@dataclass(slots=True, kw_only=True)
class _Counted:
    """What the ledger counts, by day."""

    published: Counter[date] = field(default_factory=Counter)
    announced: Counter[date] = field(default_factory=Counter)
    found: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    good_looks: Counter[date] = field(default_factory=Counter)
    failed_looks: dict[date, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    serials: dict[date, dict[str, set[int]]] = field(default_factory=lambda: defaultdict(dict))


def days_of(transaction: Transaction, source_id: str, first: date, last: date) -> list[Day]:
    """Return the days of a source, within a transaction.

    Raises:
        NotFoundError: there is no such source.
    """
    source = _source(transaction, source_id)
    first = max(first, last - _LONGEST_RANGE)
    counted = _count(transaction, source_id, first, last)
    lists = ", ".join(row["standing"] for row in transaction.rows(sql.LISTS, {"source": source_id}))
    return [_day(one, counted, cause=_cause(one, source, lists)) for one in _calendar(first, last)]


def in_words(source_id: str, days: Iterable[Day]) -> str:
    """Return one sentence about some days, to stand beside a claim that there was nothing."""
    known = list(days)
    verdicts = Counter(day.verdict for day in known)
    if not known:
        return f"coverage of {source_id}: no day of it was looked at yet"
    told = ", ".join(
        f"{verdicts[verdict]} {words}"
        for verdict, words in (
            ("seen", "with articles"),
            ("silent", "silent (its lists answered, with nothing new)"),
            ("partly_blind", "known from later looks only"),
            ("blind", "blind (no list answered, so nothing can be said of them)"),
        )
        if verdicts[verdict]
    )
    return f"coverage of {source_id}, {known[0].day} to {known[-1].day}, {len(known)} days: {told}"


def _source(transaction: Transaction, source_id: str) -> Mapping[str, Any]:
    row = transaction.row(sql.SOURCE, {"source": source_id})
    if row is None:
        raise NotFoundError(
            f"there is no source {source_id!r}; 'pressmark source list' shows those there are"
        )
    return row


def _count(transaction: Transaction, source_id: str, first: date, last: date) -> _Counted:
    counted = _Counted()
    begin = datetime.combine(first - timedelta(weeks=_BASELINE_WEEKS, days=2), datetime.min.time(), UTC)
    end = datetime.combine(last + timedelta(days=3), datetime.min.time(), UTC)
    arguments = {"source": source_id, "from": begin, "to": end}
    for row in transaction.rows(sql.PUBLISHED, arguments):
        day = _stated(row["stated"]) or row["seen"]
        counted.published[day] += row["articles"]
    for row in transaction.rows(sql.LOOKS, arguments):
        if row["outcome"] == "good":
            counted.good_looks[row["day"]] += row["looks"]
        else:
            counted.failed_looks[row["day"]][row["outcome"]] += row["looks"]
    for row in transaction.rows(sql.FOUND, arguments):
        counted.found[row["day"]][row["standing"]] += row["targets"]
    for row in transaction.rows(sql.ANNOUNCED, {"source": source_id, "from": str(first), "to": str(last)}):
        day = _stated(row["stated"])
        if day is not None:
            counted.announced[day] += row["targets"]
    for row in transaction.rows(sql.KEYS, arguments):
        _note_serial(counted, row["key"])
    return counted


def _note_serial(counted: _Counted, key: str) -> None:
    match = _SERIAL.search(key)
    if match is None:
        return
    digits = match[1].replace("-", "")
    day = _stated(
        "-".join((digits[:-4] if len(digits) == 8 else "20" + digits[:2], digits[-4:-2], digits[-2:]))
    )
    if day is not None:
        counted.serials[day].setdefault(match[2], set()).add(int(match[3]))


def _day(day: date, counted: _Counted, *, cause: str | None) -> Day:
    found = counted.found.get(day, Counter())
    serials, missing = _gaps(counted.serials.get(day, {}))
    return Day(
        day=day,
        published=counted.published[day],
        found=found.total(),
        archived=found["archived"],
        not_archived={standing: count for standing, count in sorted(found.items()) if standing != "archived"},
        announced=counted.announced[day],
        serials=serials,
        serials_missing=missing,
        usual=_usual(day, counted),
        good_looks=counted.good_looks[day],
        failed_looks=dict(sorted(counted.failed_looks.get(day, Counter()).items())),
        cause=cause if not counted.good_looks[day] and not counted.failed_looks.get(day) else None,
    )


def _gaps(series: Mapping[str, set[int]]) -> tuple[int | None, tuple[str, ...]]:
    """Return how many numbers a day must have, and those without an article.

    Numbers that leave out more than half are no numbering of a day's articles, and say nothing.
    """
    expected, missing = 0, []
    for letter, numbers in sorted(series.items()):
        if 2 * len(numbers) < max(numbers):
            continue
        expected += max(numbers)
        missing += [f"{letter}{one:03d}" for one in range(1, max(numbers)) if one not in numbers]
    return expected or None, tuple(missing)


def _usual(day: date, counted: _Counted) -> float | None:
    earlier = [day - timedelta(weeks=week) for week in range(1, _BASELINE_WEEKS + 1)]
    known = [counted.published[one] for one in earlier if counted.good_looks[one]]
    return float(median(known)) if len(known) >= _LEAST_WEEKS else None


def _cause(day: date, source: Mapping[str, Any], lists: str) -> str:
    if day < source["added_at"].date():
        return "not followed yet"
    if source["removed_at"] is not None and day >= source["removed_at"].date():
        return "removed by the operator"
    return f"no look at any list ({lists})" if lists else "it has no list"


def _stated(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _calendar(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
