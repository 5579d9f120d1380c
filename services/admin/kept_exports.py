"""Exports that lie in the store for a while, to be taken from there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.errors import NotFoundError
from shared.evidence import EvidenceStore
from shared.media_types import WACZ_TYPE, WARC_TYPE

__all__ = ["KeptExport", "KeptExports", "export_key"]

_FOLDER = "exports/"
_NAME = re.compile(r"[0-9a-f-]{36}\.(?:warc\.gz|wacz)")
_PIECE = 4 * 1024 * 1024
TYPES = {"wacz": WACZ_TYPE, "gz": WARC_TYPE}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptExport:
    """A file that can be taken."""

    name: str
    size: int

    @property
    def media_type(self) -> str:
        """What it is, for whoever takes it."""
        return TYPES[self.name.rpartition(".")[2]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptExports:
    """Finds exports, hands them out piece by piece, and removes old ones."""

    evidence: EvidenceStore

    def find(self, name: str) -> KeptExport:
        """Return an export by its name.

        Raises:
            NotFoundError: there is none; it may have been removed because of its age.
        """
        size = self.evidence.size(export_key(name)) if _NAME.fullmatch(name) else None
        if size is None:
            raise NotFoundError(
                f"there is no export {name!r}: order it again, they are kept for some days only"
            )
        return KeptExport(name=name, size=size)

    def pieces(self, export: KeptExport) -> Iterator[bytes]:
        """Yield the bytes of an export."""
        for offset in range(0, export.size, _PIECE):
            length = min(_PIECE, export.size - offset)
            yield self.evidence.get_range(export_key(export.name), offset=offset, length=length)

    def remove(self, *, before: datetime) -> int:
        """Remove what was written before a time, and return how many there were."""
        removed = 0
        for key in list(self.evidence.keys(_FOLDER)):
            written = self.evidence.modified_at(key)
            if written is not None and written < before:
                self.evidence.delete(key)
                removed += 1
        return removed


def export_key(name: str) -> str:
    """Return where an export lies in the store."""
    return f"{_FOLDER}{name}"
