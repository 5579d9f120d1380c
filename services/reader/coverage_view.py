"""Coverage in words: what could be seen of a source, so that nobody takes our blindness for its silence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.reader.wording import count_of, long_day, shown
from shared.ledger.coverage import Coverage, Day
from shared.ledger.records import SourceSummary

__all__ = ["CoverageView", "DayView", "SeenOfSource", "coverage_view", "day_views", "look_up", "seen_in"]

_VERDICTS = {
    "seen": ("Seen", "returned"),
    "silent": ("Silent", "quiet"),
    "partly_blind": ("Known from later looks only", "suspect"),
    "blind": ("Blind", "gone"),
}
_PARTS = (
    ("seen", "with articles"),
    ("silent", "silent (its lists answered, with nothing new)"),
    ("partly_blind", "known from later looks only"),
    ("blind", "blind (no list answered, so nothing can be said of them)"),
)
_NUMBERS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOfSource:
    """A source with its last days."""

    source: SourceSummary
    days: tuple[Day, ...]

    def as_json(self) -> dict[str, object]:
        """Return the verdicts as exports show them."""
        return {
            "source": self.source.source_id,
            "from": self.days[0].day.isoformat() if self.days else None,
            "to": self.days[-1].day.isoformat() if self.days else None,
            "days": len(self.days),
            **_counts(self.days),
            "sentence": _sentence(self),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageView:
    """The coverage of one source."""

    name: str
    address: str
    sentence: str
    marks: tuple[tuple[str, str], ...]
    """For each day what the style sheet knows its verdict by, and the day with its verdict in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayView:
    """One day of a source."""

    day: str
    datetime: str
    verdict: str
    kind: str
    expected: str
    published: int
    archived: str
    looks: str
    remarks: tuple[str, ...]


def look_up(ledger: Coverage, source: SourceSummary, *, days: int) -> SeenOfSource:
    """Read the last days of a source, as far as it is followed.

    Raises:
        NotFoundError: there is no such source.
    """
    begin, today = ledger.span(source.source_id)
    first = max(begin, today - timedelta(days=days - 1))
    return SeenOfSource(source=source, days=tuple(ledger.days(source.source_id, first, today)))


def coverage_view(seen: SeenOfSource) -> CoverageView:
    """Return the coverage of a source as pages show it."""
    return CoverageView(
        name=shown(seen.source.name),
        address=f"/coverage/{seen.source.source_id}",
        sentence=_sentence(seen),
        marks=tuple((day.verdict, f"{long_day(day.day)}: {_VERDICTS[day.verdict][0]}") for day in seen.days),
    )


def seen_in(
    seen: Iterable[SeenOfSource], *, source_ids: Sequence[str] = (), languages: Sequence[str] = ()
) -> list[SeenOfSource]:
    """Return the sources that a search or a list was about; all of them by default."""
    return [
        one
        for one in seen
        if (not source_ids or one.source.source_id in source_ids)
        and (not languages or one.source.language in languages)
    ]


def day_views(days: Sequence[Day]) -> list[DayView]:
    """Return days as a table shows them, the newest first."""
    return [_day_view(day) for day in reversed(days)]


def _day_view(day: Day) -> DayView:
    verdict, kind = _VERDICTS[day.verdict]
    expected = "unknown" if day.expected is None else f"at least {day.expected:,}"
    if day.usual is not None:
        expected += f" (usually {day.usual:g})"
    return DayView(
        day=long_day(day.day),
        datetime=day.day.isoformat(),
        verdict=verdict,
        kind=kind,
        expected=expected,
        published=day.published,
        archived=f"{day.archived:,} of {day.found:,} found",
        looks=f"{day.good_looks:,} answered, {sum(day.failed_looks.values()):,} not",
        remarks=tuple(_remarks(day)),
    )


def _remarks(day: Day) -> Iterable[str]:
    for standing, count in day.not_archived.items():
        yield f"{count:,} {shown(standing).replace('_', ' ')}"
    if day.serials_missing:
        rest = len(day.serials_missing) - _NUMBERS_SHOWN
        numbers = ", ".join(map(shown, day.serials_missing[:_NUMBERS_SHOWN]))
        yield f"no article has the numbers {numbers}" + (f" and {rest:,} more" if rest > 0 else "")
    for reason, count in day.failed_looks.items():
        yield f"{count_of(count, 'look')} failed: {shown(reason).replace('_', ' ')}"
    if day.cause is not None:
        yield shown(day.cause)


def _counts(days: Sequence[Day]) -> dict[str, int]:
    verdicts = Counter(day.verdict for day in days)
    return {verdict: verdicts[verdict] for verdict, _ in _PARTS}


def _sentence(seen: SeenOfSource) -> str:
    if not seen.days:
        return "No day of it was looked at yet."
    counts = _counts(seen.days)
    told = ", ".join(f"{counts[verdict]} {words}" for verdict, words in _PARTS if counts[verdict])
    first, last = long_day(seen.days[0].day), long_day(seen.days[-1].day)
    span = first if first == last else f"{first} to {last}"
    return f"{span}, {count_of(len(seen.days), 'day')}: {told}."
