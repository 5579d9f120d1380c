"""A worker's children end with it, whatever ends it."""

import ctypes
import os
import signal

__all__ = ["die_with_parent"]

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel to kill this process when its parent ends (Linux: `prctl(2)`, PR_SET_PDEATHSIG).

    Celery's children outlive a parent that is killed; they would hold leases and connections for ever.
    Elsewhere than on Linux this does nothing.

    Args:
        parent: the parent's id, if it is known, to see whether it has ended already.
    """
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    except (AttributeError, OSError):
        return
    if parent is not None and os.getppid() not in {parent, os.getpid()}:
        os._exit(1)
