"""Puts together what the archive does by itself. The only place where these parts meet."""

import time
from typing import NoReturn

import structlog

from services.admin.compaction import Compaction
from services.admin.log_append import Appender
from services.admin.log_rows import LogRows
from services.admin.settings import UpkeepSettings
from services.admin.source_book import SourceBook
from services.admin.upkeep import Job, append_to_log, compact, run_due, verify_next
from services.admin.verification import Verification
from shared.clock import SystemClock
from shared.errors import TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.log_book import LogBook
from shared.ledger.merging import Merging
from shared.ledger.registry import Registry
from shared.ledger.upkeep import UpkeepJournal
from shared.log_store import LogStore
from shared.logs import set_up_logs
from shared.settings import load

__all__ = ["make_jobs", "serve"]

log = structlog.get_logger(__name__)


def make_jobs(settings: UpkeepSettings, database: Database) -> list[Job]:
    """Return what is to be done again and again. Without a key there is no job that signs.

    Raises:
        SettingsError: The log's key is damaged or cannot be read.
    """
    evidence, index, clock = EvidenceStore(settings.evidence()), EvidenceIndex(database), SystemClock()
    compaction = Compaction(index=index, evidence=evidence, clock=clock)
    book = SourceBook(registry=Registry(database), merging=Merging(database), evidence=evidence, clock=clock)
    jobs = [
        Job(name="book", every=settings.book_interval, do=lambda _: {"written": book.keep()}),
        Job(
            name="compact",
            every=settings.compact_interval,
            do=lambda _: compact(compaction, size=settings.compact_size),
        ),
        Job(
            name="verify",
            every=settings.verify_interval,
            do=lambda last: verify_next(
                Verification(index=index, evidence=evidence, clock=clock),
                last,
                most_bytes=settings.verify_bytes,
            ),
        ),
    ]
    key = settings.key()
    if key is None:
        log.warning("log_not_signed", reason="there is no key; see 'pressmark log new-key'")
        return jobs
    appender = Appender(
        log=LogStore(evidence, key.verifier),
        book=LogBook(database),
        rows=LogRows(index=index, evidence=evidence),
        key=key,
    )
    return [Job(name="log", every=settings.log_interval, do=lambda _: append_to_log(appender)), *jobs]


def serve() -> NoReturn:
    """Do what is due, for ever. It may be killed at any moment."""
    settings = load(UpkeepSettings)
    set_up_logs("upkeep", form=settings.log_format, level=settings.log_level)
    database = Database(settings.database_url.get_secret_value(), max_connections=4)
    jobs, journal = make_jobs(settings, database), UpkeepJournal(database)
    while True:
        try:
            for _ in run_due(jobs, journal):
                """Each job tells its own outcome."""
        except TryAgainError as error:
            log.warning("upkeep_postponed", error=str(error))
        time.sleep(settings.upkeep_pause.total_seconds())
