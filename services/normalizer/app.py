"""Joins the normalizer's messages to its domain. The only place where its parts are put together."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from services.normalizer.chronicle import Chronicle
from services.normalizer.correcting import Corrector
from services.normalizer.counting import counted
from services.normalizer.documents import CONTENT_TYPE, article_document, documents_key, pack_documents
from services.normalizer.fields import Extraction
from services.normalizer.host_notices import learn_notice
from services.normalizer.host_watch import watch_hosts
from services.normalizer.ordered_reading import OrderedReading
from services.normalizer.reading import NoArticle, Shown, by_source, exchanges_of, read_capture
from services.normalizer.rereading import Rereader
from services.normalizer.sandbox import ExtractPage, Sandbox
from services.normalizer.sentinel import Sentinel
from services.normalizer.sightings import Elsewhere, Miss, Sighting, Unchanged, Wordless
from services.normalizer.watching import check_watches
from shared import traces
from shared.bus import Broker, Subscription, WorkerApp, make_worker
from shared.errors import RejectError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.batches import Batches, StoredBatch, StoredCapture
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.frontier import TargetKind
from shared.ledger.history import History
from shared.ledger.quarantine import Quarantine
from shared.ledger.registry import Registry
from shared.ledger.watches import Watches
from shared.messages import CheckWatches, NormalizeBatch, ReadAgain, ShowNormalizerPulse
from shared.metrics import ARTICLES
from shared.settings import ServiceSettings
from shared.sources import SourceFile, load_source
from shared.warc_reading import StoredExchange

log = structlog.get_logger(__name__)

_TRIES_TOGETHER = 1
"""Tries at a batch as a whole. After that each page is counted alone, so that one that kills is found."""
_TRIES_ALONE = 2
_MOST_SECONDS_BEFORE = 60
"""Spent on batches stored before the one whose bell rang; a third of what a message may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalizer:
    """What it takes to make articles of a batch."""

    batches: Batches
    history: History
    registry: Registry
    index: EvidenceIndex
    evidence: EvidenceStore
    extract_page: ExtractPage

    def normalize(self, batch: StoredBatch) -> None:
        """Read every page of a batch and write what it shows into the history.

        Raises:
            TryAgainError: the ledger or the evidence store does not answer.
            RejectError: the evidence is missing or damaged.
        """
        tries = self.batches.begin_articles(batch.batch_id)
        captures = tuple(
            capture
            for capture in batch.captures
            if capture.kind in (TargetKind.ARTICLE, TargetKind.PROBE) and capture.article_outcome is None
        )
        if captures:
            exchanges = exchanges_of(self.index.read(self.evidence, batch.warc_key))
            work = _Work(batch=batch, exchanges=exchanges, alone=tries > _TRIES_TOGETHER)
            for source_id, of_source in by_source(captures):
                self._normalize_source(source_id, of_source, work)
            # A part of a sealed object was read before it was sealed, and its documents name its own places.
            if work.documents and self.index.place_of(batch.warc_key).length is None:
                packed = pack_documents(work.documents)
                self.evidence.put(documents_key(batch.warc_key), packed, content_type=CONTENT_TYPE)
        self.batches.articles_done(batch.batch_id)
        log.info("batch_normalized", batch_id=batch.batch_id, pages=len(captures), tries=tries)

    def _normalize_source(self, source_id: str, captures: Sequence[StoredCapture], work: "_Work") -> None:
        source = load_source(self.registry.get(source_id).definition)
        told: traces.Attributes = {"pressmark.source": source_id, "pressmark.pages": len(captures)}
        with traces.span("read pages", attributes=told):
            looks = [(capture, *self._read(capture, source, work)) for capture in captures]
        with traces.span("record history", attributes=told), self.history.writing(source_id) as records:
            corrector = Corrector(records=records, source=source, read=self._reader(source).read)
            chronicle = Chronicle(records, source, correct=corrector.correct)
            sentinel = Sentinel(records, source)
            for capture, sight, article in looks:
                if records.is_decided(capture.capture_id):
                    continue
                if capture.kind is TargetKind.PROBE:
                    learn_notice(records, capture, sight)
                    records.decide(capture.capture_id, "probe")
                else:
                    outcome = record(chronicle, sight)
                    records.decide(capture.capture_id, outcome)
                    ARTICLES.labels(outcome).inc()
                    if isinstance(sight, Sighting) or outcome == "no_text":
                        sentinel.see(capture, article)
            sentinel.keep()
            watch_hosts(records, [capture for capture in captures if capture.kind is TargetKind.ARTICLE])

    def _reader(self, source: SourceFile) -> Rereader:
        return Rereader(evidence=self.evidence, source=source, extract_page=self.extract_page)

    def _read(
        self, capture: StoredCapture, source: SourceFile, work: "_Work"
    ) -> tuple[Shown, Extraction | None]:
        if work.alone:
            if capture.article_tries >= _TRIES_ALONE:
                log.error("page_unreadable", url=capture.url, capture_id=capture.capture_id)
                return NoArticle(reason="failed: parse_timeout"), None
            self.batches.begin_capture(capture.capture_id)
        sight, article = read_capture(capture, work.exchanges, source, extract_page=self.extract_page)
        if article is not None and capture.kind is TargetKind.ARTICLE:
            work.documents.append(article_document(capture, work.batch.warc_key, article))
        return sight, article


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One try at one batch."""

    batch: StoredBatch
    exchanges: dict[str, StoredExchange]
    alone: bool
    documents: list[dict[str, Any]] = field(default_factory=list)


def record(chronicle: Chronicle, shown: Shown) -> str:
    """Write what one look showed into the history, and return what it was."""
    match shown:
        case Sighting():
            return chronicle.see(shown)
        case Miss():
            return chronicle.miss(shown)
        case Unchanged():
            return chronicle.see_unchanged(shown)
        case Elsewhere():
            return chronicle.see_elsewhere(shown)
        case Wordless():
            return chronicle.see_wordless(shown)
        case NoArticle(reason=reason):
            return reason


def on_normalize_batch(message: NormalizeBatch, *, normalizer: Normalizer) -> None:
    """Normalize a stored batch after those that were stored before it, unless others are at them.

    The message is a doorbell only: batches are read in the order in which they were stored, in whatever order
    their bells ring. What is stored late all the same is read late; see `services.normalizer.late_looks`.
    """
    begun = time.monotonic()
    for earlier in normalizer.batches.unread_before(message.batch_id):
        if time.monotonic() - begun > _MOST_SECONDS_BEFORE:
            break
        try:
            _normalize_alone(earlier, normalizer)
        except RejectError as error:
            log.warning("batch_left_to_its_bell", batch_id=earlier, reason=str(error))
    _normalize_alone(message.batch_id, normalizer)


def _normalize_alone(batch_id: str, normalizer: Normalizer) -> None:
    with normalizer.batches.alone_at("articles", batch_id) as is_alone:
        batch = normalizer.batches.stored(batch_id)
        if batch is None or batch.articles_done or not is_alone:
            log.info("bell_repeated", batch_id=batch_id)
            return
        # A batch is often read when the bell of a later one rings: its spans are of its own trace all the same.
        with traces.span(
            "normalize batch", trace_id=batch.trace_id, attributes={"pressmark.batch_id": batch_id}
        ):
            normalizer.normalize(batch)


def on_check_watches(_message: CheckWatches, *, watches: Watches) -> None:
    """Hold what has happened against every watch."""
    check_watches(watches)


def on_read_again(message: ReadAgain, *, reading: OrderedReading) -> None:
    """Do the next steps of what an operator wants to be read again."""
    reading.work(message.order_id)


def make_app(settings: ServiceSettings) -> WorkerApp:
    """Return the normalizer's worker application."""
    database = Database(settings.database_url.get_secret_value())
    broker = Broker(settings.broker_url.get_secret_value())
    evidence, sandbox = EvidenceStore(settings.evidence()), Sandbox()
    normalizer = Normalizer(
        batches=Batches(database),
        history=History(database),
        registry=Registry(database),
        index=EvidenceIndex(database),
        evidence=evidence,
        extract_page=counted(sandbox.extract),
    )
    reading = OrderedReading.over(database, evidence, extract_page=sandbox.extract)
    return make_worker(
        "normalizer",
        [
            Subscription(NormalizeBatch, partial(on_normalize_batch, normalizer=normalizer)),
            Subscription(ReadAgain, partial(on_read_again, reading=reading)),
            Subscription(CheckWatches, partial(on_check_watches, watches=Watches(database))),
            Subscription(ShowNormalizerPulse, lambda _: broker.show_pulse("normalizer")),
        ],
        settings=settings,
        process=settings,
        quarantine=Quarantine(database),
    )
