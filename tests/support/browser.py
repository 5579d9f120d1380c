"""A real Chromium, driven without a window, and what axe finds in the pages that it shows."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

__all__ = ["AXE_RULES", "axe_findings", "browser", "chromium", "keep_picture"]

AXE_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""Every rule of WCAG 2.2 AA, and what axe calls best practice."""
_PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-wqy-zenhei")
"""One small font has Hangul, Kana and Han; the other Latin and Arabic. Noto has them better in 60 MB."""
_APT_SECONDS = 300
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A test talks to this machine only; every other name does not exist, also for a page that tries.
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
)
_RUN_AXE = """rules => axe.run(document, {
  runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']}).then(found =>
  found.violations.flatMap(one => one.nodes.map(node =>
    one.id + ' at ' + node.target.join(' ') + ': ' + (node.failureSummary || one.help).replace(/\\s+/g, ' '))))"""


class NoChromiumError(Exception):
    """There is no Chromium here and none can be had; the text says why."""


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The program: what CHROMIUM names, else Debian's, which is installed first where that is allowed."""
    try:
        return _chromium()
    except NoChromiumError as error:
        pytest.skip(f"no Chromium can be had here: {error}")


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """A browser with an empty profile of its own.

    It lasts for one module: while it is there, its event loop holds the thread, and `asyncio.run` fails.
    """
    with sync_playwright() as playwright:
        # Its own defaults bring a profile that is new and removed afterwards.
        started = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        try:
            yield started
        finally:
            started.close()


def axe_findings(page: Page) -> list[str]:
    """Return what axe holds against a page when it is all there: rule, place, and what would mend it."""
    page.wait_for_load_state("load")
    source = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    # Evaluated by the debugger: the policy of a page does not keep it out. JavaScript must be on: axe has timers.
    page.evaluate(source)
    found: list[Any] = page.evaluate(_RUN_AXE, list(AXE_RULES))
    return [str(one) for one in found]


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture for people to look at, where PRESSMARK_PICTURES names a folder for them."""
    folder = os.environ.get("PRESSMARK_PICTURES")
    if folder:
        name = re.sub(r"\W+", "-", name).strip("-")
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _chromium() -> Path:
    named = os.environ.get("CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise NoChromiumError(f"CHROMIUM names {named!r}, which is no program")
        return Path(named)
    if shutil.which("chromium") is None:
        _install()
    found = shutil.which("chromium")
    if found is None:
        raise NoChromiumError("apt-get installed no program of this name")
    return Path(found)


def _install() -> None:
    if shutil.which("apt-get") is None or os.geteuid():
        raise NoChromiumError("name one in CHROMIUM, or install Debian's package chromium")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("install", "-y", "--no-install-recommends", *_PACKAGES)
    # A fresh machine may hold no lists of packages yet; a stale one lacks what they name.
    for words in (install, ("update",), install):
        argv = ["apt-get", "-qq", "-o", "Acquire::Retries=1", *words]
        try:
            done = subprocess.run(
                argv, env=environment, capture_output=True, text=True, timeout=_APT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise NoChromiumError(f"apt-get took more than {error.timeout} seconds") from None
        if words == install and done.returncode == 0:
            return
    raise NoChromiumError(done.stderr.strip())
