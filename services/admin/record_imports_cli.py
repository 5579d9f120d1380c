"""The part of `pressmark import` that is about records of somebody else."""

import getpass
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from services.admin.cli import say, tools, wait_with_progress
from services.admin.endings import PARTLY, notes
from services.admin.import_plan import ImportCounts
from services.admin.printing import print_json
from services.admin.record_imports import ImportRequest, RecordImport
from services.admin.tools import Tools
from shared.bus import Bus
from shared.clock import SystemClock
from shared.evidence import EvidenceStore
from shared.ledger.imports import Imports
from shared.logs import escape_controls
from shared.settings import BusSettings, StoreSettings, load

__all__ = ["DryRun", "ImportAll", "LookNow", "RecordOptions", "import_records"]

ImportAll = Annotated[
    bool,
    typer.Option("--all", help="Take every page of a WARC or WACZ, whatever the source's link rules say."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what a WARC or WACZ would bring.")]
LookNow = Annotated[
    bool, typer.Option("--look-now", help="Also look at the new addresses of a WARC or WACZ ourselves, now.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """How records are imported and told."""

    takes_all: bool
    dry_run: bool
    looks_now: bool
    as_json: bool


def import_records(file: Path, source: str, options: RecordOptions, *, wait_seconds: float | None) -> None:
    """Import a WARC or WACZ and tell what became of its records."""
    with tools() as kit:
        request = ImportRequest(
            path=file,
            source=kit.actions.source(source),
            imported_by=operator_name(),
            takes_all=options.takes_all,
            looks_now=options.looks_now,
        )
        importer = _importer(kit)
        with nullcontext() if options.as_json else notes.status("reading") as line:

            def show_progress(counts: ImportCounts) -> None:
                if line is not None:
                    line.update(f"{counts.captures} captures in {counts.objects} objects")

            step = importer.dry_run if options.dry_run else importer.run
            counts = step(request, progress=show_progress)
        if wait_seconds is not None and not options.dry_run:
            wait_with_progress(kit, [source], timeout=wait_seconds)
    _tell(file, source, counts, options)
    if counts.damaged or counts.unresolved:
        raise typer.Exit(PARTLY)


def _importer(kit: Tools) -> RecordImport:
    return RecordImport(
        imports=Imports(kit.database),
        evidence=EvidenceStore(load(StoreSettings).evidence()),
        bus=Bus(load(BusSettings)),
        clock=SystemClock(),
        software=f"pressmark {version('pressmark')}",
    )


def operator_name() -> str:
    """Return who runs the command; a container may have no name for its user."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _tell(file: Path, source: str, counts: ImportCounts, options: RecordOptions) -> None:
    if options.as_json:
        print_json({"file": str(file), "source": source, "dry_run": options.dry_run, **asdict(counts)})
        return
    would = "would become" if options.dry_run else "became"
    say(escape(escape_controls(f"{file.name}: {counts.captures} looks {would} captures of {source}")))
    for number, told in (
        (counts.known, "known before"),
        (counts.out_of_scope, "outside of the source's scope"),
        (counts.unresolved, "that repeat a record which is not there"),
        (counts.damaged, "damaged"),
        (counts.recompressed, "in gzip members made anew, because the file has none for each record"),
    ):
        if number:
            say(f"  {number} {told}")
