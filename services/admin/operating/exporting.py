"""The action that puts records into a file of their own, from where anyone may take it."""

import tempfile
from datetime import date
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Self
from uuid import uuid4

from pydantic import Field, model_validator

from services.admin.kept_exports import TYPES, export_key
from services.admin.operating.action import Action, Outcome, Work, examples
from services.admin.operating.crawling import SourceId
from services.admin.operating.joining import ArticleId
from services.admin.operating.parts import Parts
from shared.exporting import Exports, Selection
from shared.ledger.evidence_index import EvidenceIndex

__all__ = ["ExportEvidence", "ExportForm"]


class ExportForm(StrEnum):
    """What an export is."""

    WACZ = "wacz"
    WARC = "warc"


class ExportEvidence(Action):
    """Put the records of an article, a source, or a day of a source into one WARC or WACZ, byte for byte.

    The file lies in the object store for some days; the result of the job names it.
    """

    model_config = examples(
        {"form": "wacz", "article": "harbour-en-1"},
        {"form": "warc", "source": "harbour-en", "day": "2026-03-09"},
    )
    name = "evidence.export"
    is_long = True

    form: ExportForm
    """wacz: with an index and pages to begin at. warc: the records alone."""

    article: ArticleId | None = None
    """All looks at this article."""

    source: SourceId | None = None
    """All looks at this source."""

    day: date | None = Field(default=None, ge=date(1900, 1, 1), le=date(2999, 12, 31))
    """Only those of this day of the source, in UTC."""

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.article is None) == (self.source is None) or (self.day and self.source is None):
            raise ValueError("name either an article, or a source with or without a day")
        return self

    @property
    def _selection(self) -> Selection:
        return Selection(article_id=self.article, source_id=self.source, day=self.day)

    def plan(self, parts: Parts, work: Work) -> Outcome:
        """Count what it would hold."""
        del work
        captures, originals, size = _exports(parts).survey(self._selection)
        return {"title": self._selection.title, "captures": captures, "originals": originals, "bytes": size}

    def run(self, parts: Parts, work: Work) -> Outcome:
        """Write the file and store it."""
        ending = "wacz" if self.form is ExportForm.WACZ else "warc.gz"
        name = f"{work.job_id or uuid4()}.{ending}"
        exports = _exports(parts, work)
        with tempfile.TemporaryDirectory(prefix="pressmark-") as folder:
            path = Path(folder) / name
            if self.form is ExportForm.WACZ:
                done = exports.wacz(self._selection, path, software=f"pressmark {version('pressmark')}")
            else:
                done = exports.warc(self._selection, path)
            parts.evidence.put(export_key(name), path, content_type=TYPES[ending.rpartition(".")[2]])
        return {
            "file": name,
            "key": export_key(name),
            "captures": done.captures,
            "originals": done.originals,
            "records": done.records,
            "bytes": done.bytes,
        }


def _exports(parts: Parts, work: Work | None = None) -> Exports:
    exports = Exports(index=EvidenceIndex(parts.database), evidence=parts.evidence)
    return exports if work is None else exports.telling(work.advance)
