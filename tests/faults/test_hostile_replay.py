"""Stored pages that want out, in a real browser: nothing runs, leaves, or reaches the operators' pages.

The same pages are shown without isolation, too: there they do all of it, so these tests can fail.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, sync_playwright

from shared.ledger.captured_urls import CapturedUrls, key_of
from tests.support.catalogue_factory import CatalogueFactory, Text
from tests.support.debian import chromium
from tests.support.hostile_stored_pages import RAN, Outside, hostile_pages, hostile_words, outside_host
from tests.support.raw_server import page as raw_page
from tests.support.running_reader import RunningReader
from tests.support.stored_evidence import StoredEvidence

_SETTLING = 0.25
"""Seconds in which a page does what it does on its own: refresh, submit, prefetch."""


@pytest.fixture
def outside() -> Iterator[Outside]:
    with outside_host() as host:
        host.pages = {str(number): one for number, one in enumerate(hostile_pages(host.url))}
        yield host


@contextmanager
def browsing(outside: Outside) -> Iterator[tuple[Page, list[str]]]:
    """A browser that holds an operator's cookie, and every address it asks for."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium(),
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        context = browser.new_context()
        context.add_cookies([{"name": "operator", "value": "secret", "url": outside.url, "sameSite": "Lax"}])
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        context.on("page", lambda opened: asked.append(f"popup {opened.url}"))
        page = context.new_page()
        asked.clear()
        yield page, asked
        browser.close()


def stored_captures(stored: StoredEvidence, outside: Outside) -> dict[str, int]:
    """Let the fetcher store every page, and return the numbers of the captures."""
    urls = {}
    for number, one in outside.pages.items():
        kind = [b"Content-Type: " + one.content_type.encode()] if one.content_type else []
        path = f"/news/{number}?q=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"
        urls[one.name] = stored.server.url(
            path, raw_page(one.body, *kind, b"Set-Cookie: a=b", b"Refresh: 0; url=/")
        )
    stored.look(list(urls.values()), per_batch=100)
    found = {name: CapturedUrls(stored.database).first(key_of(url)) for name, url in urls.items()}
    return {name: one.capture_id for name, one in found.items() if one is not None}


def test_no_stored_page_runs_leaves_or_reaches_the_operator(
    stored: StoredEvidence, reading: RunningReader, outside: Outside
) -> None:
    captures = stored_captures(stored, outside)
    assert len(captures) == len(outside.pages) > 40
    ours = (f"{reading.reader_url}/", f"{reading.replay_url}/", "data:")
    with browsing(outside) as (page, asked):
        for name, number in captures.items():
            address = f"{reading.reader_url}/capture/{number}"
            page.goto(address, wait_until="load")
            time.sleep(_SETTLING)

            assert page.url == address, name
            assert not [one for one in asked if not one.startswith(ours)], name
            assert not [one for one in asked if one.endswith(RAN)], name
            assert any(one.startswith(f"{reading.replay_url}/2") for one in asked), name
            asked.clear()
        assert outside.seen == []


def test_a_link_of_a_stored_page_leads_into_the_archive(
    stored: StoredEvidence, reading: RunningReader, outside: Outside
) -> None:
    number = stored_captures(stored, outside)["link"]
    with browsing(outside) as (page, asked):
        page.goto(f"{reading.reader_url}/capture/{number}", wait_until="load")
        page.frame_locator("iframe").locator("#out").click()
        page.wait_for_timeout(500)

        assert page.url == f"{reading.reader_url}/capture/{number}"
        assert asked[-1].startswith(f"{reading.replay_url}/")
        assert asked[-1].endswith(f"{outside.url}/link")
        assert outside.seen == []


def test_hostile_titles_and_texts_stay_words_on_our_own_pages(
    stored: StoredEvidence, reading: RunningReader, outside: Outside
) -> None:
    factory = CatalogueFactory(stored.database)
    words = hostile_words(outside.url)
    source = factory.source("hostile", "<img src=x onerror=alert(1)>", "en")
    ids = [factory.article(source, Text(title=text, body=[text], language="en")) for text in words]
    addresses = ["/", "/source/hostile", *(f"/article/{one}" for one in ids[::4])]
    addresses += [f"/search?q={quote(text)}" for text in words[::4]]
    with browsing(outside) as (page, asked):
        for address in addresses:
            page.goto(f"{reading.reader_url}{address}", wait_until="load")

        assert not [one for one in asked if not one.startswith((f"{reading.reader_url}/", "data:"))]
        assert not [one for one in asked if one.endswith(RAN)]
        assert outside.seen == []


def test_without_isolation_the_same_pages_run_leave_and_reach_the_operator(outside: Outside) -> None:
    with browsing(outside) as (page, asked):
        for number in outside.pages:
            page.goto(f"{outside.url}/page/{number}", wait_until="commit")
            page.wait_for_timeout(_SETTLING * 1000)

    paths = {path.partition("?")[0] for path in outside.seen}
    assert f"{outside.url}{RAN}" in asked
    assert {
        "/script",
        "/admin",
        "/script.js",
        "/style.css",
        "/frame",
        "/refresh",
        "/import.css",
        "/form",
    } <= paths
    assert {"/top", "/prefetch", "/cookie", "/poster", "/bg.png", "/svg.png", "/base/picture.png"} <= paths
    assert "/admin" in outside.admitted
