"""The commands that back an archive up and restore it."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from services.admin.backup import Manifest, newest_backup
from services.admin.backup_runs import described
from services.admin.cli import carried_out, ordered, tools
from services.admin.endings import PARTLY, give_up
from services.admin.operating.backing_up import BackUpArchive
from services.admin.printing import print_json
from services.admin.restoring import Restored, Restoring
from services.admin.settings import BackupSettings
from services.admin.vaults import open_vault
from shared.errors import PressmarkError
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.settings import load

__all__ = ["add_backup_commands"]

Place = Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be done, and write nothing.")]
_CONNECTIONS = 8
"""A backup holds its turn, its job, the log and the dump at once."""


def add_backup_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.command()(backup)
    app.command()(restore)


def backup(
    place: Annotated[
        str, typer.Argument(help="A folder, or s3://bucket/prefix; PRESSMARK_BACKUP_TO unless told.")
    ] = "",
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
    with (
        tools(connections=_CONNECTIONS, backup_to=place) as kit,
        Console(stderr=True).status("working; 'pressmark job' tells how far"),
    ):
        action = ordered(BackUpArchive, list_only=not objects, leave_log_key=not log_key)
        done = carried_out(kit, action, dry_run=dry_run)
    would = f"{done['would_copy']} objects, {done['bytes']:,} bytes, would be copied" if dry_run else ""
    _tell(done, would or _line_of(done), as_json=as_json)
    if done.get("missing"):
        raise typer.Exit(PARTLY)


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
    told = described(manifest) | {
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
    lines = [f"{_line_of(described(manifest))}: {restored.written + restored.present} objects {word}"]
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


def _line_of(told: Mapping[str, Any]) -> str:
    lost = (
        f", {told['missing']} MISSING from the store: 'pressmark verify' names them"
        if told["missing"]
        else ""
    )
    return f"backup {told['backup']}: {told['objects']} objects, {told['bytes']:,} bytes{lost}"


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
