"""Programs of Debian for tests, unpacked beside the system and not installed: Prometheus and its tool."""

import subprocess
from pathlib import Path

import pytest

__all__ = ["prometheus_programs"]


@pytest.fixture(scope="session")
def prometheus_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with `prometheus` and `promtool`, fetched from the Debian archive that this machine uses."""
    return unpacked("prometheus", tmp_path_factory.mktemp("debian")) / "usr" / "bin"


def unpacked(package: str, folder: Path) -> Path:
    """Download a package and unpack it.

    Raises:
        AssertionError: The package cannot be had; the text is what apt says.
    """
    download = ["apt-get", "download", "-qq", package]
    done = subprocess.run(download, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        # A fresh machine may hold no lists of packages yet.
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True, check=False)
        done = subprocess.run(download, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{package} cannot be had from Debian: {done.stderr}"
    (archive,) = folder.glob(f"{package}_*.deb")
    subprocess.run(["dpkg", "-x", archive.name, "."], cwd=folder, check=True)
    return folder
