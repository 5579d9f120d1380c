"""A made-up history with the shape of a real one: every person, place and sentence is invented."""

from __future__ import annotations

import datetime as dt
import random
from typing import Final

from tests.support.replay import Seen

FIRST_LOOK: Final = dt.date(2025, 3, 3)
LOOKS: Final = 10
ARTICLES: Final = 60
WITH_ALIASES: Final = 31
"""51 % of the articles stand at two or three addresses, as on the real site."""

REWRITES: Final = 5
LEADER: Final = "Marrek Oduvan"
SECTIONS: Final = ("Latest News", "Home News", "World", "Society", "Culture")

_PLACES: Final = (
    "Tarnholt",
    "Upper Velm",
    "Sable Quay",
    "Ostrava Head",
    "Lindmoor",
    "Cray Ferry",
    "Old Mill Street",
)
_BODIES: Final = (
    "the fishing fleet",
    "the tram depot",
    "the district school",
    "the grain mill",
    "the city library",
)
_DEEDS: Final = (
    ("reopened its main hall", "after a winter of repairs"),
    ("took delivery of new engines", "two weeks ahead of plan"),
    ("welcomed visitors from the islands", "on a clear and windy morning"),
    ("finished the count of its stores", "for the second quarter"),
    ("opened an evening course", "for beginners of every age"),
)
_DETAILS: Final = (
    "Some {number} people were present, among them workers of {body} and their families.",
    "The chair of the committee said that {number} crates had been moved without a single loss.",
    "A band played on the steps of {place} until the rain set in.",
    "According to the plan, the next stage begins in {month} and costs {number} thousand crowns.",
    "Residents of {place} had asked for the change in {number} letters.",
    "An exhibition of {number} photographs shows how the quarter looked before the flood.",
    "The inspector noted that the boilers of {body} need another {number} hours of tests.",
    "Children of {place} planted {number} lime trees along the embankment.",
)
_REWORDED: Final = (
    ("Some ", "About "),
    ("workers of", "veterans of"),
    ("said that", "stressed that"),
    ("without a single loss", "with small losses"),
    ("A band played", "An orchestra played"),
    ("Residents of", "The citizens of"),
    ("had asked for", "had demanded"),
    ("noted that", "admitted that"),
)


def made_up_versions(seed: int = 1) -> tuple[tuple[Seen, ...], str]:
    """Return the versions of 60 articles over 10 daily looks, and the leader's name in them."""
    chance = random.Random(seed)
    aliased = set(chance.sample(range(ARTICLES), WITH_ALIASES))
    versions: list[Seen] = []
    for number in range(ARTICLES):
        day = FIRST_LOOK + dt.timedelta(days=number * LOOKS // ARTICLES)
        count = chance.choice((2, 2, 3)) if number in aliased else 1
        headline, body = _article(chance, number, day)
        versions += [
            Seen(
                first_seen=day,
                last_seen=FIRST_LOOK + dt.timedelta(days=LOOKS - 1),
                path=f"/en/article/q/{chance.getrandbits(128):032x}.kcmsf",
                section=section,
                headline=headline,
                date=day,
                body=body,
            )
            for section in chance.sample(SECTIONS, count)
        ]
    return tuple(versions + _rewritten(chance, versions)), LEADER


def _article(chance: random.Random, number: int, day: dt.date) -> tuple[str, str]:
    place, body = chance.choice(_PLACES), chance.choice(_BODIES)
    deed, manner = chance.choice(_DEEDS)
    headline = f"{body[4:].capitalize()} of {place} {deed.replace(' its', '')}, report {number + 1}"
    lines = [f"Tarnholt, {day:%B} {day.day} (MUA) -- {body.capitalize()} of {place} {deed} {manner}."]
    # The real pages lost the spaces around the leader's name; readers of them must bear that.
    lines.append(
        f"Comrade{LEADER}visited the place on {day:%A} and looked at it for {chance.randint(2, 9)} hours."
    )
    for detail in chance.sample(_DETAILS, chance.randint(3, 6)):
        month = chance.choice(("May", "June", "July"))
        lines.append(detail.format(number=chance.randint(20, 900), body=body, place=place, month=month))
    return headline, "\n".join(lines) + " -0-"


def _rewritten(chance: random.Random, versions: list[Seen]) -> list[Seen]:
    """Rewrite five articles, each at one address, one or two days after they were published."""
    latest = FIRST_LOOK + dt.timedelta(days=LOOKS - 3)
    first_addresses = list({version.body: version for version in reversed(versions)}.values())
    chosen = chance.sample([version for version in first_addresses if version.first_seen <= latest], REWRITES)
    return [
        Seen(
            first_seen=version.first_seen + dt.timedelta(days=chance.randint(1, 2)),
            last_seen=version.last_seen,
            path=version.path,
            section=version.section,
            headline=version.headline,
            date=version.date,
            body=_reworded(version.body),
        )
        for version in chosen
    ]


def _reworded(body: str) -> str:
    for old, new in _REWORDED:
        body = body.replace(old, new)
    return body.replace("looked at it for", "gave guidance for")
