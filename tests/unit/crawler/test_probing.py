"""The address that never was stands beside the articles and has their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.crawler.probing import missing_page
from shared.urls import BadUrlError, canonical_url, host_key


@pytest.mark.parametrize(
    ("article", "form"),
    [
        ("http://herald.example/en/article/q/0a1b2c.kcmsf", "http://herald.example/en/article/q/{}.kcmsf"),
        ("http://herald.example/2026/03/09/bridge/", "http://herald.example/2026/03/09/{}/"),
        ("http://herald.example/2026/03/bridge", "http://herald.example/2026/03/{}"),
        ("http://herald.example/story?lang=en&id=4711", "http://herald.example/story?lang=en&id={}"),
        ("http://herald.example/story?4711", "http://herald.example/story?{}"),
        ("http://herald.example/v1.2.released-today", "http://herald.example/{}"),
    ],
)
def test_the_last_part_of_an_address_is_named_anew(article: str, form: str) -> None:
    before, _, after = form.partition("{}")

    page = missing_page(article)

    assert page.startswith(f"{before}no-such-page-")
    assert page.endswith(after)
    assert page == missing_page(article), "one address, so that its looks can be held against each other"


@given(
    st.from_regex(
        r"https?://[a-z]{1,9}\.example(:[0-9]{2,4})?(/[a-zA-Z0-9.%~-]{0,9}){0,4}(\?[a-z=&0-9]{0,9})?",
        fullmatch=True,
    )
)
def test_any_address_has_one_beside_it_on_its_host(url: str) -> None:
    try:
        article = canonical_url(url)
    except BadUrlError:
        return
    page = canonical_url(missing_page(article))

    assert host_key(page) == host_key(article)
    assert page != article
