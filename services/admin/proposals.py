"""What a look at an outlet proposes: a source file, and a sample of what it would archive."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Proposal", "ProposeSource"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A source file to edit, and what it rests on."""

    source_id: str
    text: str
    """The source file (TOML), with comments."""
    sample: tuple[dict[str, Any], ...]
    """Links that it would archive: `url`, `title`, `date`."""
    articles: int
    """How many links it would archive now."""
    lists: tuple[tuple[str, str], ...]
    """Kind and address of each list."""


ProposeSource = Callable[[str], Proposal]
"""Looks at the outlet at an address. Raises a `PressmarkError` when nothing can be proposed."""
