"""The command line of the archive's operators and readers: a thin face over the actions and the catalogue."""

import getpass
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.admin.endings import PARTLY, give_up, notes
from services.admin.log_cli import add_log_commands
from services.admin.operating import Action, Outcome
from services.admin.operating.crawling import CrawlSource, CrawlUrls, Recheck
from services.admin.printing import print_article, print_json, print_json_lines
from services.admin.source_show import source_standing
from services.admin.tools import AdminSettings, Tools, make_tools
from shared.errors import NotFoundError, PressmarkError, SettingsError
from shared.ledger.status import PendingWork
from shared.logs import escape_controls
from shared.settings import load

__all__ = ["add_commands", "carried_out", "ordered", "print_status", "tools"]

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs (lists: one object a line).")]
Wait = Annotated[
    bool, typer.Option("--wait", help="Return when all of it is fetched, normalized and recorded.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would be done, as JSON, and change nothing.")
]
Timeout = Annotated[float, typer.Option(help="Longest wait in seconds.", min=1)]
OfSource = Annotated[str | None, typer.Option("--source", "-s", help="Only of this source.")]

source_commands = typer.Typer(no_args_is_help=True, help="Add, list and remove the outlets that are watched.")


def add_commands(app: typer.Typer) -> None:
    """Add the operator's commands to the program."""
    app.add_typer(source_commands, name="source")
    for command in (crawl, recheck, archive, articles, article):
        app.command()(command)
    add_log_commands(app)


@source_commands.command("list")
def source_list(as_json: Json = False) -> None:
    """List the outlets that are watched, with what is archived of each."""
    with tools() as kit:
        rows = [source.as_json() for source in kit.catalogue.sources()]
    show(rows, as_json=as_json, columns=("id", "name", "language", "articles", "robots", "home"))


@source_commands.command("show")
def source_show(
    source_id: str,
    *,
    file: Annotated[bool, typer.Option("--file", help="Print its source file instead.")] = False,
    as_json: Json = False,
) -> None:
    """Show how an outlet stands: its lists and what is wrong with them, its traps, what was imported."""
    with tools() as kit:
        if file:
            typer.echo(kit.actions.definition(source_id), nl=False)
            return
        found = source_standing(kit, kit.actions.source(source_id))
    if as_json:
        print_json(found)
        return
    say(escape(escape_controls(f"{found['name']}  {found['home']}")))
    show(found["lists"], as_json=False, columns=("kind", "state", "trouble", "looked_at", "due_at", "url"))
    for one in found["lists"]:
        if one["advice"]:
            say(escape(escape_controls(f"{one['url']}: {one['advice']}")))
    drifted = [one for one in found["fields"] if one["drifted"]]
    if drifted:
        say(
            "these fields do not give what they gave; look at the pages and mend the rules under \\[article]:"
        )
        show(drifted, as_json=False, columns=("field", "failed_before", "failed_lately", "pages"))
    if found["traps"]:
        show(found["traps"], as_json=False, columns=("trap", "addresses", "examples"))
    if found["imports"]:
        show(found["imports"], as_json=False, columns=("started_at", "file_name", "imported_by", "counts"))


@source_commands.command("remove")
def source_remove(source_id: str, as_json: Json = False) -> None:
    """Stop asking an outlet. Its evidence, articles and history stay."""
    with tools() as kit:
        kit.actions.remove_source(source_id)
    if as_json:
        print_json({"id": source_id, "removed": True})
    else:
        say(f"{source_id} is asked no more; what is archived of it stays")


def crawl(
    source_id: str,
    *,
    wait: Wait = False,
    timeout: Timeout = 600,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Look at all lists of an outlet now, and fetch and normalize the articles that are new there."""
    with tools() as kit:
        action = ordered(CrawlSource, source=source_id)
        carry_out(kit, action, dry_run=dry_run, wait=wait, timeout=timeout, as_json=as_json)


def recheck(
    source_or_url: Annotated[
        str, typer.Argument(help="A source's id, an article's id, or the URL of one page.")
    ],
    *,
    wait: Wait = False,
    timeout: Timeout = 600,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Look again now at the known articles of an outlet, at one article or URL, to find edits and removals."""
    with tools() as kit:
        action = ordered(Recheck, what=source_or_url)
        carry_out(kit, action, dry_run=dry_run, wait=wait, timeout=timeout, as_json=as_json)


def archive(
    urls: Annotated[list[str], typer.Argument(help="Pages to archive now.")],
    *,
    wait: Wait = False,
    timeout: Timeout = 600,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Archive single pages now, of a watched outlet or of any other site."""
    with tools() as kit:
        action = ordered(CrawlUrls, urls=urls)
        carry_out(kit, action, dry_run=dry_run, wait=wait, timeout=timeout, as_json=as_json)


def articles(source: OfSource = None, as_json: Json = False) -> None:
    """List the archived articles, the newest first."""
    with tools() as kit:
        rows = (one.as_json() for one in kit.catalogue.every_article(source_id=source))
        show(rows, as_json=as_json, columns=("id", "published", "state", "revisions", "title"))


def article(article_id: str, as_json: Json = False) -> None:
    """Show an article with every revision and the capture behind each."""
    with tools() as kit:
        found = kit.catalogue.article(article_id)
        if found is None:
            raise NotFoundError(f"there is no article {article_id!r}; 'pressmark articles' lists them")
        if as_json:
            print_json(found.as_json())
        else:
            print_article(found)


class tools:  # noqa: N801  (reads as the with-statement it is)
    """Opens the tools, and turns our errors into one line and an exit code."""

    def __init__(self, *, connections: int = 4, backup_to: str = "") -> None:
        """Say how many connections to the ledger are needed at once, and where backups go if not as set."""
        self._connections = connections
        self._told = {"backup_to": backup_to} if backup_to else {}

    def __enter__(self) -> Tools:
        self._kit: Tools | None = None
        try:
            settings = load(AdminSettings).model_copy(update=self._told)
            self._kit = make_tools(settings, connections=self._connections)
        except PressmarkError as error:
            give_up(error)
        return self._kit

    def __exit__(self, kind: object, error: BaseException | None, _trace: object) -> None:
        if self._kit is not None:
            self._kit.close()
        if isinstance(error, PressmarkError):
            give_up(error)


def ordered(kind: type[Action], **fields: object) -> Action:
    """Return an action with these fields.

    Raises:
        SettingsError: a field is wrong; the text names it.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc'])) or kind.name}: {one['msg']}" for one in error.errors()]
        raise SettingsError("; ".join(faults)) from None


def actor() -> str:
    """Return who orders, as the audit writes it; a container may have no name for its user."""
    try:
        return f"command:{getpass.getuser()}"
    except (KeyError, OSError):
        return "command:unknown"


def carried_out(
    kit: Tools,
    action: Action,
    *,
    dry_run: bool,
    found: Callable[[Mapping[str, Any]], None] = lambda _: None,
    far: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Outcome:
    """Carry out an action and return what was done, or with `dry_run` what would be."""
    if dry_run:
        return {"dry_run": True, **kit.desk.plan(action, actor=actor(), far=far)}
    return kit.desk.carry_out(action, actor=actor(), found=found, far=far)


def carry_out(
    kit: Tools, action: Action, *, dry_run: bool, wait: bool, timeout: float, as_json: bool
) -> None:
    """Carry out an action that orders looks, or with `dry_run` tell what it would order."""
    if dry_run:
        print_json({"dry_run": True, **kit.desk.plan(action, actor=actor())})
        return
    done = kit.desk.carry_out(action, actor=actor())
    finish(kit, done["sources"], done["targets"], wait=wait, timeout=timeout, as_json=as_json)


def finish(
    kit: Tools, sources: Iterable[str], targets: int, *, wait: bool, timeout: float, as_json: bool
) -> None:
    """Wait if that is wanted, and tell what was done."""
    result: dict[str, Any] = {"sources": list(sources), "targets": targets, "waited": wait}
    if wait:
        pending = wait_with_progress(kit, result["sources"], timeout=timeout)
        result |= {"blocked": pending.blocked, "failures": kit.failures(result["sources"])}
    if as_json:
        print_json(result)
    else:
        say(f"{targets} targets of {', '.join(result['sources'])}: {'done' if wait else 'ordered'}")
    if wait and result["blocked"]:
        notes.print(
            f"{result['blocked']} targets wait: they are paused, a host asks for it, "
            "or its robots.txt cannot be had"
        )
        raise typer.Exit(PARTLY)


def wait_with_progress(kit: Tools, sources: list[str], *, timeout: float) -> PendingWork:
    """Wait, with a line of progress for people."""
    with notes.status("waiting for the crawler") as line:

        def show_progress(pending: PendingWork) -> None:
            line.update(
                f"{pending.due} due, {pending.leased} with fetchers, {pending.unread} batches to read"
            )

        return kit.waiter.wait(sources, timeout=timeout, progress=show_progress)


def show(rows: Iterable[Mapping[str, Any]], *, as_json: bool, columns: tuple[str, ...]) -> None:
    """Print rows as JSON lines or as a table."""
    if as_json:
        print_json_lines(rows)
        return
    table = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(
            *(escape(escape_controls(str("" if row[name] is None else row[name]))) for name in columns)
        )
    Console(highlight=False).print(table)


def tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing: as JSON, or a line for each of its fields."""
    if as_json:
        print_json(dict(found))
        return
    for name, value in found.items():
        if value not in (None, "", [], {}):
            say(escape(escape_controls(f"{name}: {value}")))


def print_status(figures: Mapping[str, Any]) -> None:
    """Print the main figures for people."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in figures.items():
        shown = (
            ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
        )
        table.add_row(name, escape(str(shown)))
    Console(highlight=False).print(table)


def say(text: str) -> None:
    """Print a line for people."""
    Console(highlight=False).print(text)
    sys.stdout.flush()
