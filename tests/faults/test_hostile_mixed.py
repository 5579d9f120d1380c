"""The whole catalogue of hostile answers among many good pages, crawled by the whole archive."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.archive import Archive, NewServers, running_archive
from tests.support.evidence_checks import assert_conserved, assert_evidence
from tests.support.hostile_answers import FRAMING, Case, bombs
from tests.support.hostile_servers import HOSTILE_HOST, running_canary, serving
from tests.support.raw_server import page, running_raw_server

GOOD_HOSTS = 10
LINKS_A_LIST = 500
CASES = FRAMING | {f"bomb: {name}": case for name, case in bombs().items()}
SETTINGS = {
    "PRESSMARK_FETCHER_CONNECT_TIMEOUT": "1",
    "PRESSMARK_FETCHER_FIRST_BYTE_TIMEOUT": "1.5",
    "PRESSMARK_FETCHER_FETCH_TIMEOUT": "2.5",
    "PRESSMARK_PRIVATE_NETWORKS": f"{HOSTILE_HOST}/32",
    "PRESSMARK_CRAWLER_ROBOTS_RETRY": "1",
}
RENAMED: dict[object, tuple[str, str | None]] = {("failed", "disconnect"): ("failed", "protocol")}
SOURCE = """id = "mixed-en"
name = "Mixed"
language = "en"
home = "{home}/"

{lists}
[links]
accept = ['^http://127\\.77\\.0\\.1:\\d+/(page/)?\\d+$']

[politeness]
delay = "0s"
concurrency = 4
"""


@pytest.mark.timeout(200)
def test_hostile_answers_among_500_good_pages_spoil_none_of_them(new_servers: NewServers) -> None:
    crawl(new_servers, pages=500, seconds=150)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_hostile_answers_among_5000_good_pages_spoil_none_of_them(new_servers: NewServers) -> None:
    crawl(new_servers, pages=5000, seconds=800)


def crawl(new_servers: NewServers, *, pages: int, seconds: float) -> None:
    """Crawl good and hostile pages to the end, and hold every one against what should have become of it."""
    with running_canary() as canary, serving(CASES) as hostile, good_pages(pages) as good:
        with listing(mixed([*hostile.values()], good)) as source, running(new_servers) as archive:
            archive.kit.actions.add_source(source)
            archive.finish("mixed-en", seconds=seconds)
            assert_conserved(archive)
            assert_evidence(archive)
            states = archive.states("mixed-en")
        assert canary.hits == []

    assert {url: states.get(url) for url in good if states.get(url) != ("archived", None)} == {}
    ends = {name: states.get(url) for name, url in hostile.items()}
    # On a connection that was kept after robots.txt, its end in place of an answer has another name.
    ends["empty_reply"] = RENAMED.get(ends["empty_reply"], ends["empty_reply"])
    expected = {name: expected_state(case) for name, case in CASES.items()}
    assert {name: (ends[name], end) for name, end in expected.items() if ends[name] != end} == {}


def expected_state(case: Case) -> tuple[str, str | None]:
    return ("archived", None) if case.reason is None else ("failed", case.reason)


@contextmanager
def running(new_servers: NewServers) -> Iterator[Archive]:
    processes = ("crawler", "fetcher", "fetcher-2", "normalizer", "beat")
    with running_archive(new_servers(), settings=SETTINGS, processes=processes) as archive:
        yield archive


@contextmanager
def good_pages(count: int) -> Iterator[list[str]]:
    with ExitStack() as stack:
        servers = [stack.enter_context(running_raw_server(host=HOSTILE_HOST)) for _ in range(GOOD_HOSTS)]
        body = b"<title>%d</title><h1>A report</h1><p>" + b"It is as it should be. " * 40
        yield [
            servers[number % GOOD_HOSTS].url(
                f"/page/{number}", page(body % number, b"Content-Type: text/html")
            )
            for number in range(count)
        ]


def mixed(hostile: Sequence[str], good: Sequence[str]) -> list[str]:
    """Spread the hostile pages evenly among the good ones."""
    apart = len(good) // len(hostile)
    found: list[str] = []
    for number, url in enumerate(hostile):
        found += [url, *good[number * apart : (number + 1) * apart]]
    return [*found, *good[len(hostile) * apart :]]


@contextmanager
def listing(urls: Sequence[str]) -> Iterator[str]:
    """Serve lists of all URLs and yield the source file that names them."""
    with running_raw_server(host=HOSTILE_HOST) as server:
        lists = []
        for number, first in enumerate(range(0, len(urls), LINKS_A_LIST)):
            some = urls[first : first + LINKS_A_LIST]
            items = "".join(f'<li><a href="{url}">Report</a></li>' for url in some)
            body = f"<!doctype html><title>List</title><ul>{items}</ul>".encode()
            lists.append(server.url(f"/list-{number}", page(body, b"Content-Type: text/html")))
        tables = "".join(f'[[lists]]\nurl = "{url}"\nkind = "listing"\nevery = "1d"\n\n' for url in lists)
        yield SOURCE.format(home=server.origin, lists=tables)
