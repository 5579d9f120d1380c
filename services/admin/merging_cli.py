"""The commands that make two articles one, and two of one again."""

from collections.abc import Callable
from typing import Annotated

import typer

from services.admin.cli import DryRun, Json, carried_out, ordered, say, show, tools
from services.admin.operating.joining import MergeArticles, UnmergeArticles
from services.admin.printing import print_json
from shared.ledger.merging import Merge, Merging

__all__ = ["add_merging_commands"]

Reason = Annotated[str, typer.Option("--reason", help="Why, for those who come after you. It is kept.")]


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
        action = ordered(MergeArticles, article=article, other=other, reason=reason)
        done = carried_out(kit, action, dry_run=dry_run)
    if as_json:
        print_json({**done, "dry_run": dry_run})
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
        done = carried_out(kit, ordered(UnmergeArticles, merge=merge_id, reason=reason), dry_run=dry_run)
    if as_json:
        print_json({**done, "dry_run": dry_run})
    else:
        say(f"{done['article']} and {done['merged']} {'would be' if dry_run else 'are'} two articles again")


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
