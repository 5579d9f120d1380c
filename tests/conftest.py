"""What every test may ask for."""

import os

from hypothesis import settings

pytest_plugins = [
    "tests.support.servers",
    "tests.support.ledger",
    "tests.support.archive",
    "tests.support.stored_evidence",
    "tests.support.running_reader",
    "tests.support.peers",
    "tests.support.debian",
]

# The gate tries the same examples every time, so that what it says depends on the commit alone. On a desk the
# examples are new with every run, which is how faults are found.
settings.register_profile("gate", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("gate")
