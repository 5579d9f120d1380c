"""Values that are made once in a while."""

from collections.abc import Callable

import pytest

from services.reader.remembered import Remembered
from shared.errors import TryAgainError


class Maker:
    """Counts what it makes, and fails when told to."""

    def __init__(self) -> None:
        self.made = 0
        self.fails = False
        self.now = 0.0
        self.started: list[Callable[[], None]] = []

    def make(self) -> int:
        if self.fails:
            raise TryAgainError("not now")
        self.made += 1
        return self.made

    def remembered(self) -> Remembered[int]:
        return Remembered(self.make, seconds=30, monotonic=lambda: self.now, start=self.started.append)


def test_a_value_is_made_once_while_it_is_fresh() -> None:
    maker = Maker()
    remembered = maker.remembered()

    assert [remembered.get(), remembered.get()] == [1, 1]
    maker.now = 29
    assert remembered.get() == 1
    assert maker.started == []


def test_readers_get_the_old_value_while_one_new_one_is_made() -> None:
    maker = Maker()
    remembered = maker.remembered()
    remembered.get()
    maker.now = 31

    assert [remembered.get(), remembered.get()] == [1, 1]
    [renew] = maker.started
    renew()
    assert remembered.get() == 2


def test_a_value_that_cannot_be_made_again_stays_and_is_tried_again() -> None:
    maker = Maker()
    remembered = maker.remembered()
    remembered.get()
    maker.now, maker.fails = 31, True
    remembered.get()
    maker.started.pop()()

    assert remembered.get() == 1
    maker.fails = False
    maker.started.pop()()
    assert remembered.get() == 2


def test_the_first_value_has_to_be_had() -> None:
    maker = Maker()
    maker.fails = True

    with pytest.raises(TryAgainError):
        maker.remembered().get()
