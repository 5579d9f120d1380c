"""Puts the commands of all services together and finds the archive they work on."""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from services.admin.cli import add_commands, print_status, tools
from services.pressmark.demo import demo
from services.pressmark.extraction import extract
from services.standalone.cli import down, logs, status_of_processes, up
from services.standalone.data import default_data_path
from services.standalone.errors import NotRunningError
from services.standalone.run_state import live_state, read_endpoints
from shared.errors import PressmarkError

__all__ = ["app", "main"]

app = typer.Typer(
    name="pressmark",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_ALREADY_SAID = ("PRESSMARK_DATABASE_URL", "PRESSMARK_BROKER_URL")


@app.callback(invoke_without_command=True)
def find_the_archive(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,  # noqa: FBT002  (a flag of the command line)
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
    take_running_archive()


def take_running_archive() -> None:
    """Let the settings of the archive that runs on this machine stand for what the environment leaves open."""
    if any(name in os.environ for name in _ALREADY_SAID):
        return
    try:
        endpoints = read_endpoints(default_data_path())
    except PressmarkError:
        return  # The command that needs an archive says so itself.
    for name, value in endpoints.environment().items():
        os.environ.setdefault(name, value)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,  # noqa: FBT002  (a flag of the command line)
) -> None:
    """Show how the archive stands: targets by state, captures, articles, events, queues, processes."""
    with tools() as kit:
        figures = kit.figures()
    processes = process_states(default_data_path())
    if as_json:
        print(json.dumps(figures | {"processes": processes}))  # noqa: T201  (the command's answer)
        return
    print_status(figures)
    if processes:
        print("\n".join(status_of_processes(default_data_path())))  # noqa: T201  (the command's answer)


def process_states(data: Path) -> dict[str, str]:
    """Return the state of each process of the stack that runs on a data directory; nothing when none does."""
    try:
        return {process.name: process.state.value for process in live_state(data).processes}
    except NotRunningError:
        return {}


def main() -> None:
    """Run the program."""
    try:
        app()
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


app.command()(up)
app.command()(down)
app.command()(logs)
app.command()(demo)
app.command()(extract)
add_commands(app)
