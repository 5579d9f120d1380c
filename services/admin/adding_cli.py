"""The commands that add something to watch or to archive: `source add` and `import`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from services.admin.cli import finish, say, show, source_commands, tools
from services.admin.endings import PARTLY, give_up, notes
from services.admin.imports import read_urls
from services.admin.printing import print_json
from services.admin.proposals import Proposal, ProposeSource
from services.admin.record_imports import is_record_file
from services.admin.record_imports_cli import DryRun, ImportAll, LookNow, RecordOptions, import_records
from shared.errors import PressmarkError, SettingsError
from shared.logs import escape_controls
from shared.sources import SourceFile

__all__ = ["add_adding_commands"]

_SHOWN_BAD_LINES = 5


def add_adding_commands(app: typer.Typer, *, propose_source: ProposeSource) -> None:
    """Add `source add` and `import` to the program.

    Args:
        app: The program.
        propose_source: How an outlet is looked at when `source add` is given an address.
    """

    @source_commands.command("add")
    def source_add(
        file_or_address: Annotated[
            str, typer.Argument(help="A source file (TOML), or the address of an outlet's home page.")
        ],
        *,
        output: Annotated[
            Path | None,
            typer.Option("--output", "-o", help="Where the source file of an address is written."),
        ] = None,
        yes: Annotated[bool, typer.Option("--yes", "-y", help="Add what was found without editing.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    ) -> None:
        """Add an outlet by its source file, or replace its file. Its lists are looked at at once.

        Given an address, look for the outlet's feeds, sitemaps and listing pages, show a sample of what would
        be archived, and write a source file to edit; with --yes add it too.
        """
        if "://" not in file_or_address:
            _tell_added(_add_file(Path(file_or_address)), as_json=as_json)
            return
        proposal, path = _propose(propose_source, file_or_address, output)
        if not as_json:
            _show_proposal(proposal, path)
        source = _add_file(path) if yes else None
        if as_json:
            print_json(_proposal_as_json(proposal, path, added=yes))
        elif source is not None:
            _tell_added(source, as_json=False)

    app.command("import")(import_file)


def import_file(  # noqa: PLR0913  (a command and its options)
    file: Annotated[
        Path,
        typer.Argument(
            help="A list of URLs, a CSV, or a WARC or WACZ of someone else's.", exists=True, dir_okay=False
        ),
    ],
    *,
    source: Annotated[str, typer.Option("--source", "-s", help="The source that the pages belong to.")],
    choice: ImportAll = False,
    dry_run: DryRun = False,
    look_now: LookNow = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when all of it is archived.")] = False,
    timeout: Annotated[float, typer.Option(help="Longest wait in seconds.", min=1)] = 600,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Archive the pages of a list, or take over the captures that someone else made of a source's pages.

    A list has one URL a line, or is a CSV with a column named url, link or loc; its pages are fetched. The records
    of a WARC or WACZ are kept as they are, with their own dates, and read like our own.
    """
    if is_record_file(file):
        options = RecordOptions(takes_all=choice, dry_run=dry_run, looks_now=look_now, as_json=as_json)
        import_records(file, source, options, wait_seconds=timeout if wait else None)
        return
    if choice or dry_run or look_now:
        raise typer.BadParameter("--all, --dry-run and --look-now are for a WARC or a WACZ")
    import_urls(file, source, wait=wait, timeout=timeout, as_json=as_json)


def import_urls(file: Path, source: str, *, wait: bool, timeout: float, as_json: bool) -> None:
    """Archive the pages of a list."""
    with tools() as kit:
        listed = read_urls(file.read_bytes())
        ordered = kit.actions.import_urls(source, listed.urls)
        for line, reason in listed.bad_lines[:_SHOWN_BAD_LINES]:
            notes.print(f"line {line}: no address that could be asked for ({reason})")
        if len(listed.bad_lines) > _SHOWN_BAD_LINES:
            notes.print(f"... and {len(listed.bad_lines) - _SHOWN_BAD_LINES} more")
        finish(kit, ordered.sources, ordered.targets, wait=wait, timeout=timeout, as_json=as_json)
    if listed.bad_lines:
        raise typer.Exit(PARTLY)


def _propose(propose_source: ProposeSource, address: str, output: Path | None) -> tuple[Proposal, Path]:
    """Look at an outlet and write its source file; a file that is there is never written over."""
    try:
        proposal = propose_source(address)
        name = f"{proposal.source_id}.toml"
        path = output / name if output is not None and output.is_dir() else output or Path(name)
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(proposal.text)
        except OSError as error:
            raise SettingsError(
                f"{path} cannot be written ({error.strerror}); name another file with -o"
            ) from None
    except PressmarkError as error:
        give_up(error)
    return proposal, path


def _add_file(path: Path) -> SourceFile:
    if not path.is_file():
        raise typer.BadParameter(f"there is no file {str(path)!r}; give a source file or an address with ://")
    with tools() as kit:
        return kit.actions.add_source(path.read_text(encoding="utf-8"), name=str(path))


def _tell_added(source: SourceFile, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": source.id, "name": source.name, "lists": len(source.lists)})
    else:
        say(f"{source.name} is watched as [bold]{source.id}[/], {len(source.lists)} lists")


def _show_proposal(proposal: Proposal, path: Path) -> None:
    for kind, url in proposal.lists:
        say(f"{kind:8} {escape(escape_controls(url))}")
    say(f"{proposal.articles} articles would be archived now, such as:")
    show(proposal.sample, as_json=False, columns=("date", "title", "url"))
    command = escape(f"pressmark source add {path}")
    say(f"{escape(str(path))} is written. Read it, change what is wrong, then: [bold]{command}[/]")


def _proposal_as_json(proposal: Proposal, path: Path, *, added: bool) -> dict[str, Any]:
    return {
        "id": proposal.source_id,
        "file": str(path),
        "lists": [{"kind": kind, "url": url} for kind, url in proposal.lists],
        "articles": proposal.articles,
        "sample": list(proposal.sample),
        "added": added,
    }
