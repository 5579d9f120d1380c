"""One backup as a run of upkeep, whoever orders it: its age and its failures are among the figures."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from services.admin.backup import Backups, Manifest
from services.admin.settings import BackupSettings
from services.admin.vaults import open_vault
from shared.clock import Clock
from shared.errors import PressmarkError, SettingsError, TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.upkeep import UpkeepJournal

__all__ = ["JOB", "backups_of", "described", "make_backup", "make_when_due"]

JOB = "backup"

Told = Callable[[int, int], None]


def backups_of(
    settings: BackupSettings,
    database: Database,
    evidence: EvidenceStore,
    *,
    clock: Clock,
    keeps_log_key: bool = True,
    told: Told = lambda _objects, _bytes: None,
) -> Backups:
    """Return what makes backups of an archive into the place that its settings name.

    Raises:
        SettingsError: They name none, or one that cannot be used; or the log's key cannot be read.
        TryAgainError: The place did not answer.
    """
    if not settings.backup_to:
        raise SettingsError(
            "there is no place for backups: set PRESSMARK_BACKUP_TO to a folder or s3://bucket/prefix"
        )
    key = settings.key() if keeps_log_key else None
    return Backups(
        database=database,
        evidence=evidence,
        vault=open_vault(settings.backup_to, settings),
        clock=clock,
        version=version("pressmark"),
        log_key=None if key is None else key.secret(),
        told=told,
    )


def make_backup(backups: Backups, journal: UpkeepJournal, *, with_objects: bool = True) -> Manifest:
    """Make a backup now, unless another one is being made.

    Raises:
        TryAgainError: Another one is; or the ledger, the store or the vault did not answer.
    """
    last = _last(journal)
    with journal.turn(JOB, every=timedelta(0)) as is_ours:
        if not is_ours:
            raise TryAgainError("another backup runs already")
        try:
            manifest = backups.make(with_objects=with_objects)
        except PressmarkError as error:
            journal.end(JOB, last | {"error": str(error)})
            raise
        journal.end(JOB, _outcome_of(manifest, last))
    return manifest


def make_when_due(
    backups: Callable[[], Backups], last: dict[str, Any], *, every: timedelta, now: datetime
) -> dict[str, Any]:
    """Make a backup when the last one is too old; as a job that is looked at more often than that.

    So one that failed is tried again soon, and one that an operator ordered counts.
    """
    made_at = last.get("made_at")
    if made_at is not None and now - datetime.fromisoformat(made_at) < every:
        return last
    return _outcome_of(backups().make(), _without_error(last))


def described(manifest: Manifest) -> dict[str, Any]:
    """Return what a backup holds, as JSON."""
    return {
        "backup": manifest.name,
        "made_at": manifest.made_at.isoformat(),
        "tables": len(manifest.ledger.tables),
        "objects": manifest.objects,
        "bytes": manifest.bytes,
        "has_objects": manifest.has_objects,
        "has_log_key": manifest.has_log_key,
        "missing": len(manifest.missing),
    }


def _last(journal: UpkeepJournal) -> dict[str, Any]:
    return _without_error({run.job: run.outcome for run in journal.last_runs()}.get(JOB, {}))


def _without_error(outcome: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in outcome.items() if key != "error"}


def _outcome_of(manifest: Manifest, last: dict[str, Any]) -> dict[str, Any]:
    made_at = manifest.made_at.isoformat()
    if manifest.missing:
        error = f"{len(manifest.missing)} objects are missing from the store"
        return last | {"made_at": made_at, "error": error}
    return {"name": manifest.name, "made_at": made_at, "good_at": made_at}
