"""Normal forms of text: what makes two texts the same text, and the words they are made of.

White space never makes a difference: publishers re-wrap paragraphs, swap no-break for plain spaces and glue words
at inline tags (`ComradeKim`) without anybody having edited anything. So digests are taken over the characters that
a reader sees, with all white space left out. Quotes, dashes and case do make a difference: a change of these is an
edit, if a small one.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

MIN_IDENTITY_CHARACTERS = 80
"""Shorter texts (a picture's caption, `-0-`) may well be equal by chance, so they identify no article."""

# Characters that take no ink but are not white space to Python: zero-width space, Mongolian vowel separator,
# Hangul fillers, empty Braille cell.
_BLANK = re.compile(r"[\u200b\u180e\u3164\uffa0\u2800]")
# Controls (but not those that are white space), soft hyphen, joiners, bidirectional marks and isolates, byte order
# mark, text/emoji selectors, interlinear marks, language tags.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe0e\ufe0f"
    r"\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# The only characters of the two sets above that Python takes for printable.
_UNSEEN_PRINTABLE = "\u2800\u3164\ufe0e\ufe0f\uffa0"
_ASCII_SPACES = bytes(code for code in range(128) if chr(code).isspace())
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MARK_BOMB = re.compile(rb"[^\x00]{64}")

# Han, Kana, Bopomofo, Thai, Lao, Burmese and Khmer put no space between words: one character is one token.
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u30ff\u3100-\u312f"
    r"\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
)
_UNSPACED_MARKS = (
    r"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
)
# Vowel signs and points are no word characters to Python, yet they stand inside words.
_SPACED_MARKS = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0963\u0966-\u0dff"
)
_SPACED = rf"(?:[^\W{_UNSPACED}]|[{_SPACED_MARKS}])"
_TOKEN = re.compile(
    rf"[{_UNSPACED}][{_UNSPACED_MARKS}]*"
    rf"|{_SPACED}+(?:(?:['’ʼ‐‑-]|(?<=\d)[.,](?=\d)){_SPACED}+)*"  # People's, first-line, 7,687.5
    r"|(\S)\1*"  # a mark, or a run of one mark: -- ... ——
)


def normal_line(text: str) -> str:
    """Return one line of text in normal form.

    NFC; every run of white space is one space, with none at the ends; characters that take no space and no ink
    (soft hyphens, controls, bidirectional marks) are out; half of a surrogate pair becomes U+FFFD.
    """
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _BLANK.sub(" ", text)))
        text = _composed(text)
    elif not text.isprintable():
        text = _UNSEEN.sub("", text)
    return " ".join(text.split())


def _composed(text: str) -> str:
    # Normalizing sorts a run of combining marks in quadratic time (40,000 of them took 1.2 s); no language writes
    # more than a few on one letter, so a text with such a run stays as it is.
    if _MARK_BOMB.search(bytes(map(unicodedata.combining, text))):
        return text
    return unicodedata.normalize("NFC", text)


def normal_text(paragraphs: Iterable[str]) -> str:
    """Return the normal form of a text: the normal lines of its paragraphs that are not empty, by line feeds."""
    return "\n".join(line for line in map(normal_line, paragraphs) if line)


def normal_title(title: str) -> str:
    """Return a title in normal form: one line, white space folded."""
    return normal_line(title)


def without_spaces(text: str) -> str:
    """Return the characters of a normal text that a reader sees: what equality of texts is decided by."""
    return "".join(text.split())


def text_digest(paragraphs: Iterable[str]) -> str:
    """Return `sha256:<hex>` over the visible characters of a text in UTF-8.

    Two texts that differ in spacing, paragraph breaks or glued words only have the same digest; a capture whose
    digest is that of the revision before is no new revision.
    """
    return _digest(_visible(paragraphs))


def identity_digest(paragraphs: Iterable[str], day: str | None) -> str:
    """Return `sha256:<hex>` over the visible characters and the day of a text.

    Two URLs of a source with one identity digest are one article. Ask `identifies` first: texts of a few words are
    equal by chance.

    Args:
        paragraphs: the article's text.
        day: the day it is dated, `YYYY-MM-DD`, or None when no date is known.
    """
    return _digest(f"{_visible(paragraphs)}\n{day or ''}")


def identifies(paragraphs: Iterable[str]) -> bool:
    """Tell whether a text is long enough for `identity_digest` to stand for its article."""
    return len(_visible(paragraphs)) >= MIN_IDENTITY_CHARACTERS


def _visible(paragraphs: Iterable[str]) -> str:
    """Return `without_spaces(normal_text(paragraphs))`, by a shorter way where there is nothing to mend."""
    lines = list(paragraphs)
    # Bytes lose spaces faster than text does. Other spaces are not printable: such a text goes the long way.
    seen = "".join(lines).encode("utf-8", "surrogatepass").translate(None, _ASCII_SPACES)
    text = seen.decode("utf-8", "surrogatepass")
    if text.isprintable() and (text.isascii() or _is_plainly_composed(text)):
        return text
    return without_spaces(normal_text(lines))


def _is_plainly_composed(text: str) -> bool:
    """Tell whether normalizing a printable text, or any line that it was joined from, would change nothing.

    Parts of a normal text are normal (UAX #15 §10), and letters never compose over the spaces that were left out.
    """
    return not any(map(text.__contains__, _UNSEEN_PRINTABLE)) and unicodedata.is_normalized("NFC", text)


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def token_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each token of a normal text stands: words, single characters of unspaced scripts, marks."""
    for match in _TOKEN.finditer(text):
        yield match.span()


def is_word(token: str) -> bool:
    """Tell whether a token is a word or a number, not a mark."""
    return any(map(str.isalnum, token))


def words(text: str) -> list[str]:
    """Return the words of a text in order, without punctuation.

    Scripts written with spaces give words (Hangul too: `평양에서` is one), Han, Kana and Thai give characters.
    Numbers keep their points and commas; words keep their inner apostrophes and hyphens.
    """
    line = normal_line(text)
    return [word for word in (line[start:end] for start, end in token_spans(line)) if is_word(word)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dateline:
    """Where and when an agency says that a text was written. Most give no year: take it from a date nearby."""

    text: str
    """The dateline as it stands, in normal form."""
    place: str | None
    month: int | None
    day: int | None
    year: int | None
    agency: str | None


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero января janvier januar",
            "february feb febrero февраля février februar",
            "march mar marzo марта mars märz",
            "april apr abril апреля avril",
            "may mayo мая mai",
            "june jun junio июня juin juni",
            "july jul julio июля juillet juli",
            "august aug agosto августа août",
            "september sept sep septiembre сентября septembre",
            "october oct octubre октября octobre oktober",
            "november nov noviembre ноября novembre",
            "december dec diciembre декабря décembre dezember",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_YEAR = r"(?:,?\ Juche\ \d{1,3})?(?:,?\ ?\(?(?P<year>(?:19|20)\d\d)\)?)?"
_AGENCY = r"[.,]?\s?[(/](?P<agency>[^\W\d_][^()/]{1,40})[)/]\s?(?:--?|[—–―])?"
_PLACE = r"(?P<place>[^\W\d_][^\d()\[\]]{1,60}?)"
_DATELINES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # Pyongyang, August 14 (KCNA) --      SEOUL, Aug. 20 (Yonhap) --
        rf"{_PLACE},\s{_MONTH}\s(?P<day>\d{{1,2}}){_YEAR}{_AGENCY}",
        # Pyongyang, 14 de agosto (ACNC) --   Пхеньян, 14 августа. /ЦТАК/
        rf"{_PLACE},\s(?P<day>\d{{1,2}})\s(?:de\s)?{_MONTH}{_YEAR}{_AGENCY}",
        # (평양 8월 21일발 조선중앙통신)
        r"[(【\[](?P<place>[가-힣]{2,10})\s?(?P<month>\d{1,2})월\s?(?P<day>\d{1,2})일발\s?(?P<agency>[가-힣]{2,12})[)】\]]",
        # (서울=연합뉴스)
        r"[(【\[](?P<place>[가-힣]{2,10})=(?P<agency>[가-힣]{2,12})[)】\]]",
        # 朝中社平壤8月14日电
        r"[(【]?(?P<agency>[一-鿿]{2,4}社)?(?P<place>[一-鿿]{2,8}?)(?P<month>\d{1,2})月(?P<day>\d{1,2})日[电電讯訊][)】]?",
        # 【平壌8月14日発朝鮮中央通信】
        r"【(?P<place>[^】\d]{1,12}?)?(?P<month>\d{1,2})月(?P<day>\d{1,2})日発?[\s＝=]?(?P<agency>[^】\d]{2,20})】",
    )
)
# PYONGYANG, North Korea (AP) --
_PLACE_ONLY = re.compile(
    r"(?P<place>[A-ZÀ-Þ][A-ZÀ-Þ .'/-]{2,30}(?:,\ [A-Z][A-Za-z. ]{1,30})?)\ "
    r"\((?P<agency>[A-Z][\w ]{1,30})\)\s?(?:--?|[—–―])"
)


def dateline(paragraphs: Sequence[str]) -> Dateline | None:
    """Return the dateline that a text opens with, or None.

    Known are the forms of KCNA in its six languages and of the large agencies: `Pyongyang, August 14 (KCNA) --`,
    `(평양 8월 21일발 조선중앙통신)`, `朝中社平壤8月14日电`, `WASHINGTON (AP) —`. It must open one of the
    first three paragraphs.
    """
    for paragraph in paragraphs[:3]:
        line = normal_line(paragraph[:400])
        for pattern in (*_DATELINES, _PLACE_ONLY):
            match = pattern.match(line)
            if match and (found := _read_dateline(match)):
                return found
    return None


def _read_dateline(match: re.Match[str]) -> Dateline | None:
    parts = match.groupdict()
    month = _month(parts.get("month"))
    day = int(parts["day"]) if parts.get("day") else None
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    if (parts.get("agency") or "")[:1].islower():
        return None
    year = parts.get("year")
    place = (parts.get("place") or "").strip(" ,")
    agency = (parts.get("agency") or "").strip()
    return Dateline(
        text=match[0].strip(),
        place=place or None,
        month=month,
        day=day,
        year=int(year) if year else None,
        agency=agency or None,
    )


def _month(written: str | None) -> int | None:
    if written is None:
        return None
    return int(written) if written.isdecimal() else _MONTHS[written.lower()]
