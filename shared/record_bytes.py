"""The bytes of one member or one file, handed out as lines and blocks in bounded memory."""

from collections.abc import Iterable, Iterator

__all__ = ["MAX_LINE_BYTES", "RecordBytes"]

MAX_LINE_BYTES = 1024 * 1024
"""Longest line of a record's header."""


class RecordBytes:
    """Bytes that come in pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = b""
        self.position = 0
        """How many bytes have been handed out."""

    def line(self) -> bytes:
        """Return the next line with its line end; without one at the end or where a line is too long."""
        return self._taken(self._line_length())

    def next_line(self) -> bytes:
        """Return the next line without handing it out."""
        return self._held[: self._line_length()]

    def block(self, length: int) -> Iterator[bytes]:
        """Yield the next bytes in pieces, fewer where the end comes first."""
        while length > 0 and (self._held or self._more()):
            piece = self._taken(min(length, len(self._held)))
            length -= len(piece)
            yield piece

    def starts_with(self, text: bytes) -> bool:
        """Tell whether this comes next."""
        while len(self._held) < len(text) and self._more():
            pass
        return self._held.startswith(text)

    def is_at_end(self) -> bool:
        """Tell whether nothing is left."""
        return not self._held and not self._more()

    def drain(self) -> None:
        """Pass over everything that is left."""
        while self._held or self._more():
            self._taken(len(self._held))

    def _line_length(self) -> int:
        while (end := self._held.find(b"\n")) < 0 and len(self._held) <= MAX_LINE_BYTES and self._more():
            pass
        return end + 1 if end >= 0 else len(self._held)

    def _more(self) -> bool:
        piece = next(self._pieces, None)
        while piece == b"":
            piece = next(self._pieces, None)
        self._held += piece or b""
        return piece is not None

    def _taken(self, length: int) -> bytes:
        taken, self._held = self._held[:length], self._held[length:]
        self.position += length
        return taken
