"""The command line of extraction: `pressmark extract`. A thin face over the domain's functions."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from services.normalizer.fields import Extraction, ExtractionError, PageContext
from services.normalizer.manifests import FetchPage, extract_target, extraction_lines
from services.normalizer.records import error_record, extraction_record
from services.normalizer.sandbox import Sandbox
from shared.encoding import dump_json
from shared.errors import PressmarkError
from shared.logs import escape_controls
from shared.sources import SourceFileError, load_source

__all__ = ["add_commands", "context_of_source", "extract_command", "print_extraction"]

OK, FAILED, USAGE, PARTLY = 0, 1, 2, 3
"""Exit codes: done, nothing could be read, wrong use, some pages of a list could not be read."""


def add_commands(app: typer.Typer, *, fetch_page: FetchPage) -> None:
    """Add `extract` to the program.

    Args:
        app: The program.
        fetch_page: How a page is asked for when the command is given an address.
    """

    @app.command("extract")
    def extract_page(
        target: Annotated[
            str | None, typer.Argument(help="A page: file (.html, .html.gz), address, or - for input.")
        ] = None,
        *,
        jsonl: Annotated[
            Path | None,
            typer.Option(
                "--jsonl", help="A list of pages: JSON lines with id, path, url. Prints JSON lines."
            ),
        ] = None,
        url: Annotated[
            str | None, typer.Option("--url", help="The address that the page was served at.")
        ] = None,
        rules: Annotated[
            Path | None,
            typer.Option(
                "--rules", help="A source file (TOML) whose rules apply.", exists=True, dir_okay=False
            ),
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    ) -> None:
        """Show what is read from an article page: title, date, source, text, related articles."""
        code = extract_command(
            target, jsonl=jsonl, url=url, rules=rules, as_json=as_json, fetch_page=fetch_page
        )
        raise typer.Exit(code)


def extract_command(
    target: str | None,
    *,
    jsonl: Path | None,
    url: str | None,
    rules: Path | None,
    as_json: bool,
    fetch_page: FetchPage,
) -> int:
    """Extract one page, or every page of a list, print the result and return the exit code."""
    notes = Console(stderr=True, highlight=False)
    if (target is None) == (jsonl is None):
        notes.print("Name one page (a file, an address, or -), or a list of pages with --jsonl.")
        return USAGE
    try:
        context = context_of_source(rules, url)
    except (SourceFileError, OSError, UnicodeDecodeError) as error:
        notes.print(escape(escape_controls(str(error))))
        return USAGE
    if jsonl is not None:
        return _extract_list(jsonl, context, notes)
    assert target is not None
    try:
        with Sandbox() as sandbox:
            found = extract_target(
                target,
                context=context,
                extract_page=sandbox.extract,
                fetch_page=fetch_page,
                read_input=sys.stdin.buffer.read,
            )
    except ExtractionError as error:
        if as_json:
            _print_json(error_record(error))
        notes.print(f"[bold red]pressmark:[/] {escape(escape_controls(error.detail))} ({error.reason})")
        return FAILED
    except PressmarkError as error:
        notes.print(f"[bold red]pressmark:[/] {escape(escape_controls(str(error)))}")
        return FAILED
    if as_json:
        _print_json(extraction_record(found))
    else:
        print_extraction(found)
    return OK


def context_of_source(rules: Path | None, url: str | None) -> PageContext:
    """Return what a source file says about its pages.

    Raises:
        SourceFileError: the file does not describe a source.
        OSError: the file cannot be read.
    """
    context = PageContext(url=url)
    if rules is None:
        return context
    source = load_source(rules.read_text(encoding="utf-8"), name=str(rules))
    return replace(
        context,
        rules=source.article,
        source_name=source.name,
        language=source.language,
        timezone=source.timezone,
    )


def print_extraction(found: Extraction, console: Console | None = None) -> None:
    """Print a page as a person reads it. Characters that would steer the terminal are written as escapes."""
    page = console or Console(highlight=False)
    page.print(f"[bold]{_plain(found.title or 'No title was found')}[/]")
    when = found.published or "no date"
    if found.published and found.published_precision != "day":
        when = f"{when} (to the {found.published_precision})"
    facts = [when, found.source, "; ".join(found.authors), found.language]
    page.print(" · ".join(_plain(fact) for fact in facts if fact))
    for label, address in (("read at", found.url), ("original", found.original_url)):
        if address:
            page.print(f"{label} {_plain(address)}", style="dim", soft_wrap=True)
    for paragraph in found.body:
        page.print()
        page.print(_plain(paragraph))
    if found.related:
        page.print("\n[bold]Related[/]")
    for card in found.related:
        page.print(f"{card.date or '          '}  {_plain(card.title)}")
        if card.excerpt:
            page.print(Padding(_plain(card.excerpt), (0, 0, 0, 12)), style="dim")


def _extract_list(jsonl: Path, context: PageContext, notes: Console) -> int:
    failed = 0
    try:
        with jsonl.open("rb") as lines, Sandbox() as sandbox:
            records = extraction_lines(
                lines, folder=jsonl.parent, context=context, extract_page=sandbox.extract
            )
            for record in records:
                failed += "error" in record
                _print_json(record)
    except OSError as error:
        notes.print(f"[bold red]pressmark:[/] {escape(escape_controls(str(error)))}")
        return FAILED
    return PARTLY if failed else OK


def _print_json(record: dict[str, Any]) -> None:
    sys.stdout.buffer.write(dump_json(record) + b"\n")
    sys.stdout.flush()


def _plain(text: str) -> str:
    return escape(escape_controls(text))
