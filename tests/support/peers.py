"""Other people's programs, each in a virtual environment of its own, because their requirements fight with ours.

They are installed from PyPI when a test first asks for them: into the folder that PRESSMARK_PEERS names, where
they stay for the next run, or else into one that goes with the session.
"""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

INDEXERS = ("cdxj-indexer==1.5.0", "wacz==0.6.0")
SCRAPY = ("scrapy==2.19.0", "warcio==1.8.1")
PYWB = ("pywb==2.10.0",)
READERS = ("cdx_toolkit==0.9.39", "memento_client==0.6.1")
# It asks for a newer Python than it needs.
TLOG = ("--ignore-requires-python", "aics-tlog==0.2.1")


@pytest.fixture(scope="session")
def peers() -> Iterator[Path]:
    """The folder that holds the environments."""
    named = os.environ.get("PRESSMARK_PEERS")
    if named:
        yield Path(named)
        return
    with TemporaryDirectory(prefix="pressmark-peers-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def indexers(peers: Path) -> Path:
    """The programs `cdxj-indexer` and `wacz`."""
    return installed(peers / "indexers", INDEXERS)


@pytest.fixture(scope="session")
def scrapy(peers: Path) -> Path:
    """The `python` that knows Scrapy and warcio."""
    return installed(peers / "scrapy", SCRAPY)


@pytest.fixture(scope="session")
def pywb(peers: Path) -> Path:
    """The programs of pywb: `wb-manager`, `wayback`, `cdx-indexer`."""
    return installed(peers / "pywb", PYWB)


@pytest.fixture(scope="session")
def archive_clients(peers: Path) -> Path:
    """The `python` that knows memento_client and cdx_toolkit."""
    return installed(peers / "archive-clients", READERS) / "python"


@pytest.fixture(scope="session")
def tlog(peers: Path) -> Path:
    """The program `aics-tlog`, which reads logs in the form of C2SP tlog-tiles."""
    return installed(peers / "tlog", TLOG) / "aics-tlog"


def installed(folder: Path, packages: tuple[str, ...]) -> Path:
    """Return the programs of an environment that holds these packages and nothing of ours."""
    mark = folder / "installed"
    with locked(folder):
        if not mark.exists() or mark.read_text(encoding="utf-8") != repr(packages):
            run([sys.executable, "-m", "venv", "--clear", str(folder)], seconds=120)
            run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *packages], seconds=400)
            mark.write_text(repr(packages), encoding="utf-8")
    return folder / "bin"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Be alone with a folder: two processes of one run may ask for the same programs, and the second waits."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(argv: list[str], *, seconds: float = 60, cwd: Path | None = None) -> str:
    """Run a program that must succeed and return what it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=seconds, check=False, cwd=cwd, env=environment
    )
    assert done.returncode == 0, (argv, done.stdout, done.stderr)
    return done.stdout + done.stderr


def lines_of(index: str) -> dict[tuple[str, str, str], dict[str, str]]:
    """The fields of an index by SURT, time and offset."""
    found = {}
    for line in index.splitlines():
        key, date, text = line.split(" ", 2)
        fields = json.loads(text)
        found[key, date, fields["offset"]] = fields
    assert len(found) == len(index.splitlines())
    return found
