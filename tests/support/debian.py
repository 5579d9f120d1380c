"""Programs of Debian for tests: Prometheus and its tool, unpacked beside the system, and the browser."""

import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["chromium", "prometheus_programs"]


@pytest.fixture(scope="session")
def prometheus_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with `prometheus` and `promtool`, fetched from the Debian archive that this machine uses."""
    try:
        return unpacked("prometheus", tmp_path_factory.mktemp("debian")) / "usr" / "bin"
    except NotToBeHadError as error:
        pytest.skip(f"no Prometheus can be had here: {error}")


def chromium() -> str:
    """Return the path of Chromium, which is installed where it is missing: it cannot be unpacked alone."""
    found = shutil.which("chromium")
    if found is None:
        for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            argv = ["apt-get", "-qq", *words]
            subprocess.run(argv, capture_output=True, timeout=400, check=True)
        found = shutil.which("chromium")
    assert found is not None
    return found


class NotToBeHadError(Exception):
    """Debian's archive does not give a package; the text is what apt says."""


def unpacked(package: str, folder: Path) -> Path:
    """Download a package and unpack it.

    Raises:
        NotToBeHadError: There is no apt here, or the archive cannot be reached.
    """
    try:
        done = _apt("download", package, folder=folder)
        if done.returncode:
            # A fresh machine may hold no lists of packages yet.
            _apt("update", folder=folder)
            done = _apt("download", package, folder=folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotToBeHadError(str(error)) from None
    if done.returncode:
        raise NotToBeHadError(done.stderr.strip())
    (archive,) = folder.glob(f"{package}_*.deb")
    subprocess.run(["dpkg", "-x", archive.name, "."], cwd=folder, check=True)
    return folder


def _apt(*words: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    argv = ["apt-get", "-qq", "-o", "Acquire::Retries=1", *words]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
