"""Canonical URLs: what is one address, what is none."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.urls import MAX_URL_BYTES, BadUrlError, canonical_url, host_key, is_home, same_site, url_key
from tests.support.publishers import corpus_folder

CHARACTERS = st.text(alphabet="abcXYZ019-._~!$&'()*+,;=:@/?#[]{}|^` \"<>%2Ff조é☃\u3002", max_size=60)
TOKENS = ["/", "..", ".", "%2e", "%2F", "%", "%25", "41", ";jsessionid=", "jsessionid", "=", "&", "?", ";"]
TOKENS += ["PHPSESSID=", "sid=0123456789abcdef01234", "utm_x=1", "a", "#", "//", "%6A"]
PIECES = CHARACTERS | st.lists(st.sampled_from(TOKENS), max_size=15).map("".join)


def refused(url: str, base: str | None = None) -> str:
    with pytest.raises(BadUrlError) as caught:
        canonical_url(url, base)
    return caught.value.reason


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTP://WWW.Example.COM", "http://www.example.com/"),
        ("http://example.com:80/a", "http://example.com/a"),
        ("https://example.com:443", "https://example.com/"),
        ("http://example.com:8080/", "http://example.com:8080/"),
        ("http://example.com./a", "http://example.com/a"),
        ("http://example.com/a#part", "http://example.com/a"),
        ("http://example.com/a/./b/../c", "http://example.com/a/c"),
        ("http://example.com/a/%2e%2E/c", "http://example.com/c"),
        ("http://example.com/../..", "http://example.com/"),
        ("http://example.com/%7euser/%e3%83%84", "http://example.com/~user/%E3%83%84"),
        ("http://example.com/조선", "http://example.com/%EC%A1%B0%EC%84%A0"),
        ("http://example.com/a b", "http://example.com/a%20b"),
        ("http://example.com/100%", "http://example.com/100%25"),
        ("http://example.com/?", "http://example.com/"),
        ("  http://example.com/a\n", "http://example.com/a"),
        ("http://조선.kp/", "http://xn--6i4bt7k.kp/"),
        ("http://127。0。0。1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://[0:0::1]/", "http://[::1]/"),
        ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
    ],
)
def test_every_spelling_of_an_address_becomes_one(written: str, canonical: str) -> None:
    assert canonical_url(written) == canonical


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("/a;jsessionid=0123ABCD?x=1", "/a?x=1"),
        ("/a?PHPSESSID=0123456789abcdef&x=1", "/a?x=1"),
        ("/a?b=2&utm_source=x&a=1&fbclid=y", "/a?b=2&a=1"),
        ("/a?utm_campaign=x", "/a"),
        ("/a?sid=3f2504e04f8911d39a0c0305e82c3301", "/a"),
        ("/modules.php?name=News&sid=1234", "/modules.php?name=News&sid=1234"),
        ("/index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAw", "/index.php?MTJAMjAyNS0xMC0xMC0wMTNAM0AxQEAw"),
    ],
)
def test_what_only_follows_the_visitor_is_dropped_and_the_order_is_kept(written: str, canonical: str) -> None:
    assert canonical_url(f"http://example.com{written}") == f"http://example.com{canonical}"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://example.com/", "scheme"),
        ("MAILTO:a@example.com", "scheme"),
        ("javascript:void(0)", "scheme"),
        ("source:file:///etc/passwd", "scheme"),
        ("/relative", "scheme"),
        ("http://user:secret@example.com/", "credentials"),
        ("http://example.com@127.0.0.1/", "credentials"),
        ("http://127.0.0.1:80\\@example.com/", "backslash"),
        ("http://127.0.0.1\t/", "control_character"),
        ("http://example.com/\x00", "control_character"),
        ("http://example.com%00/", "host"),
        ("http://exa mple.com/", "host"),
        ("http://a..b/", "host"),
        ("http://xn--/", "host"),
        ("http://1.2.3.256/", "host"),
        ("http://[::1%25lo]/", "host"),
        ("http:///path", "host"),
        ("http://example.com:0/", "port"),
        ("http://example.com:99999/", "port"),
        ("http://example.com/\ud800", "surrogate"),
    ],
)
def test_a_url_that_is_never_asked_for_is_refused_with_its_reason(url: str, reason: str) -> None:
    assert refused(url) == reason


def test_the_longest_url_is_kept_and_one_byte_more_is_refused() -> None:
    start = "http://example.com/"
    longest = start + "a" * (MAX_URL_BYTES - len(start))

    assert canonical_url(longest) == longest
    assert refused(longest + "a") == "too_long"
    assert refused(start + "조" * 1000) == "too_long"


@pytest.mark.parametrize(
    ("reference", "resolved"),
    [
        ("g", "http://a/b/c/g"),
        ("./g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//G", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("", "http://a/b/c/d;p?q"),
        ("../../../g", "http://a/g"),
        ("1:2", "http://a/b/c/1:2"),
    ],
)
def test_references_resolve_as_rfc_3986_section_5_4_has_them(reference: str, resolved: str) -> None:
    assert canonical_url(reference, "http://a/b/c/d;p?q") == resolved


@given(st.sampled_from(["http://example.com", "https://조선.kp:8443", "http://[::1]/x", ""]), PIECES)
def test_canonical_of_canonical_is_the_same(start: str, rest: str) -> None:
    try:
        canonical = canonical_url(start + "/" + rest, "http://base.example/a/b?c")
    except BadUrlError:
        return

    assert canonical_url(canonical) == canonical
    assert canonical.isascii()
    assert "#" not in canonical


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_bad_url(text: str) -> None:
    with suppress(BadUrlError):
        canonical_url(text, "http://base.example/")


def test_hosts_are_the_ones_that_browsers_see() -> None:
    cases = corpus_folder() / "gold" / "oracles" / "urls" / "urltestdata.json"
    if not cases.exists():
        pytest.skip("the corpus is not here")
    wrong = [
        case["input"]
        for case in json.loads(cases.read_text())
        if isinstance(case, dict) and _differs_from_browsers(case)
    ]

    assert wrong == []


def _differs_from_browsers(case: dict[str, str]) -> bool:
    base = case.get("base")
    try:
        canonical = canonical_url(case["input"], None if base == "about:blank" else base)
    except BadUrlError:
        return False
    if case.get("failure") or case["protocol"] not in {"http:", "https:"}:
        return True
    return f"//{case['hostname'].removesuffix('.')}:" not in host_key(canonical)


def test_the_politeness_authority_always_has_its_port() -> None:
    assert host_key("http://Example.com/a") == "http://example.com:80"
    assert host_key("https://example.com:8443/") == "https://example.com:8443"
    assert host_key("http://[::1]:8000/") == "http://[::1]:8000"


def test_www_and_tls_make_no_other_site_but_a_port_and_a_subdomain_do() -> None:
    assert same_site("http://www.kcna.co.jp/", "https://kcna.co.jp/item/")
    assert not same_site("http://127.0.0.1:8001/", "http://127.0.0.1:8002/")
    assert not same_site("http://en.example.com/", "http://fr.example.com/")


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("http://a.example", True),
        ("http://a.example/index.html", True),
        ("http://a.example/?p=1", False),
        ("http://a.example/en/", False),
    ],
)
def test_a_front_page_is_a_host_without_path_and_query(url: str, home: bool) -> None:  # noqa: FBT001 (a case)
    assert is_home(url) is home


def test_a_key_has_16_bytes_and_is_the_same_for_every_spelling() -> None:
    assert len(url_key("http://example.com/")) == 16
    assert url_key("HTTP://example.com:80?utm_source=x") == url_key("http://example.com/")
