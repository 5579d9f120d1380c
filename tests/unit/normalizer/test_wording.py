"""Normal forms decide what is the same text, so each rule of them is a claim here."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.wording import (
    MIN_IDENTITY_CHARACTERS,
    dateline,
    identifies,
    identity_digest,
    is_word,
    normal_line,
    normal_text,
    normal_title,
    text_digest,
    token_spans,
    without_spaces,
    words,
)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Kim\u00a0Jong\u3000Un", "Kim Jong Un"),
        ("  two \t\r\n lines ", "two lines"),
        ("zero\u200bwidth", "zero width"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ufeffbyte order mark", "byte order mark"),
        ("\u202eturned\u202c\u2069", "turned"),
        ("bell\x07 and \x00nul\x7f", "bell and nul"),
        ("Pyo\u0306ngyang", "Py\u014fngyang"),
        ("\u1111\u1167\u11bc\u110b\u1163\u11bc", "평양"),
        ("half \ud83d emoji", "half \ufffd emoji"),
    ],
)
def test_a_line_in_normal_form_holds_what_a_reader_sees(written: str, normal: str) -> None:
    assert normal_line(written) == normal
    assert normal_title(written) == normal


@given(st.text())
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    assert normal_line(normal_line(text)) == normal_line(text)


@given(st.lists(st.text()))
def test_any_text_has_a_digest(paragraphs: list[str]) -> None:
    assert text_digest(paragraphs).startswith("sha256:")
    assert len(text_digest(paragraphs)) == len("sha256:") + 64


_EASILY_MENDED = st.text(
    st.sampled_from(
        "ab é\u0301\u0308\u1100\u1161\u11a8가\u200b\u00ad\u202e\x07\x1c\u3000\u0085\ud83d\u2000\u2800\u3164\ufe0f"
    )
)


@given(st.lists(st.text() | _EASILY_MENDED, max_size=6))
def test_a_text_that_needs_no_mending_has_the_digest_of_its_normal_text(paragraphs: list[str]) -> None:
    normal = without_spaces(normal_text(paragraphs))

    assert text_digest(paragraphs) == "sha256:" + sha256(normal.encode()).hexdigest()
    assert identifies(paragraphs) == (len(normal) >= MIN_IDENTITY_CHARACTERS)


def test_no_character_takes_a_shorter_way_to_another_digest() -> None:
    for text in (f"a{chr(code)}b" for code in range(0x10000)):
        normal = without_spaces(normal_text([text]))
        assert text_digest([text]) == "sha256:" + sha256(normal.encode()).hexdigest(), ascii(text)


def test_empty_paragraphs_are_not_part_of_the_normal_text() -> None:
    assert normal_text(["One.", " \u00a0", "", "Two."]) == "One.\nTwo."


@pytest.mark.parametrize(
    "other",
    [
        ["Comrade Kim Jong Un said.", "It ended."],
        ["ComradeKim Jong Unsaid. It ended."],
        ["Comrade\u00a0Kim\u2009Jong\u200bUn said.", "", "It  ended."],
    ],
)
def test_spacing_paragraphs_and_glued_words_do_not_make_another_text(other: list[str]) -> None:
    assert text_digest(other) == text_digest(["Comrade Kim Jong Un said. It ended."])


@pytest.mark.parametrize("other", ["It ended", "it ended.", "It ended!", "It ended .."])
def test_marks_and_case_make_another_text(other: str) -> None:
    assert text_digest([other]) != text_digest(["It ended."])


def test_one_text_of_two_days_is_two_articles() -> None:
    text = ["Fair weather is expected."]

    assert identity_digest(text, "2024-08-05") == identity_digest(
        ["Fair  weather is expected. "], "2024-08-05"
    )
    assert identity_digest(text, "2024-08-05") != identity_digest(text, "2024-08-06")
    assert identity_digest(text, "2024-08-05") != identity_digest(text, None)


def test_a_caption_is_too_short_to_identify_an_article() -> None:
    assert not identifies(["-0-"])
    assert identifies(["Pyongyang, August 5 (KCNA) -- " + "The ceremony took place on August 4. " * 3])


def test_words_leave_out_marks_and_keep_numbers_and_apostrophes_whole() -> None:
    text = "The People’s Army's first-line “units”, 7,687.5 km -- U.S."

    assert words(text) == ["The", "People’s", "Army's", "first-line", "units", "7,687.5", "km", "U", "S"]


def test_scripts_without_spaces_give_characters_and_hangul_gives_words() -> None:
    assert words("今天天气。平壌で") == list("今天天气平壌で")
    assert words("평양에서 8월 21일발") == ["평양에서", "8월", "21일발"]
    assert words("กำลัง") == ["ก", "ำ", "ลั", "ง"]


def test_vowel_signs_do_not_cut_words() -> None:
    assert words("हिन्दी में") == ["हिन्दी", "में"]


@given(st.text())
def test_tokens_cover_every_visible_character_once(text: str) -> None:
    line = normal_line(text)

    tokens = [line[start:end] for start, end in token_spans(line)]

    assert "".join(tokens) == "".join(line.split())


@given(st.text())
def test_words_are_the_tokens_that_hold_letters_or_digits(text: str) -> None:
    assert all(is_word(word) for word in words(text))


def test_a_run_of_combining_marks_takes_no_time_to_speak_of() -> None:
    # Sorting them is quadratic: these would take half a minute, and the time limit of the suite would end it.
    assert normal_line("a" + "\u0315\u0300" * 200_000).startswith("a\u0315")


@pytest.mark.parametrize(
    ("opening", "place", "month", "day", "agency"),
    [
        ("Pyongyang, August 14 (KCNA) -- The", "Pyongyang", 8, 14, "KCNA"),
        ("SEOUL, Aug. 20 (Yonhap) -- North", "SEOUL", 8, 20, "Yonhap"),
        ("BEIRUT/THE HAGUE, March 7 (Reuters) - An", "BEIRUT/THE HAGUE", 3, 7, "Reuters"),
        ("Pyongyang, 14 de agosto (ACNC) -- El", "Pyongyang", 8, 14, "ACNC"),
        ("Пхеньян, 14 августа. /ЦТАК/ -- В", "Пхеньян", 8, 14, "ЦТАК"),
        ("(평양 8월 21일발 조선중앙통신) 경애하는", "평양", 8, 21, "조선중앙통신"),
        ("(서울=연합뉴스) 정부는", "서울", None, None, "연합뉴스"),
        ("朝中社平壤8月14日电 金正恩", "平壤", 8, 14, "朝中社"),
        ("新华社北京4月24日电 题：", "北京", 4, 24, "新华社"),
        ("【平壌8月14日発朝鮮中央通信】金正恩", "平壌", 8, 14, "朝鮮中央通信"),
        ("ST. JOSEPH, Mich. (AP) — Health", "ST. JOSEPH, Mich.", None, None, "AP"),
    ],
)
def test_a_dateline_tells_place_day_and_agency(
    opening: str, *, place: str, month: int | None, day: int | None, agency: str
) -> None:
    found = dateline([opening])

    assert found is not None
    assert (found.place, found.month, found.day, found.year, found.agency) == (
        place,
        month,
        day,
        None,
        agency,
    )


def test_a_dateline_may_give_its_year() -> None:
    found = dateline(["Photo", "Pyongyang, August 14 Juche 113 (2024) (KCNA) -- The"])

    assert found is not None
    assert found.year == 2024
    assert found.text == "Pyongyang, August 14 Juche 113 (2024) (KCNA) --"


@pytest.mark.parametrize(
    "opening",
    [
        "",
        "Pyongyang, August 44 (KCNA) -- The",
        "The Ministry of Trade, Industry and Energy (MOTIE) has",
        "One day in June Juche 102 (2013), the General Secretary",
        "He spoke in Pyongyang on August 14 (a Wednesday)",
    ],
)
def test_other_openings_are_no_dateline(opening: str) -> None:
    assert dateline([opening]) is None


FORMS = (
    "{place}, {month} {day} ({agency}) -- It",
    "({place} {day}월 {day}일발 {agency})",
    "{place}{day}月{day}日电",
)
OPENINGS = st.text() | st.builds(
    str.format,
    st.sampled_from(FORMS),
    place=st.sampled_from(["Pyongyang", "THE HAGUE", "평양", "平壤"]) | st.text(max_size=5),
    month=st.sampled_from(["August", "Aug.", "agosto", "Sol"]),
    day=st.integers(0, 99),
    agency=st.sampled_from(["KCNA", "AP", "통신"]) | st.text(max_size=5),
)


@given(st.lists(OPENINGS, max_size=5))
def test_a_dateline_stands_at_the_head_of_an_early_paragraph_and_names_a_possible_day(
    paragraphs: list[str],
) -> None:
    found = dateline(paragraphs)

    if found is None:
        return
    assert any(normal_line(paragraph).startswith(found.text) for paragraph in paragraphs[:3])
    assert found.text
    assert found.month is None or 1 <= found.month <= 12
    assert found.day is None or 1 <= found.day <= 31
