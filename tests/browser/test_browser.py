"""The browser of the other tests here: it shows pages, its axe sees what is wrong, and it reaches nothing else."""

import pytest
from playwright.sync_api import Browser, Error

from tests.support.browser import axe_findings

GOOD = """<!doctype html><html lang=en><title>Good</title><body><main><h1>Fine</h1><p>Text</p></main>"""
BAD = """<!doctype html><html><title>Bad</title><body><main><h1>Bad</h1><img src="data:,"><p
  style="color:#aaa;background:#fff">Too pale</p></main>"""


def test_axe_finds_nothing_in_a_good_page_and_the_faults_of_a_bad_one(browser: Browser) -> None:
    with browser.new_page() as page:
        page.set_content(GOOD)
        assert axe_findings(page) == []
        page.set_content(BAD)
        found = {one.split(" at ")[0] for one in axe_findings(page)}

    assert found == {"html-has-lang", "image-alt", "color-contrast"}


def test_no_other_machine_is_reached(browser: Browser) -> None:
    with browser.new_page() as page, pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://pressmark.example/")
