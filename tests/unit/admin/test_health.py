"""Numbers are judged by the limits of the alerts, and drawn so that nothing is lost or too small to be seen."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.admin.health import Number, Standing, judging
from services.admin.pages.charts import HEIGHT, WIDTH, Column, column_chart, share_of
from shared.bus import BrokerReading, QueueReading
from shared.ledger.observation import SourceStanding
from shared.ledger.recent import LooksOfHour

DEPLOY = Path(__file__).parents[3] / "deploy"
NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
SEVERITY = {"warning": Standing.ATTENTION, "info": Standing.ATTENTION, "critical": Standing.TROUBLE}


def queue(*, oldest: float, unacked: float) -> QueueReading:
    return QueueReading(
        queue="fetcher",
        waiting={"0": 1, "6": 2},
        oldest={"0": 1.0, "6": oldest},
        unacked=1,
        oldest_unacked=unacked,
    )


def source(*, read: datetime | None, drifted: int = 0, out: int = 0) -> SourceStanding:
    return SourceStanding(
        source_id="harbour",
        definition="",
        last_success=read,
        failed_looks=0,
        drifted_fields=drifted,
        hosts_out=out,
    )


def upkeep(job: str, *, hours: int, failed: bool = False, wrong: int | None = None) -> dict[str, object]:
    at = NOW - timedelta(hours=hours)
    good = at if job == "backup" else None
    return {"job": job, "finished_at": at, "failed": failed, "wrong": wrong, "good_at": good}


def everything_wrong() -> Iterator[Number]:
    """Each number in the state that its alert is about."""
    broker = BrokerReading(
        queues=(queue(oldest=301, unacked=601),),
        memory_bytes=1,
        evicted_keys=1,
        is_durable=False,
        pulses={"fetcher": NOW.timestamp() - 121},
    )
    yield judging.part("ledger", "refused")
    yield from judging.of_broker(broker, NOW)
    standing = source(read=NOW - timedelta(hours=2), drifted=1, out=1)
    fresh = judging.freshness(standing, NOW - timedelta(hours=7), timedelta(minutes=30), NOW)
    yield from judging.of_sources([fresh], [standing])
    yield from judging.of_looks([LooksOfHour(hour=NOW, outcomes={"2xx": 80, "5xx": 20})])
    yield from judging.of_sums({"targets": {"waiting": 3}, "accepted": 4, "oldest_due": 30_000.0, "due": 1})
    figures = {"oldest_unread": 901.0, "unread": 1, "oldest_delivery": 3601.0, "deliveries_waiting": 1}
    yield from judging.of_figures(figures | {"deliveries_dead": 0, "oldest_unlogged": 3601.0, "unlogged": 1})
    yield judging.quarantine([{"message": "fetcher.fetch_batch", "messages": 2}])
    runs = [
        upkeep("verify", hours=1, wrong=2),
        upkeep("log", hours=1, failed=True),
        upkeep("backup", hours=50),
    ]
    yield from judging.of_upkeep(runs, NOW)


def test_each_number_beyond_its_limit_stands_as_its_alert_is_severe_and_has_its_runbook() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules" / "alerts.yml").read_text(encoding="utf-8"))
    severity = {
        rule["alert"]: rule["labels"]["severity"] for group in rules["groups"] for rule in group["rules"]
    }

    for one in everything_wrong():
        assert one.standing is SEVERITY[severity[one.runbook]], one
        assert (DEPLOY / "runbooks" / f"{one.runbook}.md").is_file()
        assert one.do


def test_what_is_at_its_limit_is_still_in_order() -> None:
    broker = BrokerReading(
        queues=(queue(oldest=300, unacked=600),),
        memory_bytes=1,
        evicted_keys=0,
        is_durable=True,
        pulses={"fetcher": NOW.timestamp() - 120},
    )
    standing = source(read=NOW - timedelta(minutes=70))
    fresh = judging.freshness(standing, NOW, timedelta(minutes=30), NOW)
    numbers = [*judging.of_broker(broker, NOW), *judging.of_sources([fresh], [standing])]

    assert {one.standing for one in numbers} == {Standing.WELL}
    assert fresh.share == 1.0


def test_a_service_without_a_sign_and_few_looks_are_not_taken_for_well() -> None:
    broker = BrokerReading(
        queues=(queue(oldest=0, unacked=0),), memory_bytes=1, evicted_keys=0, is_durable=True
    )

    assert judging.of_broker(broker, NOW)[0].standing is Standing.TROUBLE
    assert judging.of_looks([LooksOfHour(hour=NOW, outcomes={"5xx": 19})])[0].standing is Standing.UNKNOWN
    assert judging.freshness(source(read=None), None, None, NOW).standing is Standing.UNKNOWN
    fixity, _, backup = judging.of_upkeep([], NOW)
    assert (fixity.standing, backup.standing) == (Standing.UNKNOWN, Standing.ATTENTION)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min"), (3_725, "1 h 2 min"), (200_000, "2 d 7 h")],
)
def test_a_time_is_told_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert judging.duration(seconds) == said


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=60))
def test_every_part_is_drawn_inside_of_the_drawing_and_none_over_another(
    parts: list[tuple[int, int]],
) -> None:
    chart = column_chart("x", "X", ("well", "failed"), [Column(label="then", parts=one) for one in parts])

    assert len(chart.bars) == sum(count > 0 for one in parts for count in one)
    for bar in chart.bars:
        assert bar.height > 0
        assert bar.y >= -0.02
        assert bar.y + bar.height <= HEIGHT + 0.02
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH + 0.02
    for lower in chart.bars:
        for upper in chart.bars:
            if upper.x == lower.x and upper.part > lower.part:
                assert upper.y + upper.height <= lower.y + 0.02
    assert chart.total == sum(map(sum, parts))


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_lying_bar_is_never_wider_than_the_drawing(value: float, whole: float) -> None:
    assert 0 <= share_of(value, whole) <= WIDTH
