"""The commands about evidence: export it, verify it, compact it."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError
from rich.console import Console

from services.admin.cli import DryRun, Json, carried_out, ordered, tell, tools
from services.admin.evidence_tools import evidence_tools
from services.admin.operating.exporting import ExportEvidence
from services.admin.operating.keeping import CompactEvidence, VerifyEvidence
from services.admin.printing import print_json
from services.admin.replay_index import write_replay_index
from shared.exporting import Exported, Exports, Selection
from shared.file_verdicts import Damage, verdict_on
from shared.logs import escape_controls
from shared.sources.durations import parse_duration

__all__ = ["add_evidence_commands"]

Failed = typer.Exit(1)
ArticleId = Annotated[str | None, typer.Option("--article", "-a", help="An article's id.")]
SourceId = Annotated[str | None, typer.Option("--source", "-s", help="A source's id.")]
Day = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Only this day, in UTC.")]
Between = Annotated[
    tuple[datetime, datetime] | None,
    typer.Option(
        "--between",
        formats=["%Y-%m-%d"],
        metavar="DAY DAY",
        help="Only captures from the first day on and before the second, in UTC.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Where to write it; else it lies in the store.", dir_okay=False),
]


class Form(StrEnum):
    """What an export is."""

    WARC = "warc"
    WACZ = "wacz"
    INDEX = "index"


def add_evidence_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    for command in (export, verify, compact):
        app.command()(command)


def export(
    form: Annotated[
        Form, typer.Argument(help="warc: the records. wacz: with index and pages. index: see below.")
    ],
    *,
    output: Output = None,
    article: ArticleId = None,
    source: SourceId = None,
    day: Day = None,
    as_json: Json = False,
) -> None:
    """Write the records of an article, a source, or a day of a source as one WARC or WACZ, byte for byte.

    Without a file to write it to, it is put into the object store, where it stays for some days; pages and API
    hand it out. 'index' writes one index of the whole archive for replay tools such as pywb, beside which the
    bucket's objects are all they need. A page that was not modified is shown there as what the host confirmed.
    """
    if output is None:
        _export_into_store(
            form,
            {"article": article, "source": source, "day": None if day is None else day.date()},
            as_json=as_json,
        )
        return
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


def _export_into_store(form: Form, fields: Mapping[str, object], *, as_json: bool) -> None:
    if form is Form.INDEX:
        raise typer.BadParameter("an index wants a file: name one with -o", param_hint="--output")
    with tools() as kit, Console(stderr=True).status("copying") as progress:
        done = carried_out(
            kit,
            ordered(ExportEvidence, form=str(form), **fields),
            dry_run=False,
            far=lambda done, total: progress.update(f"{done} of {total} captures"),
        )
    tell(done, as_json=as_json)


def verify(
    source: SourceId = None,
    *,
    between: Between = None,
    mend: Annotated[
        bool, typer.Option("--mend", help="Write indexes that are missing or differ again.")
    ] = False,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", help="Judge this WARC, ARC or WACZ file, whoever wrote it, instead."),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Hold everything stored against the ledger, byte by byte. Exit code 1 when anything is wrong."""
    if file:
        if source or between or mend or dry_run:
            raise typer.BadParameter("--file goes with no other option but --json")
        wrong = _judge_files(file, as_json=as_json)
    else:
        begin, end = (None, None) if between is None else (moment.date() for moment in between)
        fields = {"source": source, "begin": begin, "end": end, "mend": mend}
        wrong = _verify_archive(fields, dry_run=dry_run, as_json=as_json)
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


def _verify_archive(fields: Mapping[str, object], *, dry_run: bool, as_json: bool) -> int:
    """Tell what is found in the archive, and return how much of it is wrong."""
    began = time.monotonic()
    with tools() as kit, Console(stderr=True).status("reading") as progress:
        done = carried_out(
            kit,
            ordered(VerifyEvidence, **fields),
            dry_run=dry_run,
            found=print_json if as_json else lambda finding: typer.echo(_line_of(finding)),
            far=lambda done, total: progress.update(f"{done} of {total} objects"),
        )
    if dry_run:
        print_json(done)
        return 0
    told = f"{done['objects']} objects, {done['captures']} captures, {done['records']} records"
    typer.echo(f"{told}: {done['wrong']} wrong ({_speed(done['bytes'], began)})", err=as_json)
    return int(done["wrong"])


def _speed(read: int, began: float) -> str:
    size, seconds = read / 1e6, time.monotonic() - began
    return f"{size:,.1f} MB in {seconds:,.1f} s, {size / max(seconds, 0.001):,.1f} MB/s"


def compact(
    *,
    size: Annotated[str, typer.Option(help="Least size of a sealed object, such as 1GB.")] = "1GB",
    age: Annotated[str, typer.Option(help="How long an object must have been stored, such as 6h.")] = "1h",
    grace: Annotated[
        str, typer.Option(help="How long small objects stay after their captures have moved.")
    ] = "1d",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Put small WARC objects together into sealed ones. It may be killed at any moment and run again."""
    fields = {
        "size": _size(size, "--size"),
        "age": _duration(age, "--age"),
        "grace": _duration(grace, "--grace"),
    }
    with tools() as kit:
        done = carried_out(
            kit,
            ordered(CompactEvidence, **fields),
            dry_run=dry_run,
            found=print_json if as_json else lambda one: typer.echo(_step_of(one)),
        )
    if dry_run:
        print_json(done)
    elif done["kept"]:
        raise Failed


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


def _step_of(step: Mapping[str, object]) -> str:
    said = ", ".join(f"{name} {value}" for name, value in step.items() if name != "what")
    return escape_controls(f"{step['what']}: {said}")


def _line_of(finding: Mapping[str, Any]) -> str:
    place = finding["key"] if finding["offset"] is None else f"{finding['key']} at {finding['offset']}"
    about = f" ({finding['url']})" if finding["url"] else ""
    seconds = finding["age_seconds"]
    age = "" if seconds is None else f", {timedelta(seconds=seconds)} old"
    return escape_controls(f"{finding['kind']}: {place}{age}: {finding['detail']}{about}")


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
