"""Reading the events in an order in which none is ever passed over.

An event's id is given before its transaction commits, so a reader that remembers the last id alone would miss
what commits late. Events are read up to the oldest transaction that still runs, in the order of transaction
and id; what is older than that is complete. Writers of one source wait for each other (`History.writing`),
so the order of an article's events is the order in which they happened to it.
"""

from dataclasses import dataclass
from typing import LiteralString

__all__ = ["AFTER_PLACE", "IN_ORDER", "Place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a reader has come."""

    written_in: str
    """The transaction, a number of 64 bits; the driver hands it over as text."""
    event_id: int


AFTER_PLACE: LiteralString = """
    (e.written_in, e.event_id) > (%(written_in)s::xid8, %(event_id)s)
    and e.written_in < pg_snapshot_xmin(pg_current_snapshot())
"""
IN_ORDER: LiteralString = " order by e.written_in, e.event_id"
