"""What kind of edit a change is, and what must not be taken for it."""

import pytest

from services.normalizer.edit_classes import EditClass, is_typography
from services.normalizer.edits import compare
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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # A pronoun in a text that names the person still.
        (
            "Marrek Oduvan opened the fair. Marrek Oduvan thanked the crews.",
            "Marrek Oduvan opened the fair. He thanked the crews.",
        ),
        (
            "The fair was held in Lindmoor City last week.",
            "The fair was held in the city of Lindmoor last week.",
        ),
        (
            "She is a secretary of the Harbour Workers' Union of Velm.",
            "She is a secretary of the HWU of Velm.",
        ),
        ("The Upper Velm River broke its banks.", "The River Upper Velm broke its banks."),
        (
            "They carry out the Seven-Year Plan of the town.",
            "They carry out the seven-year plan of the town as well.",
        ),
        (
            "Central Board members of the union met.",
            "Members of the Central Board of the union met.",
        ),
        (
            'The speech, "Let Us Build More", was heard.',
            'The speech, titled "Let Us Make Redoubled Efforts", was heard.',
        ),
        ("Therefore, the quay stays shut.", "So I say the quay stays shut."),
        ("They used a Velm-based crew there.", "They used a Velm-oriented crew there."),
    ],
)
def test_the_same_person_or_body_called_otherwise_is_no_change_of_a_name(old: str, new: str) -> None:
    edit = edit_between(version(old), version(new))

    assert EditClass.NAME not in edit.classes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # The text does not name the person any more: whom the pronoun means cannot be told from it.
        ("Marrek Oduvan thanked the crews of the port.", "He thanked the crews of the port."),
        # The name is cut here, though a pronoun comes in somewhere and others are named.
        ("Marrek Oduvan and Sefa Tarn met workers.", "Marrek Oduvan met his workers."),
        ("It was said by Marrek Oduvan there.", "It was said by the mayor there."),
        ("The Second Economic Board of Velm met.", "The Second Harbour Board of Velm met."),
    ],
)
def test_a_name_that_left_or_became_another_is_a_change_of_a_name(old: str, new: str) -> None:
    edit = edit_between(version(old), version(new))

    assert EditClass.NAME in edit.classes


def test_eight_decades_are_eighty_years_and_a_third_stage_project_is_of_the_third_stage() -> None:
    old = version("It took 80 years in all, and the houses of the third stage are built.")
    new = version("It took eight decades in all, and the third-stage houses are built.")

    assert EditClass.NUMBER_OR_DATE not in edit_between(old, new).classes


def test_a_sentence_broken_by_a_paragraph_is_one_sentence() -> None:
    old = version("The crane was designed by", "Sefa Tarn and finished under her guidance.")
    new = version("The crane was drawn by Sefa Tarn and finished under her steady guidance.")

    assert edit_between(old, new).classes == (EditClass.WORDING,)


def test_a_sentence_cut_in_two_is_known_though_it_is_spelled_otherwise_too() -> None:
    old = version(
        "Underlining the need for new centers, she said our aim is to reach every village in winter."
    )
    new = version(
        "Underlining the need for centres, she said:", "Our aim is to reach every village by winter."
    )

    edit = edit_between(old, new)

    assert EditClass.SENTENCE_ADDED not in edit.classes


@pytest.mark.parametrize(
    ("old", "new", "is_told"),
    [
        ("http://a.example/photo/crowd.jpg", "http://a.example/photo/empty-square.jpg", True),
        ("http://a.example/photo/crowd.jpg", None, True),
        ("http://a.example/photo/crowd.jpg", "http://cdn.a.example/x/crowd-300x200.jpg?v=7", False),
        ("http://[bad", "http://[bad", False),
    ],
)
def test_another_picture_is_told_beside_other_words_and_never_alone(
    old: str, new: str | None, *, is_told: bool
) -> None:
    edit = edit_between(version(_ONE, image=old), version(_ONE.replace("short", "brief"), image=new))

    assert (EditClass.IMAGE in edit.classes) is is_told
    assert compare(version(_ONE, image=old), version(_ONE, image=new)) is None
