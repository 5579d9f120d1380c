"""The changes of an edit as they were recorded, put back into the two texts.

What was recorded was aligned by sentence and told as a person would tell it: whole phrases replaced, sentences cut
in two, paragraphs moved. Offsets alone are not believed: the pieces must add up to both texts, else there is no
such diff, as where a part of the edit was found to be the template's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.reader.diffs import DiffParagraph, Op, Piece
from shared.ledger.records import Change

__all__ = ["recorded_diff"]


_GONE = ("del", "moved-from")


@dataclass(frozen=True, slots=True)
class _Step:
    """Words that go at an offset of the old text, or come in there."""

    at: int
    text: str
    op: Op


def recorded_diff(
    before: Sequence[str], after: Sequence[str], changes: Sequence[Change]
) -> tuple[DiffParagraph, ...] | None:
    """Return the changes between two texts, paragraph by paragraph, or None if they do not add up to both.

    Args:
        before: the paragraphs of the earlier text.
        after: the paragraphs of the later text.
        changes: what was recorded, with offsets into the earlier text.
    """
    old, new = _lines(before), _lines(after)
    steps = list(_steps(changes))
    if not steps or any(one is None for one in steps):
        return None
    writer = _Writer(old=old, new=new)
    for step in sorted((one for one in steps if one is not None), key=_place):
        if not writer.take(step):
            return None
    return tuple(_folded(writer.paragraphs)) if writer.finish() else None


def _lines(paragraphs: Sequence[str]) -> str:
    return "\n".join(line for line in (" ".join(one.split()) for one in paragraphs) if line)


def _steps(changes: Sequence[Change]) -> Iterator[_Step | None]:
    for change in changes:
        if change.at is None:
            yield None
            continue
        moved = change.moved_from is not None
        source = change.at if change.moved_from is None else change.moved_from
        if change.before:
            yield _Step(source, change.before, "moved-from" if moved else "del")
        if change.after:
            yield _Step(change.at, change.after, "moved-to" if moved else "ins")


def _place(step: _Step) -> tuple[int, bool]:
    """Order steps as they are applied: what went, then what came in its place."""
    return step.at, step.op in ("ins", "moved-to")


@dataclass(slots=True, kw_only=True)
class _Writer:
    """Walks along both texts at once; what comes of the new one keeps its own spaces and paragraphs."""

    old: str
    new: str
    paragraphs: list[list[Piece]] = field(default_factory=lambda: [[]])
    _old_at: int = 0
    _new_at: int = 0
    _went_whole: bool = False
    """Whether the last paragraph is one that went, so that what comes next is another."""
    _opened: bool = False
    """Whether a paragraph was begun with words that went, before the new text came to its break."""
    _had_space: bool = False
    """Whether a space followed the words that went last."""

    def take(self, step: _Step) -> bool:
        """Write what stayed before a change, then the change; False if it is not there."""
        if not self._keep(step.at):
            return False
        if step.op in ("ins", "moved-to"):
            return self._come(step.text, step.op)
        end = step.at + len(step.text)
        if step.at < self._old_at or self.old[step.at : end].replace("\n", " ") != step.text:
            return False
        self._go(step.at, end, step.op)
        return True

    def finish(self) -> bool:
        """Write what is left; False if the new text has more or other words."""
        return self._keep(len(self.old)) and not self.new[self._new_at :].strip()

    def _keep(self, end: int) -> bool:
        kept = self.old[self._old_at : end] if end > self._old_at else ""
        self._old_at = max(self._old_at, end)
        return self._come(kept, "same")

    def _come(self, words: str, op: Op) -> bool:
        """Write as much of the new text as holds the visible characters of `words`, if it does."""
        begin = self._new_at
        end = _end_of(words, self.new, begin)
        if end is None:
            return False
        self._new_at = at = end
        if at == begin:
            return True
        if begin == 0 and op != "same" and self.new[at : at + 1] == "\n" and self.paragraphs[-1]:
            self.paragraphs.append([])
        self._write(self.new[begin:at], op)
        return True

    def _go(self, begin: int, end: int, op: Op) -> None:
        """Write words that went; a paragraph that went whole is one of its own."""
        self._old_at = end
        starts = begin == 0 or self.old[begin - 1] == "\n"
        ends = end == len(self.old) or self.old[end] == "\n"
        if starts and ends and op != "same":
            self.paragraphs += [[Piece(op=op, text=line)] for line in self.old[begin:end].split("\n")]
            self._went_whole = True
            return
        if starts and self.paragraphs[-1]:
            self.paragraphs.append([])
            self._went_whole, self._opened = False, True
        if not starts and self.old[begin - 1] == " ":
            self._space()
        self._add(self.old[begin:end].replace("\n", " "), op)
        self._had_space = self.old[end : end + 1] == " "

    def _write(self, text: str, op: Op) -> None:
        for number, line in enumerate(text.split("\n")):
            if self._went_whole or (number and not self._opened):
                self.paragraphs.append([])
            self._went_whole = False
            if line or number:
                self._opened = False
            words = line
            if op != "same" and words[:1] == " ":
                if not self._replaces():
                    self._space()
                words = words[1:]
            elif op == "same" and self._ends_with_space():
                words = words.lstrip(" ")
            self._add(words, op)

    def _replaces(self) -> bool:
        """Whether words went just now, with the space before them written already."""
        pieces = self.paragraphs[-1]
        return bool(pieces) and pieces[-1].op in _GONE and (len(pieces) == 1 or pieces[-2].text.endswith(" "))

    def _ends_with_space(self) -> bool:
        pieces = self.paragraphs[-1]
        return bool(pieces) and pieces[-1].op == "same" and pieces[-1].text.endswith(" ")

    def _space(self) -> None:
        if self.paragraphs[-1] and not self._went_whole and not self._ends_with_space():
            self._add(" ", "same")

    def _add(self, text: str, op: Op) -> None:
        pieces = self.paragraphs[-1]
        if not text:
            return
        if pieces and pieces[-1].op == op:
            text = pieces.pop().text + text
        elif pieces and pieces[-1].op != "same" and op == "same" and text[0].isalnum() and self._had_space:
            text = f" {text}"
        self._had_space = False
        pieces.append(Piece(op=op, text=text))


def _end_of(words: str, text: str, begin: int) -> int | None:
    """Return where the visible characters of `words` end in a text that holds them from `begin` on, if it does."""
    plain = words.strip()
    if not plain:
        return begin
    at = begin
    while at < len(text) and text[at].isspace():
        at += 1
    if text.startswith(plain, at):
        return at + len(plain)
    wanted = iter("".join(plain.split()))
    one = next(wanted, None)
    while one is not None:
        if at == len(text):
            return None
        if not text[at].isspace():
            if text[at] != one:
                return None
            one = next(wanted, None)
        at += 1
    return at


def _folded(paragraphs: Sequence[Sequence[Piece]]) -> Iterator[DiffParagraph]:
    """Yield the paragraphs with changes, and numbers of those between them."""
    unchanged = 0
    for pieces in paragraphs:
        if not pieces:
            continue
        if all(one.op == "same" for one in pieces):
            unchanged += 1
            continue
        if unchanged:
            yield DiffParagraph(unchanged=unchanged)
            unchanged = 0
        yield DiffParagraph(pieces=tuple(_tidied(pieces)))
    if unchanged:
        yield DiffParagraph(unchanged=unchanged)


def _tidied(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Give a space that only changed words need to them: without them no full stop has a space before it."""
    for at, piece in enumerate(pieces):
        text = piece.text
        if piece.op == "same" and _wants_space(pieces, at + 1):
            text = text.removesuffix(" ")
        elif _wants_space(pieces, at):
            text = f" {text}"
        if text:
            yield Piece(op=piece.op, text=text)


def _wants_space(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a change stands alone between a space and a mark that needs none before it."""
    if not 0 < at < len(pieces) - 1 or pieces[at].op == "same":
        return False
    before, after = pieces[at - 1], pieces[at + 1]
    if before.op != "same" or after.op != "same":
        return False
    return before.text.endswith(" ") and after.text[0] in ".,;:!?)]"
