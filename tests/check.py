"""The one definition of clean, the same on a desk and in CI: format, lint, types, import contracts, tests.

Run it from the top of the checkout: `python -m tests.check`. The fast checks come first and the first
failure ends the run. What follows a `--` goes to pytest.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

CHECKS = (
    ("format", [BIN / "ruff", "format", "--check", "--quiet", "services", "shared", "tests"]),
    ("lint", [BIN / "ruff", "check", "--quiet", "services", "shared", "tests"]),
    ("types", [BIN / "mypy"]),
    ("import contracts", [BIN / "lint-imports", "--no-logo"]),
)


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
    chosen = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else ["-m", "not long"]
    return subprocess.run([sys.executable, "-m", "pytest", *chosen], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
