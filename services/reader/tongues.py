"""The languages that the pages speak: the sentences of each, and how it writes dates and numbers (CLDR)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

__all__ = ["DEFAULT", "NAMES", "PHRASES", "TAGS", "DateForms", "Tongue", "tongue"]

PHRASES = Path(str(files("services.reader"))) / "phrases"
"""The folder of the catalogues: one file of GNU gettext for each language but English."""
DEFAULT = "en"
NAMES = {"en": "English", "ko": "한국어", "zh-Hans": "简体中文"}
"""What each language calls itself."""
TAGS = tuple(NAMES)
"""BCP 47 tags of the languages, the one for everyone else first."""
_LOCALES = {"en": "en_GB", "ko": "ko_KR", "zh-Hans": "zh_Hans_CN"}
"""Whose habits each language has. English dates are day first: 9 March 2026, which nobody reads as September."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateForms:
    """How a language writes dates: patterns for `%` with the fields of CLDR (d, dd, M, MM, MMMM, y)."""

    long: str
    month: str
    short: str
    short_month: str
    year: str
    moment: str
    """A day (1) and a time of day (0), for `format`."""
    months: Mapping[int, str]
    weekdays: tuple[tuple[str, str], ...]
    """Short and long names from Monday to Sunday."""
    first_weekday: int
    """0 for Monday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """A language that the pages speak."""

    tag: str
    name: str
    """What it calls itself."""
    messages: NullTranslations
    dates: DateForms
    thousands: str
    """What stands between the thousands of a number."""
    comma: str
    """What stands between the things of an enumeration."""
    pause: str
    """What stands between the parts of a sentence."""
    semicolon: str
    """What stands between things that have commas of their own."""
    blank: str
    """What stands between two sentences."""


@cache
def tongue(tag: str) -> Tongue:
    """Return a language by its tag, read once: the catalogue as it is written, without a step that compiles it."""
    locale = Locale.parse(_LOCALES[tag])
    return Tongue(
        tag=tag,
        name=NAMES[tag],
        messages=NullTranslations() if tag == DEFAULT else _messages(tag, locale),
        dates=_date_forms(locale),
        thousands=locale.number_symbols["latn"]["group"],
        comma="、" if locale.language == "zh" else ", ",
        pause="，" if locale.language == "zh" else ", ",
        semicolon="；" if locale.language == "zh" else "; ",
        blank="" if locale.language == "zh" else " ",
    )


def _messages(tag: str, locale: Locale) -> GNUTranslations:
    with (PHRASES / f"{tag}.po").open("rb") as source:
        catalogue = read_po(source, locale=locale, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _date_forms(locale: Locale) -> DateForms:
    skeletons = locale.datetime_skeletons
    short, long = locale.days["stand-alone"]["abbreviated"], locale.days["stand-alone"]["wide"]
    return DateForms(
        long=locale.date_formats["long"].format,
        month=skeletons["yMMMM"].format,
        short=skeletons["yMMMd" if locale.language == "zh" else "yMd"].format,
        short_month=skeletons["yMMM" if locale.language == "zh" else "yM"].format,
        year=skeletons["y"].format,
        moment=str(locale.datetime_formats["medium"]),
        months=locale.months["format"]["wide"],
        weekdays=tuple((short[day], long[day]) for day in range(7)),
        first_weekday=locale.first_week_day,
    )
