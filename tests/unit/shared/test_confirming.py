"""A delivery gives its place back when it ends, whatever becomes of the connection."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from shared.bus.confirming import _Deliveries

Talk = Callable[[_Deliveries], None]


class Line:
    """A channel to a broker that breaks at its first `breaks` requests, and notes what it was told."""

    unacked_key, unacked_index_key = "unacked", "unacked_index"
    connection_errors = (ConnectionError,)
    do_restore = False

    def __init__(self, *, breaks: int = 0, closed: bool = False) -> None:
        self.closed = closed
        self.told: list[tuple[str, str, str]] = []
        self._breaks = breaks
        self._said: list[tuple[str, str, str]] = []

    @contextmanager
    def conn_or_acquire(self, client: object = None) -> Iterator["Line"]:
        assert not self.closed, "a closed channel has no connections to give"
        yield self

    def pipeline(self) -> "Line":
        self._said = []
        return self

    def zrem(self, key: str, tag: str) -> "Line":
        self._said.append(("zrem", key, tag))
        return self

    def hdel(self, key: str, tag: str) -> "Line":
        self._said.append(("hdel", key, tag))
        return self

    def execute(self) -> None:
        if self._breaks:
            self._breaks -= 1
            raise ConnectionError("cut")
        self.told += self._said


TOLD = [("zrem", "unacked_index", "one"), ("hdel", "unacked", "one")]


def deliveries_of(line: Line) -> _Deliveries:
    """One delivery, on a channel that may hold one."""
    deliveries = _Deliveries(line, prefetch_count=1)
    deliveries._delivered["one"] = object()
    assert not deliveries.can_consume()
    return deliveries


@pytest.fixture(params=["ack", "reject"])
def end(request: pytest.FixtureRequest) -> Talk:
    name: str = request.param
    return lambda deliveries: getattr(deliveries, name)("one")


@pytest.mark.parametrize("breaks", [0, 1])
def test_a_connection_that_breaks_once_is_no_hindrance(end: Talk, breaks: int) -> None:
    deliveries = deliveries_of(line := Line(breaks=breaks))

    end(deliveries)

    assert line.told == TOLD
    assert deliveries.can_consume()


def test_a_delivery_that_cannot_be_confirmed_gives_its_place_back(end: Talk) -> None:
    deliveries = deliveries_of(line := Line(breaks=9))

    with pytest.raises(ConnectionError):
        end(deliveries)

    assert line.told == []
    assert deliveries.can_consume()


def test_work_from_before_the_worker_connected_again_ends_without_a_word(end: Talk) -> None:
    deliveries = deliveries_of(line := Line(closed=True))

    end(deliveries)

    assert line.told == []
