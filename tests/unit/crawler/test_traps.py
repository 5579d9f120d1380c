"""Addresses that lead on without end."""

from datetime import date

import pytest

from services.crawler.traps import trap_reason

TODAY = date(2026, 11, 1)
SITE = "http://news.example"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/calendar/9999/12", "calendar"),
        ("/events?month=2031-05", "calendar"),
        ("/calendar?year=2040&month=3", "calendar"),
        ("/calendar/1600/01/05/", "calendar"),
        ("/a/b/a/b/a/b/", "path_loop"),
        ("/x/x/x/x", "path_loop"),
        ("/" + "/".join(f"s{n}" for n in range(60)), "path_loop"),
        ("/list?x=1&x=1&x=1&x=1", "query_loop"),
        ("/shop?sort=up&order=asc&view=grid&color=red&page=3", "faceted_query"),
        ("/s?" + "&".join(f"k{n}=1" for n in range(20)), "faceted_query"),
        ("/a?sessionid=4f1c2b9a0d3e5f67", "session_id"),
        ("/(S(4f1c2b9a0d3e5f6789012345))/news", "session_id"),
        ("/" + "a" * 8200, "too_long"),
    ],
)
def test_a_trap_is_told_by_its_kind(path: str, reason: str) -> None:
    assert trap_reason(SITE + path, today=TODAY) == reason


@pytest.mark.parametrize(
    "path",
    [
        "/calendar/2026/11/",
        "/item/2014/calendar-2014e.html",
        "/item/2026/202611/news01/20261101-01ee.html",
        "/2011/11/11/11/11/headline",
        "/newstream/1634427010-559861001/harbour-bridge-opens/",
        "/archive/9123/3/a-story",
        "/events/123405",
        "/view?id=7&page=2&sort=new",
        "/article?code=AR0125885&lang=eng",
        "/index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAwQA",
        "/en/a/b/a/b/",
        "/session/2026-of-the-assembly-opened",
    ],
)
def test_what_outlets_really_use_is_no_trap(path: str) -> None:
    assert trap_reason(SITE + path, today=TODAY) is None


def test_a_crawl_of_an_endless_calendar_ends() -> None:
    year, month, pages = 2026, 11, 0
    while trap_reason(f"{SITE}/calendar/{year}/{month:02}", today=TODAY) is None:
        pages, year, month = pages + 1, year + month // 12, month % 12 + 1

    assert pages < 40
