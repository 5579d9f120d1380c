"""The frontier: which URLs were accepted, which are due, and who may be asked now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from shared.errors import NotFoundError
from shared.ledger import frontier_sql as sql
from shared.ledger.database import Database, Row, Transaction

__all__ = [
    "Candidate",
    "Claim",
    "ClaimLimits",
    "ClaimedTarget",
    "Frontier",
    "RobotsCopy",
    "TargetKind",
    "add_candidates",
]


class TargetKind(StrEnum):
    """What a target is looked at for."""

    ARTICLE = "article"
    LISTING = "listing"
    FEED = "feed"
    SITEMAP = "sitemap"
    ROBOTS = "robots"
    PROBE = "probe"
    """An address that never was, for what its host shows in place of a page."""
    REQUISITE = "requisite"
    """A picture or a style sheet, for the replay of the pages that show it."""


LIST_KINDS = (TargetKind.LISTING, TargetKind.FEED, TargetKind.SITEMAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A URL that is offered to the frontier. Its `url_key` decides whether it is new."""

    url: str
    url_key: bytes
    host: str
    kind: TargetKind
    via: str | None = None
    hops: int = 0
    title: str | None = None
    date: str | None = None
    excluded: str | None = None
    """A reason to accept it as excluded: it is counted and shown, and never asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLimits:
    """How much one claim may take. A batch may be made of several, so that none locks much for long."""

    max_hosts: int = 40
    max_targets: int = 200
    """Most targets of few hosts."""
    host_targets: int = 5
    """What each host may have however many there are; so a claim of many takes more."""
    host_time: timedelta = timedelta(seconds=20)
    """Longest time that the delays of one host may add up to within a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedTarget:
    """A target under lease, with what robots.txt must be asked about it."""

    target_id: int
    url: str
    host: str
    kind: TargetKind
    obeys_robots: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A batch that was made of due targets."""

    batch_id: str
    trace_id: str
    targets: tuple[ClaimedTarget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsCopy:
    """What a host answered for its robots.txt, as long as it may be used (RFC 9309 §2.4)."""

    status: int | None
    """None: it could not be had, and nothing may be asked (RFC 9309 §2.3.1.4)."""
    body: bytes
    until: datetime
    delay: timedelta = timedelta(0)
    """The crawl delay that it asks for."""


class Frontier:
    """Accepts, claims, plans and excludes targets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accept(
        self,
        source_id: str,
        candidates: Sequence[Candidate],
        *,
        delay: timedelta,
        concurrency: int,
        via: str | None = None,
    ) -> int:
        """Add the candidates that are new, due at once, and return how many that were.

        A host keeps the longest delay and the least concurrency that any of its sources asks for.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        if not candidates:
            return 0
        with self._database.transaction() as transaction:
            return add_candidates(
                transaction, source_id, candidates, delay=delay, concurrency=concurrency, via=via
            )

    def claim(self, *, limits: ClaimLimits, trace_id: str, lost_leases: int = 0) -> Claim | None:
        """Lease due targets of hosts that may be asked now, under a new batch.

        Targets that went down with a worker before (`lost_leases`) are claimed apart from the others and
        in ever smaller batches, so that one that kills workers ends up alone.

        Returns:
            The claim, or None when nothing is due.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        arguments = _limiting(limits) | {"batch": str(uuid4()), "trace": trace_id, "lost_leases": lost_leases}
        if lost_leases:
            arguments["max_targets"] = (limits.max_targets, 10, 1)[min(lost_leases, 2)]
        with self._database.transaction() as transaction:
            rows = (
                transaction.rows(sql.CLAIM_SUSPECTS, arguments)
                if lost_leases
                else _claim(transaction, arguments)
            )
            if not rows:
                return None
            transaction.run(sql.HOLD_HOSTS, {**arguments, "hosts": sorted({row["host"] for row in rows})})
            transaction.run(sql.OPEN_BATCH, {**arguments, "targets": len(rows)})
        return Claim(batch_id=str(arguments["batch"]), trace_id=trace_id, targets=_claimed(rows))

    def widen(self, claim: Claim, *, limits: ClaimLimits) -> Claim:
        """Lease due targets of other hosts too, under a batch that no fetcher has taken.

        Returns:
            What the batch holds now: as much as before when nothing more is due.

        Raises:
            TryAgainError: the ledger does not answer.
        """
        arguments = _limiting(limits) | {"batch": claim.batch_id}
        with self._database.transaction() as transaction:
            if transaction.row(sql.LOCK_UNTAKEN_BATCH, arguments) is None:
                return claim
            rows = _claim(transaction, arguments)
            if not rows:
                return claim
            transaction.run(sql.HOLD_HOSTS, {**arguments, "hosts": sorted({row["host"] for row in rows})})
            transaction.run(sql.WIDEN_BATCH, {**arguments, "targets": len(rows)})
        return replace(claim, targets=(*claim.targets, *_claimed(rows)))

    def dissolve_narrow(self, hosts: int) -> list[str]:
        """Give back the batches of fewer hosts than this that no fetcher has taken, and return their ids.

        Their bells come to nothing. Targets that went down with a worker stay apart.
        """
        with self._database.transaction() as transaction:
            dissolved = [row["batch_id"] for row in transaction.rows(sql.DISSOLVE_NARROW, {"hosts": hosts})]
            if dissolved:
                arguments = {"batches": dissolved}
                transaction.run(sql.LOCK_DISSOLVED_HOSTS, arguments)
                transaction.run(sql.RETURN_DISSOLVED, arguments)
                transaction.run(sql.FREE_DISSOLVED_HOSTS, arguments)
        return dissolved

    def exclude_claimed(self, batch_id: str, target_ids: Sequence[int], reason: str) -> None:
        """Take targets out of a batch again and exclude them. Hosts that have none left there are free."""
        arguments = {"batch": batch_id, "ids": list(target_ids), "reason": reason}
        with self._database.transaction() as transaction:
            transaction.run(sql.EXCLUDE_CLAIMED, arguments)
            transaction.run(sql.FREE_IDLE_HOSTS, arguments)
            transaction.run(sql.CLOSE_IF_EMPTY, arguments)

    def plan_looks(self, plans: Sequence[tuple[int, datetime | None]]) -> None:
        """Set when each target is looked at next. A target that someone holds now is left alone."""
        arguments = {"ids": [plan[0] for plan in plans], "dues": [plan[1] for plan in plans]}
        with self._database.transaction() as transaction:
            transaction.run(sql.PLAN, arguments)
            transaction.run(sql.LOCK_HOSTS_OF_TARGETS, arguments)
            transaction.run(sql.WAKE_HOSTS_OF_TARGETS, arguments)

    def make_due(self, source_id: str, kinds: Sequence[TargetKind]) -> int:
        """Make all targets of these kinds due now, excluded ones aside, and return how many there are.

        A robots.txt that could not be had is asked for again too: everything else of its host waits for it.
        """
        arguments = {"source": source_id, "kinds": [str(kind) for kind in kinds]}
        with self._database.transaction() as transaction:
            transaction.run(sql.ASK_FOR_ROBOTS, arguments)
            due = transaction.run(sql.MAKE_DUE, arguments)
            wake_hosts(transaction, source_id)
        return due

    def make_url_due(self, url_key: bytes) -> bool:
        """Make one target due now, as `make_due` does. False when the URL is unknown or excluded."""
        with self._database.transaction() as transaction:
            transaction.run(sql.ASK_FOR_ROBOTS_OF_URL, {"key": url_key.hex()})
            is_due = transaction.run(sql.MAKE_URL_DUE, {"key": url_key.hex()}) > 0
            transaction.run(sql.WAKE_HOST_OF_URL, {"key": url_key.hex()})
        return is_due

    def source_of(self, url_key: bytes) -> str:
        """Return the source that an accepted URL belongs to.

        Raises:
            NotFoundError: the URL was never accepted.
        """
        with self._database.transaction() as transaction:
            row = transaction.row(sql.SOURCE_OF, {"key": url_key.hex()})
        if row is None:
            raise NotFoundError("this URL was never accepted")
        return str(row["source_id"])

    def robots(self, hosts: Sequence[str]) -> dict[str, RobotsCopy]:
        """Return the copies of robots.txt that are known for these hosts."""
        with self._database.transaction() as transaction:
            rows = transaction.rows(sql.ROBOTS, {"hosts": list(hosts)})
        return {
            row["host"]: RobotsCopy(
                status=int(row["robots_status"]) if row["robots_status"].isdigit() else None,
                body=bytes(row["robots_body"] or b""),
                until=row["robots_until"],
                delay=row["robots_delay"],
            )
            for row in rows
        }

    def keep_robots(self, host: str, copy: RobotsCopy) -> None:
        """Keep a host's robots.txt, and let what it had excluded be judged again when it changed."""
        status = "unavailable" if copy.status is None else str(copy.status)
        arguments = {"host": host, "status": status, "body": copy.body, "until": copy.until}
        arguments["delay"] = copy.delay
        with self._database.transaction() as transaction:
            before = transaction.row(
                "select robots_body from hosts where host = %(host)s for update", arguments
            )
            transaction.run(sql.KEEP_ROBOTS, arguments)
            if before is not None and bytes(before["robots_body"] or b"") != copy.body:
                transaction.run(sql.JUDGE_AGAIN, arguments)


def add_candidates(
    transaction: Transaction,
    source_id: str,
    candidates: Sequence[Candidate],
    *,
    delay: timedelta,
    concurrency: int,
    via: str | None,
) -> int:
    """Add the candidates that are new within a transaction, as `Frontier.accept` does."""
    hosts = sorted({candidate.host for candidate in candidates})
    politeness = {"hosts": hosts, "delay": delay, "concurrency": concurrency, "source": source_id}
    transaction.run(sql.ADD_HOSTS, politeness)
    host_ids = {row["host"]: row["host_id"] for row in transaction.rows(sql.LOCK_HOSTS, politeness)}
    columns = _columns(candidates, host_ids, _referrers(transaction, candidates))
    accepted = transaction.run(sql.ADD_TARGETS, {"source": source_id, **columns})
    if accepted:
        transaction.run(sql.WAKE_ACCEPTING, {"ids": list(host_ids.values())})
        transaction.run(sql.COUNT_ACCEPTED, {"source": source_id, "via": via, "accepted": accepted})
    return accepted


def lock_held_hosts(transaction: Transaction, batch_id: str) -> None:
    """Lock a batch's hosts, in the order in which every writer does."""
    transaction.run(sql.LOCK_HELD_HOSTS, {"batch": batch_id})


def free_hosts(transaction: Transaction, batch_id: str) -> None:
    """Let a batch's hosts be asked by others, each after its delay and what it is kept waiting on top."""
    lock_held_hosts(transaction, batch_id)
    transaction.run(sql.FREE_HOSTS, {"batch": batch_id})


def keep_rest(transaction: Transaction, batch_id: str) -> bool:
    """Free the hosts of which a batch holds nothing any more. False when it holds nothing at all: it is closed."""
    lock_held_hosts(transaction, batch_id)
    transaction.run(sql.FREE_IDLE_HOSTS, {"batch": batch_id})
    return not transaction.run(sql.CLOSE_IF_EMPTY, {"batch": batch_id})


def free_asked_hosts(transaction: Transaction, batch_id: str, hosts: Mapping[str, timedelta]) -> None:
    """Let hosts of a running batch be asked by others: their last request left so long ago, or longer."""
    arguments = {"batch": batch_id, "hosts": list(hosts), "agos": list(hosts.values())}
    transaction.run(sql.LOCK_ASKED_HOSTS, arguments)
    transaction.run(sql.FREE_ASKED_HOSTS, arguments)


def wake_hosts(transaction: Transaction, source_id: str) -> None:
    """Let the next claims look at all hosts of a source: its targets, or their rules, have changed."""
    transaction.run(sql.LOCK_HOSTS_OF_SOURCE, {"source": source_id})
    transaction.run(sql.WAKE_HOSTS_OF_SOURCE, {"source": source_id})


def _limiting(limits: ClaimLimits) -> dict[str, object]:
    return {
        "max_hosts": limits.max_hosts,
        "max_targets": limits.max_targets,
        "host_targets": limits.host_targets,
        "host_time": limits.host_time,
    }


def _claimed(rows: Sequence[Row]) -> tuple[ClaimedTarget, ...]:
    return tuple(ClaimedTarget(**row | {"kind": TargetKind(row["kind"])}) for row in rows)


def _claim(transaction: Transaction, arguments: Mapping[str, object]) -> list[Row]:
    """Claim from the hosts that are ready. Those with nothing to claim are put off and the next looked at."""
    transaction.run(sql.IN_ORDER_OF_INDEX)
    while True:
        rows = transaction.rows(sql.CLAIM, arguments)
        claimed = [row for row in rows if row["target_id"] is not None]
        put_off = sum(row.pop("put_off") or 0 for row in rows)
        if claimed or not put_off:
            return claimed


def _referrers(transaction: Transaction, candidates: Sequence[Candidate]) -> dict[str | None, int]:
    """Return the number of each address that candidates were found on."""
    urls = sorted({candidate.via for candidate in candidates if candidate.via is not None})
    if not urls:
        return {}
    transaction.run(sql.ADD_REFERRERS, {"via_urls": urls})
    return {row["url"]: row["referrer_id"] for row in transaction.rows(sql.REFERRERS, {"via_urls": urls})}


def _columns(
    candidates: Sequence[Candidate], host_ids: Mapping[str, int], referrers: Mapping[str | None, int]
) -> dict[str, list[object]]:
    return {
        "keys": [candidate.url_key.hex() for candidate in candidates],
        "urls": [candidate.url for candidate in candidates],
        "host_ids": [host_ids[candidate.host] for candidate in candidates],
        "kinds": [str(candidate.kind) for candidate in candidates],
        "vias": [referrers.get(candidate.via) for candidate in candidates],
        "hops": [candidate.hops for candidate in candidates],
        "titles": [_without_nul(candidate.title) for candidate in candidates],
        "dates": [_without_nul(candidate.date) for candidate in candidates],
        "reasons": [candidate.excluded for candidate in candidates],
    }


def _without_nul(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "")[:1000]
