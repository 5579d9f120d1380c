"""What robots.txt allows."""

import base64
import gzip
import json
from datetime import timedelta
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.crawler.robots import MAX_ROBOTS_BYTES, RobotsPolicy
from shared.ledger.frontier import TargetKind
from tests.support.publishers import corpus_folder
from tests.unit.crawler.samples import found, source, urls

NAMING_SITEMAPS = b"""Sitemap: http://news.example/a.xml
User-agent: *
Disallow: /private
sitemap : http://news.example/b.xml
Sitemap: no-url
"""
SITEMAPS = ("http://news.example/a.xml", "http://news.example/b.xml")


def rules(text: str) -> RobotsPolicy:
    return RobotsPolicy.parse(200, text.encode())


def allowed(text: str, path: str, agent: str = "Pressmark") -> bool:
    return rules(text).allows(f"http://a.example{path}", agent)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 410])
def test_a_host_without_robots_txt_allows_everything(status: int) -> None:
    policy = RobotsPolicy.parse(status, b"User-agent: *\nDisallow: /")

    assert policy.allows("http://a.example/x")
    assert not policy.unreachable


@pytest.mark.parametrize("status", [None, 0, 429, 500, 503])
def test_a_host_whose_robots_txt_cannot_be_read_must_wait(status: int | None) -> None:
    policy = RobotsPolicy.parse(status, b"")

    assert policy.unreachable
    assert not policy.allows("http://a.example/x")


def test_our_own_group_replaces_the_one_for_everybody() -> None:
    text = "User-agent: *\nDisallow: /\n\nUser-agent: PRESSMARK/0.1 (news)\nDisallow: /private"

    assert allowed(text, "/public")
    assert not allowed(text, "/private/x")
    assert not allowed(text, "/public", agent="Other")


def test_groups_of_names_that_only_begin_like_ours_are_not_ours() -> None:
    assert allowed("User-agent: press\nDisallow: /", "/x")
    assert allowed("User-agent: pressmark-images\nDisallow: /", "/x")


def test_several_groups_of_one_name_are_one_group() -> None:
    text = (
        "User-agent: pressmark\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: Pressmark\nDisallow: /b"
    )

    assert not allowed(text, "/a")
    assert not allowed(text, "/b")
    assert allowed(text, "/c")


def test_lines_of_no_meaning_and_sitemaps_end_no_group() -> None:
    text = "User-agent: pressmark\nSitemap: http://a.example/s.xml\nNoise: 1\nUser-agent: *\nDisallow: /"

    assert not allowed(text, "/x")


@pytest.mark.parametrize(
    ("rule", "path", "verdict"),
    [
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Disallow: /*.pdf$", "/x.pdf", False),
        ("Disallow: /*.pdf$", "/x.pdf?1", True),
        ("Disallow: /%7euser", "/~user", False),
        ("Disallow: /조선", "/%EC%A1%B0%EC%84%A0/1", False),
        ("Disallow: /", "/robots.txt", True),
        ("Disallow:", "/x", True),
    ],
)
def test_paths_match_as_rfc_9309_section_2_2_has_it(rule: str, path: str, verdict: bool) -> None:  # noqa: FBT001 (a case)
    assert allowed(f"User-agent: *\n{rule}", path) is verdict


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10", 10),
        ("0.5", 0.5),
        ("1e9", 120),
        ("0", None),
        ("-3", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_a_crawl_delay_is_granted_up_to_two_minutes(value: str, seconds: float | None) -> None:
    delay = rules(f"User-agent: *\nCrawl-delay: {value}\nDisallow: /x").crawl_delay()

    assert delay == (None if seconds is None else timedelta(seconds=seconds))


def test_the_crawl_delay_of_another_crawler_is_not_ours() -> None:
    assert rules("User-agent: slow\nCrawl-delay: 100\n\nUser-agent: *\nDisallow: /x").crawl_delay() is None


def test_sitemaps_are_found_wherever_they_stand() -> None:
    assert RobotsPolicy.parse(200, NAMING_SITEMAPS).sitemaps == SITEMAPS


def test_a_robots_txt_gives_its_sitemaps_to_sources_that_list_one() -> None:
    listing = source(lists='[[lists]]\nurl = "http://news.example/news.xml"\nkind = "sitemap"')

    assert urls(found(NAMING_SITEMAPS, listing, kind=TargetKind.ROBOTS)) == list(SITEMAPS)
    assert urls(found(NAMING_SITEMAPS, source(), kind=TargetKind.ROBOTS)) == []


def test_at_least_500_kib_are_read() -> None:
    padding = "# padding\n" * 50_000
    assert 500 * 1024 > len(padding) > 480_000

    assert not allowed(padding + "User-agent: *\nDisallow: /x\n", "/x")
    assert MAX_ROBOTS_BYTES >= 500 * 1024


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /x",
        b"User-agent: *\rDisallow: /x",
        b"<!DOCTYPE html>\n<html>\nUser-agent: *\nDisallow: /x",
        b"\x00\xff\xfe\nUser-agent: *\nDisallow: /x",
    ],
)
def test_marks_old_line_ends_and_rubbish_hide_no_rule(body: bytes) -> None:
    assert not RobotsPolicy.parse(200, body).allows("http://a.example/x")


def test_patterns_made_to_backtrack_are_matched_in_linear_time() -> None:
    text = "User-agent: *\n" + f"Disallow: /{'*a' * 60}*b$\n" * 500
    policy, begun = rules(text), monotonic()

    assert policy.allows("http://a.example/" + "a" * 4000)
    assert monotonic() - begun < 5


@given(st.text(max_size=200), st.text(max_size=30))
def test_no_file_and_no_address_raises(text: str, path: str) -> None:
    policy = rules(f"User-agent: *\nDisallow: {text}\n{text}")

    policy.allows(f"http://a.example/{path}")
    policy.crawl_delay()
    assert isinstance(policy.sitemaps, tuple)


def test_all_verdicts_of_googles_matcher_are_shared() -> None:
    cases = corpus_folder() / "gold" / "oracles" / "robots" / "google_unit_cases.jsonl"
    if not cases.exists():
        pytest.skip("the corpus is not here")
    rows = [json.loads(line) for line in cases.read_text().splitlines()]

    wrong = [row["test"] for row in rows if _verdict(row) != row["allowed"]]

    assert wrong == []


def _verdict(row: dict[str, str]) -> bool:
    return RobotsPolicy.parse(200, base64.b64decode(row["robots_base64"])).allows(row["url"], row["ua"])


def test_the_undisputed_verdicts_on_real_files_are_shared() -> None:
    cases = corpus_folder() / "gold" / "oracles" / "robots" / "real_robots.jsonl.gz"
    if not cases.exists():
        pytest.skip("the corpus is not here")
    with gzip.open(cases, "rt") as lines:
        rows = [json.loads(line) for line in lines]

    wrong = [
        (row["host"], url)
        for row in rows
        for agent, url, verdict, undisputed in row["checks"]
        if undisputed and rules(row["robots"]).allows(url, agent) != bool(verdict)
    ]

    assert wrong == []
