"""Tells whether a service does work: `python -m shared.bus.pulse SERVICE`. Exit code 1 when it does not.

For the health checks of containers. A process that lives and takes no message is not healthy; its clock sends it
one every few seconds.
"""

import argparse
import sys
import time

from shared.bus.broker import Broker
from shared.bus.configuration import QUEUES
from shared.errors import PressmarkError
from shared.settings import BusSettings, load

__all__ = ["silence_of"]

_PATIENCE_SECONDS = 200.0
"""A little more than the longest task may take: one worker that is busy is healthy."""


def silence_of(pulses: dict[str, float], service: str | None, *, now: float) -> float:
    """Return for how many seconds a service, or any of them, has taken no message; infinite for never."""
    chosen = pulses.values() if service is None else [pulses.get(service, -float("inf"))]
    return now - max(chosen, default=-float("inf"))


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("service", nargs="?", choices=QUEUES)
    parser.add_argument("--any", action="store_true", help="any service will do: then its clock works")
    parser.add_argument("--seconds", type=float, default=_PATIENCE_SECONDS, help="the longest silence")
    chosen = parser.parse_args()
    if (chosen.service is None) != chosen.any:
        parser.error("name a service, or --any")
    try:
        broker = Broker(load(BusSettings).broker_url.get_secret_value())
        silence = silence_of(dict(broker.pulses()), chosen.service, now=time.time())
    except PressmarkError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if silence > chosen.seconds:
        sys.stderr.write(f"{chosen.service or 'every service'} has taken no message for {silence:.0f} s\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
