"""What the archive does by itself: it signs its log, seals small objects, verifies what is stored."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.admin.compaction import Compaction, NotSealed
from services.admin.log_append import Appender
from services.admin.verification import Verification
from shared.errors import PressmarkError
from shared.ledger.upkeep import UpkeepJournal
from shared.ledger.webhooks import Webhooks

__all__ = ["Job", "append_to_log", "compact", "prune_deliveries", "run_due", "verify_next"]

log = structlog.get_logger(__name__)

_COMPACT_AGE = timedelta(hours=1)
_COMPACT_GRACE = timedelta(days=1)
_PRUNED_AT_ONCE = 5000
_MOST_TOLD = 20
"""Findings that are kept of one run; `pressmark verify` tells all."""

Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something that is done again and again."""

    name: str
    every: timedelta
    do: Callable[[Outcome], Outcome]
    """Takes the outcome of the last run and returns that of this one."""
    takes_hours: bool = False
    """Whether the others must not wait for it."""


def run_due(jobs: Sequence[Job], journal: UpkeepJournal) -> Iterator[str]:
    """Do what is due, and yield the name of each job that was done, or failed until it is due again."""
    for job in jobs:
        with journal.turn(job.name, every=job.every) as is_ours:
            if not is_ours:
                continue
            last = {run.job: run.outcome for run in journal.last_runs()}
            try:
                outcome = job.do(last.get(job.name, {}))
            except PressmarkError as error:
                outcome = last.get(job.name, {}) | {"error": str(error)}
                log.exception("upkeep_failed", job=job.name, error=str(error))
            else:
                log.info("upkeep_done", job=job.name, outcome=outcome)
            journal.end(job.name, outcome)
        yield job.name


def append_to_log(appender: Appender) -> Outcome:
    """Log what was stored since, and sign."""
    done = appender.append()
    return {
        "size": done.size,
        "records": done.records,
        "unlogged": [{"key": one.key, "reason": one.reason} for one in done.unlogged[:_MOST_TOLD]],
    }


def compact(compaction: Compaction, *, size: int) -> Outcome:
    """Seal small objects, and remove those that were sealed a day ago."""
    sealed = list(compaction.seal(size=size, age=_COMPACT_AGE))
    removed = list(compaction.remove_superseded(grace=_COMPACT_GRACE))
    kept = [one for one in (*sealed, *removed) if isinstance(one, NotSealed)]
    return {
        "sealed": sum(not isinstance(one, NotSealed) for one in sealed),
        "removed": sum(not isinstance(one, NotSealed) for one in removed),
        "kept": [{"key": one.part_key, "reason": one.reason} for one in kept[:_MOST_TOLD]],
    }


def prune_deliveries(webhooks: Webhooks, *, before: datetime) -> Outcome:
    """Delete what webhooks were told before a time from the log of deliveries, a part at a time."""
    deleted = 0
    while part := webhooks.prune(before=before, limit=_PRUNED_AT_ONCE):
        deleted += part
    return {"deleted": deleted}


def verify_next(verification: Verification, last: Outcome, *, most_bytes: int) -> Outcome:
    """Verify the objects after those of the last run, for so many bytes; begin anew behind the last object."""
    after = str(last.get("after") or "")
    stored = verification.index.keys()
    keys = [key for key in stored if key > after]
    found: list[dict[str, object]] = []
    wrong, reached = 0, after
    for key in keys:
        for finding in verification.findings_of(key):
            wrong += finding.is_wrong
            found += [finding.as_json()][: max(0, _MOST_TOLD - len(found))]
        reached = key
        if verification.verified.bytes >= most_bytes:
            break
    is_end = not keys or reached == keys[-1]
    in_round = wrong + (int(last.get("wrong_in_round", 0)) if after else 0)
    return {
        "after": "" if is_end else reached,
        "objects": verification.verified.objects,
        "bytes": verification.verified.bytes,
        "wrong": wrong,
        "wrong_in_round": in_round,
        "findings": found,
    }
