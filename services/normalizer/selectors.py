"""Selectors that will still hold next month: short ones, of names that mean something."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

__all__ = ["selectors_of", "worth_of"]

_SENSE = re.compile(r"[a-zA-Z][a-zA-Z_-]{1,39}")
"""A name made by a person: letters, hyphens and underscores. Digits come from ids, grids and builds."""
_BUILT = re.compile(
    r"^(?:css|sc|jsx|svelte|emotion|styled|tw|ng|v|_)-|__[A-Za-z]{5,}$|[a-z][A-Z][a-z]?[A-Z]|[A-Z]{3}"
)
"""Names that a build makes anew each time: `css-ab`, `Title__xKqPz`, `bHjKl`."""
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_OF_SENSE = frozenset({"h1", "h2", "article", "main", "time", "header"})
_ATTRIBUTES = ("itemprop", "property", "name", "rel", "role")
_MAX_UP = 4


def selectors_of(node: LexborNode) -> Iterator[str]:
    """Yield selectors that name an element, without those that name an element by its place."""
    own = list(dict.fromkeys(_own(node)))
    yield from own
    parent, steps = node.parent, 0
    tag = node.tag or ""
    while parent is not None and steps < _MAX_UP and parent.tag not in {"body", "html", "-document", None}:
        for above in _own(parent):
            yield f"{above} {tag}"
            yield from (f"{above} {name}" for name in own if name != tag)
        parent, steps = parent.parent, steps + 1


def worth_of(selector: str) -> tuple[int, int]:
    """Return what speaks against a selector: its parts, then its length. The least is the best."""
    return len(selector.split()), len(selector)


def _own(node: LexborNode) -> Iterator[str]:
    tag = node.tag or ""
    attributes = node.attributes
    identity = attributes.get("id")
    if identity and _has_sense(identity):
        yield f"#{identity}"
    for name in (attributes.get("class") or "").split():
        if _has_sense(name):
            yield f"{tag}.{name}"
    for attribute in _ATTRIBUTES:
        value = attributes.get(attribute)
        if value and re.fullmatch(r"[A-Za-z][A-Za-z:._-]{1,40}", value):
            yield f'{tag}[{attribute}="{value}"]'
    if tag in _OF_SENSE:
        yield tag
    if tag == "time" and attributes.get("datetime"):
        yield "time[datetime]"


def _has_sense(name: str) -> bool:
    return bool(_SENSE.fullmatch(name) and not _BUILT.search(name) and _VOWEL.search(name))
