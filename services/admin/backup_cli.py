"""The commands that back an archive up and restore it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services.admin.backup import Backups, Manifest, newest_backup
from services.admin.endings import PARTLY, give_up
from services.admin.printing import print_json
from services.admin.restoring import Restored, Restoring
from services.admin.settings import BackupSettings
from services.admin.vaults import open_vault
from shared.clock import SystemClock
from shared.errors import PressmarkError, TryAgainError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.ledger.upkeep import UpkeepJournal
from shared.settings import load

__all__ = ["add_backup_commands"]

Place = Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and write nothing.")]
_JOB = "backup"


def add_backup_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(backup)
    app.command()(restore)


def backup(
    place: Place,
    *,
    objects: Annotated[
        bool,
        typer.Option(
            help="Copy the objects. --no-objects only lists them: the bucket is replicated elsewhere."
        ),
    ] = True,
    log_key: Annotated[
        bool, typer.Option(help="Keep the private key that signs the log, too, readable by its owner alone.")
    ] = True,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Copy the whole archive: the ledger at one moment, the objects that are new, and the key of the log.

    It may run while the archive works, and be killed: the next run goes on where it ended.
    """
    with _parts() as (settings, database, evidence), Console(stderr=True).status("reading") as shown:
        vault = open_vault(place, settings)
        key = settings.key() if log_key else None
        backups = Backups(
            database=database,
            evidence=evidence,
            vault=vault,
            clock=SystemClock(),
            version=version("pressmark"),
            log_key=None if key is None else key.secret(),
            told=lambda done, size: shown.update(f"{done:,} objects copied, {size / 1e6:,.1f} MB"),
        )
        if dry_run:
            plan = backups.plan()
            told: dict[str, Any] = {"would_copy": plan.objects, "bytes": plan.bytes}
            _tell(told, f"{plan.objects} objects, {plan.bytes:,} bytes, would be copied", as_json=as_json)
            return
        manifest = _make(backups, UpkeepJournal(database), with_objects=objects)
    _tell(_described(manifest), _line_of(manifest), as_json=as_json)
    if manifest.missing:
        raise typer.Exit(PARTLY)


def _make(backups: Backups, journal: UpkeepJournal, *, with_objects: bool) -> Manifest:
    """Make a backup as a job of upkeep, so that its age and its failures are among the figures."""
    last = {run.job: run.outcome for run in journal.last_runs()}.get(_JOB, {})
    last.pop("error", None)
    with journal.turn(_JOB, every=timedelta(0)) as is_ours:
        if not is_ours:
            raise TryAgainError("another backup runs already")
        try:
            manifest = backups.make(with_objects=with_objects)
        except PressmarkError as error:
            journal.end(_JOB, last | {"error": str(error)})
            raise
        good = {"name": manifest.name, "good_at": manifest.made_at.isoformat()}
        lost = {"error": f"{len(manifest.missing)} objects are missing from the store"}
        journal.end(_JOB, (last | lost) if manifest.missing else good)
    return manifest


def restore(
    place: Place,
    *,
    name: Annotated[
        str | None, typer.Option("--backup", help="The name of a backup; the newest unless told.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Read the backup and hold it against its digests; write nothing."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Make an empty archive what a backup holds: objects, ledger, and the key of the log.

    The parts must run ('pressmark up'), with an empty ledger. It may be killed and run again. Start the services
    anew afterwards, so that they sign with the restored key.
    """
    with _parts() as (settings, database, evidence), Console(stderr=True).status("reading") as shown:
        vault = open_vault(place, settings)
        restoring = Restoring(
            database=database,
            evidence=evidence,
            vault=vault,
            manifest=newest_backup(vault, name),
            told=lambda done, total: shown.update(f"{done:,} of {total:,} objects"),
        )
        restored = restoring.check() if dry_run else restoring.run()
        key_file = None if dry_run else _put_key(restoring.log_key(), settings)
    manifest = restoring.manifest
    told = _described(manifest) | {
        "written": restored.written,
        "present": restored.present,
        "damaged": restored.damaged,
        "log_key": key_file,
    }
    _tell(told, _outcome(manifest, restored, key_file, dry_run=dry_run), as_json=as_json)
    if restored.damaged:
        raise typer.Exit(PARTLY)


def _outcome(manifest: Manifest, restored: Restored, key_file: str | None, *, dry_run: bool) -> str:
    word = "sound" if dry_run else "restored"
    lines = [f"{_line_of(manifest)}: {restored.written + restored.present} objects {word}"]
    lines += [f"damaged in the backup, not restored: {key}" for key in restored.damaged]
    if key_file:
        lines.append(f"the log's key is in {key_file}: start the services anew")
    return "\n".join(lines)


def _put_key(key: str | None, settings: BackupSettings) -> str | None:
    """Write the restored key where the services read it. A key that is there already is kept beside it."""
    if key is None or settings.log_key_file is None:
        return None
    path: Path = settings.log_key_file
    if path.exists():
        if path.read_text(encoding="utf-8").strip() == key:
            return None
        path.replace(path.with_name(f"{path.name}.before-restore"))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(key + "\n")
    return str(path)


def _described(manifest: Manifest) -> dict[str, Any]:
    return {
        "backup": manifest.name,
        "made_at": manifest.made_at.isoformat(),
        "tables": len(manifest.ledger.tables),
        "objects": manifest.objects,
        "bytes": manifest.bytes,
        "has_objects": manifest.has_objects,
        "has_log_key": manifest.has_log_key,
        "missing": list(manifest.missing),
    }


def _line_of(manifest: Manifest) -> str:
    lost = f", {len(manifest.missing)} MISSING from the store" if manifest.missing else ""
    return f"backup {manifest.name}: {manifest.objects} objects, {manifest.bytes:,} bytes{lost}"


def _tell(told: dict[str, Any], line: str, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        typer.echo(line)


@contextmanager
def _parts() -> Iterator[tuple[BackupSettings, Database, EvidenceStore]]:
    """Open the ledger and the store, and turn our errors into one line and an exit code."""
    database: Database | None = None
    try:
        settings = load(BackupSettings)
        database = Database(settings.database_url.get_secret_value(), max_connections=4)
        yield settings, database, EvidenceStore(settings.evidence())
    except PressmarkError as error:
        give_up(error)
    finally:
        if database is not None:
            database.close()
