"""What many articles of a source change alike is one event of the source, and no edit of any of them."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.normalizer.chronicle import Chronicle
from services.normalizer.deltas import delta_of_title
from services.normalizer.sightings import Sighting
from tests.support.records import RecordsInMemory, sighting, source, text

FOOTER = "Copyright Quay Herald 2026. All rights reserved."
SUBJECTS = ("bridge", "tram depot", "lighthouse", "school", "mill", "library", "harbour office", "market")
OWN = ("forty people", "fifty people")


def chronicle() -> tuple[Chronicle, RecordsInMemory]:
    records = RecordsInMemory()
    return Chronicle(records, source()), records


def first_looks(dates: Sequence[str] = ()) -> list[Sighting]:
    return [
        sighting(f"/{place}", (*dates[place : place + 1], *text(subject)), hours=place / 10, title=subject)
        for place, subject in enumerate(SUBJECTS)
    ]


def second_looks(*, edited: int | None = None, title: str = "{}") -> list[Sighting]:
    return [
        sighting(
            f"/{place}",
            (*(text(subject, OWN) if place == edited else text(subject)), FOOTER),
            hours=24 + place / 10,
            title=title.format(subject),
        )
        for place, subject in enumerate(SUBJECTS)
    ]


def left(records: RecordsInMemory) -> list[list[tuple[str, str]]]:
    """The edits that stand, each with its words."""
    return [
        [(change["from"], change["to"]) for change in edit.changes]
        for _, edit in records.edits
        if edit.template_id is None
    ]


@pytest.mark.parametrize("order", range(8))
def test_a_footer_on_every_article_is_one_event_and_the_one_real_edit_keeps_its_own_words(order: int) -> None:
    history, records = chronicle()
    looks = second_looks(edited=order, title="{} | Quay Herald")
    random.Random(order).shuffle(looks)

    for look in [*first_looks(), *looks]:
        history.see(look)

    assert left(records) == [[("forty", "fifty")]]
    [told] = [event for event in records.events if event.kind == "template_changed"]
    assert {change["to"] for change in told.data["changes"]} == {FOOTER, "| Quay Herald"}  # type: ignore[attr-defined]
    assert told.data["articles"] == 6
    [edit] = [edit for _, edit in records.edits if edit.template_id is None]
    assert list(edit.classes) == ["number_or_date"]
    assert edit.title_change is None
    assert {change["op"] for change in edit.taken_back} == {"insert", "title"}


def test_the_edits_told_before_the_template_was_known_are_taken_back_each_with_an_event() -> None:
    history, records = chronicle()
    for look in [*first_looks(), *second_looks()]:
        history.see(look)

    kinds = records.kinds()
    assert kinds.count("article_edited") == kinds.count("edit_taken_back") == 5
    assert left(records) == []
    assert {edit.template_id for _, edit in records.edits} == {1}


def test_the_same_footer_on_five_articles_is_five_edits() -> None:
    history, records = chronicle()
    for look in [*first_looks(), *second_looks()[:5]]:
        history.see(look)

    assert len(left(records)) == 5
    assert "template_changed" not in records.kinds()


def test_dates_written_in_another_way_are_the_template_though_each_article_has_its_own() -> None:
    history, records = chronicle()
    for look in first_looks([f"Date: {place + 3:02}/12/2013" for place in range(8)]):
        history.see(look)
    for place, subject in enumerate(SUBJECTS):
        body = (f"Date: {place + 3:02} December 2013", *text(subject))
        history.see(sighting(f"/{place}", body, hours=30 + place, title=subject))

    assert left(records) == []
    assert records.kinds().count("template_changed") == 1


def test_a_name_cut_from_many_articles_is_never_the_template() -> None:
    history, records = chronicle()
    told = "Comrade Jang Song Thaek and the workers of the {} were present at the opening."
    for number, words in enumerate((told, "The workers of the {} were present at the opening.")):
        for place, subject in enumerate(SUBJECTS):
            body = (*text(subject), words.format(subject))
            history.see(sighting(f"/{place}", body, hours=24 * number + place / 10, title=subject))

    assert len(left(records)) == len(SUBJECTS)
    assert "template_changed" not in records.kinds()


def test_numbers_that_changed_places_are_no_date() -> None:
    history, records = chronicle()
    for number, (dead, hurt) in enumerate(((5, 3), (3, 5))):
        for place, subject in enumerate(SUBJECTS):
            body = (*text(subject), f"At the {subject} there were {dead} dead and {hurt} hurt.")
            history.see(sighting(f"/{place}", body, hours=24 * number + place / 10, title=subject))

    assert len(left(records)) == len(SUBJECTS)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("Bridge opens", "Bridge opens | Quay Herald", "affix"),
        ("Bridge opens - Herald", "Bridge opens - Quay Herald", "affix"),
        ("Herald: Bridge opens", "Bridge opens", "affix"),
        ("Jang Song Thaek opens bridge", "Kim opens bridge", "edit"),
        ("Bridge opens to walkers", "Bridge opens", "edit"),
        ("Bridge opens", "Depot closes", "edit"),
    ],
)
def test_of_a_title_only_an_affix_set_apart_may_be_the_templates(before: str, after: str, kind: str) -> None:
    assert (delta_of_title(before, after) is not None) == (kind == "affix")


@given(st.permutations(range(len(SUBJECTS))), st.integers(0, len(SUBJECTS) - 1))
@settings(max_examples=50, deadline=None)
def test_what_is_left_as_edited_does_not_depend_on_the_order_of_reading(
    order: list[int], edited: int
) -> None:
    history, records = chronicle()
    looks = second_looks(edited=edited)

    for look in first_looks():
        history.see(look)
    for place in order:
        history.see(looks[place])

    assert left(records) == [[("forty", "fifty")]]
    assert records.kinds().count("template_changed") == 1


def test_commas_quotes_and_equal_sentences_of_rewritten_articles_are_never_the_template() -> None:
    history, records = chronicle()
    said = ("The mayor's office said so.", "Nobody was hurt.")
    unsaid = ("The mayor’s office, again, said nothing.",)

    for hours, middle in ((0, said), (24, unsaid)):
        for place, subject in enumerate(SUBJECTS):
            body = (*text(subject), *middle, *text(f"old {subject}"))
            history.see(sighting(f"/{place}", body, hours=hours + place / 10, title=subject))

    assert not [event for event in records.events if event.kind == "template_changed"]
    assert len(left(records)) == len(SUBJECTS)
    assert all(any("Nobody was hurt" in was for was, _ in changes) for changes in left(records))
    assert all(any("’" in became for _, became in changes) for changes in left(records))
