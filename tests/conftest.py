"""What every test may ask for."""

pytest_plugins = [
    "tests.support.servers",
    "tests.support.ledger",
    "tests.support.archive",
    "tests.support.stored_evidence",
    "tests.support.peers",
]
