"""How a command ends: its exit code, and its last words on standard error."""

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from shared.errors import NotFoundError, PressmarkError, TryAgainError
from shared.logs import escape_controls

__all__ = ["FAILED", "NOT_FOUND", "OK", "PARTLY", "TRY_LATER", "USAGE", "give_up", "notes"]

OK, FAILED, USAGE, PARTLY, NOT_FOUND, TRY_LATER = 0, 1, 2, 3, 4, 75
"""Exit codes: done, failed, wrong use, partly done, no such thing, try later (EX_TEMPFAIL of sysexits(3))."""

notes = Console(stderr=True, highlight=False)


def give_up(error: PressmarkError) -> NoReturn:
    """Say what is wrong on standard error and end with the code that tells its kind."""
    notes.print(f"[bold red]pressmark:[/] {escape(escape_controls(str(error)))}")
    code = NOT_FOUND if isinstance(error, NotFoundError) else FAILED
    raise typer.Exit(TRY_LATER if isinstance(error, TryAgainError) else code) from None
