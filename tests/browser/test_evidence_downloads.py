"""Files of evidence as a reader takes them away: a click on a page, in a real Chromium with JavaScript off."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from services.client import Archive
from tests.support.browser import axe_findings
from tests.support.proof_service import LoggedArchive
from tests.support.running_reader import running_reader
from tests.support.stored_evidence import StoredEvidence

LINKS = {"WARC": ".warc.gz", "WACZ": ".wacz", "proof pack": ".proof.zip"}


@pytest.fixture
def article(stored: StoredEvidence) -> str:
    archive = LoggedArchive(stored=stored)
    stored.look(stored.serve(1))
    archive.append()
    return archive.make_article("/news/0")


def test_a_click_takes_each_file_away_and_the_page_stays(
    stored: StoredEvidence, article: str, browser: Browser, tmp_path: Path
) -> None:
    [capture] = stored.rows("select capture_id from captures")
    with running_reader(stored) as reading, Archive(reading.reader_url) as client:
        context = browser.new_context(base_url=reading.reader_url, java_script_enabled=False)
        page = context.new_page()
        page.goto(f"/article/{article}")
        for words, suffix in LINKS.items():
            with page.expect_download() as coming:
                page.get_by_role("link", name=words, exact=True).click()

            assert coming.value.suggested_filename == f"pressmark-article-{article}{suffix}"
            ours = client.download(f"/article/{article}{suffix}", tmp_path / "ours")
            assert coming.value.path().read_bytes() == ours.path.read_bytes()
            assert page.url == f"{reading.reader_url}/article/{article}"
        page.goto(f"/capture/{capture['capture_id']}")
        with page.expect_download() as coming:
            page.get_by_role("link", name="Download as WARC").click()
        assert coming.value.suggested_filename == f"pressmark-capture-{capture['capture_id']}.warc.gz"
        context.close()


def test_axe_finds_nothing_where_files_are_offered(
    stored: StoredEvidence, article: str, browser: Browser
) -> None:
    with running_reader(stored) as reading:
        page = browser.new_page()
        page.goto(f"{reading.reader_url}/article/{article}")
        assert page.get_by_role("heading", name="Downloads").is_visible()
        assert axe_findings(page) == []
        page.close()
