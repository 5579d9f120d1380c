"""Actions on the evidence as a whole: hold it against the ledger, and put small objects together."""

from collections import Counter
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any, Self

from pydantic import ByteSize, Field, model_validator

from services.admin.compaction import Compaction, NotSealed
from services.admin.imported_verification import ImportedVerification
from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.crawling import SourceId
from services.admin.operating.parts import Parts
from services.admin.verification import Verification
from shared.clock import SystemClock
from shared.ledger.evidence_index import EvidenceIndex, LooksOf
from shared.ledger.imports import Imports
from shared.sources import Duration

__all__ = ["CompactEvidence", "VerifyEvidence", "check_days", "day_begins"]


class VerifyEvidence(Action):
    """Hold everything stored against the ledger, byte by byte, or only a source or a range of days.

    Objects that nothing points to are looked for only where everything is verified.
    """

    model_config = examples({}, {"source": "harbour-en", "begin": "2026-03-01", "end": "2026-04-01"})
    name = "evidence.verify"
    is_long = True

    source: SourceId | None = None
    """Only objects with captures of this source."""

    begin: date | None = None
    """Only objects with captures of this day or later, in UTC."""

    end: date | None = None
    """Only objects with captures before this day, in UTC."""

    mend: bool = False
    """Write indexes that are missing or differ again. They are made of their objects, so nothing is lost."""

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        check_days(self.begin, self.end)
        return self

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Count the objects that would be read."""
        del work
        looks, index = self._looks(parts), EvidenceIndex(parts.database)
        return {"objects": len(index.keys(looks)) + len(index.keys(looks, imported=True)), "mends": self.mend}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Read every object whole and tell what is found."""
        looks, index = self._looks(parts), EvidenceIndex(parts.database)
        others = len(index.keys(looks, imported=True))
        verification = Verification(
            index=index,
            evidence=parts.evidence,
            clock=SystemClock(),
            mend_indexes=self.mend,
            told=lambda looked: work.advance(looked.objects, looked.expected + others),
        )
        looked = verification.verified
        imported = ImportedVerification(
            imports=Imports(parts.database),
            index=index,
            evidence=parts.evidence,
            told=lambda count: work.advance(looked.objects + count, looked.objects + others),
        )
        kinds, wrong = Counter[str](), 0
        for finding in chain(verification.findings(looks), imported.findings(looks)):
            kinds[finding.kind.value] += 1
            wrong += finding.is_wrong
            work.tell(finding.as_json())
        return {
            "objects": looked.objects + imported.objects,
            "captures": looked.captures + imported.captures,
            "records": looked.records,
            "bytes": looked.bytes,
            "wrong": wrong,
            "found": dict(kinds),
        }

    def _looks(self, parts: Parts) -> LooksOf:
        """Return which captures are meant.

        Raises:
            NotFoundError: there is no such source.
        """
        if self.source is not None:
            parts.orders.registry.get(self.source)
        return LooksOf(source_id=self.source, begin=day_begins(self.begin), end=day_begins(self.end))


class CompactEvidence(Action):
    """Put small WARC objects together into sealed ones, and remove those that were sealed a grace time ago.

    It may be ended at any moment and ordered again; the archive does the same by itself once a day.
    """

    model_config = examples({}, {"size": "500MB", "age": "6h", "grace": "2d"})
    name = "evidence.compact"
    is_long = True

    size: ByteSize = Field(default=ByteSize(10**9), ge=1, le=2**50)
    """Least size of a sealed object, such as 1GB."""

    age: Duration = Field(default=timedelta(hours=1), ge=timedelta(0))
    """How long an object must have been stored, such as 6h."""

    grace: Duration = Field(default=timedelta(days=1), ge=timedelta(0))
    """How long small objects stay after their captures have moved, such as 1d."""

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Count what would be sealed and what would be removed."""
        del work
        index = EvidenceIndex(parts.database)
        return {
            **asdict(index.sealable(size=self.size, age=self.age)),
            "begun": len(index.planned()),
            "removable": len(index.removable(grace=self.grace)),
        }

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Seal, then remove, and tell of each object."""
        planned = self.plan(parts, work)
        total = planned["parts"] + planned["begun"] + planned["removable"]
        compaction = Compaction(
            index=EvidenceIndex(parts.database), evidence=parts.evidence, clock=SystemClock()
        )
        done, counts = 0, Counter({"sealed": 0, "removed": 0, "kept": 0})
        steps = chain(
            (("sealed", one) for one in compaction.seal(size=self.size, age=self.age)),
            (("removed", one) for one in compaction.remove_superseded(grace=self.grace)),
        )
        for word, one in steps:
            what = "kept" if isinstance(one, NotSealed) else word
            told: dict[str, Any] = asdict(one)
            counts[what] += 1
            done += told["parts"] if what == "sealed" else 1
            work.tell({"what": what, **told})
            work.advance(done, max(done, total))
        return dict(counts)


def check_days(begin: date | None, end: date | None) -> None:
    """Refuse a range of days that holds none.

    Raises:
        ValueError: it ends before it begins.
    """
    if begin is not None and end is not None and begin >= end:
        raise ValueError("the range ends before it begins")


def day_begins(day: date | None) -> datetime | None:
    """Return the first moment of a day in UTC."""
    return None if day is None else datetime.combine(day, time(), tzinfo=UTC)
