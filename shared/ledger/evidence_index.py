"""Where the evidence lies: the captures of each stored object, and the sealed objects that small ones go into."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString

from shared.evidence import EvidenceStore
from shared.ledger import evidence_index_sql as sql
from shared.ledger.database import Database, Row

__all__ = ["EvidenceIndex", "IndexedCapture", "Part", "Place", "WantedCapture"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedCapture:
    """A capture and the record it points at."""

    capture_id: int
    batch_id: str
    source_id: str
    kind: str
    url: str
    fetched_at: datetime
    status: int | None
    content_type: str | None
    payload_digest: str | None
    record_id: str
    warc_key: str
    warc_offset: int
    warc_length: int
    revisit_of: int | None
    truncated: str | None
    original_record: str | None
    """The record id of the capture that a revisit repeats."""
    original_digest: str | None
    """The payload digest of that capture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedCapture:
    """A capture to be exported."""

    capture: IndexedCapture
    title: str | None
    """The title of the article it showed last, if its URL is one's address."""
    is_original: bool
    """Whether it comes along only because a wanted revisit repeats its payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A whole object of the fetcher inside a sealed one."""

    part_key: str
    sealed_key: str
    part_offset: int
    part_length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where what the fetcher wrote under a key lies now."""

    key: str
    offset: int
    length: int | None
    """None for the whole object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LooksOf:
    """Which captures are meant. Without anything: all."""

    source_id: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    """Not included."""

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self == LooksOf()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealable:
    """What could be sealed now."""

    objects: int
    """Sealed objects that would come of it."""
    parts: int
    bytes: int


class EvidenceIndex:
    """Reads which captures lie in which object, and moves them into sealed objects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keys(self, looks: "LooksOf | None" = None, *, imported: bool = False) -> list[str]:
        """Return the keys of all objects that such captures point into: what we wrote, or what was imported."""
        of = looks or LooksOf()
        arguments = {"source": of.source_id, "begin": of.begin, "end": of.end, "imported": imported}
        return [row["warc_key"] for row in self._rows(sql.KEYS, **arguments)]

    def captures_of(self, key: str) -> list[IndexedCapture]:
        """Return the captures that point into an object, by their offset."""
        return [IndexedCapture(**row) for row in self._rows(sql.OF_OBJECT, key=key)]

    def each_capture_of(self, key: str, *, page: int = 5000) -> Iterator[IndexedCapture]:
        """Yield the captures that point into an object, by their offset: a sealed one has hundred thousands."""
        at: dict[str, object] = {"offset": -1, "capture": -1}
        while True:
            rows = self._rows(sql.OF_OBJECT_FROM, key=key, limit=page, **at)
            yield from (IndexedCapture(**row) for row in rows)
            if len(rows) < page:
                return
            at = {"offset": rows[-1]["warc_offset"], "capture": rows[-1]["capture_id"]}

    def size_of(self, key: str) -> int | None:
        """Return how many bytes an object must have, or None when the ledger does not know the object."""
        size = self._rows(sql.SIZE, key=key)[0]["bytes"]
        return None if size is None else int(size)

    def superseded(self) -> set[str]:
        """Return the objects whose captures point into a sealed object now, and that are still there."""
        return {row["part_key"] for row in self._rows(sql.SUPERSEDED)}

    def is_sealed(self, key: str) -> bool:
        """Tell whether an object is made of others."""
        return bool(self._rows(sql.IS_SEALED, key=key)[0]["sealed"])

    def is_recorded(self, key: str) -> bool:
        """Tell whether a batch has recorded this object as stored."""
        return bool(self._rows(sql.IS_RECORDED, key=key)[0]["recorded"])

    def digests_of(self, key: str) -> dict[str, str]:
        """Return the payload digests of the captures of an object by record id."""
        return {row["record_id"]: row["payload_digest"] for row in self._rows(sql.DIGESTS, key=key)}

    def boundaries_of(self, key: str) -> tuple[list[int], list[int]]:
        """Return where captures begin in an object, and where its parts do (0 alone when it is not sealed)."""
        rows = self._rows(sql.BOUNDARIES, key=key)
        captures = sorted(row["at"] for row in rows if row["part_key"] is None)
        return captures, sorted(row["at"] for row in rows if row["part_key"] is not None) or [0]

    def of_article(self, article_id: str) -> list[WantedCapture]:
        """Return all looks at any address of an article, with the captures their revisits repeat, by place."""
        return _wanted(self._rows(sql.OF_ARTICLE, article=article_id))

    def of_capture(self, capture_id: int) -> list[WantedCapture]:
        """Return one look with the captures that it repeats, by place."""
        return _wanted(self._rows(sql.OF_CAPTURE, capture=capture_id))

    def of_source(
        self, source_id: str, *, first: datetime | None = None, after: datetime | None = None
    ) -> list[WantedCapture]:
        """Return the looks of a source from `first` on and before `after`, with what their revisits repeat."""
        return _wanted(self._rows(sql.OF_SOURCE, source=source_id, first=first, after=after))

    def place_of(self, key: str) -> Place:
        """Return where the object that the fetcher wrote under a key lies now, sealed or not.

        Article documents, exports and `batches.warc_key` name what the fetcher wrote. Read it through this.
        """
        row = next(iter(self._rows(sql.PLACE, key=key)), None)
        if row is None or row["moved_at"] is None:
            return Place(key=key, offset=0, length=None)
        return Place(key=row["sealed_key"], offset=row["part_offset"], length=row["part_length"])

    def read(self, evidence: EvidenceStore, key: str) -> bytes:
        """Return what the fetcher wrote under a key, wherever it lies now.

        Raises:
            EvidenceMissingError, RejectError, TryAgainError: as `EvidenceStore.get_range`.
        """
        place = self.place_of(key)
        if place.length is None:
            return evidence.get(place.key)
        return evidence.get_range(place.key, offset=place.offset, length=place.length)

    def plan_sealed(
        self, *, size: int, age: timedelta, passed: Sequence[str], name: str, limit: int = 100_000
    ) -> list[Part]:
        """Choose finished objects, the oldest first, that make one sealed object, and note the plan.

        Args:
            size: Least bytes of the sealed object. Nothing is planned while all together are fewer.
            age: How long an object must have been stored.
            passed: Objects to leave alone.
            name: Key of the sealed object.
            limit: Most parts.

        Returns:
            The parts in their order; none when there is too little.
        """
        arguments = {"most": size, "age": age, "passed": list(passed), "limit": limit}
        with self._database.transaction() as transaction:
            transaction.rows(sql.ONE_PLAN_AT_A_TIME)
            parts = _fill(transaction.rows(sql.SMALL, arguments), size=size, name=name)
            if parts:
                transaction.run(sql.PLAN, _columns(parts, name))
        return parts

    def sealable(self, *, size: int, age: timedelta, limit: int = 100_000) -> "Sealable":
        """Return what `plan_sealed` would choose now, again and again, and note nothing."""
        rows = self._rows(sql.SMALL, most=size, age=age, passed=[], limit=limit)
        objects, parts, total = 0, 0, 0
        while chosen := _fill(rows[parts:], size=size, name=""):
            objects += 1
            parts += len(chosen)
            total += sum(part.part_length for part in chosen)
        return Sealable(objects=objects, parts=parts, bytes=total)

    def planned(self) -> list[Part]:
        """Return the parts of all plans whose pointers are not moved yet, in order."""
        return [Part(**row) for row in self._rows(sql.PLANNED)]

    def drop_plan(self, sealed_key: str) -> None:
        """Forget a plan that cannot be carried out. Nothing has been moved."""
        with self._database.transaction() as transaction:
            transaction.run(sql.DROP_PLAN, {"sealed": sealed_key})

    def move(self, sealed_key: str) -> int:
        """Point all captures of a plan into its sealed object, in one transaction; return how many moved.

        Call it only when the sealed object has been stored and read back. Doing it twice moves nothing more.
        """
        with self._database.transaction() as transaction:
            transaction.rows(sql.ONE_PLAN_AT_A_TIME)
            moved = transaction.run(sql.MOVE, {"sealed": sealed_key})
            transaction.run(sql.MOVED, {"sealed": sealed_key})
        return moved

    def removable(self, *, grace: timedelta) -> list[Part]:
        """Return the parts that no capture has pointed at for so long, and that are still objects."""
        return [Part(**row) for row in self._rows(sql.REMOVABLE, grace=grace)]

    def note_removed(self, part_key: str) -> None:
        """Note that a part is no object of its own any more."""
        with self._database.transaction() as transaction:
            transaction.run(sql.REMOVED, {"key": part_key})

    def _rows(self, statement: LiteralString, **arguments: object) -> list[Row]:
        with self._database.transaction() as transaction:
            return transaction.rows(statement, arguments)


def _fill(rows: Sequence[Row], *, size: int, name: str) -> list[Part]:
    """Take objects until the sealed one is large enough; none when they do not suffice."""
    parts: list[Part] = []
    total = 0
    for row in rows:
        length = int(row["warc_bytes"])
        parts.append(Part(part_key=row["warc_key"], sealed_key=name, part_offset=total, part_length=length))
        total += length
        if total >= size:
            return parts
    return []


def _columns(parts: Sequence[Part], name: str) -> dict[str, object]:
    return {
        "sealed": name,
        "keys": [part.part_key for part in parts],
        "offsets": [part.part_offset for part in parts],
        "lengths": [part.part_length for part in parts],
    }


def _wanted(rows: Sequence[Row]) -> list[WantedCapture]:
    found: list[WantedCapture] = []
    for row in rows:
        values = dict(row)
        wanted, title = values.pop("wanted"), values.pop("title")
        found.append(WantedCapture(capture=IndexedCapture(**values), title=title, is_original=not wanted))
    return found
