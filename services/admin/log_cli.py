"""The commands about the log: append, verify, show, its key, copies of it, and proof packs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from services.admin.endings import give_up
from services.admin.evidence_tools import EvidenceTools, evidence_tools
from services.admin.log_append import Appender
from services.admin.log_copy import copy_log
from services.admin.log_rows import LogRows
from services.admin.log_verification import LogVerification
from services.admin.printing import print_json
from services.admin.settings import AuthoritySettings, LogKeySettings
from services.admin.time_stamps import authority_of
from shared.errors import SettingsError
from shared.exporting import Exports
from shared.exporting.proof_packs import ProofPacks
from shared.ledger.log_book import LogBook
from shared.ledger.stamps import Stamps
from shared.log_store import LogStore
from shared.logs import escape_controls
from shared.proof import LogKey
from shared.settings import load

__all__ = ["add_log_commands"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs (lists: one object a line).")]

log_commands = typer.Typer(no_args_is_help=True, help="The log that proves what was stored.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTools:
    """What the commands about the log work with."""

    key: LogKey
    log: LogStore
    book: LogBook
    rows: LogRows
    exports: Exports


def add_log_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    app.add_typer(log_commands, name="log")
    app.command()(proof)


def proof(
    article: Annotated[str, typer.Argument(help="An article's id.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.", dir_okay=False)],
    since: Annotated[
        Path | None,
        typer.Option(help="A checkpoint you kept: prove that the log goes on from it.", exists=True),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a pack that proves to anyone, offline, that an article is unaltered since it was logged."""
    if not output.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {str(output.parent)!r}", param_hint="--output")
    note = since.read_text(encoding="utf-8", errors="replace") if since else None
    with log_tools() as kit:
        packs = ProofPacks(exports=kit.exports, log=kit.log, book=kit.book)
        packed = packs.write(article, output, since=note, software=f"pressmark {version('pressmark')}")
        key = str(kit.key.verifier)
    if as_json:
        print_json(
            {
                "file": str(output),
                "records": packed.records,
                "size": packed.size,
                "stamped_size": packed.stamped_size,
                "proof_bytes": packed.proof_bytes,
                "bytes": packed.bytes,
                "key": key,
            }
        )
    else:
        typer.echo(
            f"{output}: {packed.records} records, proved in a log of {packed.size}, {packed.bytes:,} bytes"
        )
        if packed.stamped_size is not None:
            typer.echo(f"a time stamp confirms the first {packed.stamped_size} records of the log")
        typer.echo(f"whoever checks it needs the key from you: {key}")


@log_commands.command("append")
def append(as_json: Json = False) -> None:
    """Log the records of everything stored since, and sign. The archive does it by itself every few minutes."""
    with log_tools() as kit:
        done = Appender(log=kit.log, book=kit.book, rows=kit.rows, key=kit.key).append()
    if as_json:
        unlogged = [{"key": one.key, "reason": one.reason} for one in done.unlogged]
        told = {"size": done.size, "records": done.records, "objects": done.objects}
        print_json(told | {"found_again": done.found_again, "unlogged": unlogged})
    else:
        typer.echo(f"{done.records} records of {done.objects} objects came in; the log holds {done.size}")
        for one in done.unlogged:
            typer.echo(escape_controls(f"not logged: {one.key}: {one.reason}"), err=True)
    if done.unlogged:
        raise typer.Exit(1)


@log_commands.command("verify")
def verify(as_json: Json = False) -> None:
    """Read the whole log and hold it against its checkpoints, the ledger and everything stored."""
    wrong = 0
    with log_tools() as kit:
        named = load(AuthoritySettings)
        authority = authority_of(named.timestamp_url, named.timestamp_certificates)
        verification = LogVerification(log=kit.log, book=kit.book, rows=kit.rows, authority=authority)
        for finding in verification.findings():
            wrong += 1
            if as_json:
                print_json(finding.as_json())
                continue
            place = "" if finding.position is None else f" at {finding.position}"
            place += "" if finding.key is None else f" ({finding.key})"
            typer.echo(escape_controls(f"{finding.kind.value}{place}: {finding.detail}"))
    told = f"{verification.records} records, {verification.objects} objects: {wrong} wrong"
    typer.echo(told, err=as_json)
    if wrong:
        raise typer.Exit(1)


@log_commands.command("show")
def show(as_json: Json = False) -> None:
    """Show how many records are under the last checkpoint, how old it is, and how many objects wait."""
    with evidence_tools() as kit:
        standing = LogBook(kit.database).standing()
        key, stamped_at = load(LogKeySettings).key(), Stamps(kit.database).newest()
    age = None if standing.signed_at is None else datetime.now(UTC) - standing.signed_at
    told = {
        "size": standing.size,
        "signed_at": None if standing.signed_at is None else standing.signed_at.isoformat(),
        "checkpoint_age_seconds": None if age is None else round(age.total_seconds()),
        "unlogged_objects": standing.unlogged,
        "time_stamped_at": None if stamped_at is None else stamped_at.isoformat(),
        "key": None if key is None else str(key.verifier),
    }
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        typer.echo(f"{name.replace('_', ' ')}: {'none' if value is None else value}")
    if key is None:
        typer.echo("nothing is signed: no PRESSMARK_LOG_KEY_FILE is set")


@log_commands.command("key")
def key() -> None:
    """Print the key that others verify with. Publish it where they trust it, such as in print."""
    with _errors():
        typer.echo(str(load(LogKeySettings).needed_key().verifier))


@log_commands.command("new-key")
def new_key(
    name: Annotated[str, typer.Argument(help="Names the log for ever, such as archive.example/log.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="A new file for the private key.")],
) -> None:
    """Make a key for a new log. Keep a copy of the file: the log cannot be continued without it."""
    with _errors():
        made = LogKey.generate(name)
        try:
            descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise SettingsError(f"{output} cannot be made ({error.strerror}); name a new file") from None
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(made.secret() + "\n")
    typer.echo(str(made.verifier))


@log_commands.command("export")
def export(folder: Annotated[Path, typer.Argument(help="A new folder.", file_okay=False)]) -> None:
    """Copy the log into a folder, where check_proof.py --log checks the whole of it offline."""
    with log_tools() as kit:
        size = copy_log(kit.log, folder)
    typer.echo(
        f"{folder}: {size} records; check it with python3 {folder}/check_proof.py --log {folder} --key KEY"
    )


@contextmanager
def log_tools() -> Iterator[LogTools]:
    """Open the log with its key, and turn our errors into one line and an exit code."""
    with evidence_tools() as kit:
        yield _tools(kit, load(LogKeySettings).needed_key())


def _tools(kit: EvidenceTools, log_key: LogKey) -> LogTools:
    return LogTools(
        key=log_key,
        log=LogStore(kit.evidence, log_key.verifier),
        book=LogBook(kit.database),
        rows=LogRows(index=kit.index, evidence=kit.evidence),
        exports=Exports(index=kit.index, evidence=kit.evidence),
    )


@contextmanager
def _errors() -> Iterator[None]:
    """Turn our errors into one line and an exit code."""
    try:
        yield
    except SettingsError as error:
        give_up(error)
