"""An outlet's history archived look by look by the real workers, held against what really happened."""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from tests.support.archive import Archive, NewServers, running_archive
from tests.support.history_checks import (
    Turn,
    bodies_left,
    listed_paths,
    look_at,
    looks_that_matter,
    makes_the_new_text,
    paths_of,
    shows_every_word,
    tells,
    turns,
)
from tests.support.publishers import KcnaPublisher, MadeUpHistory, ReplayPublisher, kcna_versions_path

PATIENT = {"PRESSMARK_CRAWLER_RERING_AFTER": "15", "PRESSMARK_FETCHER_LEASE": "20"}
"""Nothing goes wrong in these runs, so a busy machine must not be taken for a dead worker."""


@pytest.fixture
def archive(new_servers: NewServers) -> Iterator[Archive]:
    with running_archive(new_servers(), settings=PATIENT) as running:
        yield running


def kcna() -> KcnaPublisher:
    path = kcna_versions_path()
    if path is None:
        pytest.skip("the corpus is not there; PRESSMARK_CORPUS names it")
    return KcnaPublisher(path)


def test_a_made_up_history_is_told_as_it_happened(archive: Archive) -> None:
    publisher = MadeUpHistory()

    with closing(look_at(archive, publisher, publisher.looks)):
        assert_history(archive, publisher, publisher.looks)
    assert archive.kit.figures()["articles"] == publisher.truth.articles


def test_the_rewrites_of_a_real_outlet_are_told_as_they_happened(archive: Archive) -> None:
    publisher = kcna()
    looks = looks_that_matter(publisher)

    with closing(look_at(archive, publisher, looks)):
        assert_history(archive, publisher, looks)
    assert len(publisher.truth.rewrites) == 11


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_two_months_of_a_real_outlet_are_told_as_they_happened(archive: Archive) -> None:
    publisher = kcna()

    with closing(look_at(archive, publisher, publisher.looks)):
        assert_history(archive, publisher, publisher.looks)
    assert archive.kit.figures()["articles"] == publisher.truth.articles


def assert_history(archive: Archive, publisher: ReplayPublisher, looks: Sequence[dt.date]) -> None:
    listed = listed_paths(publisher, looks)
    assert_every_url_has_one_state(archive, publisher, listed)
    assert_aliases_are_one_article(archive, publisher, listed, looks[-1])
    assert_edits(archive, publisher, list(turns(publisher, looks, listed)))
    assert archive.kit.figures()["quarantine"] == {}


def assert_every_url_has_one_state(
    archive: Archive, publisher: ReplayPublisher, listed: dict[str, dt.date]
) -> None:
    figures = archive.kit.figures()
    assert figures["conserved"]
    assert figures["targets"]["accepted"] == sum(
        count for state, count in figures["targets"].items() if state != "accepted"
    )
    states = archive.states(publisher.source_id)
    assert {state for state, _ in states.values()} == {"archived"}
    assert {url.partition("/en/")[2] for url in states if "/category/" not in url} == {
        "",
        *(path.removeprefix("/en/") for path in listed),
    }


def assert_aliases_are_one_article(
    archive: Archive, publisher: ReplayPublisher, listed: dict[str, dt.date], last: dt.date
) -> None:
    articles = list(archive.kit.catalogue.every_article())
    assert sum(len(article.urls) for article in articles) == len(listed)
    assert len(articles) == len(bodies_left(publisher, last, listed))
    assert {article.state for article in articles} == {"LIVE"}


def assert_edits(archive: Archive, publisher: ReplayPublisher, expected: Sequence[Turn]) -> None:
    edits = list(archive.kit.catalogue.every_edit())
    for turn in expected:
        told = [edit for edit in edits if tells(edit, turn)]
        assert len(told) == 1, (sorted(turn.paths), len(told))
        assert turn.paths <= paths_of(told[0])
        assert shows_every_word(told[0], turn), told[0].changes
        assert makes_the_new_text(told[0]), told[0].changes
        assert told[0].silent
    assert len(edits) == len(expected)
    edited = {path for turn in expected for path in turn.paths}
    assert {rewrite.path for rewrite in publisher.truth.rewrites} <= edited
