"""A Docker engine for the test of the stack: the machine's own, or one from Debian that ends with the test."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.running import Running, start_running

__all__ = ["Engine", "NoEngineError", "running_engine"]

_PACKAGES = ("docker.io", "docker-compose", "debootstrap")
_INSTALL_SECONDS = 240
_PROGRAMS = ("dockerd", "docker", "docker-compose", "debootstrap")


class NoEngineError(Exception):
    """This machine cannot run containers; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """An engine that answers."""

    environment: Mapping[str, str] = field(default_factory=dict)
    """On top of the process's own."""

    def run(self, *argv: str, cwd: Path | None = None, seconds: float = 600) -> str:
        """Run a program against the engine and return what it writes.

        Raises:
            AssertionError: It failed; the text is the end of what it wrote.
        """
        done = subprocess.run(
            argv,
            cwd=cwd,
            env={**os.environ, "DOCKER_BUILDKIT": "0", **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout[-4000:]}"
        return done.stdout

    def has_image(self, name: str) -> bool:
        """Whether an image of this name is here."""
        return bool(self.run("docker", "images", "--quiet", name).strip())


@contextmanager
def running_engine() -> Iterator[Engine]:
    """Use the engine that runs, or install one from Debian and run it until the context ends.

    Raises:
        NoEngineError: There is none, and none can be run.
    """
    if _answers({}):
        _need_programs()
        yield Engine()
        return
    _need_programs()
    with tempfile.TemporaryDirectory(prefix="pressmark-docker-", ignore_cleanup_errors=True) as folder:
        with _own_engine(Path(folder)) as engine:
            yield engine
        _unmount_below(Path(folder))


@contextmanager
def _own_engine(folder: Path) -> Iterator[Engine]:
    socket = f"unix://{folder}/docker.sock"
    argv = (
        "dockerd",
        f"--host={socket}",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/docker.pid",
    )
    log = folder / "dockerd.log"
    running = start_running(argv, log=log, env={"PATH": os.environ["PATH"]})
    try:
        _wait_for(socket, running, log)
        yield Engine(environment={"DOCKER_HOST": socket})
    finally:
        running.end(first=signal.SIGTERM, seconds=60)


def _wait_for(socket: str, running: Running, log: Path) -> None:
    deadline = time.monotonic() + 60
    while not _answers({"DOCKER_HOST": socket}):
        if running.child.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
            raise NoEngineError(f"dockerd does not run on this machine: {' | '.join(said)}")
        time.sleep(0.5)


def _answers(environment: Mapping[str, str]) -> bool:
    if shutil.which("docker") is None:
        return False
    done = subprocess.run(
        ["docker", "info"], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    return done.returncode == 0


def _need_programs() -> None:
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if not missing:
        return
    if os.geteuid() != 0:
        raise NoEngineError(f"{', '.join(missing)} are not installed, and only root may install them")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A service that the package would start is of no use where there is no init.
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *_PACKAGES]):
        try:
            done = subprocess.run(
                command, env=quiet, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise NoEngineError(f"{' '.join(command)} took longer than {_INSTALL_SECONDS} s") from None
        if done.returncode:
            raise NoEngineError(f"{' '.join(command)}: {done.stderr.strip().splitlines()[-1:]}")


def _unmount_below(folder: Path) -> None:
    """Release what the engine left mounted, so that its files can be removed."""
    mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    places: Sequence[str] = sorted((line.split()[1] for line in mounts), key=len, reverse=True)
    for place in places:
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", place], check=False, capture_output=True)
