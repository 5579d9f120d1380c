"""The place in a text where a query was found, with its words marked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.reader.wording import excerpt, shown
from shared.spellings import syllable_spellings

__all__ = ["Marked", "marked", "marked_excerpt", "pattern_of_words"]

_BEFORE, _AFTER = 60, 150
_HANGUL_TO_HAN = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A stretch of text, and whether it is what the reader asked for."""

    text: str
    is_match: bool = False


def pattern_of_words(words: Sequence[str]) -> re.Pattern[str] | None:
    """Return a pattern for any of the words in any case and, for Korean, in either spelling.

    It only marks: what matches a query is decided by the index, which knows more variants.
    """
    patterns = [pattern for word in words if (pattern := _pattern_of(shown(word).strip()))]
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
    plain = " ".join(shown(text).split())
    found = pattern.search(plain) if pattern else None
    if found is None or found.start() < _AFTER:
        return marked(excerpt(plain, _BEFORE + _AFTER), pattern)
    start = plain.rfind(" ", found.start() - _BEFORE, found.start()) + 1 or found.start() - _BEFORE // 3
    return (Marked(text="… "), *marked(excerpt(plain[start:], _BEFORE + _AFTER), pattern))


def _pattern_of(word: str) -> str:
    letters = []
    for letter in word:
        if letter.isspace():
            letters.append(r"\s{1,3}")
        elif _HANGUL_TO_HAN.fullmatch(letter):
            letters.append(f"[{''.join(syllable_spellings(letter, anywhere=True))}]")
        else:
            letters.append(re.escape(letter))
    if not any(letter.isalnum() for letter in word):
        return ""
    starts_word = r"\b" if word[0].isalnum() and not _HANGUL_TO_HAN.match(word[0]) else ""
    ends_word = r"\b" if word[-1].isalnum() and not _HANGUL_TO_HAN.match(word[-1]) else ""
    return starts_word + "".join(letters) + ends_word
