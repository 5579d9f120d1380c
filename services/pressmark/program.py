"""Puts the commands of all services together and finds the archive they work on."""

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from services.admin import cli as admin
from services.admin.adding_cli import add_adding_commands
from services.admin.backup_cli import add_backup_commands
from services.admin.merging_cli import add_merging_commands
from services.admin.operating_cli import add_operating_commands
from services.admin.printing import print_json
from services.admin.search_cli import add_search_commands
from services.admin.telling_cli import add_telling_commands
from services.admin.watch_cli import add_watch_commands
from services.admin.webhook_cli import add_webhook_commands
from services.normalizer import cli as normalizer
from services.normalizer.rules_cli import add_rules_commands
from services.pressmark.demo import demo
from services.pressmark.detection import propose_source
from services.pressmark.extraction import fetch_page
from services.standalone import cli as standalone
from services.standalone.data import default_data_path
from services.standalone.endpoints import environment_of_running_stack
from services.standalone.errors import DataDirectoryError, NotRunningError
from services.standalone.run_state import live_state

__all__ = ["app", "main"]

app = typer.Typer(
    name="pressmark",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def find_the_archive(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Archive what news outlets publish, keep the evidence, show what was edited or taken down.

    Start with 'pressmark demo' to see it work, or 'pressmark up' to run an archive on this machine.
    The other commands find that archive by its data directory: $PRESSMARK_DATA, or else
    ~/.local/share/pressmark. To reach an archive elsewhere, set PRESSMARK_DATABASE_URL and
    PRESSMARK_BROKER_URL.
    """
    if show_version:
        typer.echo(version("pressmark"))
        raise typer.Exit
    os.environ.update(environment_of_running_stack())


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how the archive stands: targets by state, captures, articles, events, queues, processes."""
    with admin.tools() as kit:
        figures = kit.figures()
    processes = process_states(default_data_path())
    if as_json:
        print_json(figures | {"processes": processes})
        return
    admin.print_status(figures)
    if processes:
        typer.echo("\n".join(standalone.status_of_processes(default_data_path())))


def process_states(data: Path) -> dict[str, str]:
    """Return the state of each process of the stack that runs on a data directory; nothing when none does."""
    try:
        return {process.name: process.state.value for process in live_state(data).processes}
    except (NotRunningError, DataDirectoryError):
        return {}


def main() -> None:
    """Run the program."""
    try:
        app()
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


app.command()(demo)
standalone.add_commands(app)
admin.add_commands(app)
add_adding_commands(app, propose_source=propose_source)
add_operating_commands(app)
add_telling_commands(app)
add_merging_commands(app)
add_backup_commands(app)
add_search_commands(app)
add_watch_commands(app)
add_webhook_commands(app)
normalizer.add_commands(app, fetch_page=fetch_page)
add_rules_commands(app, source_commands=admin.source_commands)
