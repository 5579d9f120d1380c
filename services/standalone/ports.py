"""Ports on the loopback address: chosen once, remembered, chosen again only when somebody else took one."""

import random
import socket
from collections.abc import Iterable, Mapping

__all__ = ["choose_ports", "is_free"]

# Below Linux's range for outgoing connections (32768 and up), so that no client takes a port between two starts.
_FIRST, _LAST = 18000, 31999
_TRIES = 2000


def is_free(port: int) -> bool:
    """Tell whether a server could listen on a port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def choose_ports(
    names: Iterable[str], *, configured: Mapping[str, int], remembered: Mapping[str, int]
) -> dict[str, int]:
    """Give each name a port: the configured one, else the remembered one if free, else a free one.

    Raises:
        OSError: no free port was found, or a configured one is taken.
    """
    chosen: dict[str, int] = {}
    for name in names:
        if name in configured:
            if not is_free(configured[name]):
                raise OSError(f"port {configured[name]}, asked for by {name}, is taken: choose another")
            chosen[name] = configured[name]
        elif name in remembered and remembered[name] not in chosen.values() and is_free(remembered[name]):
            chosen[name] = remembered[name]
        else:
            chosen[name] = _free_port(taken={*chosen.values(), *configured.values()})
    return chosen


def _free_port(*, taken: set[int]) -> int:
    for _ in range(_TRIES):
        port = random.randint(_FIRST, _LAST)  # noqa: S311  (no secret: it only has to be unlikely to collide)
        if port not in taken and is_free(port):
            return port
    raise OSError(f"no free port between {_FIRST} and {_LAST}")
