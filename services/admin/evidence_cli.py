"""The commands about evidence: export it, verify it, compact it."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError
from rich.console import Console

from services.admin.compaction import Compaction, NotSealed
from services.admin.endings import give_up
from services.admin.imported_verification import ImportedVerification
from services.admin.printing import print_json
from services.admin.replay_index import write_replay_index
from services.admin.verification import Finding, Verification, Verified
from shared.clock import SystemClock
from shared.errors import PressmarkError
from shared.evidence import EvidenceStore
from shared.exporting import Exported, Exports, Selection
from shared.file_verdicts import Damage, verdict_on
from shared.ledger import Database
from shared.ledger.evidence_index import EvidenceIndex
from shared.ledger.imports import Imports
from shared.logs import escape_controls
from shared.settings import LedgerSettings, StoreSettings, load
from shared.sources.durations import parse_duration

__all__ = ["EvidenceSettings", "add_evidence_commands"]

Failed = typer.Exit(1)
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs (lists: one object a line).")]
ArticleId = Annotated[str | None, typer.Option("--article", "-a", help="An article's id.")]
SourceId = Annotated[str | None, typer.Option("--source", "-s", help="A source's id.")]
Day = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Only this day, in UTC.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write it.", dir_okay=False)]


class Form(StrEnum):
    """What an export is."""

    WARC = "warc"
    WACZ = "wacz"
    INDEX = "index"


class EvidenceSettings(LedgerSettings, StoreSettings):
    """What the commands about evidence need to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTools:
    """The ledger's index and the store."""

    database: Database
    index: EvidenceIndex
    evidence: EvidenceStore


def add_evidence_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (export, verify, compact):
        app.command()(command)


def export(
    form: Annotated[
        Form, typer.Argument(help="warc: the records. wacz: with index and pages. index: see below.")
    ],
    *,
    output: Output,
    article: ArticleId = None,
    source: SourceId = None,
    day: Day = None,
    as_json: Json = False,
) -> None:
    """Write the records of an article, a source, or a day of a source as one WARC or WACZ, byte for byte.

    'index' writes one index of the whole archive for replay tools such as pywb, beside which the bucket's objects
    are all they need. A page that was not modified is shown there as what the host confirmed.
    """
    if not output.parent.is_dir():
        raise typer.BadParameter(f"there is no folder {str(output.parent)!r}", param_hint="--output")
    selection = None if form is Form.INDEX else _selection(article, source, day)
    with evidence_tools() as kit:
        if selection is None:
            lines = write_replay_index(kit.evidence, output)
            told = {"file": str(output), "lines": lines}
            if as_json:
                print_json(told)
            else:
                typer.echo(f"{output}: {lines} lines")
            return
        exports = Exports(index=kit.index, evidence=kit.evidence)
        if form is Form.WARC:
            exported = exports.warc(selection, output)
        else:
            exported = exports.wacz(selection, output, software=f"pressmark {version('pressmark')}")
    _tell(exported, output, as_json=as_json)


def verify(
    source: SourceId = None,
    mend: Annotated[
        bool, typer.Option("--mend", help="Write indexes that are missing or differ again.")
    ] = False,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", help="Judge this WARC, ARC or WACZ file, whoever wrote it, instead."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Hold everything stored against the ledger, byte by byte. Exit code 1 when anything is wrong."""
    if file:
        if source or mend:
            raise typer.BadParameter("--file goes with neither --source nor --mend")
        wrong = _judge_files(file, as_json=as_json)
    else:
        wrong = _verify_archive(source, mend=mend, as_json=as_json)
    if wrong:
        raise Failed


def _judge_files(files: Sequence[Path], *, as_json: bool) -> int:
    """Tell the verdict on each file, and return how many are not sound."""
    wrong = 0
    for path in files:
        try:
            verdict = verdict_on(path)
        except OSError as error:
            raise typer.BadParameter(
                f"{path} cannot be read: {error.strerror}", param_hint="--file"
            ) from None
        wrong += not verdict.is_sound
        if as_json:
            print_json(verdict.as_json(path))
            continue
        word = "sound" if verdict.is_sound else "damaged"
        typer.echo(escape_controls(f"{path}: {word}, {verdict.form}, {verdict.records} records"))
        for kind, several in (("damaged", verdict.damages), ("odd", verdict.remarks)):
            for one in several:
                typer.echo(escape_controls(f"  {kind}{_place(one)}: {one.reason}"))
    return wrong


def _place(damage: Damage) -> str:
    within = "" if damage.member is None else f" in {damage.member}"
    return within if damage.offset is None else f"{within} at {damage.offset}"


def _verify_archive(source: str | None, *, mend: bool, as_json: bool) -> int:
    """Tell what is found in the archive, and return how much of it is wrong."""
    wrong, began = 0, time.monotonic()
    with evidence_tools() as kit, Console(stderr=True).status("reading") as progress:

        def show(looked: Verified) -> None:
            progress.update(f"{looked.objects} of {looked.expected} objects, {_speed(looked, began)}")

        verification = Verification(
            index=kit.index, evidence=kit.evidence, clock=SystemClock(), mend_indexes=mend, told=show
        )
        imported = ImportedVerification(imports=Imports(kit.database), index=kit.index, evidence=kit.evidence)
        for finding in chain(verification.findings(source), imported.findings(source)):
            wrong += finding.is_wrong
            if as_json:
                print_json(finding.as_json())
            else:
                typer.echo(_line_of(finding))
        looked = verification.verified
    objects, captures = looked.objects + imported.objects, looked.captures + imported.captures
    told = f"{objects} objects, {captures} captures, {looked.records} records: {wrong} wrong"
    typer.echo(f"{told} ({_speed(looked, began)})", err=as_json)
    return wrong


def _speed(looked: Verified, began: float) -> str:
    size, seconds = looked.bytes / 1e6, time.monotonic() - began
    return f"{size:,.1f} MB in {seconds:,.1f} s, {size / max(seconds, 0.001):,.1f} MB/s"


def compact(
    size: Annotated[str, typer.Option(help="Least size of a sealed object, such as 1GB.")] = "1GB",
    age: Annotated[str, typer.Option(help="How long an object must have been stored, such as 6h.")] = "1h",
    grace: Annotated[
        str, typer.Option(help="How long small objects stay after their captures have moved.")
    ] = "1d",
    as_json: Json = False,
) -> None:
    """Put small WARC objects together into sealed ones. It may be killed at any moment and run again."""
    least, oldest, patience = _size(size, "--size"), _duration(age, "--age"), _duration(grace, "--grace")
    with evidence_tools() as kit:
        compaction = Compaction(index=kit.index, evidence=kit.evidence, clock=SystemClock())
        failed = sum(
            (
                _tell_each(compaction.seal(size=least, age=oldest), "sealed", as_json=as_json),
                _tell_each(compaction.remove_superseded(grace=patience), "removed", as_json=as_json),
            )
        )
    if failed:
        raise Failed


@contextmanager
def evidence_tools() -> Iterator[EvidenceTools]:
    """Open the ledger and the store, and turn our errors into one line and an exit code."""
    database: Database | None = None
    try:
        settings = load(EvidenceSettings)
        database = Database(settings.database_url.get_secret_value(), max_connections=2)
        yield EvidenceTools(
            database=database, index=EvidenceIndex(database), evidence=EvidenceStore(settings.evidence())
        )
    except PressmarkError as error:
        give_up(error)
    finally:
        if database is not None:
            database.close()


def _selection(article: str | None, source: str | None, day: datetime | None) -> Selection:
    if (article is None) == (source is None) or (day is not None and source is None):
        raise typer.BadParameter("name either --article ID, or --source ID with or without --day YYYY-MM-DD")
    return Selection(article_id=article, source_id=source, day=None if day is None else day.date())


def _tell(exported: Exported, output: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "file": str(output),
                "captures": exported.captures,
                "originals": exported.originals,
                "records": exported.records,
                "bytes": exported.bytes,
            }
        )
        return
    also = f" and {exported.originals} that they repeat" if exported.originals else ""
    typer.echo(f"{output}: {exported.captures} captures{also}, {exported.bytes:,} bytes")


def _tell_each(done: Iterable[object], word: str, *, as_json: bool) -> int:
    """Tell each thing as it is done, and return how many could not be."""
    failed = 0
    for one in done:
        fields = {name: getattr(one, name) for name in one.__dataclass_fields__}  # type: ignore[attr-defined]
        is_failure = isinstance(one, NotSealed)
        failed += is_failure
        what = "kept" if is_failure else word
        if as_json:
            print_json({"what": what, **fields})
        else:
            typer.echo(f"{what}: " + ", ".join(f"{name} {value}" for name, value in fields.items()))
    return failed


def _line_of(finding: Finding) -> str:
    place = finding.key if finding.offset is None else f"{finding.key} at {finding.offset}"
    about = f" ({finding.url})" if finding.url else ""
    age = "" if finding.age is None else f", {_rounded(finding.age)} old"
    return escape_controls(f"{finding.kind.value}: {place}{age}: {finding.detail}{about}")


def _rounded(age: timedelta) -> timedelta:
    return timedelta(seconds=round(age.total_seconds()))


def _size(text: str, name: str) -> int:
    try:
        return int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError:
        raise typer.BadParameter(f"{text!r} is no size; write 1GB or 500MB", param_hint=name) from None


def _duration(text: str, name: str) -> timedelta:
    if text == "0":
        return timedelta(0)
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=name) from None
