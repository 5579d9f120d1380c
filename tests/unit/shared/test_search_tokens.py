"""What is indexed and what is asked for, before PostgreSQL sees either."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.search_query import query_tokens
from shared.search_tokens import TOKENIZER, search_vector_text
from shared.spellings import fold_letters, other_names, syllable_spellings

LEXEME = re.compile(r"'((?:[^'\\]|''|\\\\)+)':((?:\d+A?,)*\d+A?)")
VERSION = f"'{TOKENIZER}' "


def lexemes(title: str, body: str | list[str] = "") -> list[str]:
    return [match[0] for match in LEXEME.findall(search_vector_text(title, body))]


def test_words_are_folded_and_title_words_weigh_more() -> None:
    assert search_vector_text("Café", ["A naïve café"]) == VERSION + "'cafe':1A,5 'a':3 'naive':4"


def test_korean_gives_overlapping_pairs_and_the_last_syllable() -> None:
    assert lexemes("로동신문") == ["로동", "동신", "신문", "문"]


def test_the_pair_around_a_space_is_kept_apart_from_a_pair_within_a_word() -> None:
    assert lexemes("전쟁 연습") == ["전쟁", "쟁", "쟁_연", "연습", "습"]


def test_paragraphs_given_as_lines_or_as_a_list_are_indexed_alike() -> None:
    assert search_vector_text("t", "one two\nthree") == search_vector_text("t", ["one two", "three"])


def test_the_last_word_of_a_paragraph_is_no_neighbour_of_the_next_paragraphs_first() -> None:
    assert search_vector_text("", ["one", "two"]) == VERSION + "'one':3 'two':5"


def test_a_query_of_two_syllables_never_spans_a_space_and_one_of_three_may() -> None:
    assert "_" not in query_tokens("의사").expression
    assert "_" in query_tokens("의사당").expression


def test_a_quoted_phrase_asks_for_words_one_after_another() -> None:
    assert query_tokens('"mass rally"').expression == "('mass' <-> 'rally')"
    assert query_tokens("mass rally").expression == "('mass') & ('rally')"
    assert query_tokens("“mass rally”").expression == "('mass' <-> 'rally')"


def test_one_syllable_is_asked_for_as_a_beginning() -> None:
    assert query_tokens("주").expression == "('주':*)"


def test_operators_filter_and_are_no_words() -> None:
    query = query_tokens("rally site:kcna-en LANG:KO site:naenara-en")

    assert query.narrowing.source_ids == ("kcna-en", "naenara-en")
    assert query.narrowing.languages == ("ko",)
    assert query.words == ("rally",)


@pytest.mark.parametrize("text", ["", "   ", "!!! ...", '""', "\x00", "\ud800"])
def test_a_query_without_words_is_empty(text: str) -> None:
    assert query_tokens(text).is_empty
    assert query_tokens(text).expression == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("習近平", "习近平"), ("戦争", "战争"), ("CAFÉ", "cafe"), ("ﾐｻｲﾙ", "ミサイル"), ("Ёлка", "елка"),
        ("الْعَرَبِيَّة", "العربيه"), ("Kim\u200bIl", "KimIl"), ("１７", "17"), ("Straße", "strasse"),
    ],
)  # fmt: skip
def test_what_a_reader_does_not_mean_to_tell_apart_is_folded(one: str, other: str) -> None:
    assert fold_letters(one) == fold_letters(other)


def test_the_voicing_mark_of_kana_is_no_accent() -> None:
    assert fold_letters("が") != fold_letters("か")


@pytest.mark.parametrize(
    ("syllable", "spellings"),
    [
        ("로", "로노"),
        ("노", "노로"),
        ("녀", "녀려여"),
        ("여", "여녀려"),
        ("리", "리이"),
        ("가", "가"),
        ("a", "a"),
    ],
)
def test_a_beginning_syllable_has_the_spellings_of_north_and_south(syllable: str, spellings: str) -> None:
    assert set(syllable_spellings(syllable, anywhere=True)) == set(spellings)


def test_inside_a_short_word_only_the_two_suffixes_vary() -> None:
    assert syllable_spellings("리", anywhere=False) == ("리",)
    assert syllable_spellings("률", anywhere=False) == ("률", "율")


def test_the_names_of_one_thing_on_both_sides_find_each_other() -> None:
    assert other_names("미싸일총국") == ("미사일총국",)
    assert other_names("미사일총국") == ("미싸일총국",)


def test_a_query_as_long_as_a_book_is_cut() -> None:
    query = query_tokens("word" * 10 + " 로동" * 100_000)

    assert len(query.text) <= 400
    assert len(query.expression) < 40_000


@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=4))
def test_a_vector_is_always_a_list_of_quoted_lexemes_with_positions(title: str, body: list[str]) -> None:
    rest = LEXEME.sub("", search_vector_text(title, body).removeprefix(VERSION.rstrip()))

    assert rest.strip() == ""


@given(st.text(max_size=200))
def test_any_text_is_a_query_whose_brackets_and_quotes_close(text: str) -> None:
    expression = query_tokens(text).expression
    outside = re.sub(r"'(?:[^']|'')*'", "", expression)

    assert "'" not in outside
    assert outside.count("(") == outside.count(")")
    assert re.fullmatch(r"[()&|!<>:* -]*", outside)


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "Z"]), max_size=60))
def test_the_first_spelling_of_each_step_of_a_query_is_in_the_index_of_its_own_text(text: str) -> None:
    indexed = set(lexemes(text))
    for clause in query_tokens(f'"{text}"').clauses:
        for step in clause[0]:
            if step.prefix:
                assert any(lexeme.startswith(step.tokens) for lexeme in indexed)
            else:
                assert indexed.intersection(step.tokens)
