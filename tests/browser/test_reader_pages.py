"""The pages people read, in a real Chromium: each is reached by clicking, and axe holds nothing against it."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, ViewportSize, expect

from services.reader.app import create_app
from services.reader.settings import ReaderSettings
from shared.ledger.catalogue import Catalogue
from tests.support.browser import axe_findings, keep_picture
from tests.support.demo_archive import add_coverage_and_alarms, filled_ledger
from tests.support.served import served

Scheme = Literal["light", "dark"]
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
IN_LANGUAGES = ("korean", "chinese", "japanese", "arabic", "union")
KINDS = {
    *("/", "/?lang", "/?before", "/sources", "/source/*", "/article/*"),
    *("/article/*/revision/*", "/article/*/edit/*", "/edits", "/removals", "/watches", "/watches/*"),
    *("/coverage", "/coverage/*", "/about", "/verify", "/days", "/days/*", "/day/*"),
}
"""Every kind of page that another page links to, by its address without what differs."""
_NOT_A_PAGE = re.compile(r"\.(json|csv|jsonl|parquet|bib|ris|csl\.json|atom|rss|xml|gz|wacz|zip)$")
_UNFOCUSED = """() => [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(one => one.checkVisibility() && !window.seen.has(one)).map(one => one.outerHTML)"""
_LOOK = """() => { const one = document.activeElement; (window.seen ||= new Set()).add(one);
  const style = getComputedStyle(one); const box = one.getBoundingClientRect();
  return [one.tagName, one.outerHTML.slice(0, 120),
    style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0]; }"""


@dataclass(frozen=True, slots=True)
class Site:
    url: str
    ids: dict[str, str]


@pytest.fixture(scope="module")
def site(postgres_url: str) -> Iterator[Site]:
    with filled_ledger(postgres_url) as (database, ids):
        add_coverage_and_alarms(database)
        app = create_app(Catalogue(database), settings=ReaderSettings(articles_on_page=8, related_articles=6))
        with served(app) as port:
            yield Site(f"http://127.0.0.1:{port}", ids)


@contextmanager
def looking(
    browser: Browser, site: Site, *, size: ViewportSize, scheme: Scheme = "light", scripts: bool = False
) -> Iterator[Page]:
    """Yield a page of a reader; nothing but the site may have been asked for."""
    context: BrowserContext = browser.new_context(
        base_url=site.url, viewport=size, color_scheme=scheme, java_script_enabled=scripts
    )
    context.set_default_timeout(10_000)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    try:
        yield context.new_page()
    finally:
        context.close()
    assert all(url.startswith(f"{site.url}/") for url in asked), asked


def kind_of(address: str) -> str:
    """Return an address without what differs between pages of one kind."""
    parts = urlsplit(address)
    path = re.sub(r"/(article|source|coverage|watches|days?|edit|revision)/[^/]+", r"/\1/*", parts.path)
    name = parts.query.partition("=")[0]
    return f"{path}?{name}" if name in ("lang", "before") else path


def links_of(page: Page) -> list[str]:
    """Return where the links of a page to other pages of the site lead, as they are written."""
    found: list[str] = page.eval_on_selector_all(
        "a[href^='/']", "all => all.map(one => one.getAttribute('href'))"
    )
    # The same page in another language is no other kind; a test of its own goes there.
    return [one for one in found if not _NOT_A_PAGE.search(urlsplit(one).path) and "hl=" not in one]


def click_to(page: Page, address: str) -> None:
    """Click the first link to an address, opening what it is folded into."""
    link = page.locator(f'a[href="{address}"]').first
    folded = page.locator("details:not([open])").filter(has=link)
    while folded.count():
        folded.first.locator("summary").first.click()
    link.click()


@pytest.fixture(scope="module")
def addresses(browser: Browser, site: Site) -> dict[str, str]:
    """One address of each kind of page, each reached by clicking from the first page, with JavaScript off."""
    with looking(browser, site, size=DESKTOP) as page:
        page.goto("/")
        found, waiting = {"/": "/"}, [("/", one) for one in links_of(page)]
        while waiting:
            where, address = waiting.pop(0)
            if kind_of(address) in found:
                continue
            page.goto(where)
            click_to(page, address)
            # A page is never reached by guessing: what is not linked stays unseen, and the test says so.
            expect(page, f"{address} from {where}").to_have_url(f"{site.url}{address}")
            expect(page.locator("h1"), address).to_have_count(1)
            found[kind_of(address)] = address
            waiting += [(address, one) for one in links_of(page)]
    return found


def pages_to_look_at(site: Site, addresses: dict[str, str]) -> list[str]:
    articles = [f"/article/{site.ids[name]}" for name in IN_LANGUAGES]
    more = ("/search?q=harbour&counts=yes", "/search?q=nothing-of-this", "/nowhere")
    return [*dict.fromkeys((*addresses.values(), *articles, *more))]


def test_every_page_is_reached_by_clicking_without_javascript(addresses: dict[str, str]) -> None:
    assert set(addresses) >= KINDS


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (NARROW, "dark")])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browser: Browser, site: Site, addresses: dict[str, str], *, size: ViewportSize, scheme: Scheme
) -> None:
    found = []
    with looking(browser, site, size=size, scheme=scheme, scripts=True) as page:
        for address in pages_to_look_at(site, addresses):
            page.goto(address)
            # What is folded is read, too.
            page.eval_on_selector_all("details", "all => all.forEach(one => { one.open = true; })")
            found += [f"{address}: {one}" for one in axe_findings(page)]
            width = page.evaluate("document.scrollingElement.scrollWidth")
            if width > size["width"]:
                found.append(f"{address}: {width} px wide")
            keep_picture(page, f"{address}-{size['width']}-{scheme}")

    assert found == []


def test_every_link_and_field_is_reached_by_keyboard_and_shows_that_it_is(
    browser: Browser, site: Site
) -> None:
    with looking(browser, site, size=DESKTOP, scripts=True) as page:
        for address in ("/", f"/article/{site.ids['union']}", "/search?q=harbour"):
            page.goto(address)
            for _ in range(400):
                page.keyboard.press("Tab")
                tag, html, is_shown = page.evaluate(_LOOK)
                if tag == "BODY":
                    break
                assert is_shown, (address, html)
            assert page.evaluate(_UNFOCUSED) == [], address


def test_the_first_link_jumps_over_the_head_of_the_page(browser: Browser, site: Site) -> None:
    with looking(browser, site, size=PHONE) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")

        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_a_reader_searches_narrows_and_reads_with_javascript_off(browser: Browser, site: Site) -> None:
    with looking(browser, site, size=PHONE) as page:
        page.goto("/")
        page.get_by_role("searchbox").fill("녀성일군들")
        page.keyboard.press("Enter")
        page.locator(".results .card-title a").first.click()

        assert page.url == f"{site.url}/article/{site.ids['korean']}"
        assert page.locator("h1").get_attribute("lang") == "ko"
        page.get_by_role("link", name="Both wordings side by side").click()
        assert page.locator("del").count() == page.locator("ins").count() + 1


def test_a_reader_stays_in_a_language_and_a_zone_with_javascript_and_cookies_off(
    browser: Browser, site: Site
) -> None:
    with looking(browser, site, size=PHONE) as page:
        page.goto("/")
        page.get_by_role("link", name="한국어").last.click()
        page.get_by_label("시각 표시 시간대").fill("Asia/Seoul")
        page.get_by_role("button", name="변경").click()
        page.get_by_role("searchbox").fill("harbour")
        page.keyboard.press("Enter")
        page.locator(".results .card-title a").first.click()

        assert page.url == f"{site.url}/article/{site.ids['union']}?hl=ko&tz=Asia/Seoul"
        assert page.locator("html").get_attribute("lang") == "ko"
        assert page.locator("h1").get_attribute("lang") == "en"
        seen = page.locator(".revisions time").first
        assert seen.inner_text().endswith("UTC+9")
        assert (seen.get_attribute("datetime") or "").endswith("+00:00")
        page.get_by_role("link", name="简体中文").click()
        assert page.url == f"{site.url}/article/{site.ids['union']}?hl=zh-Hans&tz=Asia/Seoul"
        assert page.context.cookies() == []


@pytest.mark.parametrize("language", ["ko", "zh-Hans"])
def test_pages_in_other_languages_fit_a_phone_and_axe_finds_nothing(
    browser: Browser, site: Site, language: str
) -> None:
    found = []
    article = f"/article/{site.ids['union']}"
    with looking(browser, site, size=PHONE, scripts=True) as page:
        for address in ("/", article, "/removals", "/days", "/coverage/naenara-en", "/verify", "/watches"):
            page.goto(f"{address}?hl={language}")
            found += [f"{address}: {one}" for one in axe_findings(page)]
            width = page.evaluate("document.scrollingElement.scrollWidth")
            if width > PHONE["width"]:
                found.append(f"{address}: {width} px wide")
            keep_picture(page, f"{address}-{language}")
        page.goto(f"{article}?hl={language}")
        # What a source wrote breaks as its own language does, whatever the page around it speaks.
        assert page.locator(".story-text").evaluate("one => getComputedStyle(one).wordBreak") == "normal"

    assert found == []


def test_a_change_is_told_without_colour(browser: Browser, site: Site) -> None:
    with looking(browser, site, size=DESKTOP) as page:
        page.goto(f"/article/{site.ids['union']}")
        gone, come = page.locator(".diff del").first, page.locator(".diff ins").first
        line = "one => getComputedStyle(one).textDecorationLine"

        assert (gone.evaluate(line), come.evaluate(line)) == ("line-through", "underline")


def test_arabic_runs_from_the_right_and_korean_breaks_between_words(browser: Browser, site: Site) -> None:
    with looking(browser, site, size=PHONE) as page:
        page.goto(f"/article/{site.ids['arabic']}")
        assert page.locator("h1").evaluate("one => getComputedStyle(one).direction") == "rtl"
        page.goto(f"/article/{site.ids['korean']}")
        assert page.locator(".story-text").evaluate("one => getComputedStyle(one).wordBreak") == "keep-all"


def test_the_first_page_is_under_15_kilobytes_compressed(browser: Browser, site: Site) -> None:
    answers: list[Response] = []
    with looking(browser, site, size=PHONE) as page:
        page.on("response", lambda one: answers.append(one))  # noqa: PLW0108  (Playwright takes no built-in)
        page.goto("/", wait_until="networkidle")
        # What the browser really asked for, each compressed as a proxy before the reader does it.
        sent = sum(len(gzip.compress(one.body(), 6)) for one in answers)

    assert len(answers) >= 2
    assert sent < 15_000


def test_paper_gets_the_text_and_its_evidence_without_what_is_for_clicking(
    browser: Browser, site: Site
) -> None:
    with looking(browser, site, size=DESKTOP) as page:
        page.goto(f"/article/{site.ids['union']}")
        page.emulate_media(media="print")

        assert page.locator(".story-text").is_visible()
        assert page.locator(".evidence .record").first.is_visible()
        assert not any(page.locator(one).first.is_visible() for one in (".sections", ".finder", ".more"))
