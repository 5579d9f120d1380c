"""Sends our worker, and Scrapy, to the same pages, each in a process whose CPU seconds are its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.support import peers

_ROOT = Path(__file__).parents[2]


def keep_with_ours(urls: Sequence[str], env: Mapping[str, str], **task: object) -> dict[str, Any]:
    """Send our worker to pages and return its report.

    Args:
        urls: What to fetch.
        env: Settings that name the servers.
        task: More of what `tests.support.recording_worker` can be told.
    """
    # The log goes to a file, as a service's does: a pipe would make the reader a part of what is measured.
    with tempfile.TemporaryFile("w+") as log:
        told = subprocess.run(
            [sys.executable, "-m", "tests.support.recording_worker"],
            input=json.dumps({"urls": list(urls), **task}),
            env=os.environ | dict(env) | {"PRESSMARK_PRIVATE_NETWORKS": "127.0.0.0/8"},
            cwd=_ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            timeout=600,
            check=False,
        )
        log.seek(0)
        assert told.returncode == 0, log.read()[-3000:]
    return dict(json.loads(told.stdout))


def keep_with_scrapy(urls: Sequence[str], programs: Path, folder: Path) -> dict[str, Any]:
    """Send Scrapy to pages and return its report: `pages`, `cpu`."""
    asked = folder / "urls.txt"
    asked.write_text("\n".join(urls), encoding="ascii")
    program = _ROOT / "tests" / "support" / "scrapy_archive.py"
    argv = [str(programs / "python"), str(program), str(asked), str(folder / "scrapy.warc.gz")]
    told = peers.run(argv, seconds=600)
    return dict(json.loads(told[told.rindex('{"pages"') : told.rindex("}") + 1]))


def rate(report: Mapping[str, Any]) -> float:
    """Return the pages per CPU second."""
    return float(report["pages"] / report["cpu"])
