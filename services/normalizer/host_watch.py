"""Hosts out of order: a state that is shown, and that changes no article."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from shared.ledger.batches import StoredCapture
from shared.ledger.host_states import HostState, LooksAtHost

__all__ = ["LEAST_FAILED", "HostWatchRecords", "watch_hosts"]

LEAST_FAILED = 3
"""Different pages that must have failed, with none that answered, before a host is said to be out of order."""
_WINDOW = timedelta(hours=1)


class HostWatchRecords(Protocol):
    """What is read and written here of a source's history."""

    def host_state(self, host: str) -> HostState | None:
        """Return how a host was found last."""

    def set_host_state(self, host: str, state: HostState, *, capture_id: int) -> None:
        """Note how a host was found."""

    def looks_at_host(self, host: str, *, at: datetime, within: timedelta) -> LooksAtHost:
        """Count the pages that answered and those that failed."""

    def add_event(
        self,
        kind: str,
        *,
        at: datetime,
        article_id: str | None,
        capture_id: int | None,
        data: dict[str, object] | None = None,
    ) -> None:
        """Append what happened."""


def watch_hosts(records: HostWatchRecords, captures: Sequence[StoredCapture]) -> None:
    """Tell of the hosts of these captures when they fall out of order and when they are back."""
    states: dict[str, HostState | None] = {}
    for capture in sorted(captures, key=lambda one: (one.fetched_at, one.capture_id)):
        host = capture.host
        if host not in states:
            states[host] = records.host_state(host)
        state = states[host]
        if capture.redirect_to is not None or (state is not None and capture.fetched_at <= state.since):
            continue
        is_out = state is not None and state.is_out
        if is_out and _is_good(capture):
            states[host] = _tell(records, capture, is_out=False, since=capture.fetched_at)
        elif not is_out and not _is_good(capture) and not _has_answered(captures, capture):
            looks = records.looks_at_host(host, at=capture.fetched_at, within=_WINDOW)
            if not looks.good and looks.failed >= LEAST_FAILED:
                since = looks.first_failed_at or capture.fetched_at
                states[host] = _tell(records, capture, is_out=True, since=since)


def _is_good(capture: StoredCapture) -> bool:
    return capture.status in {200, 304}


def _has_answered(captures: Sequence[StoredCapture], failed: StoredCapture) -> bool:
    """Whether the host answered in this very batch: that spares a count of its looks for each miss of a purge."""
    return any(
        _is_good(one) and one.host == failed.host and abs(one.fetched_at - failed.fetched_at) <= _WINDOW
        for one in captures
    )


def _tell(records: HostWatchRecords, capture: StoredCapture, *, is_out: bool, since: datetime) -> HostState:
    state = HostState(is_out=is_out, since=since)
    records.set_host_state(capture.host, state, capture_id=capture.capture_id)
    records.add_event(
        "host_outage" if is_out else "host_back",
        at=since,
        article_id=None,
        capture_id=capture.capture_id,
        data={"host": capture.host},
    )
    return state
