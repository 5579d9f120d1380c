"""Finds the stack that runs on a data directory, for programs that want to talk to it."""

import os
from pathlib import Path

from services.standalone.addresses import Endpoints
from services.standalone.data import default_data_path
from services.standalone.errors import DataDirectoryError, NotRunningError
from services.standalone.run_state import live_state

__all__ = ["Endpoints", "environment_of_running_stack", "forget_running_stack", "read_endpoints"]

_FOUND = "PRESSMARK_FOUND"
"""Names the variables that a program set because it found a running stack, and not because it was told."""


def read_endpoints(path: Path) -> Endpoints:
    """Return where the stack that runs on a data directory can be reached.

    Raises:
        NotRunningError: nothing runs there.
    """
    return live_state(path).endpoints


def environment_of_running_stack(data: Path | None = None) -> dict[str, str]:
    """Return the settings that reach the stack on this machine, without those that are set already.

    Nothing is returned when no stack runs, or when its files are another user's. A program may put the result
    into its environment; `forget_running_stack` takes it out again.
    """
    try:
        found = read_endpoints(data or default_data_path()).environment()
    except (NotRunningError, DataDirectoryError):
        return {}
    fresh = {name: value for name, value in found.items() if name not in os.environ}
    return fresh | {_FOUND: ",".join(fresh)}


def forget_running_stack() -> None:
    """Take what was found about a running stack out of the environment, before another one is started.

    Otherwise the new stack would take the parts of the running one for parts that the operator placed elsewhere,
    and write into its archive.
    """
    for name in os.environ.pop(_FOUND, "").split(","):
        os.environ.pop(name, None)
