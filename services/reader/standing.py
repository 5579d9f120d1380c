"""Where a reader stands: the same page in other languages and zones, for the head and the foot of each page."""

from dataclasses import dataclass

from fastapi import Request

from services.reader.choosing import CHOICES, Choice, addresses_of, front_page
from services.reader.tongues import NAMES, TAGS

__all__ = ["Standing", "standing_of"]

_ZONES = (
    "UTC", "Asia/Seoul", "Asia/Pyongyang", "Asia/Shanghai", "Asia/Tokyo", "Asia/Kolkata", "Europe/Moscow",
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles",
)  # fmt: skip
"""Offered by name; every other name of IANA's can be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The page in one language."""

    tag: str
    name: str
    """What the language calls itself."""
    address: str
    """A path and query; it keeps the time zone, but is not the same where the reader is already."""
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is the same on every page of one reader."""

    tag: str
    zone: str
    zones: tuple[str, ...]
    editions: tuple[Edition, ...]
    alternates: tuple[tuple[str, str], ...]
    """Languages, as `hreflang` has them, with absolute addresses; none for a page that is no page."""
    canonical: str
    """The query that the address of a page has when it is named for others to find."""
    place: str | None
    """Where a form that chooses a zone leads; None for the page itself."""
    asked: tuple[tuple[str, str], ...]
    """What the address asks for besides a language and a zone: a form that chooses one of these sends it along."""
    language: str | None
    """The language that the address names."""
    chosen: tuple[tuple[str, str], ...]
    """What a form that asks for something else sends along."""


def standing_of(request: Request, choice: Choice, base: str | None) -> Standing:
    """Return what every page shows.

    Args:
        request: the page as it is asked for.
        choice: what its reader wants.
        base: the address of these pages; None where something went wrong: other languages lead to the first page.
    """
    chosen = dict(choice.chosen)
    language, zone = chosen.get("hl"), chosen.get("tz")
    in_zone = (("tz", zone),) if zone else ()
    address = front_page if base is None else addresses_of(request)
    editions = tuple(
        Edition(tag=tag, name=name, address=address((("hl", tag), *in_zone)), is_read=tag == choice.tag)
        for tag, name in NAMES.items()
    )
    alternates: tuple[tuple[str, str], ...] = ()
    if base is not None:
        alternates = tuple((tag, base + address((("hl", tag),))) for tag in TAGS)
        alternates = (*alternates, ("x-default", base + address(())))
    return Standing(
        tag=choice.tag,
        zone=choice.zone,
        zones=_ZONES,
        editions=editions,
        alternates=alternates,
        canonical=f"?hl={language}" if language else "",
        place="/" if base is None else None,
        asked=()
        if base is None
        else tuple(pair for pair in request.query_params.multi_items() if pair[0] not in CHOICES),
        language=language,
        chosen=choice.chosen,
    )
