import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.charsets import codec_for_label, decode

KOREAN = "조선중앙통신은 오늘 다음과 같은 소식을 전하였다. 농장원들은 가을걷이를 제때에 끝냈다. " * 5


def test_a_byte_order_mark_comes_first() -> None:
    assert decode(codecs.BOM_UTF16_LE + "<p>가".encode("utf-16-le")).text == "<p>가"


def test_valid_utf8_wins_over_a_stale_label() -> None:
    found = decode('<meta charset="euc-kr"><p>평양</p>'.encode(), "text/html; charset=iso-8859-1")

    assert (found.codec, found.method) == ("utf_8", "strict_utf8")


def test_seven_bit_japanese_is_not_taken_for_utf8() -> None:
    assert "朝鮮中央通信" in decode("<p>朝鮮中央通信".encode("iso2022_jp")).text


def test_the_label_of_the_server_comes_before_that_of_the_page() -> None:
    found = decode(b'<meta charset="windows-1251">' + "é".encode("cp1252"), "text/html; charset=windows-1252")

    assert found.text.endswith("é")


@pytest.mark.parametrize("label", ["utf-7", "zlib", "idna", "rot13", "unicode_escape", "punycode", "base64"])
def test_a_codec_that_only_python_knows_is_no_label(label: str) -> None:
    assert codec_for_label(label) is None


def test_korean_without_any_label_is_detected() -> None:
    assert decode(f"<p>{KOREAN}".encode("cp949"), domain="www.site.kp").text.endswith(KOREAN)


def test_a_page_cut_inside_a_character_is_still_utf8() -> None:
    assert decode(("<p>" + KOREAN * 20).encode()[:-2]).codec == "utf_8"


@given(st.binary(max_size=400), st.text(max_size=40))
def test_any_bytes_are_decoded(body: bytes, content_type: str) -> None:
    assert isinstance(decode(body, content_type).text, str)
