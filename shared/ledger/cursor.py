"""A place in a long list, so that the next page begins where the last one ended, whatever was added since."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from shared.errors import PressmarkError

__all__ = ["Cursor", "CursorError", "Page"]

Item = TypeVar("Item")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TEXT = re.compile(r"(?P<at>-?[0-9]{1,18})\.(?P<key>[A-Za-z0-9_.:-]{1,200})", re.ASCII)


class CursorError(PressmarkError):
    """The text is not a cursor; ask for the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The time and the key of the last item seen, in a list with the newest first."""

    at: datetime
    key: str

    @property
    def text(self) -> str:
        """Return the cursor as it stands in an address: microseconds since 1970, a point, the key."""
        return f"{(self.at - _EPOCH) // _MICROSECOND}.{self.key}"

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Read what `text` wrote.

        Raises:
            CursorError: it is no cursor.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise CursorError("this address does not name a place in the list; begin at the first page")
        try:
            at = _EPOCH + int(found["at"]) * _MICROSECOND
        except OverflowError:
            raise CursorError(
                "this address names a time outside the calendar; begin at the first page"
            ) from None
        return cls(at=at, key=found["key"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """Some items of a list, and where the next page begins: None at the end."""

    items: tuple[Item, ...]
    next: Cursor | None
