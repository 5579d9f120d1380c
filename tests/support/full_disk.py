"""A disk that is full, for real: a tiny file system or, where none may be mounted, a limit on files."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class FullDisk(Protocol):
    """Where a process writes, and how it gets room again."""

    folder: Path

    def limits(self, pids: list[int]) -> None:
        """Make sure that these processes, just started, have no room."""

    def make_room(self, pids: list[int]) -> None:
        """Let these processes write as much as they like."""


@dataclass(frozen=True, slots=True)
class SmallMount:
    """A file system in memory with room for `size` bytes. Writing more fails with ENOSPC."""

    folder: Path

    def limits(self, pids: list[int]) -> None:
        """The mount itself is the limit."""

    def make_room(self, pids: list[int]) -> None:
        del pids
        subprocess.run(["mount", "-o", "remount,size=64m", str(self.folder)], check=True)


@dataclass(frozen=True, slots=True)
class SmallFiles:
    """Files may have `size` bytes at most: RLIMIT_FSIZE. Writing more fails with EFBIG, as SIGXFSZ is ignored."""

    folder: Path
    size: int

    def limits(self, pids: list[int]) -> None:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (self.size, resource.RLIM_INFINITY))

    def make_room(self, pids: list[int]) -> None:
        for pid in pids:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def full_disk(folder: Path, *, size: int) -> Iterator[FullDisk]:
    """Yield a disk with room for `size` bytes, by whatever this machine allows."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        yield SmallFiles(folder, size)
        return
    try:
        yield SmallMount(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
