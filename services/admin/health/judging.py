"""From what was read to numbers with a standing. The limits are those of the alerts in `deploy/prometheus/rules`.

An alert also waits until its condition has lasted; a page that a person has opened tells it at once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from services.admin.health.report import Freshness, Number, Standing
from shared.bus import BrokerReading
from shared.ledger.database import Row
from shared.ledger.observation import SourceStanding
from shared.ledger.recent import LooksOfHour

__all__ = [
    "duration",
    "freshness",
    "is_well",
    "of_broker",
    "of_figures",
    "of_looks",
    "of_sources",
    "of_sums",
    "of_upkeep",
    "part",
    "quarantine",
    "urgency",
]

WELL, UNKNOWN, ATTENTION, TROUBLE = Standing

_STALE_GRACE = timedelta(minutes=10)
_FEWEST_LOOKS = 20
"""Below so many looks a share of failures says nothing."""


def part(name: str, fault: str) -> Number:
    """Return whether a part answered."""
    return Number(
        part="Parts",
        name=name,
        shown=f"does not answer: {fault}" if fault else "answers",
        value=0.0 if fault else 1.0,
        standing=TROUBLE if fault else WELL,
        do="Start it again, or mend the way to it; work waits meanwhile and nothing is lost.",
        runbook="PressmarkPartDown",
    )


def of_broker(reading: BrokerReading, now: datetime) -> list[Number]:
    """Return the queues, and for each service whether it works."""
    found = []
    for queue in reading.queues:
        at = reading.pulses.get(queue.queue)
        found.append(_last_work(queue.queue, None if at is None else max(0.0, now.timestamp() - at)))
        waiting, oldest = sum(queue.waiting.values()), max(queue.oldest.values(), default=0.0)
        found.append(
            _age(
                ("Queues", f"{queue.queue}: oldest message"),
                oldest,
                limit=300,
                extra=f"{waiting:,} wait",
                do="Start more workers of this service, or see why they hang; the ledger knows the work.",
                runbook="PressmarkQueueOld",
            )
        )
        found.append(
            _age(
                ("Queues", f"{queue.queue}: oldest unconfirmed"),
                queue.oldest_unacked,
                limit=600,
                extra=f"{queue.unacked:,} with workers",
                do="A worker holds it longer than a task may take: see its log, and restart it.",
                runbook="PressmarkQueueOld",
            )
        )
    is_kept = reading.is_durable and not reading.evicted_keys
    lost = f"; {reading.evicted_keys:,} keys thrown away" if reading.evicted_keys else ""
    found.append(
        Number(
            part="Parts",
            name="broker keeps its messages",
            shown=("on disk" if reading.is_durable else "not on disk") + lost,
            value=float(is_kept),
            standing=WELL if is_kept else ATTENTION,
            do="Set 'appendonly yes' and 'maxmemory-policy noeviction', and give it more memory.",
            runbook="PressmarkBrokerForgets",
        )
    )
    return found


def freshness(
    source: SourceStanding, found_at: datetime | None, interval: timedelta | None, now: datetime
) -> Freshness:
    """Return how fresh a source is. It is stale after twice its own interval, and ten minutes."""
    allowed = None if interval is None else 2 * interval + _STALE_GRACE
    read = None if source.last_success is None else now - source.last_success
    standing = WELL
    if read is None or allowed is None:
        standing = UNKNOWN
    elif read > allowed:
        standing = ATTENTION
    return Freshness(
        source_id=source.source_id,
        read_seconds=None if read is None else read.total_seconds(),
        allowed_seconds=None if allowed is None else allowed.total_seconds(),
        found_seconds=None if found_at is None else (now - found_at).total_seconds(),
        failed_looks=source.failed_looks,
        standing=standing,
    )


def urgency(source: Freshness) -> tuple[bool, float, str]:
    """Return what sorts sources, the worst first."""
    return source.standing is not ATTENTION, -source.share, source.source_id


def of_sources(sources: Sequence[Freshness], standing: Iterable[SourceStanding]) -> list[Number]:
    """Return how many sources are stale, what they brought, whose layout changed, whose hosts are out."""
    stale = sum(one.standing is ATTENTION for one in sources)
    found = [one.found_seconds for one in sources if one.found_seconds is not None]
    drifted = out = 0
    for one in standing:
        drifted += bool(one.drifted_fields)
        out += one.hosts_out
    newest = min(found, default=None)
    return [
        _count(
            ("Sources", "stale sources"),
            stale,
            extra=f"of {len(sources):,}",
            do="Open the source: its lists say what they last answered.",
            runbook="PressmarkSourceStale",
        ),
        Number(
            part="Sources",
            name="last new article",
            shown="none yet" if newest is None else f"{duration(newest)} ago",
            value=newest,
            standing=UNKNOWN if newest is None else TROUBLE if newest > 6 * 3600 else WELL,
            do="See first whether looks fail or workers stand still; then whether the lists still show links.",
            runbook="PressmarkNoArticles",
        ),
        _count(
            ("Sources", "sources with changed layout"),
            drifted,
            do="Look at the source's fields, mend its rules, and read its pages again from the evidence.",
            runbook="PressmarkLayoutChanged",
        ),
        _count(
            ("Sources", "hosts in outage"),
            out,
            do="Nothing, if the host itself is down: its articles keep their states until it answers.",
            runbook="PressmarkHostOut",
        ),
    ]


def is_well(outcome: str) -> bool:
    """Return whether a look had an answer that is no fault of ours or the server's, as the alerts count it."""
    return outcome in {"2xx", "3xx", "4xx"}


def of_looks(looks: Sequence[LooksOfHour]) -> list[Number]:
    """Return how many looks failed, lately and for hours. The running hour of the clock is the last one."""
    return [
        _failing("looks that failed, this hour and the last", looks[-2:], 0.144, TROUBLE),
        _failing("looks that failed, seven hours", looks[-7:], 0.06, ATTENTION),
    ]


def of_sums(sums: Row) -> list[Number]:
    """Return whether the books close, and what is overdue."""
    targets, accepted = sum(sums["targets"].values()), int(sums["accepted"])
    return [
        Number(
            part="Work",
            name="accepted addresses in no state",
            shown=f"{abs(accepted - targets):,} of {accepted:,}",
            value=float(abs(accepted - targets)),
            standing=WELL if accepted == targets else TROUBLE,
            do="Must be 0: an address was lost or counted twice. Keep the logs and tell the maintainers.",
            runbook="PressmarkBooksDoNotClose",
        ),
        _age(
            ("Work", "longest overdue look"),
            sums["oldest_due"] or 0.0,
            limit=6 * 3600,
            extra=f"{sums['due']:,} due",
            do="See whether anything is claimed; else more is due than politeness lets us ask for.",
            runbook="PressmarkTargetsOverdue",
        ),
    ]


def of_figures(figures: Row) -> list[Number]:
    """Return what is stored and not yet read, told or logged."""
    return [
        _age(
            ("Work", "oldest unread batch"),
            figures["oldest_unread"] or 0.0,
            limit=900,
            extra=f"{figures['unread']:,} unread",
            do="See whether crawler and normalizer work; the pages are evidence already.",
            runbook="PressmarkUnreadBatches",
        ),
        _age(
            ("Work", "oldest waiting delivery to a webhook"),
            figures["oldest_delivery"] or 0.0,
            limit=3600,
            extra=f"{figures['deliveries_waiting']:,} wait, {figures['deliveries_dead']:,} dead",
            do="Ask the receiver; 'pressmark webhook' shows what it answered.",
            runbook="PressmarkWebhooksStuck",
        ),
        _age(
            ("Evidence", "oldest object under no checkpoint"),
            figures["oldest_unlogged"] or 0.0,
            limit=3600,
            extra=f"{figures['unlogged']:,} unlogged",
            do="See whether upkeep runs and has the key of the log.",
            runbook="PressmarkLogNotSigned",
        ),
    ]


def quarantine(rows: Iterable[Row]) -> Number:
    """Return what is set aside."""
    kinds = Counter[str]()
    for row in rows:
        kinds[row["message"]] += row["messages"]
    return _count(
        ("Work", "messages in quarantine"),
        kinds.total(),
        extra=", ".join(f"{name} {count:,}" for name, count in kinds.most_common(3)),
        do="Read the reason of each; mend it, then retry them, or drop what is of no use.",
        runbook="PressmarkQuarantine",
    )


def of_upkeep(runs: Sequence[Row], now: datetime) -> list[Number]:
    """Return whether the evidence was verified, what upkeep failed at, and the last backup."""
    by_job = {run["job"]: run for run in runs}
    failed = [run["job"] for run in runs if run["failed"]]
    verified = by_job.get("verify")
    wrong = sum(run["wrong"] or 0 for run in runs)
    return [
        Number(
            part="Evidence",
            name="wrong findings of verification",
            shown=f"{wrong:,} (last run {_ago(verified, now)})",
            value=None if verified is None else float(wrong),
            standing=TROUBLE if wrong else UNKNOWN if verified is None else WELL,
            do="Do not compact. 'pressmark verify' names the objects; restore them from a copy.",
            runbook="PressmarkFixityWrong",
        ),
        _count(
            ("Evidence", "jobs of upkeep that failed"),
            len(failed),
            extra=", ".join(failed),
            do="'pressmark status' and the log of upkeep say why; it is tried again by itself.",
            runbook="PressmarkUpkeepFailed",
        ),
        _backup(runs, now),
    ]


def duration(seconds: float) -> str:
    """Return a time as people say it: its two largest units."""
    left = int(max(0.0, seconds))
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count} {unit}")
        if len(parts) == 2:
            break
    return " ".join(one for one in parts if not one.startswith("0 ")) or "0 s"


def _last_work(service: str, silence: float | None) -> Number:
    return Number(
        part="Services",
        name=f"{service}: last work done",
        shown="nothing within an hour" if silence is None else f"{duration(silence)} ago",
        value=silence,
        standing=TROUBLE if silence is None or silence > 120 else WELL,
        do="See its log and restart it; what it held comes back. If all stand still, look at clock and broker.",
        runbook="PressmarkWorkerIdle",
    )


def _failing(name: str, looks: Iterable[LooksOfHour], limit: float, bad: Standing) -> Number:
    outcomes = Counter[str]()
    for one in looks:
        outcomes.update(one.outcomes)
    failed = Counter({name: count for name, count in outcomes.items() if not is_well(name)})
    share = failed.total() / outcomes.total() if outcomes else None
    is_telling = outcomes.total() >= _FEWEST_LOOKS
    worst = "".join(f", {name} {count:,}" for name, count in failed.most_common(3))
    return Number(
        part="Work",
        name=name,
        shown="no looks" if share is None else f"{share:.1%} of {outcomes.total():,}{worst}",
        value=share,
        standing=UNKNOWN if not is_telling or share is None else bad if share > limit else WELL,
        do="See which source and which outcome; one host that is down needs nothing.",
        runbook="PressmarkFetchErrorsFast" if bad is TROUBLE else "PressmarkFetchErrorsSlow",
    )


def _age(of: tuple[str, str], seconds: float, *, limit: float, extra: str, do: str, runbook: str) -> Number:
    return Number(
        part=of[0],
        name=of[1],
        shown=f"{duration(seconds)} ({extra})",
        value=float(seconds),
        standing=ATTENTION if seconds > limit else WELL,
        do=do,
        runbook=runbook,
    )


def _count(of: tuple[str, str], count: int, *, do: str, runbook: str, extra: str = "") -> Number:
    return Number(
        part=of[0],
        name=of[1],
        shown=f"{count:,} ({extra})" if extra else f"{count:,}",
        value=float(count),
        standing=ATTENTION if count else WELL,
        do=do,
        runbook=runbook,
    )


def _backup(runs: Iterable[Row], now: datetime) -> Number:
    good = max((run["good_at"] for run in runs if run["good_at"] is not None), default=None)
    age = None if good is None else (now - good).total_seconds()
    return Number(
        part="Evidence",
        name="last whole backup",
        shown="none that the ledger knows of" if age is None else f"{duration(age)} ago",
        value=age,
        standing=WELL if age is not None and age <= 2 * 86_400 else ATTENTION,
        do="Make one with 'pressmark backup': what came since the last is lost with the machine's disks.",
        runbook="PressmarkBackupOld",
    )


def _ago(run: Row | None, now: datetime) -> str:
    if run is None or run["finished_at"] is None:
        return "never"
    return f"{duration((now - run['finished_at']).total_seconds())} ago"
