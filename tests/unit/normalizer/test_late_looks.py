"""A look that is read after later ones comes in where its time is."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.normalizer.chronicle import Chronicle
from tests.support.records import NOON, RecordsInMemory, sighting, source, text

OLD = text("bridge")
NEW = text("bridge", ("forty people", "fifty people"))
NEWEST = text("bridge", ("forty people", "sixty people"))


def history_of(*looks: tuple[str, float, tuple[str, ...]]) -> RecordsInMemory:
    """The history of looks, (path, hours after noon, text), read in this order."""
    records = RecordsInMemory()
    chronicle = Chronicle(records, source())
    for path, hours, body in looks:
        chronicle.see(sighting(path, body, hours=hours))
    return records


def edits(records: RecordsInMemory) -> list[tuple[str, str]]:
    """The words of each edit, by the time at which it was seen."""
    told = sorted((edit for _, edit in records.edits), key=lambda edit: edit.seen_at)
    return [(change["from"], change["to"]) for edit in told for change in edit.changes]


def hours(records: RecordsInMemory) -> list[float]:
    """When each revision was seen first."""
    return sorted((one.seen_at - NOON).total_seconds() / 3600 for one, _ in records.revisions.values())


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_a_wording_that_was_undone_is_told_twice_in_whatever_order_it_is_read(order: tuple[int, ...]) -> None:
    looks = (("/a", 0.0, OLD), ("/a", 1.0, NEW), ("/a", 2.0, OLD))

    records = history_of(*(looks[place] for place in order))

    assert edits(records) == [("forty", "fifty"), ("fifty", "forty")]
    assert records.kinds().count("article_edited") == 2
    assert hours(records) == [0, 1, 2]
    [stored] = records.articles.values()
    assert records.revision(stored.revision_id).body == OLD


def test_a_late_look_that_shows_what_is_known_dates_it_back() -> None:
    records = history_of(("/a", 0, OLD), ("/a", 9, NEW), ("/a", 4, NEW), ("/a", 2, OLD))

    assert hours(records) == [0, 4]
    assert edits(records) == [("forty", "fifty")]
    [(_, edit)] = records.edits
    assert edit.seen_at == records.revision(edit.to_revision).seen_at
    assert records.revision(edit.to_revision).capture_id == 400


def test_a_late_revision_between_two_known_ones_is_told_on_both_sides() -> None:
    records = history_of(("/a", 0, OLD), ("/a", 9, NEWEST), ("/a", 4, NEW))

    assert edits(records) == [("forty", "fifty"), ("fifty", "sixty")]


def test_a_change_that_another_address_has_shown_is_not_told_again_when_it_is_read_late() -> None:
    looks = [(path, hour, body) for path in ("/a", "/b") for hour, body in ((0, OLD), (5, NEW))]
    first, *_, last = looks

    records = history_of(first, looks[2], looks[1], last, ("/b", 3, NEW), ("/a", 2, NEW))

    assert edits(records) == [("forty", "fifty")]
    assert records.kinds().count("article_edited") == 1


@settings(deadline=None, max_examples=200)
@given(st.permutations(range(9)), st.integers(1, 3), st.integers(4, 6))
def test_an_article_rewritten_twice_has_one_history_in_every_order(
    order: list[int], first: int, second: int
) -> None:
    bodies = [OLD if hour < first else NEW if hour < second else NEWEST for hour in range(9)]

    records = history_of(*(("/a", hour, bodies[hour]) for hour in order))

    assert edits(records) == [("forty", "fifty"), ("fifty", "sixty")]
    assert hours(records) == [0, first, second]
    [stored] = records.articles.values()
    assert records.revision(stored.revision_id).body == NEWEST
    assert stored.first_seen_at == NOON
