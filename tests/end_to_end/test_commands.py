"""The commands that users and scripts rely on, run as processes against an archive that `up` started."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.publishers import MadeUpHistory

Run = "subprocess.CompletedProcess[str]"


class Archive:
    """An archive in a directory, and the program to command it with."""

    def __init__(self, data: Path) -> None:
        self.environment = {
            **os.environ,
            "PRESSMARK_DATA": str(data),
            "PRESSMARK_PRIVATE_NETWORKS": "127.0.0.0/8",
            "COLUMNS": "120",
        }

    def run(self, *words: str, code: int = 0, given: str | None = None) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "services.pressmark", *words],
            input=given,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
            env=self.environment,
        )
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done

    def json(self, *words: str) -> dict[str, Any]:
        return json.loads(self.run(*words, "--json").stdout)

    def lines(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(*words, "--json").stdout.splitlines()]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    archive = Archive(tmp_path_factory.mktemp("archive") / "data")
    archive.run("up", "--detach")
    try:
        yield archive
    finally:
        archive.run("down")


@pytest.fixture(scope="module")
def publisher(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeUpHistory]:
    """An outlet that was crawled and re-checked at three looks, the last of them with an edit."""
    history = MadeUpHistory()
    site = history.serve()
    file = tmp_path_factory.mktemp("sources") / "outlet.toml"
    file.write_text(history.source_text(site.url), encoding="utf-8")
    archive.run("source", "add", str(file))
    for look in history.looks[:3]:
        history.set_look(look)
        archive.run("crawl", history.source_id, "--wait")
        archive.run("recheck", history.source_id, "--wait")
    yield history
    site.close()


def test_the_sources_that_are_watched_are_listed(archive: Archive, publisher: MadeUpHistory) -> None:
    listed = archive.lines("source", "list")

    assert [source["id"] for source in listed] == [publisher.source_id]


def test_articles_are_listed_with_all_their_addresses(archive: Archive, publisher: MadeUpHistory) -> None:
    listed = archive.lines("articles", "--source", publisher.source_id)

    assert listed
    assert all(
        set(article)
        >= {"id", "source", "title", "published", "language", "url", "urls", "state", "revisions"}
        for article in listed
    )
    assert any(len(article["urls"]) > 1 for article in listed)
    assert len({url for article in listed for url in article["urls"]}) == sum(
        len(article["urls"]) for article in listed
    )


def test_an_article_is_shown_with_every_revision_and_its_capture(
    archive: Archive, publisher: MadeUpHistory
) -> None:
    edited = next(article for article in archive.lines("articles") if article["revisions"] > 1)

    shown = archive.json("article", edited["id"])

    assert len(shown["revisions"]) == edited["revisions"]
    for revision in shown["revisions"]:
        assert revision["capture"]["warc_key"].startswith("warc/")
        assert revision["capture"]["payload_digest"].startswith("sha256:")


def test_an_edit_is_told_with_both_texts_and_the_words(archive: Archive, publisher: MadeUpHistory) -> None:
    edits = archive.lines("edits")

    assert edits
    for edit in edits:
        assert set(edit) >= {"article", "url", "from", "to", "classes", "silent", "words_changed", "seen_at"}
        assert edit["from"] != edit["to"]
        assert edit["words_changed"] > 0
        assert edit["changes"]


def test_the_status_closes(archive: Archive, publisher: MadeUpHistory) -> None:
    status = archive.json("status")

    targets = dict(status["targets"])
    assert targets.pop("accepted") == sum(targets.values())
    assert status["captures"] > 0
    assert set(status["queues"]) == {"crawler", "fetcher", "normalizer"}
    assert set(status["processes"].values()) == {"ready"}


def test_a_single_page_is_archived_under_its_site(archive: Archive, publisher: MadeUpHistory) -> None:
    known = archive.lines("articles")[0]["url"]

    ordered = archive.json("archive", known, "--wait")

    assert ordered["sources"] == [publisher.source_id]


def test_edits_are_narrowed_to_what_is_asked_for(archive: Archive, publisher: MadeUpHistory) -> None:
    every = archive.lines("edits")

    assert len(archive.lines("edits", "--silent")) + len(archive.lines("edits", "--announced")) == len(every)
    assert archive.lines("edits", "--source", publisher.source_id, "--language", "en") == every
    assert archive.lines("edits", "--since", "2999-01-01") == []
    assert archive.lines("edits", "--class", "no-such-class") == []


def test_a_watch_knows_the_articles_that_hold_its_name_and_can_be_removed(
    archive: Archive, publisher: MadeUpHistory
) -> None:
    watch = archive.json("watch", "add", "Tarnholt", "--source", publisher.source_id)["id"]
    until = time.monotonic() + 120
    while not (standing := archive.json("watch", "show", watch))["ready"] and time.monotonic() < until:
        time.sleep(1)

    assert standing["articles"] > 0
    assert archive.lines("watches", "--watch", watch) == standing["alarms"]
    archive.run("watch", "remove", watch)
    assert archive.lines("watch", "list") == []
    archive.run("watch", "show", "nosuch", code=4)


def test_nothing_found_of_a_source_is_told_with_what_could_be_seen_of_it(
    archive: Archive, publisher: MadeUpHistory
) -> None:
    found = archive.run("edits", "--source", publisher.source_id, "--class", "no-such-class")

    days = archive.lines("coverage", publisher.source_id)
    assert found.stdout == ""
    assert f"coverage of {publisher.source_id}" in " ".join(found.stderr.split())
    assert [day["verdict"] for day in days] == ["seen"] * len(days)
    assert sum(day["archived"] for day in days) > 0
    archive.run("coverage", "nosuch", code=4)


def test_a_webhook_is_told_and_its_secret_is_shown_once(archive: Archive, publisher: MadeUpHistory) -> None:
    archive.run("webhook", "add", "http://10.1.2.3/", code=1)
    added = archive.json("webhook", "add", "http://127.0.0.1:9/nobody", "--kind", "article_edited")

    tested = json.loads(archive.run("webhook", "test", added["id"], "--json", code=1).stdout)

    assert added["secret"].startswith("whsec_")
    assert tested["tries"][0]["outcome"] == "connect"
    listed = archive.run("webhook", "list", "--json").stdout
    assert added["id"] in listed
    assert added["secret"] not in listed
    archive.run("webhook", "remove", added["id"])


def test_nothing_was_removed(archive: Archive, publisher: MadeUpHistory) -> None:
    assert archive.lines("removals") == []


def test_what_does_not_exist_is_told_with_its_own_exit_code(archive: Archive) -> None:
    assert "'pressmark source list'" in archive.run("crawl", "nowhere", code=4).stderr
    assert "'pressmark articles'" in archive.run("article", "nothing", code=4).stderr


def test_a_wrong_source_file_is_refused_with_line_key_and_remedy(archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        'id = "x"\nname = "X"\nlanguage = "en"\nhome = "http://x.example/"\n[[lists]]\nurl = "/"\n'
    )

    told = archive.run("source", "add", str(file), code=1).stderr

    assert "line 6" in told
    assert "lists[0].url" in told


def test_a_page_from_standard_input_is_read(archive: Archive) -> None:
    page = (
        "<title>A Harvest</title><article><h1>A Harvest</h1><p>" + "It was a good year. " * 20 + "</article>"
    )

    shown = json.loads(
        archive.run("extract", "-", "--url", "http://x.example/1", "--json", given=page).stdout
    )

    assert (shown["title"], shown["url"]) == ("A Harvest", "http://x.example/1")
    assert shown["body"]
    assert set(shown) >= {"id", "published", "published_precision", "authors", "related", "provenance"}


def test_a_second_up_on_the_same_data_says_who_holds_it(archive: Archive) -> None:
    assert "in use by process" in archive.run("up", "--detach", code=75).stderr


@pytest.mark.parametrize(
    "command", ["up", "demo", "crawl", "recheck", "archive", "edits", "extract", "status"]
)
def test_a_command_explains_itself(archive: Archive, command: str) -> None:
    assert len(archive.run(command, "--help").stdout) > 300
