"""The one definition of clean, the same on a desk and in CI: format, lint, types, import contracts, tests.

Run it from the top of the checkout: `python -m tests.check`. The fast checks come first and the first
failure ends the run. What follows a `--` goes to pytest.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

CHECKS = (
    ("format", [BIN / "ruff", "format", "--check", "--quiet", "services", "shared", "tests"]),
    ("lint", [BIN / "ruff", "check", "--quiet", "services", "shared", "tests"]),
    ("types", [BIN / "mypy"]),
    ("import contracts", [BIN / "lint-imports", "--no-logo"]),
)

IN_TWO = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""Two processes, each with servers of its own; a file stays in one of them. Most tests wait for servers."""


def main() -> int:
    for name, command in CHECKS:
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        print(
            f"== {name}: {'clean' if done.returncode == 0 else 'not clean'}, {time.monotonic() - started:.1f} s"
        )
        if done.returncode:
            print(done.stdout + done.stderr)
            return done.returncode
    print("== tests", flush=True)
    chosen = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else ["-m", "not long", *IN_TWO]
    with TemporaryDirectory(prefix="pressmark-peers-", ignore_cleanup_errors=True) as folder:
        # The programs of others are installed once for both processes.
        environment = {"PRESSMARK_PEERS": folder, **os.environ}
        argv = [sys.executable, "-m", "pytest", *chosen]
        return subprocess.run(argv, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
