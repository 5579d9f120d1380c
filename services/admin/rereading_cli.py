"""The commands that have stored pages read again. They bring a reader of their own and need no normalizer."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from services.admin.cli import DryRun, Json, carried_out, ordered, source_commands, tell, tools
from services.admin.endings import notes
from services.admin.operating.editing import EditSource
from services.admin.operating.rereading import Renormalize
from services.admin.printing import print_json
from services.admin.tools import Tools
from shared.evidence import EvidenceStore
from shared.ledger import Database
from shared.logs import escape_controls

__all__ = ["ReadHere", "add_rereading_commands", "print_report"]

OLDER = "older"

ReadHere = Callable[[Database, EvidenceStore], AbstractContextManager[Callable[[str], object]]]
"""Opens a reader over a ledger and a store: it is called with the id of an order."""


def add_rereading_commands(app: typer.Typer, *, read_here: ReadHere) -> None:
    """Add `renormalize` to the program, and `edit` to its commands about sources.

    Args:
        app: The program.
        read_here: What reads pages in this process.
    """
    _add_renormalize(app, read_here)
    _add_edit(source_commands, read_here)


def _add_renormalize(app: typer.Typer, read_here: ReadHere) -> None:
    @app.command("renormalize")
    def renormalize(
        source: Annotated[
            str | None, typer.Option("--source", "-s", help="Only captures of this source; else of all.")
        ] = None,
        *,
        begin: Annotated[datetime | None, typer.Option("--from", **_day("from this day on"))] = None,
        end: Annotated[datetime | None, typer.Option("--to", **_day("before this day"))] = None,
        rules: Annotated[
            str | None,
            typer.Option(
                help="Only articles that were read by this version of the rules; "
                "'older': by any other than holds now."
            ),
        ] = None,
        dry_run: DryRun = False,
        as_json: Json = False,
    ) -> None:
        """Read stored captures again, with today's reader and the source's rules, and correct the history.

        What a publisher changed stays an edit; what only our rules changed is none. A run that was ended is
        taken up again by the same command.
        """
        fields = {
            "source": source,
            "begin": _date(begin),
            "end": _date(end),
            "rules": None if rules == OLDER else rules,
            "rules_older": rules == OLDER,
        }
        with reading_tools(read_here) as kit, notes.status("reading") as line:
            done = carried_out(
                kit,
                ordered(Renormalize, **fields),
                dry_run=dry_run,
                far=lambda done, total: line.update(f"{done} of {total} articles read"),
            )
        if as_json:
            print_json({"dry_run": dry_run, **done})
        else:
            print_report(done, dry_run=dry_run)


def _add_edit(commands: typer.Typer, read_here: ReadHere) -> None:
    @commands.command("edit")
    def source_edit(
        source_id: str,
        file: Annotated[Path, typer.Argument(help="The file as it shall be.", exists=True, dir_okay=False)],
        *,
        sample: Annotated[int, typer.Option(help="Stored articles to try it on.", min=0, max=500)] = 20,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Take it without asking.")] = False,
        dry_run: DryRun = False,
        as_json: Json = False,
    ) -> None:
        """Change a source's file: check it, try it on stored articles, show what differs, and take it.

        `pressmark source show ID --file` prints the file as it is.
        """
        with reading_tools(read_here) as kit:
            text = file.read_text(encoding="utf-8")
            action = ordered(EditSource, source=source_id, definition=text, sample=sample)
            if dry_run or not yes:
                _show_trial(carried_out(kit, action, dry_run=True), as_json=as_json)
            if dry_run or not (yes or typer.confirm("Take this file?", err=True)):
                return
            tell(carried_out(kit, action, dry_run=False), as_json=as_json)


@contextmanager
def reading_tools(read_here: ReadHere) -> Iterator[Tools]:
    """Open the tools with a reader in this process."""
    with tools() as kit, read_here(kit.database, kit.desk.parts.evidence) as ring:
        yield kit.reading_by(ring)


def print_report(told: Mapping[str, Any], *, dry_run: bool) -> None:
    """Print what a new reading changes, or would."""
    page = Console(highlight=False)
    page.print("[bold]Nothing was changed. A run would give:[/]" if dry_run else "[bold]Done:[/]")
    for name, count in told["counts"].items():
        page.print(f"  {name.replace('_', ' ')}: {count}")
    for name, changed in told["fields"].items():
        page.print(f"[bold]{_plain(name)}[/] changes in {changed['changed']} revisions, such as:")
        for one in changed["examples"]:
            page.print(f"  {_plain(one['url'])}", style="dim")
            page.print(f"    − {_plain(one['before'])}")
            page.print(f"    + {_plain(one['after'])}")


def _show_trial(tried: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(tried)
        return
    for line in tried["changes"]:
        typer.echo(escape_controls(line))
    print_report(tried["trial"], dry_run=True)


def _day(which: str) -> dict[str, Any]:
    return {"formats": ["%Y-%m-%d"], "help": f"Only articles looked at {which}, in UTC."}


def _date(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _plain(value: object) -> str:
    return escape(escape_controls("nothing" if value is None else str(value)))
