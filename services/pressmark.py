"""The `pressmark` program: every service's commands under one name. It stands above the services."""

import os
from pathlib import Path
from typing import Annotated

import typer

from services.admin.cli import add_commands as add_admin_commands
from services.standalone.cli import add_commands as add_standalone_commands
from services.standalone.endpoints import environment_of_running_stack

__all__ = ["app", "main"]

app = typer.Typer(
    name="pressmark",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Archives what news outlets publish, keeps the evidence, and shows what was edited or taken down.",
)


@app.callback()
def find_the_archive(
    data: Annotated[
        Path | None,
        typer.Option(envvar="PRESSMARK_DATA", help="Data directory of the archive on this machine."),
    ] = None,
) -> None:
    """Archives what news outlets publish, keeps the evidence, and shows what was edited or taken down.

    Commands find the archive that 'pressmark up' runs on this machine. Settings in the environment
    (PRESSMARK_DATABASE_URL and the like) come first, so they can also reach one elsewhere.
    """


def main() -> None:
    """Run the program."""
    app()


add_standalone_commands(app)
add_admin_commands(app)
