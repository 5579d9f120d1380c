"""The demonstration's result as an editor reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from services.standalone.demo import DemoProgress, DemoSummary, FoundAbsence, FoundEdit

WENT = "red strike"
CAME = "green"
SHOWN_CHANGES = 4
"""Changes of one edit that are printed; the archive's own pages show all."""


def progress_line(progress: DemoProgress) -> Text:
    """Return one line on the archive after a simulated day."""
    line = Text(f"Day {progress.day:>2} of {progress.days}  ", style="bold")
    edits = f"{progress.edits} {'edit' if progress.edits == 1 else 'edits'}"
    line.append(
        f"{progress.articles} articles, {edits}, {progress.removals} removed, "
        f"{progress.returns} back; {progress.requests} requests, {progress.seconds:.1f} s",
        style="not bold",
    )
    return line


def print_report(summary: DemoSummary, console: Console) -> None:
    """Print the whole report."""
    console.print(report(summary))


def report(summary: DemoSummary) -> RenderableType:
    """Return what the archive found, beside what really happened, as something rich can print."""
    found = summary.found
    heading = Text(f"What {summary.truth.day} days of Harbour News Agency left behind", style="bold")
    parts: list[RenderableType] = [heading, _counts(summary), Text()]
    parts += _section("Edited after publication", map(_edit_line, summary.edits), empty="No edit was found.")
    parts += _section("Taken down", map(_absence_line, found.removals), empty="Nothing is missing.")
    changed_meanwhile = [edit for edit in found.edits if edit not in summary.edits]
    back = [*map(_absence_line, found.returns), *map(_edit_line, changed_meanwhile)]
    parts += _section("Came back, and with which words", back, empty="Nothing came back.")
    return Group(*parts, *_verdict(summary))


def _counts(summary: DemoSummary) -> Table:
    found, truth = summary.found, summary.truth
    table = Table()
    table.add_column("")
    table.add_column("found", justify="right")
    table.add_column("true", justify="right")
    table.add_row("Articles", str(len(found.articles)), str(len(truth.articles)))
    merged = len(truth.paths) - len(truth.articles)
    table.add_row("Addresses merged into them", str(found.merged_addresses), str(merged))
    table.add_row("Edits", str(len(summary.edits)), str(len(truth.edits)))
    silent = sum(edit.silent for edit in summary.edits)
    table.add_row("  of them silent", str(silent), str(sum(edit.silent for edit in truth.edits)))
    table.add_row("Taken down", str(len(found.removals)), str(len(truth.removals) - len(truth.returns)))
    table.add_row("Came back", str(len(found.returns)), str(len(truth.returns)))
    return table


def _section(heading: str, lines: Iterable[Text], *, empty: str) -> list[RenderableType]:
    shown = list(lines) or [Text(f"  {empty}", style="dim")]
    return [Text(heading, style="bold"), *shown, Text()]


def _edit_line(edit: FoundEdit) -> Text:
    line = Text("  ")
    line.append(edit.title_to, style="bold")
    kinds = ", ".join(name.replace("_", " ") for name in edit.classes)
    line.append(
        f"\n    {kinds}; {'silent' if edit.silent else 'the page says so'}; {edit.url}\n", style="dim"
    )
    title = [(edit.title_from, edit.title_to)] if edit.title_from != edit.title_to else []
    changes = [*title, *edit.changes]
    for before, after in changes[:SHOWN_CHANGES]:
        line.append("    ")
        _append_change(line, before, after)
    if len(changes) > SHOWN_CHANGES:
        line.append(f"    and {len(changes) - SHOWN_CHANGES} more\n", style="dim")
    line.rstrip()
    return line


def _append_change(line: Text, before: str, after: str) -> None:
    """Append what went and what came. The signs tell them apart where there are no colours."""
    if before:
        line.append("− ", style="dim")
        line.append(before, style=WENT)
    if before and after:
        line.append("\n    ")
    if after:
        line.append("+ ", style="dim")
        line.append(after, style=CAME)
    line.append("\n")


def _absence_line(one: FoundAbsence) -> Text:
    return Text.assemble("  ", (one.title, "bold"), (f"\n    {one.url}", "dim"))


def _verdict(summary: DemoSummary) -> Sequence[RenderableType]:
    pace = Text(
        f"{summary.requests} requests in {summary.seconds:.1f} s; "
        f"{summary.unchanged_answers} answered with “not modified”.",
        style="dim",
    )
    notes = [Text(f"  {note}", style="dim") for note in summary.classed_otherwise]
    if notes:
        notes.insert(0, Text("Classes that the outlet's editor would have called otherwise:", style="dim"))
    if summary.correct:
        return (
            pace,
            *notes,
            Text("Everything that happened was found, and nothing else.", style="bold green"),
        )
    count = len(summary.differences)
    head = Text(
        f"{count} {'thing differs' if count == 1 else 'things differ'} from the truth:", style="bold red"
    )
    return (pace, *notes, head, *(Text(f"  {difference}") for difference in summary.differences))
