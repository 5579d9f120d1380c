"""What replay makes of a page: linear, whole in its text, and without anything that acts or leads out."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reader.replay.pages import base_of_page, rewritten_html
from services.reader.replay.stylesheets import rewritten_css

INSIDE = "/20260309120000/"
MARKUP = (
    "<", ">", "</", "/>", "<!--", "-->", "<!", "=", '"', "'", " ", "\n", "\t", "/", "&", "&quot;", "&#x6a;",
    "x", "<script", "</script>", "<style>", "</style>", "<img ", "<a ", "<svg>", "<iframe ", "<base ", "<meta ",
    "<link ", "<title>", "</title>", "<textarea>", "<p>", "<object ", "<form ", "<noscript>", "onerror=",
    "onload =", "href=", "src=", "srcset=", "style=", "javascript:x",
    "http://out.example/", "url(", ")", "@import ", "http-equiv=refresh",
    "rel=prefetch", "ping=", "srcdoc=", "xlink:href=", "\x00", "\xe9", "data:text/html,x", "//out.example",
)  # fmt: skip
pages = st.lists(st.sampled_from(MARKUP), max_size=60).map("".join)
DROPPED = {
    "script",
    "iframe",
    "base",
    "object",
    "embed",
    "frame",
    "noscript",
    "applet",
    "template",
    "set",
    "animate",
}


def inward(address: str) -> str | None:
    """Every address that leads somewhere leads into the archive."""
    return None if address.lower().startswith(("javascript:", "data:")) else f"{INSIDE}x"


class Seen(HTMLParser):
    """What another reader of HTML finds."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@given(pages)
def test_nothing_that_acts_or_leads_out_is_left(page: str) -> None:
    for tag, attributes in Seen(rewritten_html(page, inward)).tags:
        assert tag not in DROPPED
        assert not [
            name for name in attributes if name.startswith("on") or name in ("ping", "srcdoc", "target")
        ]
        for name in ("href", "src", "xlink:href"):
            value = attributes.get(name) or ""
            assert value in ("", "data:,") or value.startswith((INSIDE, "#"))


@given(pages)
def test_a_page_that_was_rewritten_stays_as_it_is(page: str) -> None:
    once = rewritten_html(page, inward)

    assert rewritten_html(once, inward) == once


@given(st.text(st.characters(max_codepoint=255, blacklist_characters="<"), max_size=200))
def test_text_stays_as_it_is(text: str) -> None:
    assert rewritten_html(f"<p>{text}</p>", inward) == f"<p>{text}</p>"


@pytest.mark.parametrize(
    "bomb",
    [
        "<div " + "a=b " * 200_000 + ">",
        "<div>" * 100_000,
        "<!--" * 100_000,
        "<" * 500_000,
        "<a b='" * 100_000,
        "<style>" * 50_000,
        "<p style='" + "url(" * 100_000 + "'>",
        "<title>" + "</titl" * 100_000,
        "<img srcset='" + "," * 200_000 + "'>",
        "<x " + "=" * 300_000,
        "&" * 300_000,
    ],
    ids=lambda bomb: bomb[:12],
)
def test_a_page_that_is_made_to_be_slow_is_not(bomb: str) -> None:
    started = time.process_time()
    rewritten_html(bomb, inward)

    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("a{background:url(x.png)}", 'a{background:url("/20260309120000/x")}'),
        ("a{background:URL( 'x.png' )}", 'a{background:url("/20260309120000/x")}'),
        ('@import "x.css" print;', '@import "/20260309120000/x" print;'),
        ("@import url(x.css);", '@import url("/20260309120000/x");'),
        ("a{background:u\\72l(x)}", 'a{background:url("/20260309120000/x")}'),
        ("a{background:\\000075 rl(x)}", 'a{background:url("/20260309120000/x")}'),
        ("a{background:url(javascript:x)}", 'a{background:url("data:,")}'),
        (".sm\\:x{content:'\\201c'}", ".sm\\:x{content:'\\201c'}"),
    ],
)
def test_addresses_of_style_sheets_lead_into_the_archive(style: str, expected: str) -> None:
    assert rewritten_css(style, inward) == expected


def test_the_first_base_says_where_addresses_start_from() -> None:
    assert base_of_page("<p><BASE href='/a/?x=1&amp;y'><base href=/b/>") == "/a/?x=1&y"
    assert base_of_page("<p>none") is None
