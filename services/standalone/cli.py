"""The commands that run everything on one machine: `up`, `down`, `logs`, and what `status` says of processes."""

import time
from pathlib import Path
from signal import SIGTERM
from typing import Annotated

import typer

from services.standalone.data import DataDirectory, default_data_path
from services.standalone.endpoints import forget_running_stack, read_endpoints
from services.standalone.errors import NotRunningError, StackRunningError
from services.standalone.keeper import end_stack
from services.standalone.launch import become_supervisor, default_plan, detach
from services.standalone.logfiles import last_lines, new_lines
from services.standalone.processes import ProcessId
from services.standalone.report import IN_USE
from services.standalone.run_state import RunState, live_state, read_run_state
from services.standalone.settings import StandaloneSettings
from shared.encoding import dump_json
from shared.errors import PressmarkError
from shared.settings import load

__all__ = ["add_commands", "down", "logs", "scrape_targets", "status_of_processes", "up"]

_STOP_SECONDS = 40.0

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Where the archive is kept: $PRESSMARK_DATA, or else ~/.local/share/pressmark.",
        show_default=False,
    ),
]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of the one-machine form to the program."""
    for command in (up, down, logs, scrape_targets):
        app.command()(command)


def up(
    data: Data = None,
    detached: Annotated[bool, typer.Option("--detach", help="Return when everything works.")] = False,
    reader_port: Annotated[
        int | None, typer.Option(help="Port of the public pages on 127.0.0.1.", show_default=False)
    ] = None,
) -> None:
    """Start everything on this machine and keep it running until Ctrl-C or `pressmark down`."""
    try:
        forget_running_stack()
        directory = DataDirectory(data or default_data_path())
        directory.create()
        plan = default_plan(directory.path, load(StandaloneSettings))
        if reader_port is not None:
            plan = plan.model_copy(update={"ports": {**plan.ports, "reader": reader_port}})
        if not detached:
            become_supervisor(plan)
        stack = detach(plan, tell=_say)
    except StackRunningError as error:
        _say(str(error))
        raise typer.Exit(IN_USE) from None
    except PressmarkError as error:
        _say(str(error))
        raise typer.Exit(1) from None
    typer.echo(stack.endpoints.reader_url)


def down(data: Data = None) -> None:
    """Stop everything that runs on a data directory, and wait until it is gone."""
    try:
        path = data or default_data_path()
        state = live_state(path)
    except NotRunningError as error:
        _end_leftovers(read_run_state(path))
        _say(str(error).partition(".")[0])
        return
    except PressmarkError as error:
        _say(str(error))
        raise typer.Exit(1) from None
    supervisor = state.supervisor.identity()
    if supervisor is None or not state.supervisor_lives():
        _say(f"{path} is in use, but its supervisor cannot be seen from here: stop it where it was started")
        raise typer.Exit(1)
    if not _stop(supervisor, DataDirectory(path)):
        _say(
            f"Process {supervisor.pid} still runs after {_STOP_SECONDS:.0f} s: see 'pressmark logs supervisor'"
        )
        raise typer.Exit(1)
    _say("stopped")


def logs(
    name: Annotated[str | None, typer.Argument(help="One process; all of them unless named.")] = None,
    data: Data = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are added.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Lines of each from its end.")] = 20,
) -> None:
    """Show what the parts and services have written."""
    try:
        directory = DataDirectory(data or default_data_path())
    except PressmarkError as error:
        _say(str(error))
        raise typer.Exit(1) from None
    files = {path.stem: path for path in sorted(directory.logs.glob("*.log"))}
    if name is not None:
        if name not in files:
            _say(f"No log of {name!r} in {directory.logs}. There are: {', '.join(files) or 'none yet'}")
            raise typer.Exit(1)
        files = {name: files[name]}
    width = max((len(label) for label in files), default=0) if name is None else 0
    for label, path in files.items():
        for line in last_lines(path, lines):
            typer.echo(_labelled(label, line, width=width))
    if follow:
        try:
            for label, line in new_lines(files):
                typer.echo(_labelled(label, line, width=width))
        except KeyboardInterrupt:
            return


def scrape_targets(data: Data = None) -> None:
    """Print where each process shows its metrics, as JSON that Prometheus reads (`file_sd_configs`).

    Write it to the file that Prometheus watches:
    `pressmark scrape-targets > deploy/prometheus/targets/pressmark.json`. Ports are kept from one start to the
    next, so once is enough unless another program takes one.
    """
    try:
        endpoints = read_endpoints(data or default_data_path())
    except PressmarkError as error:
        _say(str(error))
        raise typer.Exit(1) from None
    groups = [
        {"targets": [address], "labels": {"service": service}}
        for service, address in sorted(endpoints.metrics.items())
    ]
    typer.echo(dump_json(groups).decode())


def status_of_processes(data: Path) -> list[str]:
    """Return a line for each process of the stack that runs on a data directory, or one that says it does not."""
    try:
        state = live_state(data)
    except NotRunningError as error:
        return [str(error)]
    rows = [("supervisor", state.phase.value, str(state.supervisor.pid), "")]
    for process in state.processes:
        restarts = (
            f"restarted {process.restarts} times, last end: {process.last_exit}" if process.restarts else ""
        )
        rows.append((process.name, process.state.value, str(process.pid or "-"), restarts))
    return [f"{name:<12} {what:<11} {pid:>8}  {notes}".rstrip() for name, what, pid, notes in rows]


def _stop(supervisor: ProcessId, directory: DataDirectory) -> bool:
    """Ask a supervisor to stop, and tell whether it and all it held are gone in time."""
    supervisor.send(SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    shown = ""
    while supervisor.is_alive() or directory.is_locked():
        if time.monotonic() > deadline:
            return False
        shown = _show_progress(read_run_state(directory.path), shown=shown)
        time.sleep(0.1)
    return True


def _show_progress(state: RunState | None, *, shown: str) -> str:
    running = ", ".join(process.name for process in state.processes if process.pid) if state else ""
    if running and running != shown:
        _say(f"stopping {running}")
    return running


def _end_leftovers(state: RunState | None) -> None:
    if state is not None:
        left = end_stack(state.mark, state.recorded())
        for process in left:
            _say(f"Process {process.pid} of an earlier run cannot be ended: end it yourself")


def _labelled(label: str, line: str, *, width: int) -> str:
    return f"{label:<{width}} | {line}" if width else line


def _say(text: str) -> None:
    typer.echo(text, err=True)
