"""What follows from a look: the next one, the end of a list, the rules of a host."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from services.crawler.planning import PROOFS_OF_A_MOVE, Look, Planner
from services.crawler.robots_copies import RobotsKeeper
from services.crawler.settings import CrawlerSettings
from shared.ledger.batches import StoredCapture
from shared.ledger.frontier import Frontier, RobotsCopy, TargetKind
from shared.ledger.schedule import EndedList, ListMemory, Schedule
from tests.unit.crawler.samples import HOME, source

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SETTINGS = CrawlerSettings()
A, B = "http://news.example:80", "https://news.example:443"


class Plans:
    """Stands for the frontier and the schedule: remembers what it is told."""

    def __init__(self) -> None:
        self.memory: dict[int, ListMemory] = {}
        self.plans: dict[int, datetime | None] = {}
        self.ended: list[EndedList] = []
        self.proposed: set[tuple[str, str | None]] = set()
        self.unreadable: dict[int, str] = {}
        self.copies: dict[str, RobotsCopy] = {}

    def memories(self, target_ids: list[int]) -> dict[int, ListMemory]:
        return {key: self.memory[key] for key in target_ids if key in self.memory}

    def remember(self, memories: dict[int, ListMemory]) -> None:
        self.memory.update(memories)

    def edited(self, target_ids: list[int]) -> frozenset[int]:
        return frozenset()

    def end_list(self, ended: EndedList) -> bool:
        self.ended.append(ended)
        return True

    def propose_move(self, ended: EndedList) -> bool:
        is_news = (ended.url, ended.moved_to) not in self.proposed
        self.proposed.add((ended.url, ended.moved_to))
        return is_news

    def note_unreadable(self, reasons: dict[int, str]) -> None:
        self.unreadable.update(reasons)

    def plan_looks(self, plans: list[tuple[int, datetime | None]]) -> None:
        self.plans.update(plans)

    def robots(self, hosts: list[str]) -> dict[str, RobotsCopy]:
        return {host: self.copies[host] for host in hosts if host in self.copies}

    def keep_robots(self, host: str, copy: RobotsCopy) -> None:
        self.copies[host] = copy


def capture(**changes: object) -> StoredCapture:
    values: dict[str, Any] = dict.fromkeys(StoredCapture.__dataclass_fields__)
    values |= {"capture_id": 1, "target_id": 7, "source_id": "news-en", "kind": TargetKind.LISTING, "host": A}
    values |= {"url": HOME, "hops": 0, "fetched_at": NOW, "status": 200, "attempts": 0, "record_id": "r"}
    return StoredCapture(**(values | changes))


def plan(plans: Plans, *looks: StoredCapture, new: int = 0) -> None:
    planner = Planner(frontier=cast("Frontier", plans), schedule=cast("Schedule", plans), settings=SETTINGS)
    planner.plan([Look(capture=one, new_links=new) for one in looks], source())


def keep(plans: Plans, answer: StoredCapture, body: bytes = b"User-agent: *") -> None:
    RobotsKeeper(frontier=cast("Frontier", plans), settings=SETTINGS).keep(answer, body)


def test_a_list_that_brings_nothing_new_is_looked_at_ever_more_rarely() -> None:
    plans = Plans()
    for _ in range(12):
        plan(plans, capture())
    due = plans.plans[7]

    assert due is not None
    assert due - NOW >= timedelta(hours=2)


def test_a_feed_that_fails_waits_longer_and_comes_back_to_its_interval() -> None:
    plans = Plans()
    failing = capture(kind=TargetKind.FEED, status=500, reason="http_500", attempts=9)
    plan(plans, failing)
    late = plans.plans[7]
    plan(plans, replace(failing, status=200, reason=None, attempts=0), new=1)
    soon = plans.plans[7]

    assert late is not None
    assert soon is not None
    assert late - NOW >= timedelta(hours=6)
    assert soon - NOW <= timedelta(minutes=17)


def test_a_list_that_is_gone_ends() -> None:
    plans = Plans()
    plan(plans, capture(status=410, reason="http_410", attempts=1))

    assert [(one.reason, one.url) for one in plans.ended] == [("gone", HOME)]
    assert plans.plans == {}


def test_a_list_moves_after_three_looks_that_redirect_to_one_place_for_good() -> None:
    plans = Plans()
    moved = capture(status=301, redirect_to="http://news.example/new/")
    for _ in range(PROOFS_OF_A_MOVE - 1):
        plan(plans, moved)
    before = list(plans.ended)
    plan(plans, moved)

    assert before == []
    assert [(one.reason, one.moved_to) for one in plans.ended] == [("moved", "http://news.example/new/")]


@pytest.mark.parametrize(
    ("status", "to"), [(302, "http://news.example/new/"), (301, "http://else.example/sign-up")]
)
def test_a_passing_redirect_or_one_to_another_site_moves_nothing(status: int, to: str) -> None:
    plans = Plans()
    for _ in range(5):
        plan(plans, capture(status=status, redirect_to=to))

    assert plans.ended == []
    assert plans.proposed == ({(HOME, to)} if status == 301 else set())


def test_robots_txt_counts_for_the_host_asked_first_however_far_it_redirects() -> None:
    plans = Plans()
    keep(
        plans,
        capture(
            kind=TargetKind.ROBOTS,
            url="http://else.example/r.txt",
            host="http://else.example:80",
            via=f"{A}/robots.txt",
            hops=5,
        ),
        b"User-agent: *\nDisallow: /x",
    )

    assert set(plans.copies) == {A}
    assert plans.copies[A].body.endswith(b"/x")


def test_the_sixth_redirect_of_a_robots_txt_is_given_up_and_everything_is_allowed() -> None:
    plans = Plans()
    first = capture(kind=TargetKind.ROBOTS, url="http://news.example/robots.txt", status=301)
    keep(plans, replace(first, redirect_to="http://news.example/1"))
    before = dict(plans.copies)
    keep(
        plans,
        replace(
            first,
            url="http://news.example/5",
            redirect_to="http://news.example/6",
            via="http://news.example/robots.txt",
            hops=5,
        ),
        b"",
    )

    assert before == {}
    assert plans.copies[A].status == 301


def test_a_robots_txt_that_redirects_to_one_that_is_known_follows_it_at_once() -> None:
    plans = Plans()
    known = RobotsCopy(status=200, body=b"known", until=NOW + timedelta(hours=1))
    plans.copies[B] = known
    keep(
        plans,
        capture(
            kind=TargetKind.ROBOTS,
            url="http://news.example/robots.txt",
            status=301,
            redirect_to="https://news.example/robots.txt",
        ),
    )

    assert plans.copies[A] == known


def test_the_robots_txt_of_a_host_reached_by_a_redirect_counts_for_that_host_too() -> None:
    plans = Plans()
    keep(
        plans,
        capture(
            kind=TargetKind.ROBOTS,
            url="https://news.example/robots.txt",
            host=B,
            via="http://news.example/robots.txt",
            hops=1,
        ),
    )

    assert set(plans.copies) == {A, B}
