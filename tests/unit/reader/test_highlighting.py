"""The words a reader asked for, marked where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reader.highlighting import marked, marked_excerpt, pattern_of_words
from services.reader.wording import shown


def matches(text: str, *words: str) -> list[str]:
    return [piece.text for piece in marked(text, pattern_of_words(words)) if piece.is_match]


def test_words_are_marked_in_any_case_and_only_as_whole_words() -> None:
    assert matches("Rally, rallying and RALLY", "rally") == ["Rally", "RALLY"]


def test_korean_is_marked_in_either_spelling_and_within_a_word() -> None:
    assert matches("조선로동당은", "노동당") == ["로동당"]


def test_a_phrase_is_marked_as_one() -> None:
    assert matches("a mass  rally", "mass rally") == ["mass  rally"]


def test_signs_of_a_pattern_are_only_signs() -> None:
    assert matches("a (b) [c] .*", ".*", "(b)", "[c") == ["b", "c"]


def test_the_excerpt_is_the_part_around_the_first_match() -> None:
    text = "beginning " * 100 + "the needle is here " + "end " * 100

    pieces = marked_excerpt(text, pattern_of_words(["needle"]))

    assert "needle" in [piece.text for piece in pieces if piece.is_match]
    assert pieces[0].text.startswith("…")
    assert "beginning the " in "".join(piece.text for piece in pieces)


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=6), max_size=4))
def test_marking_loses_no_letter(text: str, words: list[str]) -> None:
    assert "".join(piece.text for piece in marked(text, pattern_of_words(words))) == shown(text)


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("in São Paulo", "sao paulo", "São Paulo"), ("習近平主席", "习近平", "習近平"),
        ("さくらの名所", "サクラ", "さくら"), ("미싸일총국", "미사일", "미싸일"),
        ("라틴 전쟁 연습을", "전쟁연습", "전쟁 연습"), ("العَرَبِيَّة", "العربية", "العَرَبِيَّة"),
        ("the KN-23 missile", "KN 23", "KN-23"), ("علي رضايي", "علی", "علي"), ("١٢٣ سريرا", "123", "١٢٣"),
    ],
)  # fmt: skip
def test_what_the_index_takes_for_the_same_is_marked(text: str, word: str, found: str) -> None:
    assert matches(text, word) == [found]


def test_a_match_deep_in_a_long_text_is_in_the_excerpt() -> None:
    pieces = marked_excerpt(
        "가나다라마바사아자차" * 900 + "전쟁연습" + "카타파하" * 900, pattern_of_words(["전쟁연습"])
    )

    assert "전쟁연습" in [piece.text for piece in pieces if piece.is_match]
    assert sum(len(piece.text) for piece in pieces) < 250
