"""Recorded changes put back into both texts: they read as they were told, and lose nothing."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.edits import compare
from services.reader.diffs import DiffParagraph
from services.reader.recorded_diffs import recorded_diff
from shared.ledger.records import Change
from tests.support.edit_versions import version

PARAGRAPHS = st.lists(st.text(alphabet="ab ,조선国か.\n", max_size=30), max_size=5)
SIGNS = {"same": "{}", "del": "[-{}-]", "ins": "[+{}+]", "moved-from": "<-{}->", "moved-to": "<+{}+>"}


def diff(old: Sequence[str], new: Sequence[str]) -> tuple[DiffParagraph, ...] | None:
    edit = compare(version(*old), version(*new))
    changes = edit.changes if edit else ()
    recorded = [
        Change(op=str(one.op), before=one.before, after=one.after, at=one.at, moved_from=one.moved_from)
        for one in changes
    ]
    return recorded_diff(old, new, recorded)


def lines(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """The diff as it reads, a number for paragraphs without a change."""
    found = diff(old, new)
    assert found is not None
    return [
        "".join(SIGNS[piece.op].format(piece.text) for piece in one.pieces) or f"{one.unchanged} unchanged"
        for one in found
    ]


def test_a_phrase_is_replaced_whole_and_spaces_stay_outside() -> None:
    old = ["The mayor of Velm came to the harbour on foot."]
    new = ["The head of the board came to the harbour by tram."]

    assert lines(old, new) == [
        "The [-mayor of Velm-][+head of the board+] came to the harbour [-on foot-][+by tram+]."
    ]
    assert lines(["It is held on the quay on Monday."], ["It is held on the quay."]) == [
        "It is held on the quay[- on Monday-]."
    ]


def test_words_that_went_from_the_head_of_a_paragraph_stand_in_it() -> None:
    old = ["One stays as it is here.", "The respected Sefa Tarn came by at noon."]
    new = ["One stays as it is here.", "Sefa Tarn came by at noon."]

    assert lines(old, new) == ["1 unchanged", "[-The respected-] Sefa Tarn came by at noon."]


def test_a_paragraph_that_moved_is_shown_as_moved() -> None:
    one, two = "The first pier is shut for all of May.", "The second pier is open again since Monday."
    three = "The third pier was never built at all."

    assert lines([one, two, three], [two, three, one]) == [f"<-{one}->", "2 unchanged", f"<+{one}+>"]


def test_a_paragraph_cut_in_two_is_no_change_but_for_its_words() -> None:
    old = ["They met in the hall. They spoke of the harbour."]
    new = ["They met in the hall.", "They spoke of the harbour, and left."]

    assert lines(old, new) == ["1 unchanged", "They spoke of the harbour[+, and left+]."]


def test_a_paragraph_that_went_is_one_of_its_own_between_those_that_stayed() -> None:
    old = ["One two three four.", "Gone for once and for all.", "Five six seven eight."]

    assert lines(old, [old[0], old[2]]) == ["1 unchanged", "[-Gone for once and for all.-]", "1 unchanged"]


def test_scripts_without_spaces_and_from_the_right_get_no_spaces() -> None:
    assert lines(["首相は工場を訪れた。"], ["首相は港を訪れた。"]) == ["首相は[-工場-][+港+]を訪れた。"]
    assert lines(["金正恩同志访问工厂。"], ["崔龙海同志访问了工厂。"]) == [
        "[-金正恩-][+崔龙海+]同志访问[+了+]工厂。"
    ]
    assert lines(["대회에서 장성택동지가 연설하였다."], ["대회에서 최룡해동지가 연설하였다."]) == [
        "대회에서 [-장성택동지가-][+최룡해동지가+] 연설하였다."
    ]
    assert lines(["وصل الوفد يوم الاثنين."], ["وصل الوفد يوم الثلاثاء."]) == [
        "وصل الوفد يوم [-الاثنين-][+الثلاثاء+]."
    ]


def test_changes_that_do_not_lead_from_one_text_to_the_other_are_not_shown() -> None:
    wrong = Change(op="replace", before="mayor", after="clerk", at=4)

    assert recorded_diff(["The mayor came."], ["The head came."], [wrong]) is None
    assert recorded_diff(["A mayor came."], ["The clerk came."], [wrong]) is None
    assert (
        recorded_diff(["The mayor came."], ["The clerk came."], [Change(op="x", before="a", after="b")])
        is None
    )


@given(PARAGRAPHS, PARAGRAPHS)
def test_the_pieces_add_up_to_both_texts(old: list[str], new: list[str]) -> None:
    found = diff(old, new)

    if found is None or any(one.unchanged for one in found):
        return
    for ops, text in (({"same", "del", "moved-from"}, old), ({"same", "ins", "moved-to"}, new)):
        pieces = "".join(piece.text for one in found for piece in one.pieces if piece.op in ops)
        assert sorted("".join(pieces.split())) == sorted("".join("".join(text).split()))
