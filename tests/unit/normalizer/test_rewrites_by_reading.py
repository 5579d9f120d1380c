"""Kinds of edits held against what a person found who read both wordings."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.normalizer.edit_classes import EditClass
from services.normalizer.edits import Edit, Version
from tests.support.edit_versions import edit_between, version
from tests.support.history_checks import spaced
from tests.support.publishers import KcnaPublisher, kcna_versions_path

TABLE = tomllib.loads((Path(__file__).parents[2] / "support" / "kcna_classes.toml").read_text("utf-8"))[
    "rewrite"
]
_PATH = kcna_versions_path()
needs_corpus = pytest.mark.skipif(_PATH is None, reason="the corpus is not there; PRESSMARK_CORPUS names it")


@cache
def rewrites() -> dict[str, tuple[Version, Version]]:
    """The first two wordings of each rewritten address, by the last part of its path."""
    assert _PATH is not None
    publisher = KcnaPublisher(_PATH)
    found = {}
    for rewrite in publisher.truth.rewrites:
        looks = publisher.looks
        before, after = (
            publisher._states[look][rewrite.path]
            for look in (looks[looks.index(rewrite.day) - 1], rewrite.day)
        )
        name = urlsplit(rewrite.path).path.rpartition("/")[2].removesuffix(".kcmsf")
        found[name] = (
            version(*spaced(publisher, before.body).split("\n"), title=before.headline),
            version(*spaced(publisher, after.body).split("\n"), title=after.headline),
        )
    return found


@needs_corpus
def test_the_table_tells_of_every_rewrite() -> None:
    assert {row["article"] for row in TABLE} == set(rewrites())


@needs_corpus
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["article"][:8])
def test_a_rewrite_has_the_classes_that_a_reader_gave_it(row: dict[str, Any]) -> None:
    edit = edit_between(*rewrites()[row["article"]])

    assert list(edit.classes) == row["classes"]
    assert edit.silent
    for before, after, expected in row.get("telling", ()):
        assert expected in classes_of(edit, before, after), (before, after)
    for before, after in row.get("no_name", ()):
        assert EditClass.NAME not in classes_of(edit, before, after), (before, after)


@needs_corpus
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["article"][:8])
def test_a_rewrite_that_is_undone_has_the_same_classes_read_backwards(row: dict[str, Any]) -> None:
    before, after = rewrites()[row["article"]]
    turned = {"sentence_added": "sentence_removed", "sentence_removed": "sentence_added"}

    edit = edit_between(after, before)

    assert set(edit.classes) == {turned.get(one, one) for one in row["classes"]}


def classes_of(edit: Edit, before: str, after: str) -> set[EditClass]:
    found = [change.classes for change in edit.changes if (change.before, change.after) == (before, after)]
    assert found, f"{before!r} → {after!r} is told as no change of its own"
    return {one for classes in found for one in classes}
