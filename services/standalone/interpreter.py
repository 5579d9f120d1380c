"""How our own modules are started as programs."""

import os
import sys
from pathlib import Path

__all__ = ["import_path", "module_argv"]


def module_argv(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module with this interpreter."""
    return (sys.executable, "-m", module, *arguments)


def import_path() -> dict[str, str]:
    """Return the environment that lets a child import this package when it is not installed but checked out."""
    root = Path(__file__).resolve().parents[2]
    if root.name in {"site-packages", "dist-packages"}:
        return {}
    earlier = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": f"{root}{os.pathsep}{earlier}" if earlier else str(root)}
