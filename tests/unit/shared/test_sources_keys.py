"""The identity of an article, read from its URL."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.sources import KeyPart, KeyRule, article_key

RODONG = KeyRule(taken_from=KeyPart.BASE64, pattern=r"(\d{4}-\d{2}-\d{2}-[A-Z]?\d{3})")


def rodong(fields: str, tail: str = "") -> str:
    return "http://www.rodong.rep.kp/ko/index.php?" + base64.b64encode(fields.encode()).decode() + tail


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (rodong("12@2025-10-10-013@3@1@@0"), "2025-10-10-013"),
        (rodong("8@2025-07-02-018@19@@원산갈마@1106"), "2025-07-02-018"),
        (rodong("12@2024-08-01-H003@15@1@@0@1"), "2024-08-01-H003"),
        (rodong("12@2025-10-10-013@3@1@@0").rstrip("="), "2025-10-10-013"),
        (rodong("12@2025-10-10-013@3@1@@0").rstrip("=") + "=%3D", "2025-10-10-013"),
        (rodong("12@2025-10-10-013@3@1@@0").rstrip("=") + "====", "2025-10-10-013"),
        ("http://www.rodong.rep.kp/en/index.php?OEAyMDI1LTA3LTAyLTAxOEA_Pj8-", "2025-07-02-018"),
        ("http://www.rodong.rep.kp/en/index.php?OEAyMDI1LTA3LTAyLTAxOEA/Pj8+", "2025-07-02-018"),
        ("http://www.rodong.rep.kp/ko/index.php?strPageID=SF01&newsID=2018-01-02-0001", None),
        ("http://www.rodong.rep.kp/ko/", None),
        ("no url", None),
    ],
)
def test_the_many_addresses_of_a_rodong_article_have_one_key(url: str, key: str | None) -> None:
    assert article_key(RODONG, url) == key


def test_a_key_may_stand_in_the_query() -> None:
    rule = KeyRule(taken_from=KeyPart.QUERY, pattern=r"newsID=([\d-]+)")

    assert article_key(rule, "http://a.example/?strPageID=1&newsID=2018-01-02-0001") == "2018-01-02-0001"


def test_a_key_may_stand_in_the_path_and_needs_no_group() -> None:
    rule = KeyRule(taken_from=KeyPart.PATH, pattern=r"i[a-z]{2}\d{9}")

    assert (
        article_key(rule, "http://vok.rep.kp/index.php/revo_de/getDetail/ien250625008/en") == "ien250625008"
    )
    assert article_key(rule, "http://vok.rep.kp/") is None


@given(
    st.text(alphabet="abcdefghij0123456789@-원산", max_size=40),
    st.sampled_from(["", "=", "==", "=%3D", "%3D"]),
)
def test_padding_and_alphabet_never_change_a_key(extra: str, tail: str) -> None:
    fields = f"8@2025-07-02-018@{extra}"
    bare = rodong(fields).rstrip("=")

    assert article_key(RODONG, bare + tail) == "2025-07-02-018"
    assert article_key(RODONG, bare.replace("+", "-") + tail) == "2025-07-02-018"


@given(st.text(max_size=60))
def test_no_query_raises(query: str) -> None:
    article_key(RODONG, f"http://a.example/?{query}")
