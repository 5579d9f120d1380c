"""Settings as they stand in the environment."""

from datetime import timedelta

import pytest

from shared.errors import SettingsError
from shared.settings import PressmarkSettings, load


class Harbour(PressmarkSettings):
    wait: timedelta = timedelta(seconds=30)
    ships: int = 3


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("5", timedelta(seconds=5)),
        ("0.25", timedelta(seconds=0.25)),
        ("PT5M", timedelta(minutes=5)),
        ("00:01:30", timedelta(seconds=90)),
    ],
)
def test_a_time_is_seconds_or_iso_8601(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: timedelta
) -> None:
    monkeypatch.setenv("PRESSMARK_WAIT", written)

    assert load(Harbour).wait == meant


@pytest.mark.parametrize("written", ["soon", "5 minutes or so", "٥", ""])
def test_what_is_no_time_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("PRESSMARK_WAIT", written)

    with pytest.raises(SettingsError, match="PRESSMARK_WAIT"):
        load(Harbour)


def test_a_number_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESSMARK_SHIPS", "5")

    assert load(Harbour).ships == 5
