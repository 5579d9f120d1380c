"""Holds the log in the store against its checkpoints, the ledger and the evidence."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from services.admin.log_reading import LogFinding, LogFindingKind, LogReading, told_row
from services.admin.log_rows import LogRows
from services.admin.time_stamps import Authority, wrong_stamps
from shared.errors import RejectError
from shared.ledger.log_book import LogBook, LoggedObject
from shared.log_store import LogStore
from shared.proof import Checkpoint, ProofError, open_checkpoint

__all__ = ["LogVerification"]

Rows = Iterator[tuple[int, bytes | None]]


@dataclass(slots=True, kw_only=True)
class LogVerification:
    """Checks everything the log says. It changes nothing."""

    log: LogStore
    book: LogBook
    rows: LogRows
    authority: Authority | None = None
    """Whose time stamps are held against their checkpoints; None for nobody's."""
    records: int = 0
    """Rows that were read."""
    objects: int = 0
    """Objects that were held against their rows."""

    def findings(self) -> Iterator[LogFinding]:
        """Yield what differs.

        Raises:
            TryAgainError: The store or the ledger did not answer.
        """
        try:
            newest = self.log.newest()
        except ProofError as error:
            yield LogFinding(kind=LogFindingKind.CHECKPOINT, detail=str(error))
            return
        checkpoint = newest[0] if newest else None
        yield from self._ledger(checkpoint)
        if checkpoint is not None:
            yield from self._log(checkpoint)
            yield from self._stamps()

    def _stamps(self) -> Iterator[LogFinding]:
        """Hold the time stamps against the checkpoints that they are of."""
        if self.authority is None:
            return
        for size, detail in wrong_stamps(self.log, self.authority):
            yield LogFinding(kind=LogFindingKind.TIME_STAMP, position=size, detail=detail)

    def _ledger(self, newest: Checkpoint | None) -> Iterator[LogFinding]:
        """Hold the last checkpoint against the one that the ledger knows."""
        known, size = self.book.newest(), newest.size if newest else 0
        if known is not None and known.size > size:
            detail = (
                f"the log in the store was rolled back: it holds {size} records, {known.size} were signed"
            )
            yield LogFinding(kind=LogFindingKind.CHECKPOINT, detail=detail)
        elif known is not None and newest is not None and known.size == size and known.root != newest.root:
            detail = f"two different logs of {size} records were signed"
            yield LogFinding(kind=LogFindingKind.CHECKPOINT, detail=detail)

    def _log(self, newest: Checkpoint) -> Iterator[LogFinding]:
        roots: dict[int, bytes] = {}
        for finding_or_root in self._signed(newest.size):
            if isinstance(finding_or_root, LogFinding):
                yield finding_or_root
            else:
                roots[finding_or_root.size] = finding_or_root.root
        reading = LogReading(self.log, size=newest.size, roots=roots | {newest.size: newest.root})
        rows = reading.rows()
        try:
            for one in self.book.each_object():
                if one.end > newest.size:
                    break
                yield from self._unknown(rows, reading, one.first)
                yield from self._object(one, list(islice(rows, one.records)))
                yield from reading.taken()
            yield from self._unknown(rows, reading, newest.size)
            for _ in rows:
                """What comes after the last row are its tiles."""
        except ProofError as error:
            reading.tell(LogFindingKind.TILE, str(error))
        yield from reading.taken()
        self.records = reading.position

    def _signed(self, size: int) -> Iterator[Checkpoint | LogFinding]:
        """Yield every checkpoint that is kept, or what is wrong with it."""
        for one in self.log.signed_sizes():
            try:
                opened = open_checkpoint(self.log.note(f"checkpoints/{one}") or "", self.log.key)
            except ProofError as error:
                yield LogFinding(kind=LogFindingKind.CHECKPOINT, detail=f"checkpoints/{one}: {error}")
                continue
            if opened.size != one:
                detail = f"checkpoints/{one} is one of {opened.size} records"
                yield LogFinding(kind=LogFindingKind.CHECKPOINT, detail=detail)
            elif one <= size:
                yield opened

    def _object(self, one: LoggedObject, logged: Sequence[tuple[int, bytes | None]]) -> Iterator[LogFinding]:
        self.objects += 1
        try:
            stored = self.rows.of(one.key)
        except RejectError as error:
            kind = LogFindingKind.OBJECT
            yield LogFinding(kind=kind, detail=str(error), position=one.first, key=one.key)
            return
        for number, (position, row) in enumerate(logged):
            now = stored[number] if number < len(stored) else None
            if row is not None and row != now:
                was = f"{told_row(now)}, with another digest or date" if now else "nothing"
                detail = f"the log holds {told_row(row)}; what is stored there now is {was}"
                yield LogFinding(kind=LogFindingKind.ROW, detail=detail, position=position, key=one.key)
        if len(stored) > one.records:
            detail = f"the object holds {len(stored)} records where {one.records} were logged"
            yield LogFinding(kind=LogFindingKind.OBJECT, detail=detail, position=one.first, key=one.key)

    def _unknown(self, rows: Rows, reading: LogReading, end: int) -> Iterator[LogFinding]:
        """Read rows up to a position that no object of the ledger has, and tell them as one."""
        begin = reading.position
        if begin >= end:
            return
        first = next(rows)[1]
        for _ in islice(rows, end - begin - 1):
            """They belong to the same finding."""
        told = "a row that cannot be read" if first is None else told_row(first)
        detail = f"{end - begin} rows belong to no object that the ledger knows; the first is {told}"
        yield LogFinding(kind=LogFindingKind.UNKNOWN_ROWS, detail=detail, position=begin)
