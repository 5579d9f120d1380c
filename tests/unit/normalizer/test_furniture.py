"""What stands in an article's container and is no text of it, and what only looks so."""

from services.normalizer.extracting import extract
from services.normalizer.fields import PageContext

PROSE = "The council of the town met on Monday and spoke for two hours about the new bridge over the river. "
CONTEXT = PageContext(url="https://paper.example/news/1", content_type="text/html; charset=utf-8")


def body_of(inner: str) -> tuple[str, ...]:
    opening = f"<p>{PROSE}</p><p>{PROSE}Nobody left early.</p><p>{PROSE}The mayor was glad.</p>"
    article = f"<h1>A bridge</h1>{opening}{inner}<p>{PROSE}So it ended.</p>"
    return extract(f"<html><body><article>{article}</article></body></html>".encode(), CONTEXT).body


def test_a_section_named_after_its_matter_is_text_when_it_is_prose() -> None:
    lines = "".join(
        f"<p>{PROSE}Tip {number} was heard by all who came to the hall.</p>" for number in range(6)
    )

    body = body_of(f'<section id="podcast-gear-tips"><h2>Gear</h2>{lines}</section>')

    assert any("Tip 5" in line for line in body)


def test_a_short_box_of_the_same_name_is_left_out() -> None:
    body = body_of(
        '<section id="podcast-gear-tips"><p>Hear our podcast about the bridge on every Friday.</p></section>'
    )

    assert not any("podcast" in line for line in body)


def test_words_of_layout_say_nothing_about_a_part() -> None:
    line = "<p>The bridge will be of stone, and forty metres long, said the engineer of the town.</p>"

    body = body_of(f'<div class="overflow-hidden md:hidden with-right-rail">{line}</div>')

    assert any("of stone" in one for one in body)


def test_a_caption_with_the_credit_of_its_picture_is_no_text() -> None:
    body = body_of("<div>The bridge as the painter of the town has seen it last year (Image: GETTY)</div>")

    assert not any("GETTY" in line for line in body)


def test_a_heading_that_links_to_itself_is_a_heading() -> None:
    body = body_of(f'<h2 id="cost"><a href="#cost">What it costs</a></h2><p>{PROSE}It costs a lot.</p>')

    assert "What it costs" in body


def test_linked_headings_above_prose_of_their_own_are_text_of_a_list_article() -> None:
    items = "".join(
        f'<h3><a href="https://shop.example/{name}">{name} bridge</a></h3>'
        f"<p>{PROSE}The {name} one is {size} metres long.</p>"
        for name, size in (("Stone", 10), ("Iron", 20), ("Timber", 30))
    )

    body = body_of(items)

    assert {"Stone bridge", "Iron bridge", "Timber bridge"} <= set(body)


def test_a_sentence_with_a_long_link_in_it_is_text() -> None:
    link = '<a href="/old">the report of the committee on the bridge that was read to all</a>'

    body = body_of(f"<p>He was convicted last year, as {link}, and was sentenced.</p>")

    assert any("convicted" in line for line in body)
