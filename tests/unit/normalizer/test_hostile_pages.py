"""Pages made to stop a reader. The limits of the test run are the clock: unguarded, some took over 20 s."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.normalizer.extracting import extract
from services.normalizer.fields import ExtractionError, ExtractionFailure, PageContext
from services.normalizer.guards import MAX_BODY_BYTES, safe_markup
from services.normalizer.records import extraction_record
from shared.sources import ArticleRules
from tests.unit.normalizer.model_page import PARAGRAPHS, URL, model_page

_NO_CONTEXT = PageContext()
PROSE = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 50_000,
        "<span>" * 50_000,
        "<x-y>" * 50_000,
        "<b><i>" * 20_000,
        "<table><tr><td>" * 20_000,
        "<div " + " ".join(f"a{number}=1" for number in range(50_000)) + ">",
        "<div " + " ".join(f'a{number}=">"' for number in range(50_000)) + ">",
        "<div " + " ".join(f"a{number}" for number in range(50_000)) + ">",
        '<div class="' + "a " * 500_000 + '">',
        "<!--" * 100_000,
        '<a b="' * 100_000,
        '<script type="application/ld+json">' + "[" * 100_000 + "</script>",
        "<div>x</div>" * 200_000,
        "x<br><br>" * 200_000,
        '<p><a href="/x">link</a></p>' * 100_000,
        "&amp;" * 300_000,
    ],
    ids=lambda hostile: hostile[:16],
)
def test_a_page_made_to_be_slow_is_read_soon_and_keeps_its_text(hostile: str) -> None:
    found = extract(f"<html><body>{PROSE}{hostile}</body></html>".encode())

    assert PARAGRAPHS[1] in found.body


def test_deep_nesting_is_flattened_without_losing_the_text_inside() -> None:
    assert "the deepest words" in safe_markup("<div>" * 5_000 + "the deepest words" + "</div>" * 5_000)


def test_a_quote_outside_a_value_hides_no_attributes() -> None:
    bomb = '<a " ' + " ".join(f"a{number}" for number in range(5_000)) + ">"

    assert "a4999" not in safe_markup(bomb)


def test_scripts_are_no_attribute_bombs() -> None:
    script = "<script>if (a <b) { " + "x = 1; " * 5_000 + "}</script><p>text</p>"

    assert safe_markup(script) == script


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", ExtractionFailure.EMPTY),
        (b" \n\t ", ExtractionFailure.EMPTY),
        (b"%PDF-1.7 <p>", ExtractionFailure.NOT_HTML),
        (b"\x89PNG\r\n", ExtractionFailure.NOT_HTML),
        (b'{"error": "not found"}', ExtractionFailure.NOT_HTML),
        (b"a" * (MAX_BODY_BYTES + 1), ExtractionFailure.TOO_LARGE),
    ],
    ids=["nothing", "spaces", "pdf", "png", "json", "large"],
)
def test_what_is_no_page_is_refused_with_a_reason(body: bytes, reason: ExtractionFailure) -> None:
    with pytest.raises(ExtractionError) as refusal:
        extract(body)

    assert refusal.value.reason is reason


PLEA = "You need to enable JavaScript to run this application in your browser, and to reload the page."
CONSENT = "We and our partners use cookies to store information on your device. Please accept all to read on."


@pytest.mark.parametrize(
    "shown",
    [
        "<div id='root'></div>",
        f"<noscript>{PLEA}</noscript><div id='root'></div>",
        f"<div class='cookie-consent'><h2>Before you read on</h2><p>{CONSENT}</p><button>Accept</button></div>",
        f"<noscript><p>{PLEA}</p></noscript><div id='onetrust-banner'><p>{CONSENT}</p></div>",
    ],
    ids=["scripts only", "plea for scripts", "consent", "both"],
)
def test_a_page_that_shows_something_in_place_of_its_text_has_no_text(shown: str) -> None:
    """Such a capture is archived, and told as one without text; it never becomes a revision of its article."""
    found = extract(f"<html><head><title>News</title></head><body>{shown}</body></html>".encode())

    assert found.body == ()
    assert found.confidence == 0


def test_what_is_free_of_an_article_behind_a_paywall_is_its_text() -> None:
    free = f"<article><h1>A headline of words</h1><p>{PARAGRAPHS[0]}</p>"
    wall = "<div class='paywall'><p>Subscribe now to read on. Do you have a subscription? Log in.</p></div>"

    assert extract(f"<html><body>{free}{wall}</article></body></html>".encode()).body == (PARAGRAPHS[0],)


def test_an_accelerated_page_is_read_as_any() -> None:
    markup = f"<html amp><body><article><h1>A headline of words</h1>{PROSE}</article></body></html>"

    assert extract(markup.encode()).body == tuple(PARAGRAPHS)


def test_an_apology_of_a_host_is_read_with_little_confidence() -> None:
    """By itself it may be a short article: the history of the source tells a soft 404 from one."""
    page = (
        b"<html><title>Page not found</title><body><h1>404</h1><p>Sorry, this page does not exist.</p></body>"
    )

    assert extract(page).confidence < 0.5


def test_half_a_surrogate_pair_in_json_ld_does_not_reach_the_title() -> None:
    page = b'<script type="application/ld+json">{"@type":"Article","headline":"Broken \\ud800 words"}</script><p>x'

    assert (extract(page).title or "").isprintable()


@pytest.mark.parametrize("selector", ["p:::x", "p[", "div >", "o:p", ""])
def test_a_selector_that_cannot_be_used_is_told_as_such(selector: str) -> None:
    rules = ArticleRules.model_construct(title=selector, exclude=())

    assert reason_of(model_page(), PageContext(url=URL, rules=rules)) in {None, ExtractionFailure.BAD_RULE}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_give_fields_or_a_reason(body: bytes) -> None:
    assert reason_of(body) in {None, *ExtractionFailure}


_PIECES = st.sampled_from(
    [
        "<p>", "<div class='related'>", "</div>", "<h1>", "</h1>", "<a href='//[x'>", "<a href=/1>", "</a>",
        "<nobr>", "<time datetime='2021-13-45'>", "<td>", "<br>", "<svg>", "<template>", "<base href='http://[::1'>",
        "By Jane Doe ", "Date: 03/04/2021 ", "More From X", "\x00", "-0-", "<title>", "</title>", "Juche 113.1.1",
        "words of an article that are long enough to count as prose here. ", "<link rel=canonical href='http://['>",
        '<script type="application/ld+json">{"@type":"Article","author":[[{}]],"datePublished":[]}</script>',
        "<meta name=date content='99999999999'>", "<meta property='og:image' content='http://[::1/a'>", "&#xD800;",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=40), st.sampled_from([None, "http://a.example/x", "http://[", "x"]))
def test_any_mark_up_gives_fields_or_a_reason(pieces: list[str], url: str | None) -> None:
    assert reason_of("".join(pieces).encode(), PageContext(url=url)) in {None, *ExtractionFailure}


def reason_of(body: bytes, context: PageContext = _NO_CONTEXT) -> ExtractionFailure | None:
    """Return why a page was refused, None when it was read. Any other error fails the test."""
    try:
        found = extract(body, context)
    except ExtractionError as error:
        return error.reason
    json.dumps(extraction_record(found)).encode("utf-8")
    return None
