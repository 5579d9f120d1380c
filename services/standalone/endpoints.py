"""Finds the stack that runs on a data directory, for programs that want to talk to it."""

import os
from pathlib import Path

from services.standalone.addresses import Endpoints
from services.standalone.data import default_data_path
from services.standalone.errors import DataDirectoryError, NotRunningError
from services.standalone.run_state import live_state

__all__ = ["Endpoints", "environment_of_running_stack", "read_endpoints"]


def read_endpoints(path: Path) -> Endpoints:
    """Return where the stack that runs on a data directory can be reached.

    Raises:
        NotRunningError: nothing runs there.
    """
    return live_state(path).endpoints


def environment_of_running_stack(data: Path | None = None) -> dict[str, str]:
    """Return the settings that reach the stack on this machine, without those that are set already.

    Nothing is returned when no stack runs, or when its files are another user's.
    """
    try:
        found = read_endpoints(data or default_data_path()).environment()
    except (NotRunningError, DataDirectoryError):
        return {}
    return {name: value for name, value in found.items() if name not in os.environ}
