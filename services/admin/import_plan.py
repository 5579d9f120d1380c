"""Decides which looks of a foreign file become captures, and which of them lie together in one object."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from services.admin.foreign_exchanges import FoundExchange
from services.admin.import_scope import ImportScope
from shared.ledger.frontier import TargetKind
from shared.ledger.imports import KnownTarget

__all__ = ["ImportCounts", "ImportPlan", "Taken", "grouped"]

MAX_CAPTURES = 200
MAX_OBJECT_BYTES = 32 * 1024 * 1024
"""An object is held whole by the normalizer, so it is no larger than what a fetcher's batch makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A look that becomes a capture."""

    exchange: FoundExchange
    kind: TargetKind
    original_key: bytes | None = None
    original_record: str | None = None


@dataclass(slots=True, kw_only=True)
class ImportCounts:
    """What became of the records. Each response and revisit is in exactly one of the first five."""

    captures: int = 0
    known: int = 0
    out_of_scope: int = 0
    unresolved: int = 0
    damaged: int = 0
    other_records: int = 0
    objects: int = 0
    recompressed: int = 0


@dataclass(slots=True, kw_only=True)
class ImportPlan:
    """What has been taken of a file so far, over all its parts."""

    source_id: str
    scope: ImportScope
    takes_all: bool
    counts: ImportCounts = field(default_factory=ImportCounts)
    _by_record: dict[str, bytes] = field(default_factory=dict)
    _by_look: dict[tuple[bytes, datetime], str] = field(default_factory=dict)
    _by_payload: dict[tuple[bytes, str], str] = field(default_factory=dict)

    def choose(
        self, exchanges: Sequence[FoundExchange], known: Mapping[bytes, KnownTarget]
    ) -> tuple[list[Taken], list[FoundExchange]]:
        """Choose the looks of one part that become captures, and those revisits that repeat nothing we have."""
        for key, target in known.items():
            for record_id, date, _ in target.captures:
                self._note(key, record_id, date)
        taken: list[Taken] = []
        unresolved: list[FoundExchange] = []
        seen: set[str] = set()
        for exchange in sorted(exchanges, key=lambda one: (one.is_revisit, one.date, one.offset)):
            target_known = known.get(exchange.url_key)
            kind = self._kind(exchange, target_known)
            if kind is None:
                self.counts.out_of_scope += 1
            elif exchange.record_id in seen or _is_known(exchange, target_known):
                self.counts.known += 1
            elif exchange.is_revisit:
                original = self._original(exchange)
                if original is None:
                    unresolved.append(exchange)
                    continue
                seen.add(exchange.record_id)
                taken.append(
                    Taken(exchange=exchange, kind=kind, original_key=original[0], original_record=original[1])
                )
            else:
                seen.add(exchange.record_id)
                self._note(exchange.url_key, exchange.record_id, exchange.date)
                if exchange.stated_digest:
                    self._by_payload[exchange.url_key, exchange.stated_digest] = exchange.record_id
                taken.append(Taken(exchange=exchange, kind=kind))
        self.counts.unresolved += len(unresolved)
        return taken, unresolved

    def _kind(self, exchange: FoundExchange, known: KnownTarget | None) -> TargetKind | None:
        """Return what a look was for; None when it is none of this source's."""
        if known is not None:
            return TargetKind(known.kind) if known.source_id == self.source_id else None
        if self.scope.has(exchange.url) or (self.takes_all and exchange.is_html):
            return TargetKind.ARTICLE
        return None

    def _original(self, revisit: FoundExchange) -> tuple[bytes, str] | None:
        """Find the look whose payload a revisit repeats: by its record, by its address and time, by its digest."""
        if revisit.refers_to in self._by_record:
            assert revisit.refers_to is not None
            return self._by_record[revisit.refers_to], revisit.refers_to
        key = revisit.refers_to_key or revisit.url_key
        if revisit.refers_to_date is not None:
            record_id = self._by_look.get((key, revisit.refers_to_date.replace(microsecond=0)))
        else:
            record_id = self._by_payload.get((key, revisit.stated_digest or ""))
        return None if record_id is None else (key, record_id)

    def _note(self, key: bytes, record_id: str, date: datetime) -> None:
        self._by_record[record_id] = key
        self._by_look.setdefault((key, date.replace(microsecond=0)), record_id)


def grouped(taken: Sequence[Taken]) -> Iterator[list[Taken]]:
    """Yield what lies together in one object: of each address one look, the oldest first, revisits at the end.

    A batch holds one capture of a target, so the second look at an address goes into another object.
    """
    looks: Counter[bytes] = Counter()
    layers: dict[tuple[bool, int], list[Taken]] = {}
    for one in taken:
        layer = (one.exchange.is_revisit, looks[one.exchange.url_key])
        looks[one.exchange.url_key] += 1
        layers.setdefault(layer, []).append(one)
    for layer in sorted(layers):
        yield from _split(layers[layer])


def _split(layer: Sequence[Taken]) -> Iterator[list[Taken]]:
    group: list[Taken] = []
    size = 0
    for one in layer:
        if group and (len(group) == MAX_CAPTURES or size + one.exchange.length > MAX_OBJECT_BYTES):
            yield group
            group, size = [], 0
        group.append(one)
        size += one.exchange.length
    if group:
        yield group


def _is_known(exchange: FoundExchange, known: KnownTarget | None) -> bool:
    """Tell whether a look was recorded before: its record was, or the same bytes at the same time."""
    if known is None:
        return False
    return any(
        record_id == exchange.record_id
        or (not exchange.is_revisit and (date, digest) == (exchange.date, exchange.payload_digest))
        for record_id, date, digest in known.captures
    )
