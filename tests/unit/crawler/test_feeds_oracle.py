"""Link, title and dates of every entry of 984 feeds, against what feedparser 6.0.14 read of them."""

import json
import tarfile
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urljoin

import pytest

from services.crawler.feeds import UnreadableListError, feed_links
from services.crawler.links import ListPage, RawLink
from shared.ledger.frontier import TargetKind
from tests.support.publishers import corpus_folder

PAGE = "http://127.0.0.1:8097/x"
FOLDER = corpus_folder() / "gold" / "oracles" / "feeds"

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the corpus is not here")

IDENTIFIER = "the item has no link; its identifier is an address, which is what its page has"
DUBLIN_CORE = "dc:date is the only date of the item: it counts as that of publication, and as that of change"
REASONS = {
    "illformed/rdf_channel_empty_textinput.xml": IDENTIFIER,
    "wellformed/rdf/rdf_item_description.xml": IDENTIFIER,
    "wellformed/namespace/rss1.0withModules.xml": DUBLIN_CORE,
    "wellformed/namespace/rss1.0withModulesNoDefNSLocalNameClash.xml": DUBLIN_CORE,
    "wellformed/namespace/rss2.0NSwithModules.xml": DUBLIN_CORE,
    "wellformed/namespace/rss2.0NSwithModulesNoDefNS.xml": DUBLIN_CORE,
}
"""Where we read an entry otherwise, and why. An entry without any address is left out by both."""


@cache
def oracle() -> dict[str, list[dict[str, Any]]]:
    lines = (FOLDER / "feedparser_expected.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["file"]: row["entries"] for row in map(json.loads, lines)}


@cache
def read() -> dict[str, list[RawLink]]:
    """Every feed as we read it. A document that is none gives no entries; no other error is let through."""
    found = {}
    with tarfile.open(FOLDER / "feedparser_tests.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member)
            if file is None:
                continue
            page = ListPage(url=PAGE, kind=TargetKind.FEED, content_type=None, body=file.read())
            try:
                links = feed_links(page)
            except UnreadableListError:
                links = []
            found[member.name.removeprefix("./")] = links
    return found


def instant(text: str | None) -> datetime | str | None:
    """A date as a moment; the oracle writes all of them in UTC, a feed as it likes."""
    if not text:
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
        except ValueError:
            continue
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return text


def test_every_feed_of_the_oracle_is_read() -> None:
    assert len(oracle()) == 984
    assert set(read()) == set(oracle())


def test_every_entry_is_as_the_oracle_has_it_or_there_is_a_reason() -> None:
    differing = set()
    for name, entries in oracle().items():
        expected = [
            (
                urljoin(PAGE, entry["link"]),
                entry["title"] or None,
                instant(entry["published"]),
                instant(entry["updated"]),
            )
            for entry in entries
            if entry["link"]
        ]
        ours = [
            (urljoin(PAGE, link.href), link.title or None, instant(link.date), instant(link.modified))
            for link in read()[name]
        ]
        if ours != expected:
            differing.add(name)

    assert differing == set(REASONS)
