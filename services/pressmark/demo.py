"""`pressmark demo`: the whole archive on this machine, following a fictional outlet for some days."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.admin.printing import print_json
from services.admin.tools import Tools, make_tools
from services.standalone.demo import (
    ArchiveSummary,
    DemoSummary,
    FoundAbsence,
    FoundArticle,
    FoundEdit,
    run_demo,
)
from services.standalone.demo_report import print_report, progress_line
from services.standalone.launch import RunningStack, running_stack
from services.standalone.outlet.model import Outlet
from services.standalone.outlet.server import serve
from shared.errors import PressmarkError
from shared.ledger.records import Edit, Removal

__all__ = ["LedgerArchive", "demo"]

_LOOPBACK = "127.0.0.0/8"
_PATIENCE_SECONDS = 120
_NETWORKS = "PRESSMARK_PRIVATE_NETWORKS"
_AWAY = ("GONE", "SOFT404", "REDIRECTED", "REPLACED")

notes = Console(stderr=True, highlight=False)


class LedgerArchive:
    """The archive that runs on this machine, as the demonstration drives and reads it."""

    def __init__(self, kit: Tools) -> None:
        self._kit = kit

    def add_source(self, text: str) -> str:
        """Add a source and return its id."""
        return self._kit.actions.add_source(text).id

    def crawl(self, source_id: str) -> None:
        """Look at the source's lists and archive what is new there."""
        self._wait(self._kit.actions.crawl(source_id).sources)

    def recheck(self, source_id: str) -> None:
        """Look at every known article of the source again."""
        self._wait(self._kit.actions.recheck(source_id).sources)

    def summary(self) -> ArchiveSummary:
        """Return what was found so far."""
        catalogue = self._kit.catalogue
        removals = list(catalogue.every_removal())
        return ArchiveSummary(
            articles=tuple(
                FoundArticle(title=one.title, source_id=one.source_id, urls=one.urls)
                for one in catalogue.every_article()
            ),
            edits=tuple(_found_edit(edit) for edit in catalogue.every_edit()),
            removals=tuple(_absence(one) for one in removals if one.article.state in _AWAY),
            returns=tuple(_absence(one) for one in removals if one.article.state == "RETURNED"),
        )

    def _wait(self, sources: tuple[str, ...]) -> None:
        self._kit.waiter.wait(sources, timeout=_PATIENCE_SECONDS, progress=lambda _: None)


def demo(
    days: Annotated[int, typer.Option(min=1, max=14, help="Simulated days.")] = 14,
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop at the end instead of serving the pages.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")] = False,
    data: Annotated[
        Path | None,
        typer.Option(help="Keep the archive in this directory. Without it, it goes when the demo ends."),
    ] = None,
) -> None:
    """See the archive at work: it follows a fictional outlet that edits and removes some of its articles.

    Everything runs on this machine, from real parts. At the end it prints what an editor would want to know,
    and serves the archive's pages until Ctrl-C (or stops, with --exit). The exit code is 1 when the archive
    missed something that the outlet did.
    """
    try:
        with _folder(data) as folder, _stack(folder) as stack:
            summary = _follow_outlet(days)
            _tell(summary, stack, as_json=as_json)
            if not leave:
                _serve_until_interrupted(stack)
    except PressmarkError as error:
        notes.print(f"[bold red]pressmark:[/] {error}")
        raise typer.Exit(1) from None
    if not summary.correct:
        raise typer.Exit(1)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    if data is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="pressmark-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder) / "data"


@contextmanager
def _stack(folder: Path) -> Iterator[RunningStack]:
    """Run the stack, with loopback opened: there is where the fictional outlet is."""
    opened = ",".join(part for part in (os.environ.get(_NETWORKS, ""), _LOOPBACK) if part)
    os.environ[_NETWORKS] = opened
    with ExitStack() as at_the_end:
        with notes.status("starting the archive") as line:
            stack = at_the_end.enter_context(running_stack(folder, env={_NETWORKS: opened}, tell=line.update))
        os.environ.update(stack.endpoints.environment())
        yield stack


def _follow_outlet(days: int) -> DemoSummary:
    kit = make_tools()
    try:
        with serve(Outlet()) as outlet:
            notes.print(f"A fictional outlet answers at {outlet.url}")
            return run_demo(
                LedgerArchive(kit),
                outlet,
                days=days,
                progress=lambda progress: notes.print(progress_line(progress)),
            )
    finally:
        kit.close()


def _tell(summary: DemoSummary, stack: RunningStack, *, as_json: bool) -> None:
    if as_json:
        print_json(summary.as_dict() | {"reader": stack.endpoints.reader_url})
        return
    print_report(summary, Console(highlight=False))


def _serve_until_interrupted(stack: RunningStack) -> None:
    notes.print(f"Read the archive at {stack.endpoints.reader_url}. Ctrl-C ends the demonstration.")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return


def _found_edit(edit: Edit) -> FoundEdit:
    return FoundEdit(
        url=edit.url,
        classes=edit.classes,
        silent=edit.silent,
        title_from=edit.title_from,
        title_to=edit.title_to,
        changes=tuple((change.before, change.after) for change in edit.changes),
    )


def _absence(removal: Removal) -> FoundAbsence:
    return FoundAbsence(url=removal.article.url, title=removal.article.title)
