"""An edit must say what changed, all of it, and in words that a person would use."""

import gzip
import json
import os
import random
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.alignment import longest_rising
from services.normalizer.edit_classes import EditClass, is_typography
from services.normalizer.edits import Change, ChangeOp, Edit, Version, apply_edit, compare
from services.normalizer.word_changes import common_subsequence
from services.normalizer.wording import normal_text, text_digest, words

_MIRRORED = {
    EditClass.SENTENCE_ADDED: EditClass.SENTENCE_REMOVED,
    EditClass.SENTENCE_REMOVED: EditClass.SENTENCE_ADDED,
}


def version(*paragraphs: str, title: str = "Title", modified: str | None = None) -> Version:
    return Version(title=title, paragraphs=paragraphs, modified=modified)


def edit_between(old: Version, new: Version) -> Edit:
    edit = compare(old, new)
    assert edit is not None
    assert text_digest(apply_edit(old.paragraphs, edit)) == text_digest(new.paragraphs)
    return edit


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


# -- classes ------------------------------------------------------------------------------------------------------


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


# -- properties ---------------------------------------------------------------------------------------------------

# No word of these can be made by gluing others, so a word sequence is told by its characters.
_WORDS = st.sampled_from(
    ["the", "of", "Rivals", "enemies", "Kim", "Jong", "7,5", "8th", "met", "people’s", "，", "敌", "."]
)
_SENTENCES = st.lists(_WORDS, min_size=1, max_size=9).map(lambda parts: " ".join(parts) + ".")
_PARAGRAPHS = st.lists(st.lists(_SENTENCES, min_size=1, max_size=4).map(" ".join), max_size=6)


@st.composite
def revisions(draw: st.DrawFn) -> tuple[Version, Version]:
    """Two versions of which the second is made from the first by deleting, repeating, moving and adding."""
    old = draw(_PARAGRAPHS)
    new = list(old)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(new)))
        kind = draw(st.sampled_from(["add", "drop", "move", "reword"]))
        if kind == "add":
            new[at:at] = draw(_PARAGRAPHS)
        elif kind == "drop":
            del new[at : at + 1]
        elif kind == "move" and new:
            new.insert(draw(st.integers(0, len(new) - 1)), new.pop(min(at, len(new) - 1)))
        elif new:
            place = min(at, len(new) - 1)
            new[place] = " ".join(draw(st.permutations(new[place].split())))
    return version(*old), version(*new)


@given(_PARAGRAPHS)
def test_a_text_has_no_edit_from_itself(paragraphs: list[str]) -> None:
    assert compare(version(*paragraphs), version(*paragraphs)) is None


@given(revisions())
def test_the_changes_lead_from_the_old_text_to_the_new_one(pair: tuple[Version, Version]) -> None:
    old, new = pair

    edit = compare(old, new)

    reached = apply_edit(old.paragraphs, edit) if edit else old.paragraphs
    assert words(normal_text(reached)) == words(normal_text(new.paragraphs))
    assert text_digest(reached) == text_digest(new.paragraphs)


@given(st.lists(st.text(max_size=40), max_size=5), st.lists(st.text(max_size=40), max_size=5))
def test_the_changes_lead_to_the_new_text_whatever_the_characters(old: list[str], new: list[str]) -> None:
    edit = compare(version(*old), version(*new))

    reached = apply_edit(old, edit) if edit else old
    assert text_digest(reached) == text_digest(new)


@given(revisions())
def test_the_edit_back_is_the_edit_read_backwards(pair: tuple[Version, Version]) -> None:
    old, new = pair

    there, back = compare(old, new), compare(new, old)

    if there is None or back is None:
        assert there is back
        return
    assert {_MIRRORED.get(one, one) for one in there.classes} == set(back.classes)
    assert Counter((one.before, one.after) for one in there.changes if one.op is ChangeOp.REPLACE) == Counter(
        (one.after, one.before) for one in back.changes if one.op is ChangeOp.REPLACE
    )
    assert there.words_changed == back.words_changed


@given(revisions())
def test_what_stood_before_stands_at_its_offset(pair: tuple[Version, Version]) -> None:
    old, new = pair
    text = normal_text(old.paragraphs).replace("\n", " ")

    edit = compare(old, new)

    for change in edit.changes if edit else ():
        start = change.at if change.moved_from is None else change.moved_from
        assert text[start : start + len(change.before)] == change.before


@given(st.text("abc", max_size=30), st.text("abc", max_size=30))
def test_the_common_subsequence_is_a_longest_one(old: str, new: str) -> None:
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, left in enumerate(old):
        for j, right in enumerate(new):
            best = max(lengths[i][j + 1], lengths[i + 1][j])
            lengths[i + 1][j + 1] = lengths[i][j] + 1 if left == right else best

    found = common_subsequence(old, new)

    assert len(found) == lengths[-1][-1]
    assert all(old[i] == new[j] for i, j in found)
    assert found == longest_rising(found)
    assert len({i for i, _ in found}) == len(found)


# -- work ---------------------------------------------------------------------------------------------------------


def _long_text(seed: int, *, vocabulary: int = 5_000, sentences: int = 2_500) -> list[str]:
    chance = random.Random(seed)
    return [" ".join(f"w{chance.randrange(vocabulary)}" for _ in range(20)) + "." for _ in range(sentences)]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("case", ["edited", "shuffled", "unrelated", "one sentence", "one word", "two words"])
def test_fifty_thousand_words_are_compared_in_bounded_work(case: str) -> None:
    # Each takes well under a second; quadratic work would take minutes and meet the limit.
    old = _long_text(1)
    new = list(old)
    match case:
        case "edited":
            new = [one.replace("w7", "x7") for one in old]
        case "shuffled":
            random.Random(2).shuffle(new)
        case "unrelated":
            new = _long_text(3)
        case "one sentence":
            old, new = [" ".join(old).replace(".", "")], [" ".join(_long_text(3)).replace(".", "")]
        case "one word":
            old, new = ["the " * 50_000], ["the " * 40_000 + "end"]
        case _:
            old, new = ["a b " * 25_000], ["b b a " * 16_000]

    edit_between(version(*old), version(*new))


# -- what one agency did ------------------------------------------------------------------------------------------

_CORPUS = Path(os.environ.get("PRESSMARK_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))
_HISTORY = _CORPUS / "kcna" / "versions.jsonl.gz"


def _histories() -> dict[str, list[Version]]:
    """Return the versions of every article of two months by address, oldest first."""
    with gzip.open(_HISTORY, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found: dict[str, list[Version]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["first_seen"]):
        if row["body"]:
            found[row["url"]].append(version(*row["body"].split("\n"), title=row["headline"]))
    return found


@pytest.mark.skipif(not _HISTORY.exists(), reason="the corpus is not here")
def test_every_rewritten_article_of_the_agency_is_found_and_told_in_full() -> None:
    rewritten = {
        url: versions
        for url, versions in _histories().items()
        if len({re.sub(r"\s+", "", " ".join(one.paragraphs)) for one in versions}) > 1
    }
    assert len(rewritten) == 11

    for versions in rewritten.values():
        edit = edit_between(versions[0], versions[-1])
        gone = Counter(words(normal_text(versions[0].paragraphs)))
        come = Counter(words(normal_text(versions[-1].paragraphs)))
        told_gone = Counter(word for change in edit.changes for word in words(change.before))
        told_come = Counter(word for change in edit.changes for word in words(change.after))
        assert _unglued(gone - come) <= _unglued(told_gone)
        assert _unglued(come - gone) <= _unglued(told_come)
        assert EditClass.TYPOGRAPHY not in edit.classes or len(edit.classes) > 1
        assert edit.silent


def _unglued(counted: Counter[str]) -> Counter[str]:
    """Leave out words glued to a leader's name: spacing is no change, so they need not be told."""
    return Counter({word: n for word, n in counted.items() if not re.search(r"Kim|Jong|Un|Il|Sung", word)})


@pytest.mark.skipif(not _HISTORY.exists(), reason="the corpus is not here")
def test_no_two_addresses_of_one_text_make_an_edit() -> None:
    by_text: dict[str, list[Version]] = defaultdict(list)
    for versions in _histories().values():
        for one in versions:
            by_text[text_digest(one.paragraphs)].append(one)

    aliases = [
        (same[0], other) for same in by_text.values() for other in same[1:] if same[0].title == other.title
    ]

    assert len(aliases) > 100
    assert [compare(one, other) for one, other in aliases] == [None] * len(aliases)
