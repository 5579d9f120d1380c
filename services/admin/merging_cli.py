"""The commands that make two articles one, and two of one again."""

from collections.abc import Callable
from typing import Annotated

import typer

from services.admin.cli import Json, say, show, tools
from services.admin.printing import print_json
from services.admin.record_imports_cli import operator_name
from shared.ledger.merging import Merge, Merging

__all__ = ["add_merging_commands"]

Reason = Annotated[str, typer.Option("--reason", help="Why, for those who come after you. It is kept.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]


def add_merging_commands(app: typer.Typer) -> None:
    """Add these commands to the program."""
    commands: tuple[Callable[..., None], ...] = (merge, unmerge, merges)
    for command in commands:
        app.command()(command)


def merge(
    article: Annotated[str, typer.Argument(help="The article that stays.")],
    other: Annotated[str, typer.Argument(help="The one that becomes a part of it.")],
    *,
    reason: Reason,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make two articles of a source one: addresses, revisions, edits and captures of the second go to the first.

    Nothing is lost by it, and `pressmark unmerge` takes it back.
    """
    with tools() as kit:
        merging = Merging(kit.database)
        merging.check(article, other)
        if not dry_run:
            merging.merge(article, other, by=operator_name(), reason=reason)
    if as_json:
        print_json({"article": article, "merged": other, "dry_run": dry_run})
    else:
        say(f"{other} {'would become' if dry_run else 'is now'} a part of {article}")


def unmerge(
    merge_id: Annotated[int, typer.Argument(help="The number of the merge, as `pressmark merges` tells it.")],
    *,
    reason: Reason,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Make two articles of one again. What was seen since goes with the address it was seen at.

    The archive never merges this pair by itself again; `pressmark merge` still can.
    """
    with tools() as kit:
        merging = Merging(kit.database)
        found = merging.one(merge_id)
        merging.check_undo(merge_id)
        if not dry_run:
            found = merging.unmerge(merge_id, by=operator_name(), reason=reason)
    if as_json:
        print_json(found.as_json() | {"dry_run": dry_run})
    else:
        say(f"{found.winner} and {found.loser} {'would be' if dry_run else 'are'} two articles again")


def merges(
    article: Annotated[str | None, typer.Argument(help="Only those of this article.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 100,
    as_json: Json = False,
) -> None:
    """List the articles that were made one, the newest first: by whom, why, and whether it was undone."""
    with tools() as kit:
        rows = map(Merge.as_json, Merging(kit.database).merges(article, limit=limit))
        columns = ("merge", "merged_at", "article", "merged", "merged_title", "by", "reason", "unmerged_at")
        show(rows, as_json=as_json, columns=columns)
