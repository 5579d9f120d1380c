"""The operators' pages in a real Chromium: each order is given by click and by key, and axe finds nothing."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from services.admin.operating.catalogue import ACTIONS
from services.admin.operating.retrying import RetryFailures
from services.admin.pages.rendering import BASE
from shared.ledger.tokens import TokenScope
from tests.integration.admin.test_api import Api, api
from tests.integration.admin.test_pages import MATRIX, ORDERS, with_names
from tests.support.browser import axe_findings, keep_picture
from tests.support.busy_days import fill_busy_days
from tests.support.operated_archive import grow_articles

__all__ = ["api"]

DESKTOP: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}
_MOST_STEPS = 150
_IS_SEEN = "one => one.matches(':focus-visible') && parseFloat(getComputedStyle(one).outlineWidth) >= 2"
Fill = Callable[[Page, Locator, str], None]
Press = Callable[[Page, Locator], None]


@contextmanager
def signed_in(
    browser: Browser, api: Api, *, size: ViewportSize = DESKTOP, scripts: bool = True, dark: bool = False
) -> Iterator[Page]:
    """Yield a page of an administrator; nothing but the desk may have been asked for."""
    url = f"http://127.0.0.1:{api.port}"
    asked: list[str] = []
    with browser.new_context(
        base_url=url,
        viewport=size,
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
    ) as context:
        context.set_default_timeout(10_000)
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(f"{BASE}/")
        page.get_by_label("Token").fill(api.secrets[TokenScope.ADMIN])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
        yield page
    assert all(one.startswith(f"{url}/") for one in asked), asked


def tab_to(page: Page, wanted: Locator) -> None:
    """Go on by keyboard until an element has the focus, which must be seen."""
    # Before the style sheet is there, what has the focus is marked as the browser does it by itself.
    page.wait_for_load_state("load")
    handle = wanted.element_handle()
    for _ in range(_MOST_STEPS):
        if handle.evaluate("one => one === document.activeElement"):
            assert handle.evaluate(_IS_SEEN), wanted
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by keyboard")


def press_key(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def type_in(page: Page, field: Locator, value: str) -> None:
    tab_to(page, field)
    page.keyboard.press("Space") if field.get_attribute("type") == "checkbox" else page.keyboard.type(value)


def click(page: Page, wanted: Locator) -> None:
    wanted.click()


def fill(page: Page, field: Locator, value: str) -> None:
    if field.get_attribute("type") == "checkbox":
        field.check()
    elif field.evaluate("one => one.tagName") == "SELECT":
        field.select_option(value)
    else:
        field.fill(value)


@pytest.mark.parametrize(
    ("press", "write", "scripts"),
    [(click, fill, False), (press_key, type_in, True)],
    ids=["clicking, without JavaScript", "keyboard, with JavaScript"],
)
def test_every_order_is_filled_previewed_confirmed_and_done(
    browser: Browser, api: Api, press: Press, *, write: Fill, scripts: bool
) -> None:
    known = grow_articles(api.kit)
    with signed_in(browser, api, scripts=scripts) as page:
        for number, (name, values) in enumerate(ORDERS.items()):
            press(page, page.get_by_role("link", name="Orders", exact=True))
            press(page, page.get_by_role("link", name=name, exact=True))
            for field, value in values.items():
                write(page, page.locator(f"main [name={field}]"), with_names(value, known))
            press(page, page.get_by_role("button", name="Show what it would do"))
            expect(page.get_by_role("heading", name="What it would do")).to_be_visible()
            if ACTIONS[name].plans_long:
                api.ended(page.url.rpartition("/")[2])
                page.reload()
            press(page, page.get_by_role("button", name="Do it"))
            expect(page).to_have_url(re.compile(f"{BASE}/jobs/"))
            job = api.ended(page.url.rpartition("/")[2])
            assert (job["action"], job["state"]) == (name, "succeeded"), job
            # The page tells the end by itself with JavaScript, which takes two seconds: that is seen once.
            if scripts and number:
                page.reload()
            elif not scripts and page.get_by_role("link", name="Look again").count():
                press(page, page.get_by_role("link", name="Look again"))
            expect(page.get_by_role("status")).to_contain_text("succeeded")


def test_every_order_of_the_catalogue_is_tried_here() -> None:
    assert set(ORDERS) == set(ACTIONS)


def addresses(api: Api) -> list[str]:
    """Return every page with real things in its address, and the form of every order."""
    job, _ = api.kit.desk.order(RetryFailures(), actor="token:x", dry_run=True)
    api.ended(job.job_id)
    names = {"{source_id}": "harbour", "{job_id}": job.job_id, "{number}": "7"}
    found = [f"/orders/{name}" for name in ACTIONS]
    for method, path in MATRIX:
        if method == "GET" and "static" not in path and path not in ("/orders/{name}", "/exports/{name}"):
            found.append(re.sub(r"\{\w+\}", lambda one: names[one[0]], path))
    return [*found, "/trace?url=http://harbour.example/news/0", "/nothing"]


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (NARROW, True)], ids=["desk", "narrow, dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browser: Browser, api: Api, *, size: ViewportSize, dark: bool
) -> None:
    found = []
    fill_busy_days(api.kit.database)
    with signed_in(browser, api, size=size, dark=dark) as page:

        def look(address: str) -> None:
            found.extend(f"{address}: {one}" for one in axe_findings(page))
            if page.evaluate("document.scrollingElement.scrollWidth") > size["width"]:
                found.append(f"{address}: wider than the screen")
            keep_picture(page, f"desk{address}-{size['width']}")

        for address in addresses(api):
            page.goto(f"{BASE}{address}")
            look(address)
        page.goto(f"{BASE}/orders/source.crawl?source=harbour")
        page.get_by_role("button", name="Show what it would do").click()
        expect(page.get_by_role("heading", name="What it would do")).to_be_visible()
        look("/orders/source.crawl, preview")
        page.goto(f"{BASE}/orders/pause.set?subject=x")
        page.locator("[name=reason]").fill("night")
        page.locator("[name=lasting]").fill("soon")
        page.get_by_role("button", name="Show what it would do").click()
        expect(page.locator("strong.trouble").first).to_be_visible()
        look("/orders/pause.set, with what is wrong")

    assert found == []


def test_a_token_is_made_and_revoked_and_the_way_out_is_open_without_javascript(
    browser: Browser, api: Api
) -> None:
    with signed_in(browser, api, scripts=False) as page:
        page.get_by_role("link", name="Tokens").click()
        page.get_by_label("Name").fill("night shift")
        page.get_by_label("May").select_option("read")
        page.get_by_role("button", name="Make it").click()
        expect(page.locator("main")).to_contain_text(re.compile(r"pressmark_[0-9a-f]{12}_"))
        page.get_by_role("button", name="Revoke night shift").click()
        expect(page.get_by_role("button", name="Revoke night shift")).to_have_count(0)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
