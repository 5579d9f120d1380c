"""Foreign text and addresses as a page may show them."""

import bisect
import itertools
import re
import unicodedata
from datetime import date
from urllib.parse import urlsplit

_NOT_SHOWN = dict.fromkeys(
    code
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)
    if code not in (0x09, 0x0A)
)
"""Controls, and the marks that turn the direction of what follows them (Unicode UAX 9 §2).

The marks that only give direction to themselves (U+200E, U+200F, U+061C) stay: Arabic and Hebrew need them.
"""
_BREAKS = {0x09: " ", 0x0A: " ", 0x0D: " ", 0x85: " ", 0x2028: " ", 0x2029: " "}
_BREAKS_AND_NOT_SHOWN = _BREAKS | _NOT_SHOWN
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)
PUBLISHED = re.compile(
    r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}:\d{2})(?::\d{2}[\d.]*)?(Z|[+-]\d{2}:?\d{2})?)?)?)?"
)
"""A date of ISO 8601 to the precision that the page gave: year, month, day, time of day, zone."""
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
_LANGUAGES = {
    "ar": "العربية", "de": "Deutsch", "en": "English", "es": "Español", "fa": "فارسی", "fr": "Français",
    "he": "עברית", "hi": "हिन्दी", "id": "Bahasa Indonesia", "it": "Italiano", "ja": "日本語", "ko": "한국어",
    "pl": "Polski", "pt": "Português", "ru": "Русский", "tr": "Türkçe", "uk": "Українська", "vi": "Tiếng Việt",
    "zh": "中文",
}  # fmt: skip
_COLUMNS_OF_WIDTH = {"W": 2, "F": 2, "Na": 1, "N": 1, "A": 1, "H": 1}
"""Columns of a letter by its width in East Asia (Unicode Standard Annex 11)."""
_LETTERS_FOR_A_COLUMN = 4
"""Of a text only this much is looked at for an excerpt: spaces and marks without a width are never so many."""


def shown(text: str) -> str:
    """Return foreign text on one line without what could disturb the text around it; the evidence keeps it."""
    if text.isprintable():  # no control, no mark of direction, no half of a pair: as nearly every line is
        return text
    plain = text.translate(_BREAKS_AND_NOT_SHOWN)
    return plain.encode("utf-8", "replace").decode("utf-8") if not plain.isascii() else plain


def excerpt(text: str, limit: int = 170) -> str:
    """Return the beginning of a text, cut between words where it has words.

    Args:
        text: any text.
        limit: the longest result in columns; a letter of Chinese, Japanese or Korean takes two.
    """
    whole = " ".join(shown(text[: limit * _LETTERS_FOR_A_COLUMN]).split())
    widths = map(_COLUMNS_OF_WIDTH.__getitem__, map(unicodedata.east_asian_width, whole[:limit]))
    fitting = bisect.bisect_left(list(itertools.accumulate(widths)), limit)
    if fitting >= len(whole) - 1:
        return whole
    cut = whole[:fitting]
    space = cut.rfind(" ")
    cut = cut[:space] if space > fitting * 2 // 3 else cut
    while cut and (unicodedata.combining(cut[-1]) or not cut[-1].isalnum()):
        cut = cut[:-1]
    return cut + "…"


def language_tag(language: str | None) -> str:
    """Return the value of a `lang` attribute: a BCP 47 tag, or `und` when the language is not known."""
    return language if language and _LANGUAGE.fullmatch(language) else "und"


def language_name(language: str) -> str:
    """Return what a language calls itself, or its tag."""
    return _LANGUAGES.get(language, language)


def direction(language: str | None) -> str:
    """Return the value of a `dir` attribute: `rtl` for languages so written, else left to the text itself."""
    return "rtl" if language_tag(language).split("-")[0].lower() in _RIGHT_TO_LEFT else "auto"


def link(url: str) -> str | None:
    """Return `url` if a page may link to it: http or https, with a host, and nothing invisible in it."""
    if any(not character.isprintable() or character == " " for character in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and parts.hostname else None


def stated_day(published: str | None) -> date | None:
    """Return the day of a date of ISO 8601, in the zone of the page; None when it is not known to the day."""
    try:
        return date.fromisoformat((published or "")[:10])
    except ValueError:
        return None
