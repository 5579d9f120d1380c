"""Sentences, dates, times and numbers as one reader reads them: in a language, in a time zone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from services.reader.tongues import DEFAULT, Tongue, tongue
from services.reader.wording import PUBLISHED, stated_day

__all__ = ["ENGLISH", "Words"]


def _no_zone(_source_id: str) -> tzinfo | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the pages say to one reader."""

    tongue: Tongue
    zone: tzinfo = UTC
    """Of the reader."""
    zone_of: Callable[[str], tzinfo | None] = _no_zone
    """Finds the zone of a source by its id; None where none is known."""

    def say(self, text: str, **values: object) -> str:
        """Return a sentence of the catalogue with its values."""
        said = self.tongue.messages.gettext(text)
        return said % values if values else said

    def plural(self, one: str, many: str, number: int, **values: object) -> str:
        """Return a sentence in the plural form that a number needs; `n` is the number, written out."""
        said = self.tongue.messages.ngettext(one, many, number)
        return said % {"n": self.number(number), **values}

    def number(self, number: int) -> str:
        """Return a number as 2,078."""
        return f"{number:,}".replace(",", self.tongue.thousands)

    def articles(self, number: int) -> str:
        """Return how many articles, in words."""
        return self.plural("%(n)s article", "%(n)s articles", number)

    def looks(self, number: int) -> str:
        """Return how many looks, in words."""
        return self.plural("%(n)s look", "%(n)s looks", number)

    def all_of(self, parts: Iterable[str]) -> str:
        """Return an enumeration of things that are no sentences."""
        return self.tongue.comma.join(parts)

    def listed(self, parts: Iterable[str]) -> str:
        """Return parts of a sentence one after another."""
        return self.tongue.pause.join(parts)

    def and_more(self, shown: Iterable[str], rest: int) -> str:
        """Return an enumeration of which only the first are named."""
        named = self.all_of(shown)
        if rest <= 0:
            return named
        return self.say("%(named)s and %(n)s more", named=named, n=self.number(rest))

    def clauses(self, parts: Iterable[str]) -> str:
        """Return an enumeration of things that have commas of their own."""
        return self.tongue.semicolon.join(parts)

    def sentences(self, parts: Iterable[str]) -> str:
        """Return sentences one after another."""
        return self.tongue.blank.join(parts)

    def day(self, day: date) -> str:
        """Return a date as 9 March 2026."""
        return self.tongue.dates.long % self._fields(day)

    def month(self, day: date) -> str:
        """Return the month of a date as March 2026."""
        return self.tongue.dates.month % self._fields(day)

    def span(self, first: date, last: date) -> str:
        """Return days from a first to a last one, or the one that both are."""
        if first == last:
            return self.day(first)
        return self.say("%(first)s to %(last)s", first=self.day(first), last=self.day(last))

    def moment(self, at: datetime, source_id: str | None = None) -> str:
        """Return a time as 9 March 2026, 12:00 UTC; also as the clocks of a source had it, where they differ."""
        here = at.astimezone(self.zone)
        told = self._clock(here)
        zone = self.zone_of(source_id) if source_id else None
        if zone is None:
            return told
        there = at.astimezone(zone)
        if there.utcoffset() == here.utcoffset():
            return told
        other = self._clock(there, with_day=there.date() != here.date())
        return self.say("%(moment)s (at the source %(other)s)", moment=told, other=other)

    def short_date(self, published: str | None) -> str | None:
        """Return a date of ISO 8601 as 16/10/2021, as 10/2021 or 2021 when that is all that is known.

        A time of day follows with its zone as the page gave it. None when there is no date.
        """
        found = PUBLISHED.fullmatch(published or "")
        if found is None:
            return None
        year, month, day, clock, zone = found.groups()
        forms = self.tongue.dates
        pattern = forms.short if day else forms.short_month if month else forms.year
        fields = {"y": year, "MM": month, "dd": day, "M": str(int(month or 0)), "d": str(int(day or 0))}
        return " ".join(one for one in (pattern % fields, clock, "UTC" if zone == "Z" else zone) if one)

    def stated_date(self, published: str | None) -> str | None:
        """Return a date of ISO 8601 as 9 March 2026, March 2026 or 2026, as far as it is known."""
        day = stated_day(published)
        if day is not None:
            return self.day(day)
        found = PUBLISHED.fullmatch(published or "")
        if found is None or found[3]:
            return None
        month = int(found[2] or 0)
        if 1 <= month <= 12 and int(found[1]):
            return self.month(date(int(found[1]), month, 1))
        return self.tongue.dates.year % {"y": found[1]}

    def _clock(self, at: datetime, *, with_day: bool = True) -> str:
        clock = f"{at:%H:%M} {_offset(at)}"
        return self.tongue.dates.moment.format(clock, self.day(at.date())) if with_day else clock

    def _fields(self, day: date) -> dict[str, object]:
        return {"y": day.year, "M": day.month, "MMMM": self.tongue.dates.months[day.month], "d": day.day}


def _offset(at: datetime) -> str:
    """Return how far a time is from UTC, as UTC, UTC+9 or UTC−3:30."""
    offset = at.utcoffset() or timedelta(0)
    minutes = int(abs(offset).total_seconds()) // 60
    if not minutes:
        return "UTC"
    rest = f":{minutes % 60:02}" if minutes % 60 else ""
    return f"UTC{'−' if offset < timedelta(0) else '+'}{minutes // 60}{rest}"


ENGLISH = Words(tongue=tongue(DEFAULT))
"""What programs are told, who asked for no language."""
