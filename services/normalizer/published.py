"""When an article was published: every candidate of the page, in order of trust, and the choice among them.

The order is: rule of the source, JSON-LD, `meta`, microdata and `time`, the line by the headline, the address, the
dateline. The date of a later change is never a publication date, nothing is published after it was captured, and a
date of two readings counts only when other evidence decides between them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.normalizer.datelines import Dateline, read_dateline
from services.normalizer.dates import AmbiguousDate, DateValue, read_date
from services.normalizer.fields import Candidate, Provenance
from services.normalizer.shown_dates import FoundDate
from services.normalizer.structured import JsonObject, Structured, first_text, types_of
from services.normalizer.text import cut, letters_of, words
from services.normalizer.url_dates import date_in_url
from shared.sources import DateOrder

_META_KEYS = (
    "article:published_time", "og:article:published_time", "article:published", "og:published_time",
    "datepublished", "date.published", "published_time", "publishdate", "publish-date", "publish_date", "pubdate",
    "published", "publication_date", "publication-date", "parsely-pub-date", "sailthru.date",
    "cxenseparse:recs:publishtime", "cxenseparse:publishtime", "dc.date.issued", "dcterms.issued",
    "dcterms.created", "dcterms.date", "dc.date.created", "dc.date", "date", "rbpubdate", "ptime",
    "originalpublicationdate", "article.published", "article_date_original", "bt:pubdate", "displaydate",
    "vr:published_time", "citation_publication_date", "citation_date", "og:pubdate",
)  # fmt: skip
_MODIFIED_KEYS = (
    "article:modified_time",
    "og:updated_time",
    "og:article:modified_time",
    "lastmod",
    "last-modified",
)
_PARTS_OF_PAGES = words(
    "Answer AudioObject Brand Comment ImageObject MediaObject Offer Organization Person Product Question Rating"
    " Review UserComments UserReview"
)
"""JSON-LD objects that stand beside or below an article and bear dates of their own."""

_WITNESS_DISTANCE = timedelta(days=7)
_DATELINE_MEMORY = timedelta(days=31)
_MACHINE_METHODS = ("json_ld.", "meta.", "microdata.", "time")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The publication date of an article with its provenance."""

    value: DateValue
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnesses:
    """Evidence of the day that is too weak to stand alone.

    Attributes:
        days: Days that other parts of the page name.
        months: Years with months from the address.
        dateline: The agency's dateline, without a year.
    """

    days: tuple[date, ...] = ()
    months: tuple[tuple[int, int], ...] = ()
    dateline: Dateline | None = None

    def support(self, value: DateValue) -> bool:
        """Tell whether any of the evidence agrees with a date, within a week."""
        day = value.moment.date()
        if any(abs(day - witness) <= _WITNESS_DISTANCE for witness in self.days):
            return True
        if (day.year, day.month) in self.months:
            return True
        return self.dateline is not None and self.dateline.is_near(day, _WITNESS_DISTANCE)


def structured_dates(structured: Structured, *, title: str | None = None) -> Iterator[FoundDate]:
    """Yield the publication dates of JSON-LD and `meta`, most trusted first.

    Of several articles in the data, the one with the headline of the page comes first.
    """
    letters = letters_of(title or "")
    articles = sorted(structured.articles, key=lambda found: not _is_headed(found, letters))
    yield from _json_dates(articles, "datePublished")
    for key in _META_KEYS:
        if key in structured.meta and (found := _found(structured.meta[key], f"meta.{key}")):
            yield found
    yield from _json_dates(articles, "dateCreated", "uploadDate")
    pages = [found for found in structured.others if not types_of(found) & _PARTS_OF_PAGES]
    yield from _json_dates(pages, "datePublished", "uploadDate")


def foreign_dates(structured: Structured) -> Iterator[FoundDate]:
    """Yield the dates of the comments, pictures and ratings that a page describes for machines."""
    parts = [found for found in structured.others if types_of(found) & _PARTS_OF_PAGES]
    yield from _json_dates(parts, "datePublished", "uploadDate")


def _is_headed(found: JsonObject, letters: str) -> bool:
    return bool(letters) and letters_of(first_text(found.get("headline")) or "") == letters


def modified_date(structured: Structured, updated: Sequence[FoundDate]) -> Provenance | None:
    """Return when the page says it was last changed."""
    for candidate, value in _modifications(structured, updated):
        return Provenance(value=value.iso(), raw=candidate.raw, method=candidate.method)
    return None


def modified_moment(structured: Structured, updated: Sequence[FoundDate] = ()) -> DateValue | None:
    """Return `modified_date` as a date."""
    return next((value for _, value in _modifications(structured, updated)), None)


def _modifications(
    structured: Structured, updated: Sequence[FoundDate]
) -> Iterator[tuple[FoundDate, DateValue]]:
    stated = [*_json_dates(structured.articles, "dateModified")]
    stated += [
        found
        for key in _MODIFIED_KEYS
        if key in structured.meta and (found := _found(structured.meta[key], f"meta.{key}"))
    ]
    for candidate in (*stated, *updated):
        if isinstance(candidate.reading, DateValue):
            yield candidate, candidate.reading


def url_date(url: str | None, timezone: str | None) -> FoundDate | None:
    """Return the date of an address; a Unix time in it is read in the zone of the source."""
    found = date_in_url(url) if url else None
    if found is None:
        return None
    value = found.value
    if value.moment.tzinfo is not None and (zone := _zone(timezone)):
        value = replace(value, moment=value.moment.astimezone(zone))
    return FoundDate(reading=value, raw=found.raw, method=found.method)


def choose_published(
    candidates: Sequence[FoundDate],
    *,
    paragraphs: Sequence[str] = (),
    captured_at: datetime | None = None,
    timezone: str | None = None,
    updated: Sequence[FoundDate] = (),
    order: DateOrder | None = None,
) -> Publication | None:
    """Choose among candidates that stand in order of trust.

    Args:
        candidates: Every date that may be the publication.
        paragraphs: The body; its first lines may hold a dateline.
        captured_at: Nothing published later is believed.
        timezone: IANA name of the zone of times that name none.
        updated: Dates of later changes; they may decide between two readings, and never more.
        order: How the page writes numeric dates elsewhere; it decides where nothing nearer does.
    """
    dateline = _dateline(paragraphs)
    weak = [found.reading.moment.date() for found in updated if isinstance(found.reading, DateValue)]
    rejected: list[Candidate] = []
    settled: list[tuple[FoundDate, DateValue]] = []
    blurred: list[tuple[FoundDate, DateValue]] = []
    for candidate in candidates:
        others = [other for other in candidates if other is not candidate]
        witnesses = _witnesses(others, dateline, weak)
        value, reason = _settle(_ordered(candidate, witnesses, captured_at, order), witnesses, captured_at)
        if value is None:
            rejected.append(_rejected(candidate, reason))
        elif reason:
            rejected.append(_rejected(candidate, reason))
            blurred.append((candidate, value))
        else:
            settled.append((candidate, value))
    if dateline is not None and not settled and (found := _recent(dateline, captured_at)):
        settled.append(found)
    choice = _finest(settled) or (blurred[0] if blurred else None)
    if choice is None:
        return None
    chosen, value = choice
    rejected += [
        _rejected(other, "a more trusted date was found") for other, _ in settled if other is not chosen
    ]
    value = _in_zone(value, timezone)
    provenance = Provenance(
        value=value.iso(), raw=chosen.raw, method=chosen.method, rejected=tuple(rejected[:12])
    )
    return Publication(value=value, provenance=provenance)


def _json_dates(objects: Sequence[JsonObject], *keys: str) -> Iterator[FoundDate]:
    for found in objects:
        for key in keys:
            text = first_text(found.get(key))
            if text and (reading := _found(text, f"json_ld.{key}")):
                yield reading


def _found(text: str, method: str) -> FoundDate | None:
    reading = read_date(text)
    return FoundDate(reading=reading, raw=cut(text, 120), method=method) if reading else None


def _settle(
    candidate: FoundDate, witnesses: Witnesses, captured_at: datetime | None
) -> tuple[DateValue | None, str]:
    """Return the value of a candidate, or nothing; with a reason when it is less than what is written."""
    reading = candidate.reading
    if candidate.refused:
        return None, candidate.refused
    if isinstance(reading, AmbiguousDate):
        value = _decided(reading, witnesses, captured_at)
        if value is None:
            year = DateValue(
                moment=reading.day_first.moment.replace(month=1, day=1, hour=0, minute=0, second=0),
                precision="year",
            )
            return year, "day and month may be either way; set article.date_order in the source file"
    else:
        value = reading
    if _is_later(value, captured_at):
        return None, "later than the capture"
    if candidate.needs_witness and not witnesses.support(value):
        return None, "stands above the headline and nothing else on the page agrees"
    return value, ""


def _ordered(
    candidate: FoundDate, witnesses: Witnesses, captured_at: datetime | None, order: DateOrder | None
) -> FoundDate:
    """Read a date of two readings in the order of the page, where no witness knows the day."""
    reading = candidate.reading
    if order is None or not isinstance(reading, AmbiguousDate) or _decided(reading, witnesses, captured_at):
        return candidate
    return replace(candidate, reading=reading.month_first if order is DateOrder.MDY else reading.day_first)


def _decided(reading: AmbiguousDate, witnesses: Witnesses, captured_at: datetime | None) -> DateValue | None:
    possible = [
        value for value in (reading.day_first, reading.month_first) if not _is_later(value, captured_at)
    ]
    if len(possible) == 1:
        return possible[0]
    supported = [value for value in possible if witnesses.support(value)]
    return supported[0] if len(supported) == 1 else None


def _is_later(value: DateValue, captured_at: datetime | None) -> bool:
    if captured_at is None:
        return False
    # A zone can be 14 hours ahead, and clocks of publishers are wrong by hours.
    return value.moment.replace(tzinfo=None) > captured_at.replace(tzinfo=None) + _DAY


def _witnesses(others: Sequence[FoundDate], dateline: Dateline | None, weak: Sequence[date]) -> Witnesses:
    values = [
        other.reading
        for other in others
        if isinstance(other.reading, DateValue) and not other.needs_witness and not other.refused
    ]
    return Witnesses(
        days=(*(value.day for value in values if value.day is not None), *weak),
        months=tuple(
            (value.moment.year, value.moment.month) for value in values if value.precision == "month"
        ),
        dateline=dateline,
    )


def _dateline(paragraphs: Sequence[str]) -> Dateline | None:
    return next(filter(None, map(read_dateline, paragraphs[:2])), None)


def _recent(dateline: Dateline, captured_at: datetime | None) -> tuple[FoundDate, DateValue] | None:
    """Complete an agency's dateline with the year in which it lies within a month before the capture."""
    if captured_at is None or not dateline.strict:
        return None
    day = dateline.last_before((captured_at + _DAY).date())
    if day is None or captured_at.date() - day > _DATELINE_MEMORY:
        return None
    value = DateValue(moment=datetime(day.year, day.month, day.day), precision="day")  # noqa: DTZ001  (a day has no zone)
    return FoundDate(reading=value, raw=dateline.raw, method="dateline+capture"), value


def _finest(settled: Sequence[tuple[FoundDate, DateValue]]) -> tuple[FoundDate, DateValue] | None:
    """Take the most trusted date, or a finer one of the machine-readable kind that names the same day."""
    if not settled:
        return None
    first = next((pair for pair in settled if pair[1].day is not None), settled[0])
    best = first
    for pair in settled:
        candidate, value = pair
        machine = candidate.method.startswith(_MACHINE_METHODS)
        if machine and _fineness(value) > _fineness(best[1]) and _same_day(value, first[1]):
            best = pair
    return best


def _fineness(value: DateValue) -> int:
    if value.precision not in {"minute", "second"}:
        return 0
    return 2 if value.moment.tzinfo is not None else 1


def _same_day(one: DateValue, other: DateValue) -> bool:
    if one.day is None or other.day is None:
        return False
    return abs(one.day - other.day) <= (_DAY if one.moment.tzinfo is not None else timedelta(0))


def _in_zone(value: DateValue, timezone: str | None) -> DateValue:
    zone = _zone(timezone)
    if zone is None or value.precision not in {"minute", "second"} or value.moment.tzinfo is not None:
        return value
    return replace(value, moment=value.moment.replace(tzinfo=zone))


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def _rejected(candidate: FoundDate, reason: str) -> Candidate:
    return Candidate(raw=cut(candidate.raw, 160), method=candidate.method, reason=reason)
