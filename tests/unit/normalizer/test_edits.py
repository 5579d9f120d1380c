"""An edit must say what changed, all of it, and in words that a person would use."""

import pytest

from services.normalizer.edit_classes import EditClass
from services.normalizer.edits import Change, ChangeOp, Edit, compare
from services.normalizer.wording import words
from tests.support.edit_versions import edit_between, version


def told(edit: Edit) -> list[tuple[str, str]]:
    return [(change.before, change.after) for change in edit.changes]


# -- what is no edit ----------------------------------------------------------------------------------------------


def test_white_space_glued_words_and_paragraph_breaks_are_no_edit() -> None:
    old = version("The respected ComradeKim Jong Un spoke. It rained.", title="A  title")
    new = version("The respected Comrade Kim\u00a0Jong Un spoke.", "It rained.", title="A title ")

    assert compare(old, new) is None


def test_a_glued_name_is_no_change_beside_a_real_one() -> None:
    old = version("He was reviewed byKim Jong Un in the square of the capital.")
    new = version("He was reviewed by Kim Jong Un in the park of the capital.")

    assert told(edit_between(old, new)) == [("square", "park")]


# -- words --------------------------------------------------------------------------------------------------------


def test_one_word_changed_is_told_as_that_word() -> None:
    old = version("First.", "It is aimed at the most ferocious rivals, and it works.")
    new = version("First.", "It is aimed at the most ferocious enemies, and it works.")

    edit = edit_between(old, new)

    (change,) = edit.changes
    assert change == Change(
        op=ChangeOp.REPLACE,
        before="rivals",
        after="enemies",
        paragraph=1,
        at=len("First.\nIt is aimed at the most ferocious "),
        moved_from=None,
        classes=(EditClass.WORDING,),
    )
    assert (edit.from_text, edit.to_text) == ("rivals", "enemies")
    assert (edit.words_changed, edit.words_before, edit.words_after) == (1, 12, 12)
    assert edit.classes == (EditClass.WORDING,)


def test_a_longer_phrase_is_one_change_not_an_insertion_after_a_shared_article() -> None:
    old = version("It has the purpose of informing the rivals at once.")
    new = version("It has the purpose of declaring the DPRK's counteraction will to the rivals at once.")

    assert told(edit_between(old, new)) == [("informing", "declaring the DPRK's counteraction will to")]


def test_a_rewritten_clause_is_not_shredded_at_the_small_words_it_shares() -> None:
    old = version(
        "He paid tribute to them, true to the plan of the Party on bolstering up the muscle of our forces."
    )
    new = version(
        "He paid tribute to them, mindful of a decision by the Party for strengthening the supremacy of us."
    )

    changed = told(edit_between(old, new))

    assert len(changed) <= 2
    assert all(len(words(before)) > 1 and len(words(after)) > 1 for before, after in changed)


def test_words_that_came_and_words_that_went_are_told_each() -> None:
    old = version("The ceremony for the transfer took place in the very large square on Sunday evening.")
    new = version("The solemn ceremony for the transfer took place in the square on Sunday evening.")

    edit = edit_between(old, new)

    assert [(one.op, one.before, one.after) for one in edit.changes] == [
        (ChangeOp.INSERT, "", "solemn"),
        (ChangeOp.DELETE, "very large", ""),
    ]
    assert (edit.from_text, edit.to_text) == ("very large", "solemn")


def test_several_changes_are_joined_for_a_list() -> None:
    old = version("The great ceremony took place in the capital city on a rainy morning.")
    new = version("The solemn ceremony took place in the capital city on a sunny morning.")

    edit = edit_between(old, new)

    assert (edit.from_text, edit.to_text) == ("great … rainy", "solemn … sunny")


def test_chinese_is_compared_by_character() -> None:
    edit = edit_between(version("敌人最为凶恶，必须提高警惕。"), version("对手最为凶恶，必须提高警惕。"))

    assert told(edit) == [("敌人", "对手")]
    assert edit.words_changed == 2


def test_korean_is_compared_by_word() -> None:
    edit = edit_between(version("평양에서 큰 대회가 열렸다."), version("평양에서 성대한 대회가 열렸다."))

    assert told(edit) == [("큰", "성대한")]


# -- sentences ----------------------------------------------------------------------------------------------------

_ONE = "The workers finished the production of the launchers in a short time."
_TWO = "Stormy cheers rocked the venue of the ceremony when the column passed."
_THREE = "A large number of citizens watched from the banks of the river."


def test_a_removed_sentence_is_told_whole() -> None:
    edit = edit_between(version(f"{_ONE} {_TWO}", _THREE), version(_ONE, _THREE))

    (change,) = edit.changes
    assert (change.op, change.before, change.paragraph) == (ChangeOp.DELETE, _TWO, 0)
    assert edit.classes == (EditClass.SENTENCE_REMOVED,)
    assert edit.words_changed == len(words(_TWO))


def test_an_added_sentence_comes_in_at_the_end_of_its_paragraph() -> None:
    edit = edit_between(version(_ONE, _THREE), version(f"{_ONE} {_TWO}", _THREE))

    (change,) = edit.changes
    assert (change.op, change.after, change.paragraph) == (ChangeOp.INSERT, _TWO, 0)
    assert edit.classes == (EditClass.SENTENCE_ADDED,)


def test_a_sentence_put_elsewhere_has_moved() -> None:
    edit = edit_between(version(_ONE, _TWO, _THREE), version(_ONE, _THREE, _TWO))

    (change,) = edit.changes
    assert change.op is ChangeOp.MOVE
    assert change.before == change.after
    assert edit.classes == (EditClass.MOVED,)


def test_a_sentence_split_in_two_is_not_an_added_sentence() -> None:
    old = version(
        "War comes without notice and the army should therefore be fully ready to stop the enemy at once."
    )
    new = version(
        "War comes without notice. The army should therefore be fully ready to stop the enemy at once."
    )

    edit = edit_between(old, new)

    assert EditClass.SENTENCE_ADDED not in edit.classes
    assert told(edit) == [("and the", ". The")]


def test_another_text_at_the_same_place_is_sentences_removed_and_added() -> None:
    edit = edit_between(version(_ONE), version(_TWO))

    assert edit.classes == (EditClass.SENTENCE_ADDED, EditClass.SENTENCE_REMOVED)
    assert told(edit) == [(_ONE, ""), ("", _TWO)]


# -- silence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "silent"),
    [
        (None, None, True),
        ("2024-08-05T10:00:00+09:00", "2024-08-05T10:00:00+09:00", True),
        ("2024-08-05T10:00:00+09:00", "2024-08-05T01:00:00+00:00", True),
        ("2024-08-05T10:00:00+09:00", None, True),
        ("2024-08-05T10:00:00+09:00", "2024-08-06T10:00:00+09:00", False),
        (None, "2024-08-06T10:00:00+09:00", False),
        ("yesterday", "today", False),
        ("2024-08-05T10:00:00", "2024-08-05T10:00:00+09:00", False),
    ],
)
def test_an_edit_is_silent_when_the_pages_own_date_did_not_move(
    before: str | None,
    after: str | None,
    silent: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    edit = edit_between(version(_ONE, modified=before), version(_TWO, modified=after))

    assert edit.silent is silent
