"""Reads stored pages in the process of a command, so that it needs no normalizer at work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.normalizer.ordered_reading import OrderedReading
from services.normalizer.sandbox import Sandbox
from shared.evidence import EvidenceStore
from shared.ledger import Database

__all__ = ["read_here"]

_SECONDS_A_TURN = 0.5
"""After that the command tells how far it is."""


@contextmanager
def read_here(database: Database, evidence: EvidenceStore) -> Iterator[Callable[[str], object]]:
    """Yield what does the next steps of a reading order, by its id."""
    with Sandbox() as sandbox:
        yield OrderedReading.over(
            database, evidence, extract_page=sandbox.extract, seconds=_SECONDS_A_TURN
        ).work
