"""Coverage in words: what could be seen of a source, so that nobody takes our blindness for its silence."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.reader.reasons import reason_words, standing_words
from services.reader.wording import shown
from services.reader.words import ENGLISH, Words
from shared.ledger.coverage import Coverage, Day
from shared.ledger.records import SourceSummary
from shared.phrases import message

__all__ = ["CoverageView", "DayView", "SeenOfSource", "coverage_view", "day_views", "look_up", "seen_in"]

_VERDICTS = {
    "seen": (message("Seen"), "returned"),
    "silent": (message("Silent"), "quiet"),
    "partly_blind": (message("Known from later looks only"), "suspect"),
    "blind": (message("Blind"), "gone"),
}
_PARTS = (
    ("seen", message("%(n)s with articles")),
    ("silent", message("%(n)s silent (its lists answered, with nothing new)")),
    ("partly_blind", message("%(n)s known from later looks only")),
    ("blind", message("%(n)s blind (no list answered, so nothing can be said of them)")),
)
_NUMBERS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOfSource:
    """A source with its last days."""

    source: SourceSummary
    days: tuple[Day, ...]

    def as_json(self, words: Words = ENGLISH) -> dict[str, object]:
        """Return the verdicts as exports show them, with the sentence that a page shows."""
        return {
            "source": self.source.source_id,
            "from": self.days[0].day.isoformat() if self.days else None,
            "to": self.days[-1].day.isoformat() if self.days else None,
            "days": len(self.days),
            **_counts(self.days),
            "sentence": _sentence(self, words),
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


def coverage_view(seen: SeenOfSource, words: Words) -> CoverageView:
    """Return the coverage of a source as pages show it."""
    return CoverageView(
        name=shown(seen.source.name),
        address=f"/coverage/{seen.source.source_id}",
        sentence=_sentence(seen, words),
        marks=tuple(
            (day.verdict, f"{words.day(day.day)}: {words.say(_VERDICTS[day.verdict][0])}")
            for day in seen.days
        ),
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


def day_views(days: Sequence[Day], words: Words) -> list[DayView]:
    """Return days as a table shows them, the newest first."""
    return [_day_view(day, words) for day in reversed(days)]


def _day_view(day: Day, words: Words) -> DayView:
    verdict, kind = _VERDICTS[day.verdict]
    expected = words.say("unknown")
    if day.expected is not None:
        expected = words.say("at least %(n)s", n=words.number(day.expected))
    if day.usual is not None:
        expected = words.say("%(expected)s (usually %(n)s)", expected=expected, n=f"{day.usual:g}")
    looks = {"good": words.number(day.good_looks), "bad": words.number(sum(day.failed_looks.values()))}
    return DayView(
        day=words.day(day.day),
        datetime=day.day.isoformat(),
        verdict=words.say(verdict),
        kind=kind,
        expected=expected,
        published=day.published,
        archived=words.say(
            "%(n)s of %(found)s found", n=words.number(day.archived), found=words.number(day.found)
        ),
        looks=words.say("%(good)s answered, %(bad)s not", **looks),
        remarks=tuple(_remarks(day, words)),
    )


def _remarks(day: Day, words: Words) -> Iterable[str]:
    for standing, count in day.not_archived.items():
        told = {"n": words.number(count), "standing": standing_words(standing, words)}
        yield words.say("%(n)s %(standing)s", **told)
    if day.serials_missing:
        rest = len(day.serials_missing) - _NUMBERS_SHOWN
        numbers = words.and_more(map(shown, day.serials_missing[:_NUMBERS_SHOWN]), rest)
        yield words.say("no article has the numbers %(numbers)s", numbers=numbers)
    for reason, count in day.failed_looks.items():
        told = {"looks": words.looks(count), "reason": reason_words(reason, words)}
        yield words.say("%(looks)s failed: %(reason)s", **told)
    if day.cause is not None:
        yield standing_words(day.cause, words)


def _counts(days: Sequence[Day]) -> dict[str, int]:
    verdicts = Counter(day.verdict for day in days)
    return {verdict: verdicts[verdict] for verdict, _ in _PARTS}


def _sentence(seen: SeenOfSource, words: Words) -> str:
    if not seen.days:
        return words.say("No day of it was looked at yet.")
    counts = _counts(seen.days)
    parts = ((counts[verdict], text) for verdict, text in _PARTS)
    return words.say(
        "%(span)s, %(days)s: %(parts)s.",
        span=words.span(seen.days[0].day, seen.days[-1].day),
        days=words.plural("%(n)s day", "%(n)s days", len(seen.days)),
        parts=words.listed(words.say(text, n=words.number(count)) for count, text in parts if count),
    )
