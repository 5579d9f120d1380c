"""The operator's command for the index of words."""

from typing import Annotated

import typer
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from services.admin.cli import Json, say, tools
from services.admin.endings import notes
from services.admin.printing import print_json
from shared.ledger.reindexing import Reindexing

__all__ = ["add_search_commands"]

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only count the revisions whose words have to be made anew.")
]


def add_search_commands(app: typer.Typer) -> None:
    """Add this command to the program."""
    app.command()(reindex)


def reindex(*, dry_run: DryRun = False, as_json: Json = False) -> None:
    """Make the words of revisions anew that an older version of Pressmark indexed.

    Search goes on meanwhile. A run that was ended goes on where it was.
    """
    with tools() as kit:
        reindexing = Reindexing(kit.database)
        standing = reindexing.standing()
        renewed = 0
        if not dry_run:
            columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
            with Progress(*columns, console=notes, transient=True) as line:
                task = line.add_task("revisions", total=standing.outdated)
                renewed = reindexing.run(progress=lambda count: line.advance(task, count))
    figures = {"revisions": standing.revisions, "outdated": standing.outdated, "renewed": renewed}
    if as_json:
        print_json(figures)
    elif dry_run:
        say(f"{standing.outdated} of {standing.revisions} revisions have the words of older rules")
    else:
        say(f"{renewed} of {standing.revisions} revisions have new words")
