"""Plans the next look at every target of a batch by what this look brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.crawler.moves import may_move
from services.crawler.schedule import (
    counted_looks,
    denser,
    list_interval,
    next_look,
    next_recheck,
    next_retry,
    spread_of,
)
from services.crawler.settings import CrawlerSettings
from shared.ledger.batches import StoredCapture
from shared.ledger.frontier import LIST_KINDS, Frontier, TargetKind
from shared.ledger.schedule import EndedList, ListMemory, Schedule
from shared.sources import SourceFile
from shared.urls import canonical_url, url_key

__all__ = ["Look", "Planner"]

log = structlog.get_logger(__name__)

PROOFS_OF_A_MOVE = 3
"""Looks in a row at which a list must redirect to one address for good before it is looked at there only."""
_FOR_GOOD = (301, 308)
_GONE = 410
_BETWEEN_PROBES = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A capture, and what came of it."""

    capture: StoredCapture
    new_links: int
    unreadable: str | None = None
    """Why the document of a list is not what it should be, when it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """What it takes to plan."""

    frontier: Frontier
    schedule: Schedule
    settings: CrawlerSettings

    def plan(self, looks: Sequence[Look], source: SourceFile) -> None:
        """Plan the next look at each target, and end the lists that are gone or have moved.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        lists = [look for look in looks if look.capture.kind in LIST_KINDS]
        known = self.schedule.memories([look.capture.target_id for look in lists])
        memories = {
            look.capture.target_id: _memory_after(look, known.get(look.capture.target_id, ListMemory()))
            for look in lists
        }
        self.schedule.remember(memories)
        self.schedule.note_unreadable(
            {one.capture.target_id: one.unreadable for one in lists if one.unreadable}
        )
        rewritten = self.schedule.edited(
            [look.capture.target_id for look in looks if look.capture.kind is TargetKind.ARTICLE]
        )
        plans: list[tuple[int, datetime | None]] = []
        for look in looks:
            target_id = look.capture.target_id
            if target_id in memories and self._ends(look.capture, memories[target_id], source):
                continue
            plans.append((target_id, self._next(look, source, memories.get(target_id), rewritten)))
        self.frontier.plan_looks(plans)

    def _next(
        self, look: Look, source: SourceFile, memory: ListMemory | None, rewritten: frozenset[int]
    ) -> datetime | None:
        capture = look.capture
        if capture.kind is TargetKind.ROBOTS:
            return self._next_robots(capture)
        if capture.kind is TargetKind.PROBE:
            return capture.fetched_at + _BETWEEN_PROBES
        if capture.kind is TargetKind.REQUISITE and capture.archived_at is not None:
            # Once kept is enough: a page that changes its picture names another one.
            return None
        if memory is not None:
            return next_look(
                capture.fetched_at,
                every=_interval(capture, source, memory),
                jitter=spread_of(url_key(capture.url)),
                failures=capture.attempts,
            )
        if capture.archived_at is not None:
            rules = denser(source.recheck) if capture.target_id in rewritten else source.recheck
            return next_recheck(capture.archived_at, looked_at=capture.fetched_at, rules=rules)
        return next_retry(
            capture.reason or "unknown",
            attempts=capture.attempts,
            now=capture.fetched_at,
        )

    def _next_robots(self, capture: StoredCapture) -> datetime:
        """Ask again before the copy is too old; soon when it could not be had, or leads to one that is not."""
        wait = self.settings.robots_fresh * 0.9 if _answers(capture) else self.settings.robots_retry
        if capture.redirect_to is not None:
            copy = self.frontier.robots([capture.host]).get(capture.host)
            if copy is None or copy.until <= capture.fetched_at:
                wait = min(wait, self.settings.robots_retry)
        return capture.fetched_at + wait

    def _ends(self, capture: StoredCapture, memory: ListMemory, source: SourceFile) -> bool:
        """End a list that is gone, or has proved that it moved. False when it goes on.

        One that moved to a site of which its source's rules say nothing goes on, and its new address is proposed.
        """
        moved = memory.moved_to if memory.moved_looks >= PROOFS_OF_A_MOVE else None
        if capture.status != _GONE and moved is None:
            return False
        ended = EndedList(
            target_id=capture.target_id,
            source_id=capture.source_id,
            url=capture.url,
            capture_id=capture.capture_id,
            at=capture.fetched_at,
            moved_to=None if capture.status == _GONE else moved,
        )
        if ended.moved_to is not None and not may_move(ended.moved_to, url=capture.url, source=source):
            if self.schedule.propose_move(ended):
                log.warning("list_move_proposed", url=capture.url, moved_to=ended.moved_to)
            return False
        if not self.schedule.end_list(ended):
            return False
        log.warning("list_ended", url=capture.url, reason=ended.reason, moved_to=ended.moved_to)
        return True


def _memory_after(look: Look, before: ListMemory) -> ListMemory:
    """Return what is remembered after a look. One that failed teaches nothing."""
    capture = look.capture
    if capture.reason is not None or capture.status is None or look.unreadable is not None:
        return before
    if before.is_unreadable and capture.revisit_of is not None:
        return before
    if capture.redirect_to is not None:
        return _move_after(capture, before)
    changed = look.new_links > 0
    return ListMemory(unchanged_looks=counted_looks(before.unchanged_looks, changed=changed))


def _move_after(capture: StoredCapture, before: ListMemory) -> ListMemory:
    to = capture.redirect_to
    if to is None or capture.status not in _FOR_GOOD or to == capture.url:
        return ListMemory(unchanged_looks=before.unchanged_looks)
    looks = before.moved_looks + 1 if before.moved_to == to else 1
    proofs = min(looks, PROOFS_OF_A_MOVE)
    return ListMemory(unchanged_looks=before.unchanged_looks, moved_to=to, moved_looks=proofs)


def _interval(capture: StoredCapture, source: SourceFile, memory: ListMemory) -> timedelta:
    """Return the interval of a list: its own in the source file, that of the list it stands for, or the shortest.

    A list that fails waits by its failures, not by its changes.
    """
    every = {canonical_url(rule.url): rule.every for rule in source.lists}
    own = every.get(capture.url) or (every.get(capture.via) if capture.via else None) or min(every.values())
    return own if capture.attempts else list_interval(own, memory.unchanged_looks)


def _answers(capture: StoredCapture) -> bool:
    return capture.status is not None and capture.status < 500 and capture.status != 429
