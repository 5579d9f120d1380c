"""The log files of the stack: one for each process, kept small by turning them over at every start."""

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from shared.logs import escape_controls

__all__ = ["last_lines", "new_lines", "open_log"]

_TURN_OVER_BYTES = 4 * 1024 * 1024
_KEPT = 3
_TAIL_BYTES = 256 * 1024


def open_log(path: Path) -> BinaryIO:
    """Open a log file for appending; one above 4 MiB becomes `.1` first, and three old ones are kept."""
    if path.exists() and path.stat().st_size > _TURN_OVER_BYTES:
        for number in range(_KEPT, 1, -1):
            older = path.with_name(f"{path.name}.{number - 1}")
            if older.exists():
                older.replace(path.with_name(f"{path.name}.{number}"))
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab", buffering=0)


def last_lines(path: Path, count: int) -> list[str]:
    """Return the last lines of a log file, none when there is no file. Foreign bytes are escaped."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = deque(file.read().decode("utf-8", "backslashreplace").splitlines(), maxlen=count)
    return [escape_controls(line) for line in lines]


def new_lines(paths: dict[str, Path], *, wait_seconds: float = 0.3) -> Iterator[tuple[str, str]]:
    """Yield `(name, line)` for ever as lines are added to log files, from their present ends on."""
    ends = {name: path.stat().st_size if path.exists() else 0 for name, path in paths.items()}
    while True:
        for name, path in paths.items():
            if not path.exists():
                continue
            if path.stat().st_size < ends[name]:
                ends[name] = 0  # turned over
            with path.open("rb") as file:
                file.seek(ends[name])
                block = file.read()
            whole, newline, _ = block.rpartition(b"\n")
            ends[name] += len(whole) + len(newline)
            for line in whole.decode("utf-8", "backslashreplace").splitlines():
                yield name, escape_controls(line)
        time.sleep(wait_seconds)
