"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.support.servers",
    "tests.support.ledger",
    "tests.support.archive",
    "tests.support.stored_evidence",
    "tests.support.running_reader",
    "tests.support.peers",
    "tests.support.helm",
    "tests.support.debian",
    "tests.support.browser",
]

# The gate tries the same examples every time, so that what it says depends on the commit alone. On a desk the
# examples are new with every run, which is how faults are found.
settings.register_profile("gate", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("gate")


_SLOW_FIRST = ("stack", "end_to_end", "faults", "integration")
"""In two processes the long files begin first, so that neither waits for the other at the end."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the tests of slow folders first where the run is shared out to processes."""
    if not hasattr(config, "workerinput"):
        return
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(here).parts[0]
        return _SLOW_FIRST.index(folder) if folder in _SLOW_FIRST else len(_SLOW_FIRST)

    items.sort(key=place)
