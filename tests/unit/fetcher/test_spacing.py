"""The order and the distance in which hosts are asked."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.fetcher.outcomes import FetchTarget
from services.fetcher.spacing import HostQueues
from tests.support.fetching import target


def queue_of(*targets: FetchTarget) -> HostQueues:
    return HostQueues(targets, now=100.0)


def spaced(url: str, *, seconds: float, concurrency: int = 1) -> FetchTarget:
    return target(url, delay=timedelta(seconds=seconds), concurrency=concurrency)


def test_the_second_request_to_a_host_waits_from_when_the_first_one_left() -> None:
    first, second = (
        spaced("http://a.example/1", seconds=5, concurrency=2),
        spaced("http://a.example/2", seconds=5),
    )
    queues = queue_of(first, second)

    begun = queues.begin_next(100.0)
    assert begun is first
    assert queues.begin_next(104.0) is None
    queues.request_sent(first, 103.0)
    queues.ended(first, sent=True)

    assert queues.next_due() == 108.0
    assert queues.begin_next(107.9) is None
    assert queues.begin_next(108.0) is second


def test_a_host_has_no_more_connections_than_it_allows() -> None:
    targets = [target(f"http://a.example/{number}", concurrency=2) for number in range(3)]
    queues = queue_of(*targets)

    assert queues.begin_next(100.0) is targets[0]
    assert queues.begin_next(100.0) is targets[1]
    assert queues.begin_next(100.0) is None
    queues.ended(targets[0], sent=False)

    assert queues.begin_next(100.0) is targets[2]


def test_one_slow_host_does_not_hold_up_another() -> None:
    slow = [spaced(f"http://slow.example/{number}", seconds=60) for number in range(2)]
    quick = [target(f"http://quick.example/{number}") for number in range(2)]
    queues = queue_of(*slow, *quick)

    assert queues.begin_next(100.0) is slow[0]
    assert queues.begin_next(100.0) is quick[0]
    queues.ended(quick[0], sent=False)
    assert queues.begin_next(100.0) is quick[1]


def test_the_strictest_wish_of_a_host_counts_for_all_its_targets() -> None:
    lax, strict = target("http://a.example/1", concurrency=8), spaced("http://a.example/2", seconds=9)
    queues = queue_of(lax, strict)

    queues.begin_next(100.0)
    queues.ended(lax, sent=False)

    assert queues.next_due() == 109.0


def test_what_was_never_begun_is_given_back() -> None:
    targets = [target(f"http://a.example/{number}") for number in range(3)]
    queues = queue_of(*targets)
    queues.begin_next(100.0)

    assert list(queues.take_waiting()) == targets[1:]
    assert queues.waiting == 0
    assert queues.begin_next(200.0) is None


@st.composite
def batches(draw: st.DrawFn) -> list[FetchTarget]:
    hosts = draw(
        st.lists(st.tuples(st.sampled_from([0.0, 0.5, 3.0]), st.integers(1, 3)), min_size=1, max_size=4)
    )
    chosen = draw(st.lists(st.integers(0, len(hosts) - 1), max_size=25))
    return [
        spaced(f"http://h{host}.example/{turn}", seconds=hosts[host][0], concurrency=hosts[host][1])
        for turn, host in enumerate(chosen)
    ]


@given(targets=batches(), data=st.data())
def test_every_target_is_begun_once_and_no_host_is_asked_too_soon_or_too_often(
    targets: list[FetchTarget], data: st.DataObject
) -> None:
    now = 100.0
    queues = HostQueues(targets, now=now)
    begun: list[FetchTarget] = []
    connecting: list[FetchTarget] = []
    asking: list[FetchTarget] = []
    sent_at: dict[str, float] = {}
    for _ in range(40 * len(targets) + 1):
        while (taken := queues.begin_next(now)) is not None:
            begun.append(taken)
            connecting.append(taken)
            host = [one for one in connecting + asking if one.host == taken.host]
            assert len(host) <= taken.concurrency
            assert now >= sent_at.get(taken.host, 0.0) + taken.delay.total_seconds()
        if not (connecting or asking or queues.waiting):
            break
        now += data.draw(st.sampled_from([0.1, 0.7, 2.0]))
        if connecting and data.draw(st.booleans()):
            leaving = connecting.pop()
            earlier = sent_at.get(leaving.host)
            assert earlier is None or now >= earlier + leaving.delay.total_seconds()
            sent_at[leaving.host] = now
            queues.request_sent(leaving, now)
            asking.append(leaving)
        elif asking:
            queues.ended(asking.pop(), sent=True)
        elif connecting:
            queues.ended(connecting.pop(), sent=False)

    assert sorted(one.url for one in begun) == sorted(one.url for one in targets)


def test_the_rest_of_one_host_can_be_taken_out_and_the_others_go_on() -> None:
    dead = [target(f"http://dead.example/{number}") for number in range(3)]
    other = target("http://good.example/")
    queues = queue_of(*dead, other)
    begun = queues.begin_next(100.0)
    assert begun is dead[0]
    queues.ended(begun, sent=False)

    assert list(queues.take_waiting_of(begun.host)) == dead[1:]

    assert queues.waiting == 1
    assert queues.begin_next(100.0) is other
    assert queues.begin_next(100.0) is None


def test_a_host_that_must_still_be_left_alone_is_asked_when_its_time_has_come() -> None:
    late = target("http://a.example/1", wait=timedelta(seconds=1.5))
    queues = queue_of(late)

    assert queues.begin_next(101.4) is None
    assert queues.begin_next(101.5) is late


def test_a_host_is_told_once_as_exhausted_when_its_last_look_has_ended() -> None:
    targets = [target(f"http://a.example/{number}", concurrency=2) for number in range(2)]
    queues = queue_of(*targets)
    for number, one in enumerate(targets):
        queues.begin_next(100.0 + number)
        queues.request_sent(one, 100.5 + number)
    queues.ended(targets[0], sent=True, is_well=True)
    assert not queues.has_exhausted

    queues.ended(targets[1], sent=True, is_well=True)

    assert queues.take_exhausted(104.0) == {targets[0].host: 2.5}
    assert queues.take_exhausted(104.0) == {}


def test_a_host_that_did_not_answer_well_once_is_never_told_as_exhausted() -> None:
    targets = [target(f"http://a.example/{number}") for number in range(2)]
    queues = queue_of(*targets)
    for number, one in enumerate(targets):
        queues.begin_next(100.0 + number)
        queues.ended(one, sent=True, is_well=number == 1)

    assert not queues.has_exhausted
    assert queues.waiting == 0
