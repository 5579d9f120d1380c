"""Libraries that make extraction better and that it can do without."""

from functools import cache
from importlib import import_module
from types import ModuleType


@cache
def optional_module(name: str) -> ModuleType | None:
    """Import a library; None when it is not installed, or its own parts are missing."""
    try:
        return import_module(name)
    except ImportError:
        return None
