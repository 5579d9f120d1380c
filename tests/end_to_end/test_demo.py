"""The demonstration, run as a newcomer runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from services.standalone.processes import MARK_VARIABLE


def run_pressmark(*words: str, timeout: float = 200, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.pressmark", *words],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, **variables},
    )


def test_the_demonstration_finds_everything_that_its_outlet_did(tmp_path: Path) -> None:
    data = tmp_path / "data"

    done = run_pressmark("demo", "--exit", "--json", "--data", str(data))

    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(done.stdout)
    assert summary["correct"], summary["differences"]
    assert summary["found"]["articles"] == summary["expected"]["articles"] == 80
    assert len(summary["found"]["edits"]) == summary["expected"]["edits"] == 12
    assert summary["seconds"] < 90
    assert list((data / "logs").glob("*.log"))
    assert not processes_of_this_test(str(data))


def processes_of_this_test(data: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if data in command or (MARK_VARIABLE.encode() in environment and data.encode() in environment):
            found.append(command)
    return found
