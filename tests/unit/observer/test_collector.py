"""The observer shows what it read last, and never an old figure as a new one."""

from prometheus_client import CollectorRegistry, generate_latest

from services.observer.app import ObservedCollector
from services.observer.readings import Sample
from shared import observed_metrics as metrics
from shared.observed_metrics import OBSERVED


class Readings:
    def __init__(self) -> None:
        self.reads = 0
        self.samples = [Sample(metric=metrics.TARGETS, labels=("waiting",), value=7)]

    def __call__(self) -> list[Sample]:
        self.reads += 1
        return self.samples


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(collector: ObservedCollector) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return generate_latest(registry).decode()


def test_every_metric_has_its_meaning_with_or_without_a_value() -> None:
    text = shown(ObservedCollector(Readings(), seconds=10, monotonic=Clock()))

    for metric in OBSERVED:
        assert f"# HELP {metric.name} {metric.documentation}" in text
    assert 'pressmark_targets{state="waiting"} 7.0' in text


def test_two_scrapes_in_one_interval_are_one_reading() -> None:
    readings, clock = Readings(), Clock()
    collector = ObservedCollector(readings, seconds=10, monotonic=clock)
    list(collector.collect())
    clock.now += 9
    list(collector.collect())

    assert readings.reads == 1


def test_a_figure_that_can_no_longer_be_read_is_not_shown() -> None:
    readings, clock = Readings(), Clock()
    collector = ObservedCollector(readings, seconds=10, monotonic=clock)
    assert "pressmark_targets{" in shown(collector)
    readings.samples = []
    clock.now += 11

    assert "pressmark_targets{" not in shown(collector)
