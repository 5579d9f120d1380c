"""Puts together what the archive does by itself. The only place where these parts meet."""

import time
from collections.abc import Sequence
from datetime import timedelta
from threading import Thread
from typing import NoReturn

import structlog

from services.admin.backup_runs import JOB as BACKUP
from services.admin.backup_runs import backups_of, make_when_due
from services.admin.compaction import Compaction
from services.admin.kept_exports import KeptExports
from services.admin.log_append import Appender
from services.admin.log_rows import LogRows
from services.admin.scheduling import Scheduler
from services.admin.settings import UpkeepSettings
from services.admin.source_book import SourceBook
from services.admin.time_stamps import TimeStamping, authority_of
from services.admin.upkeep import Job, append_to_log, compact, prune_deliveries, run_due, verify_next
from services.admin.verification import Verification
from shared.clock import Clock, SystemClock
from shared.errors import TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.log_book import LogBook
from shared.ledger.merging import Merging
from shared.ledger.registry import Registry
from shared.ledger.stamps import Stamps
from shared.ledger.upkeep import UpkeepJournal
from shared.ledger.webhooks import Webhooks
from shared.log_store import LogStore
from shared.logs import set_up_logs
from shared.proof import LogKey
from shared.settings import load

__all__ = ["make_jobs", "serve"]

log = structlog.get_logger(__name__)

_BACKUP_ROUND = timedelta(hours=1)
"""How soon a backup is tried again that failed."""
_STAMP_ROUND = timedelta(minutes=1)
"""How long an answer of a time stamp authority may lie before it is verified and kept."""


def make_jobs(settings: UpkeepSettings, database: Database) -> list[Job]:
    """Return what is to be done again and again. Without a key there is no job that signs.

    Raises:
        SettingsError: The log's key is damaged or cannot be read.
    """
    evidence, index, clock = EvidenceStore(settings.evidence()), EvidenceIndex(database), SystemClock()
    compaction = Compaction(index=index, evidence=evidence, clock=clock)
    book = SourceBook(registry=Registry(database), merging=Merging(database), evidence=evidence, clock=clock)
    exports = KeptExports(evidence=evidence)
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
        Job(
            name="exports",
            every=settings.export_interval,
            do=lambda _: {"removed": exports.remove(before=clock.now() - settings.export_age)},
        ),
        Job(
            name="webhook_log",
            every=settings.webhook_log_interval,
            do=lambda _: prune_deliveries(Webhooks(database), before=clock.now() - settings.webhook_log_age),
        ),
    ]
    if settings.backup_to:
        jobs.append(_backup_job(settings, database, evidence, clock=clock))
    key = settings.key()
    if key is None:
        log.warning("log_not_signed", reason="there is no key; see 'pressmark log new-key'")
        return jobs
    signing, *others = _signing_jobs(settings, database, evidence, key=key)
    return [signing, *jobs, *others]


def _signing_jobs(
    settings: UpkeepSettings, database: Database, evidence: EvidenceStore, *, key: LogKey
) -> list[Job]:
    """Return the job that signs the log, and where an authority is named the one that has it stamped."""
    appender = Appender(
        log=LogStore(evidence, key.verifier),
        book=LogBook(database),
        rows=LogRows(index=EvidenceIndex(database), evidence=evidence),
        key=key,
    )
    jobs = [Job(name="log", every=settings.log_interval, do=lambda _: append_to_log(appender))]
    authority = authority_of(settings.timestamp_url, settings.timestamp_certificates)
    if authority is not None:
        stamping = TimeStamping(
            stamps=Stamps(database),
            book=appender.book,
            log=appender.log,
            authority=authority,
            every=settings.timestamp_interval,
            clock=SystemClock(),
        )
        jobs.append(Job(name="stamp", every=_STAMP_ROUND, do=lambda _: stamping.run()))
    return jobs


def _backup_job(
    settings: UpkeepSettings, database: Database, evidence: EvidenceStore, *, clock: Clock
) -> Job:
    return Job(
        name=BACKUP,
        every=min(_BACKUP_ROUND, settings.backup_interval),
        do=lambda last: make_when_due(
            lambda: backups_of(settings, database, evidence, clock=clock),
            last,
            every=settings.backup_interval,
            now=clock.now(),
        ),
        takes_hours=True,
    )


def serve() -> NoReturn:
    """Do what is due, for ever. It may be killed at any moment."""
    settings = load(UpkeepSettings)
    set_up_logs("upkeep", form=settings.log_format, level=settings.log_level)
    # A backup holds three of them while the others work.
    database = Database(settings.database_url.get_secret_value(), max_connections=10)
    scheduler = Scheduler.over(database)
    # In a thread of its own: a job of the upkeep may take hours.
    Thread(
        target=scheduler.keep, kwargs={"pause": settings.schedule_pause}, name="schedules", daemon=True
    ).start()
    jobs, journal, pause = make_jobs(settings, database), UpkeepJournal(database), settings.upkeep_pause
    if slow := [job for job in jobs if job.takes_hours]:
        # The log is signed meanwhile.
        Thread(target=_do_for_ever, args=(slow, journal, pause), name="slow-jobs", daemon=True).start()
    _do_for_ever([job for job in jobs if not job.takes_hours], journal, pause)


def _do_for_ever(jobs: Sequence[Job], journal: UpkeepJournal, pause: timedelta) -> NoReturn:
    while True:
        try:
            for _ in run_due(jobs, journal):
                """Each job tells its own outcome."""
        except TryAgainError as error:
            log.warning("upkeep_postponed", error=str(error))
        time.sleep(pause.total_seconds())
