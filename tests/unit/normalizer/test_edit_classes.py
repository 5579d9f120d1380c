"""What kind of edit a change is, and what must not be taken for it."""

import pytest

from services.normalizer.edit_classes import EditClass, is_typography
from tests.support.edit_versions import edit_between, version

_ONE = "The workers finished the production of the launchers in a short time."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It flew 7,687.5 km in all.", "It flew 7 687.5km in all."),
        ('He shouted "Hurrah" twice.', "He shouted “Hurrah” twice."),
        ("The Workers' Party won -- again.", "The Workers’ Party won — again."),
        ("It ended with splendor and honor.", "It ended with splendour and honour."),
        ("They modernize their defense in the center.", "They modernise their defence in the centre."),
        ("The party met in the hall.", "The Party met in the hall."),
        ("Well, it ended.", "Well it ended."),
        ("The super-strong army met.", "The super strong army met."),
    ],
)
def test_the_same_words_set_differently_are_typography(old: str, new: str) -> None:
    assert edit_between(version(old), version(new)).classes == (EditClass.TYPOGRAPHY,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("7.5 km", "75 km"),
        ("-5 degrees", "5 degrees"),
        ("5 %", "5"),
        ("1.5", "1,000.5"),
        ("four men", "for men"),
        ("10²", "102"),
        ("Dead?", "Dead."),
    ],
)
def test_what_changes_the_meaning_is_not_typography(old: str, new: str) -> None:
    assert not is_typography(old, new)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "They produced 250 launchers there.",
            "They produced 300 launchers there.",
            EditClass.NUMBER_OR_DATE,
        ),
        ("It was held on August 24.", "It was held on August 25.", EditClass.NUMBER_OR_DATE),
        ("It was held in August there.", "It was held in July there.", EditClass.NUMBER_OR_DATE),
        ("They built two ships there.", "They built three ships there.", EditClass.NUMBER_OR_DATE),
        ("대회는 8월에 열렸다.", "대회는 9월에 열렸다.", EditClass.NUMBER_OR_DATE),
        ("With him was Jang Song Thaek too.", "With him was Choe Ryong Hae too.", EditClass.NAME),
        ("대회에서 장성택동지가 연설하였다.", "대회에서 최룡해동지가 연설하였다.", EditClass.NAME),
        ("金正恩同志访问工厂。", "崔龙海同志访问工厂。", EditClass.NAME),
        ("The great ceremony took place.", "The solemn ceremony took place.", EditClass.WORDING),
    ],
)
def test_a_change_is_classed_by_what_differs(old: str, new: str, expected: EditClass) -> None:
    assert edit_between(version(old), version(new)).classes == (expected,)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "He oversaw a test-fire on August 27 of the new rocket.",
            "He on August 27 oversaw a test-fire of the new rocket.",
        ),
        ("The eighth meeting was held.", "The 8th meeting was held."),
        ("The respected Comrade Kim Jong Un came by.", "Kim Jong Un came by."),
    ],
)
def test_a_date_put_elsewhere_or_a_title_left_out_is_neither_a_number_nor_a_name(old: str, new: str) -> None:
    edit = edit_between(version(old), version(new))

    assert edit.classes == (EditClass.WORDING,)


def test_a_change_of_the_title_alone_is_an_edit() -> None:
    edit = edit_between(version(_ONE, title="Rivals warned"), version(_ONE, title="Enemies warned"))

    assert edit.changes == ()
    assert edit.classes == (EditClass.TITLE,)
    assert (edit.title_from, edit.title_to) == ("Rivals warned", "Enemies warned")


def test_a_title_with_other_quotes_is_typography() -> None:
    edit = edit_between(version(_ONE, title="The People's Day"), version(_ONE, title="The People’s Day"))

    assert edit.classes == (EditClass.TYPOGRAPHY,)


def test_typography_is_left_out_of_the_summary_where_there_is_more_to_tell() -> None:
    old = version("The People's Army and its most ferocious rivals met there.")
    new = version("The People’s Army and its most ferocious enemies met there.")

    edit = edit_between(old, new)

    assert (edit.from_text, edit.to_text) == ("rivals", "enemies")
    assert len(edit.changes) == 2
