"""The whole life of one URL, as the ledger has it: where it was found, what was decided, asked, read and told."""

from typing import Any

from shared.errors import NotFoundError
from shared.ledger.database import Database, Row, Transaction
from shared.urls import BadUrlError, canonical_url, url_key

__all__ = ["Tracing"]

_MOST_HOPS = 20
_MOST_LOOKS = 200


class Tracing:
    """Reads what is known of a URL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def trace(self, url: str) -> dict[str, Any]:
        """Return what is known of a URL, and `steps`: all of it in the order of time.

        Raises:
            BadUrlError: it is no URL that could be asked for.
            NotFoundError: the URL was never accepted.
            TryAgainError: the ledger does not answer.
        """
        with self._database.transaction() as transaction:
            target = transaction.row(_TARGET, {"key": url_key(canonical_url(url)).hex()})
            if target is None:
                raise NotFoundError(
                    f"{url} was never accepted: no list named it and nobody ordered it; "
                    f"'pressmark archive {url}' archives it"
                )
            found = _found(transaction, target)
        steps = _steps(found)
        return {**found, "steps": steps}


def _found(transaction: Transaction, target: Row) -> dict[str, Any]:
    arguments = {"target": target["target_id"], "limit": _MOST_LOOKS}
    captures = transaction.rows(_CAPTURES, arguments)
    batches = {"batches": sorted({row["batch_id"] for row in captures})}
    return {
        "url": target["url"],
        "source": target["source"],
        "kind": target["kind"],
        "state": target["state"],
        "reason": target["reason"],
        "accepted_at": target["accepted_at"],
        "next_look": target["due_at"],
        "retries": {"failed_looks": target["attempts"], "lost_leases": target["lost_leases"]},
        "discovered_from": _hops(transaction, target["via"]),
        "robots": _robots(target),
        "captures": captures,
        "revisions": transaction.rows(_REVISIONS, arguments),
        "events": transaction.rows(_EVENTS, arguments),
        "quarantined": transaction.rows(_QUARANTINED, batches),
        "paused": transaction.rows(_PAUSED, {"source": target["source"], "host": target["host"]}),
    }


def _hops(transaction: Transaction, via: str | None) -> list[Row]:
    """Return the pages that led here, the nearest first, as far as their own origin is known."""
    hops: list[Row] = []
    seen: set[str] = set()
    while via is not None and via not in seen and len(hops) < _MOST_HOPS:
        seen.add(via)
        row = transaction.row(_HOP, {"key": _key(via)})
        if row is None:
            hops.append({"url": via, "kind": None, "accepted_at": None})
            break
        via = row.pop("via")
        hops.append(row)
    return hops


def _key(url: str) -> str | None:
    """Return the key of a referrer; None for one that is no URL in canonical form."""
    try:
        return url_key(canonical_url(url)).hex()
    except BadUrlError:
        return None


def _robots(target: Row) -> dict[str, Any]:
    """Return what robots.txt means for the URL, as it was decided when it was last to be asked."""
    if not target["obeys_robots"]:
        verdict = "ignored"
    elif target["state"] == "excluded" and target["reason"] == "robots":
        verdict = "disallowed"
    elif target["kind"] == "robots" or target["looked_at"] is not None:
        verdict = "allowed"
    else:
        verdict = "not decided yet"
    return {
        "verdict": verdict,
        "why": target["robots_reason"] or None,
        "answer": target["robots_status"],
        "copy_until": target["robots_until"],
    }


def _steps(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return everything that has a time, in its order."""
    steps = [
        {"at": hop["accepted_at"], "what": "referrer_accepted", "detail": hop["url"]}
        for hop in found["discovered_from"]
        if hop["accepted_at"] is not None
    ]
    via = (
        found["discovered_from"][0]["url"] if found["discovered_from"] else "the operator or the source file"
    )
    steps.append({"at": found["accepted_at"], "what": "accepted", "detail": f"from {via}"})
    for capture in found["captures"]:
        steps += _steps_of_look(capture)
    for revision in found["revisions"]:
        detail = f"article {revision['article']}, revision {revision['number']}: {revision['title']}"
        steps.append({"at": revision["seen_at"], "what": "revision", "detail": detail})
    for event in found["events"]:
        steps.append({"at": event["at"], "what": event["kind"], "detail": f"event {event['id']}"})
    for message in found["quarantined"]:
        detail = f"{message['message']}: {message['reason']}"
        steps.append({"at": message["at"], "what": "quarantined", "detail": detail})
    return sorted(steps, key=lambda step: step["at"])


def _steps_of_look(capture: Row) -> list[dict[str, Any]]:
    trace = {"batch": capture["batch_id"], "trace": capture["trace_id"]}
    answer = capture["reason"] if capture["status"] is None else f"status {capture['status']}"
    moved = f", to {capture['redirect_to']}" if capture["redirect_to"] else ""
    steps = [
        {"at": capture["batched_at"], "what": "batched", "detail": f"batch {capture['batch_id']}", **trace},
        {"at": capture["fetched_at"], "what": "fetched", "detail": f"{answer}{moved}", **trace},
    ]
    if capture["stored_at"] is not None:
        place = f"{capture['warc_key']} at {capture['warc_offset']}"
        steps.append({"at": capture["stored_at"], "what": "stored", "detail": place, **trace})
    if capture["links_done_at"] is not None:
        steps.append({"at": capture["links_done_at"], "what": "links_taken", "detail": "", **trace})
    if capture["articles_done_at"] is not None:
        outcome = capture["article_outcome"] or "not an article page"
        steps.append({"at": capture["articles_done_at"], "what": "read", "detail": outcome, **trace})
    return steps


_TARGET = """
select target_id, targets.url, source_id as source, kind, state, reason, accepted_at, due_at, looked_at, attempts,
       lost_leases, hosts.host, referrers.url as via, obeys_robots, robots_reason, robots_status,
       nullif(robots_until, '-infinity') as robots_until
from targets join hosts using (host_id) join sources using (source_id) left join referrers using (referrer_id)
where url_key = %(key)s::uuid
"""

_HOP = """
select targets.url, targets.kind, targets.accepted_at, targets.source_id as source, beyond.url as via
from targets left join referrers as beyond using (referrer_id)
where url_key = %(key)s::uuid
"""

_CAPTURES = """
select capture_id, captures.batch_id, trace_id, created_at as batched_at, fetched_at, status, reason, redirect_to,
       payload_digest, record_id, captures.warc_key, warc_offset, warc_length, revisit_of, truncated, ip,
       seconds::float8 as seconds, stored_at, links_done_at, articles_done_at, links_tries, articles_tries,
       article_tries, article_outcome
from captures join batches using (batch_id)
where target_id = %(target)s order by fetched_at desc limit %(limit)s
"""

_REVISIONS = """
select revisions.revision_id as id, revisions.article_id as article, number, revisions.capture_id,
       revisions.seen_at,
       revisions.title, edits.classes, edits.silent
from revisions join captures using (capture_id) left join edits on edits.to_revision = revisions.revision_id
where captures.target_id = %(target)s order by revisions.seen_at desc limit %(limit)s
"""

_EVENTS = """
select event_id as id, at, kind, article_id as article, capture_id, data from events
where capture_id in (select capture_id from captures where target_id = %(target)s)
   or article_id in (select article_id from article_urls where target_id = %(target)s)
order by event_id desc limit %(limit)s
"""

_QUARANTINED = """
select quarantine_id as id, message, reason, attempts, trace_id, quarantined_at as at from quarantine
where body->>'batch_id' = any(%(batches)s) order by quarantine_id
"""

_PAUSED = """
select scope, subject, reason, until from pauses_in_force
where scope = 'everything' or scope = 'source' and subject = %(source)s or scope = 'host' and subject = %(host)s
"""
