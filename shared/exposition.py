"""How a process shows its metrics to Prometheus: over HTTP, on a port of its own, the children's counted in.

The children of a Celery worker count in files of a directory (`PROMETHEUS_MULTIPROC_DIR`, as the client library
names it), which their parent adds up when it is asked. A child that is replaced leaves its files behind; they
are folded into one, or a worker that lives for months would read thousands.
"""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Metric, start_http_server
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from shared.settings import MetricsSettings

__all__ = ["clear_counts", "fold_ended", "show_metrics"]

log = structlog.get_logger(__name__)

_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
_FOLDED = 0
"""Stands where the process id stands in the name of a file. No process has it."""


def show_metrics(settings: MetricsSettings) -> None:
    """Answer `GET /metrics` from now on, in a thread. Does nothing where no port is set.

    Raises:
        OSError: The port is taken.
    """
    if settings.metrics_port:
        start_http_server(settings.metrics_port, settings.metrics_host, registry=_registry())
        log.info("metrics_shown", host=settings.metrics_host, port=settings.metrics_port)


def clear_counts() -> None:
    """Remove what the children of an earlier process of this service counted. Called before there are any."""
    for path in _files(os.environ.get(_DIRECTORY)):
        if _pid(path) != os.getpid():
            path.unlink(missing_ok=True)


def fold_ended(folder: Path) -> int:
    """Add the counts of ended processes together in one file of each kind, and return how many files went.

    Counters and histograms only: they are sums. We declare no gauge that a child could set.
    """
    ended = [path for path in _files(folder) if _pid(path) != _FOLDED and not _is_alive(_pid(path))]
    for path in ended:
        kind = path.name.partition("_")[0]
        sums = MmapedDict(str(folder / f"{kind}_{_FOLDED}.db"))
        try:
            for key, value, at, _ in MmapedDict.read_all_values_from_file(str(path)):
                kept, _ = sums.read_value(key)
                sums.write_value(key, kept + value, at)
        finally:
            sums.close()
        path.unlink()
    return len(ended)


class _Children:
    """The counts of all processes that share a directory."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._sums = MultiProcessCollector(None, path=folder)
        self._lock = threading.Lock()

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            fold_ended(self._folder)
            found: Iterable[Metric] = self._sums.collect()
            return found


def _registry() -> CollectorRegistry:
    folder = os.environ.get(_DIRECTORY)
    if folder is None:
        return REGISTRY
    registry = CollectorRegistry()
    registry.register(_Children(folder))
    return registry


def _files(folder: Any) -> list[Path]:  # noqa: ANN401  (a path, a string, or None)
    return sorted(Path(folder).glob("*_*.db")) if folder else []


def _pid(path: Path) -> int:
    return int(path.stem.rpartition("_")[2])


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
