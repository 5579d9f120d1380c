"""The place in a text where a query was found, with its words marked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.reader.wording import excerpt, shown
from shared.spellings import fold_letters, forms_of, other_names, syllable_spellings

__all__ = ["Marked", "marked", "marked_excerpt", "pattern_of_words"]

_BEFORE, _AFTER = 60, 150
_LOOKED_AT = 400
"""Letters before the first match, and twice as many after its beginning, that an excerpt is made of."""
_PAIRED = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")
_IGNORES_SPACES_FROM = 3
_BETWEEN_WORDS = r"[\W_]{1,3}"
_ARABIC_MARKS = "[\u0640\u064b-\u065f\u0670]*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A stretch of text, and whether it is what the reader asked for."""

    text: str
    is_match: bool = False


def pattern_of_words(words: Sequence[str]) -> re.Pattern[str] | None:
    """Return a pattern for any of the words in every spelling that the index takes for the same.

    It only marks: what matches a query is decided by the index, which knows a few variants more.
    """
    spellings = [fold_letters(shown(word)).strip() for word in words]
    names = [name for word in spellings for name in (word, *other_names(word))]
    patterns = [pattern for name in names if (pattern := _pattern_of(name))]
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def marked(text: str, pattern: re.Pattern[str] | None) -> tuple[Marked, ...]:
    """Return a text cut at its matches."""
    plain = shown(text)
    if pattern is None:
        return (Marked(text=plain),)
    pieces: list[Marked] = []
    end = 0
    for match in pattern.finditer(plain):
        if match.start() > end:
            pieces.append(Marked(text=plain[end : match.start()]))
        pieces.append(Marked(text=match[0], is_match=True))
        end = match.end()
    return (*pieces, Marked(text=plain[end:])) if plain[end:] or not pieces else tuple(pieces)


def marked_excerpt(text: str, pattern: re.Pattern[str] | None) -> tuple[Marked, ...]:
    """Return the part of a text around its first match, or its beginning when nothing in it matches."""
    found = pattern.search(text) if pattern else None
    begin = max(0, found.start() - _LOOKED_AT) if found else 0
    plain = " ".join(shown(text[begin : begin + 3 * _LOOKED_AT]).split())
    found = pattern.search(plain) if pattern else None
    if found is None or (begin == 0 and found.start() < _AFTER):
        return marked(excerpt(plain, _BEFORE + _AFTER), pattern)
    before = max(found.start() - _BEFORE, 0)
    start = plain.find(" ", before, found.start()) + 1 or max(found.start() - _BEFORE // 3, 0)
    return (Marked(text="… "), *marked(excerpt(plain[start:], _BEFORE + _AFTER), pattern))


def _pattern_of(word: str) -> str:
    """Return the pattern of a folded word; empty when it has no letter or digit."""
    while word and not word[0].isalnum():
        word = word[1:]
    while word and not word[-1].isalnum():
        word = word[:-1]
    ignores_spaces = sum(1 for letter in word if _PAIRED.match(letter)) >= _IGNORES_SPACES_FROM
    parts: list[str] = []
    for letter in word:
        if letter.isalnum():
            if parts and ignores_spaces and _PAIRED.match(letter) and parts[-1] != _BETWEEN_WORDS:
                parts.append(r"\s?")
            parts.append(_forms(letter))
        elif parts[-1] != _BETWEEN_WORDS:
            parts.append(_BETWEEN_WORDS)
    pattern = "".join(parts)
    starts_word = "" if _PAIRED.match(word[:1]) else r"\b"
    ends_word = "" if _PAIRED.match(word[-1:]) else r"\b"
    return starts_word + pattern + ends_word if word else ""


def _forms(letter: str) -> str:
    """Return the pattern of a folded letter in all its forms, with the marks that may stand on it."""
    letters = "".join(syllable_spellings(letter, anywhere=True)) + "".join(forms_of().get(letter, ()))
    marks = _ARABIC_MARKS if "\u0600" <= letter <= "\u06ff" else ""
    return f"[{letters}]{marks}" if len(letters) > 1 else re.escape(letter) + marks
