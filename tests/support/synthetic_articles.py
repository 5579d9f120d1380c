"""Articles nobody wrote, with the lengths, scripts and word frequencies of real ones, as many as wanted."""

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

__all__ = ["LANGUAGES", "SyntheticArticle", "Vocabulary", "synthetic_article", "vocabulary"]

LANGUAGES = {"ko": 40, "en": 25, "zh": 15, "ja": 8, "ru": 7, "ar": 5}
"""Share of each language in a hundred articles."""

_NEWEST = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
_WORDS = 40_000
_MEDIAN_LENGTH = {"ko": 1050, "zh": 800, "ja": 800, "en": 1900, "ru": 1700, "ar": 1400}
"""Characters. Lengths are log-normal, as those of news are; a twentieth is more than three times as long."""
_LETTERS = {
    "en": "etaoinshrdlucmwfgypbvkjxqz",
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
    "ar": "اليمونرتبةعدسفهكقحجشطصخضغذثءزظ",
}
_CHARACTERS = {"ko": (0xAC00, 11_172, 900), "zh": (0x4E00, 20_000, 3_000), "ja": (0x4E00, 20_000, 2_000)}
_KANA = [chr(code) for code in range(0x3042, 0x3094)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticArticle:
    language: str
    source_id: str
    title: str
    body: list[str]
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    words: list[str]
    weights: list[float]
    """Cumulative, by Zipf's law."""

    def choose(self, chance: random.Random, count: int) -> list[str]:
        return chance.choices(self.words, cum_weights=self.weights, k=count)


@cache
def vocabulary(language: str) -> Vocabulary:
    """Return the words of a language, the most frequent first; the same in every process."""
    chance = random.Random(f"words of {language}")
    words: dict[str, None] = {}
    letters, weights = _alphabet(language, chance)
    while len(words) < _WORDS:
        words["".join(chance.choices(letters, cum_weights=weights, k=_length(language, chance)))] = None
    return Vocabulary(
        words=list(words),
        weights=list(itertools.accumulate(1 / (rank + 2.7) for rank in range(_WORDS))),
    )


def synthetic_article(number: int, *, of: int) -> SyntheticArticle:
    """Return one of so many articles over fifteen years, the first the newest."""
    chance = random.Random(number)
    [language] = chance.choices(list(LANGUAGES), weights=LANGUAGES.values())
    words = vocabulary(language)
    length = _MEDIAN_LENGTH[language] * math.exp(chance.gauss(0, 0.7))
    age = timedelta(days=15 * 365.25) * (number / of) ** 1.2
    return SyntheticArticle(
        language=language,
        source_id=f"{language}-{chance.randint(1, 3)}",
        title=_sentence(words, chance, language, chance.randint(4, 9)),
        body=list(_paragraphs(words, chance, language, length)),
        published_at=_NEWEST - age,
    )


def _paragraphs(words: Vocabulary, chance: random.Random, language: str, length: float) -> Iterator[str]:
    written = 0
    while written < length:
        sentences = [_sentence(words, chance, language, chance.randint(8, 22)) for _ in range(3)]
        paragraph = " ".join(sentences)
        written += len(paragraph)
        yield paragraph


def _sentence(words: Vocabulary, chance: random.Random, language: str, count: int) -> str:
    chosen = words.choose(chance, count)
    if language in ("zh", "ja"):
        return "".join(chosen) + "。"
    return " ".join(chosen) + "."


def _alphabet(language: str, chance: random.Random) -> tuple[list[str], list[float]]:
    if language in _LETTERS:
        letters = list(_LETTERS[language])
    else:
        first, block, used = _CHARACTERS[language]
        letters = [chr(first + place) for place in chance.sample(range(block), used)]
        if language == "ja":
            letters = [*_KANA, *letters]
    return letters, list(itertools.accumulate(1 / (rank + 8) for rank in range(len(letters))))


def _length(language: str, chance: random.Random) -> int:
    shape = {"ko": (2, 5), "zh": (1, 3), "ja": (2, 4)}.get(language, (2, 11))
    return chance.randint(*shape)
