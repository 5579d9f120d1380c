"""Joins the sentinel of a source with the ledger: it sees the pages of a batch, and tells what turned."""

import structlog

from services.normalizer.drift import SourceWatch
from services.normalizer.fields import Extraction
from services.normalizer.ruled import rules_version
from shared.ledger.batches import StoredCapture
from shared.ledger.field_watch import keep_watch, kept_watch
from shared.ledger.history import HistoryRecords
from shared.sources import SourceFile

__all__ = ["Sentinel"]

log = structlog.get_logger(__name__)


class Sentinel:
    """Watches one source within one transaction of its history."""

    def __init__(self, records: HistoryRecords, source: SourceFile) -> None:
        self._records = records
        self._source = source
        self._watch = SourceWatch.of_json(kept_watch(records.transaction, source.id))
        self._has_seen = False

    def see(self, capture: StoredCapture, article: Extraction | None) -> None:
        """Take in what a page gave; None when it was read and gave no text."""
        rules = self._source.article
        turned = self._watch.see(article, rules, version=rules_version(rules))
        self._has_seen = True
        for kind, drifted in (("source_drifted", True), ("source_recovered", False)):
            fields = sorted(name for name, now in turned.items() if now is drifted)
            if fields:
                self._tell(kind, fields, capture)

    def keep(self) -> None:
        """Keep what was learnt, with the transaction."""
        if self._has_seen:
            keep_watch(self._records.transaction, self._source.id, self._watch.as_json())

    def _tell(self, kind: str, fields: list[str], capture: StoredCapture) -> None:
        log.warning(kind, source_id=self._source.id, fields=fields)
        self._records.add_event(
            kind,
            at=capture.fetched_at,
            article_id=None,
            capture_id=capture.capture_id,
            data={"fields": fields, "drifted": self._watch.drifted, "url": capture.url},
        )
