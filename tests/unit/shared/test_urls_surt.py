"""Index keys as pywb has them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.urls import surt
from tests.support.publishers import corpus_folder


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.kcna.kp/en/article/q/5D1E.kcmsf", "kp,kcna)/en/article/q/5d1e.kcmsf"),
        ("https://example.com:443/A/?b=2&a=1", "com,example)/a?a=1&b=2"),
        ("http://www2.example.com:8080/", "com,example:8080)/"),
        ("http://user:pass@foo.example.org:81/path?query#frag", "org,example,foo:81)/path?query"),
        ("http://archive.org/index.html?", "org,archive)/index.html"),
        ("http://127.1/", "1,0,0,127)/"),
        ("http://[::1]:8080/a", "::1:8080)/a"),
        ("example.com", "com,example)/"),
        ("http://host/%25%32%35", "host)/%25"),
        ("http://a.example//b/../c//", "example,a)/c"),
        ("http://a.example/?sid=0123456789abcdef0123456789abcdef&x=1", "example,a)/?x=1"),
        ("urn:uuid:1", "urn:uuid:1"),
    ],
)
def test_a_key_is_what_pywb_computes(url: str, key: str) -> None:
    assert surt(url) == key


def test_the_keys_of_all_corpus_pages_agree_with_pywb() -> None:
    cases = corpus_folder() / "gold" / "oracles" / "urls" / "page_url_surts.jsonl"
    if not cases.exists():
        pytest.skip("the corpus is not here")
    rows = [json.loads(line) for line in cases.read_text().splitlines()]

    assert [row["url"] for row in rows if surt(row["url"]) != row["surt"]] == []


@given(st.text(max_size=80))
def test_every_text_has_a_key(text: str) -> None:
    assert isinstance(surt(text), str)
    assert isinstance(surt(f"http://{text}"), str)
