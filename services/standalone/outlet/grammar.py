"""Fills the themes of an edition with places, people and numbers, and gives Korean words their particles."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_SLOT: Final = re.compile(r"\{(?P<name>[a-z]+)(?P<nth>[2-9]?)(?::(?P<low>\d+)-(?P<high>\d+))?\}")
_PARTICLE: Final = re.compile(r"(?P<before>.)\{(?P<closed>[가-힣]+)/(?P<open>[가-힣]+)\}")
_FIRST_SYLLABLE: Final = ord("가")
_FINALS: Final = 28
_RIEUL: Final = 8
"""Place of the final consonant rieul among the 28 finals; before it the directional particle is `로`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Fills the slots of one article: the same slot gets the same filling wherever it stands in it.

    Attributes:
        chance: Where choices come from.
        words: For each kind of slot (`place`, `person`) what may stand there.
        weekday: What `{weekday}` stands for: the day of the article.
        grouped: Whether numbers from a thousand on are written with a comma.
    """

    chance: random.Random
    words: Mapping[str, Sequence[str]]
    weekday: str
    grouped: bool
    _bound: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        """Return the text with every slot filled and every particle chosen."""
        return with_particles(_SLOT.sub(self._filling, text))

    def _filling(self, slot: re.Match[str]) -> str:
        name = slot["name"] + slot["nth"]
        if name not in self._bound:
            self._bound[name] = self._choose(slot)
        return self._bound[name]

    def _choose(self, slot: re.Match[str]) -> str:
        if slot["low"]:
            number = self.chance.randint(int(slot["low"]), int(slot["high"]))
            return f"{number:,}" if self.grouped else str(number)
        if slot[0] == "{weekday}":
            return self.weekday
        free = [word for word in self.words[slot["name"]] if word not in self._bound.values()]
        return self.chance.choice(free)


def with_particles(text: str) -> str:
    """Choose between the two forms of each Korean particle, written `{을/를}`, by the sound before it."""

    def chosen(particle: re.Match[str]) -> str:
        final = (ord(particle["before"]) - _FIRST_SYLLABLE) % _FINALS
        closed = final != 0 and not (particle["open"] == "로" and final == _RIEUL)
        return particle["before"] + (particle["closed"] if closed else particle["open"])

    return _PARTICLE.sub(chosen, text)
