"""Every alert is made to fire by what it is about, in an archive at work, and to clear when that is mended.

A real Prometheus judges the committed rules, made quick by `tests.support.shortened_rules`. The short form takes
a few causes; the long form takes all and writes a table of the times (decision 0059).
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.contract.test_alerts import ALERTS
from tests.support.alert_causes import CAUSES, Cause, nothing
from tests.support.archive import NewServers
from tests.support.watched_ground import Watched, watched_ground

NOT_CAUSED: dict[str, str] = {}
"""Alerts that one machine cannot be made to show, each with the reason."""

SHORT = ("the evidence changes", "the broker keeps no log", "the clock is killed")


@dataclass(slots=True)
class Times:
    """When an alert fired after its cause, and cleared after its cure, in seconds."""

    fired: dict[str, float] = field(default_factory=dict)
    cleared: dict[str, float] = field(default_factory=dict)


def test_every_alert_has_a_cause_or_a_reason_why_it_has_none() -> None:
    caused = {alert for cause in CAUSES for alert in cause.alerts}

    assert caused.isdisjoint(NOT_CAUSED)
    assert caused | set(NOT_CAUSED) == {rule["alert"] for rule in ALERTS}
    assert set(SHORT) <= {cause.name for cause in CAUSES}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_alerts_fire_by_their_causes_and_clear(
    new_servers: NewServers, tmp_path: Path, prometheus_programs: Path
) -> None:
    chosen = [cause for cause in CAUSES if cause.name in SHORT]
    with watched_ground(new_servers, tmp_path, prometheus_programs) as watched:
        assert see_all(chosen, watched) == []


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_all_alerts_fire_by_their_causes_and_clear(
    new_servers: NewServers, tmp_path: Path, prometheus_programs: Path
) -> None:
    with watched_ground(new_servers, tmp_path, prometheus_programs) as watched:
        assert see_all(CAUSES, watched) == []


def see_all(causes: Sequence[Cause], watched: Watched) -> list[str]:
    """Bring about each cause in turn and mend it; print the times and return what was not seen."""
    missed: list[str] = []
    for cause in causes:
        times = Times()
        try:
            see(cause, watched, times)
        except AssertionError as error:
            missed.append(f"{cause.name}: {error}")
        for alert in cause.alerts:
            fired, cleared = (part.get(alert, float("nan")) for part in (times.fired, times.cleared))
            print(f"| {alert} | {cause.name} | {fired:.0f} s | {cleared:.0f} s |", flush=True)  # noqa: T201
    return missed


def see(cause: Cause, watched: Watched, times: Times) -> None:
    """Bring about a cause and mend it, and note when its alerts fire and clear.

    It is mended whether they fired or not, so that the next cause finds all well.
    """
    firing, alerts = watched.prometheus.firing, set(cause.alerts)
    cause.ready(watched)
    assert comes_true(lambda: not firing() & alerts, seconds=90), f"fires before: {firing() & alerts}"
    begun = time.monotonic()
    with cause.by(watched) as press:

        def fired() -> bool:
            for alert in firing() & alerts:
                times.fired.setdefault(alert, time.monotonic() - begun)
            return set(times.fired) == alerts

        has_fired = comes_true(fired, press, seconds=cause.seconds)
    mended = time.monotonic()

    def cleared() -> bool:
        for alert in alerts - firing():
            times.cleared.setdefault(alert, time.monotonic() - mended)
        return set(times.cleared) == alerts

    has_cleared = comes_true(cleared, press, seconds=cause.seconds)
    assert has_fired, f"does not fire: {alerts - set(times.fired)}"
    assert has_cleared, f"does not clear: {alerts - set(times.cleared)}"


def comes_true(met: Callable[[], bool], press: Callable[[], object] = nothing, *, seconds: float) -> bool:
    """Wait for something, and press meanwhile; tell whether it came in time."""
    deadline = time.monotonic() + seconds
    while not met():
        if time.monotonic() >= deadline:
            return False
        with suppress(OSError):
            press()
        time.sleep(0.5)
    return True
