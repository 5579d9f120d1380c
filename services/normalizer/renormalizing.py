"""Reads the stored captures of a source again and corrects its history: `pressmark renormalize`.

It goes article by article, in pages of a bounded size. What a page changes, its place in the run and its counts
are one transaction, so a run that is ended goes on where it was, and the second run changes nothing.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from services.normalizer.chronicle import Chronicle
from services.normalizer.correcting import Corrector
from services.normalizer.documents import CONTENT_TYPE, pack_documents
from services.normalizer.rereading import Rereader
from services.normalizer.rereading_report import Report
from services.normalizer.ruled import rules_version
from services.normalizer.sandbox import ExtractPage
from shared.evidence import EvidenceStore
from shared.ledger.corrections import Corrections, LocatedCapture, Progress, Rereadings, Scope
from shared.ledger.history import History, HistoryRecords
from shared.sources import SourceFile

__all__ = ["Renormalization", "reread_documents_key"]

_PAGES = 200
"""Pages that gave nothing, in one transaction."""

Told = Callable[[Report], None]


def reread_documents_key(source_id: str, rules: str, packed: bytes) -> str:
    """Return where documents of a new reading lie: under their own digest, so that none is ever overwritten."""
    return f"articles/reread/{source_id}/{rules}/{hashlib.sha256(packed).hexdigest()[:32]}.jsonl.zst"


class _PreviewEnds(Exception):  # noqa: N818  (no error: it rolls a transaction back)
    """All that a page would change is known, and none of it is kept."""


@dataclass(slots=True, kw_only=True)
class Renormalization:
    """One run over one source. With `is_preview` nothing is written anywhere."""

    history: History
    rereadings: Rereadings
    evidence: EvidenceStore
    extract_page: ExtractPage
    source: SourceFile
    scope: Scope
    is_preview: bool
    told: Told = field(default=lambda _: None)
    articles_at_once: int = 50
    """Articles in one transaction. Their texts are in memory at one time, so this bounds it."""

    def run(self) -> Report:
        """Do all that is left of the run and return its counts.

        Raises:
            TryAgainError: the ledger or the evidence store does not answer; run it again to go on.
        """
        progress = self.begin()
        while progress.stage != "done":
            progress = self.step(progress)
            self.told(Report.of_json(progress.report))
        return Report.of_json(progress.report)

    def begin(self) -> Progress:
        """Begin a run, or take up the one that was not finished."""
        if self.is_preview:
            return Progress(stage="articles", place="", report={})
        return self.rereadings.begin(self.source.id, self.scope, self._rules)

    def taken_up(self, progress: Progress) -> Progress:
        """Return where a run is, of which `progress` was heard last: what it wrote is the truth."""
        if self.is_preview:
            return progress
        return self.rereadings.progress(self.source.id, self.scope, self._rules) or self.begin()

    def count(self) -> int:
        """Return how many articles a run would read."""
        return self.rereadings.count(self.source.id, self.scope, self._rules)

    def step(self, progress: Progress) -> Progress:
        """Do the next page of a run and return how far that brings it; its stage is `done` at the end.

        Raises:
            TryAgainError: the ledger or the evidence store does not answer; do the step again.
        """
        report = Report.of_json(progress.report)
        if progress.stage == "articles":
            return self._correct_articles(progress.place, report)
        return self._read_unread(int(progress.place or 0), report)

    @property
    def _rules(self) -> str:
        return rules_version(self.source.article)

    def _correct_articles(self, place: str, report: Report) -> Progress:
        found, captures = self.rereadings.articles(
            self.source.id, self.scope, rules=self._rules, after=place, limit=self.articles_at_once
        )
        reader = self._reader()
        readings = reader.read_all(captures)
        self._keep_documents(reader)
        with self._writing() as records:
            corrector = Corrector(
                records=records, source=self.source, read=reader.read, readings=readings, report=report
            )
            for article_id in found:
                if corrector.is_one_of_its_own(article_id):
                    corrector.correct(article_id)
            report.count("evidence_unreadable", reader.unreadable)
            progress = Progress(
                stage="articles" if found else "pages",
                place=found[-1] if found else "",
                report=report.as_json(),
            )
            self._end_page(records, progress)
        return progress

    def _read_unread(self, place: int, report: Report) -> Progress:
        """See whether pages that gave nothing give an article now."""
        captures = self.rereadings.unread(self.source.id, self.scope, after=place, limit=_PAGES)
        reader = self._reader()
        with self._writing() as records:
            self._see_unread(records, reader, captures, report)
            self._keep_documents(reader)
            progress = Progress(
                stage="pages" if captures else "done",
                place=str(captures[-1].capture.capture_id if captures else place),
                report=report.as_json(),
            )
            self._end_page(records, progress)
        return progress

    @contextmanager
    def _writing(self) -> Iterator[HistoryRecords]:
        with suppress(_PreviewEnds), self.history.writing(self.source.id) as records:
            yield records

    def _see_unread(
        self, records: HistoryRecords, reader: Rereader, captures: list[LocatedCapture], report: Report
    ) -> None:
        chronicle = Chronicle(records, self.source)
        for capture_id, sighting in reader.read_all(captures).items():
            if sighting is not None:
                outcome = chronicle.see(sighting)
                Corrections(records).decide_again(capture_id, outcome)
                report.count(f"unread_pages_now_{outcome}")

    def _end_page(self, records: HistoryRecords, progress: Progress) -> None:
        if self.is_preview:
            raise _PreviewEnds
        Corrections(records).advance(self.scope, self._rules, progress)

    def _keep_documents(self, reader: Rereader) -> None:
        """Keep the new version of the documents beside the earlier ones, before the ledger rests on it."""
        documents, reader.documents = reader.documents, []
        if documents and not self.is_preview:
            packed = pack_documents(documents)
            key = reread_documents_key(self.source.id, self._rules, packed)
            self.evidence.put(key, packed, content_type=CONTENT_TYPE)

    def _reader(self) -> Rereader:
        return Rereader(evidence=self.evidence, source=self.source, extract_page=self.extract_page)
