"""Rows of like siblings that each name another article are told from text by their shape alone."""

from services.normalizer.extracting import extract

STORY = "".join(
    f"<p>The harbour master counted {number} ships on the quay that day, as he does every year.</p>"
    for number in range(3)
)


def card(number: int, tag: str = "article", prose: str = "") -> str:
    excerpt = prose or f"Another story, number {number}, begins with a line that is cut at som"
    return (
        f'<{tag} class="tile-{number}"><h4><a href="/a/{number}">Headline of another story {number}</a></h4>'
        f"<div><p>{excerpt}</p></div><span>2025-03-1{number}</span><div><p>{excerpt}</p></div></{tag}>"
    )


def page(cards: str) -> bytes:
    return f"<h1>Ships counted</h1><main><div>{STORY}</div><section>{cards}</section></main>".encode()


def test_cards_are_left_out_though_they_weigh_more_than_the_article() -> None:
    found = extract(page("".join(card(number) for number in range(9))))

    assert len(found.body) == 3
    assert all("harbour master" in paragraph for paragraph in found.body)


def test_two_like_siblings_are_not_a_row_of_cards() -> None:
    long_story = "A second part of the story, told at length and with care for every detail of it. " * 4

    found = extract(page(card(1, prose=long_story) + card(2, prose=long_story)))

    assert any("second part" in paragraph for paragraph in found.body)


def test_sections_with_linked_headings_and_much_text_are_no_cards() -> None:
    section = "This is a section of one long article about harbours and what they are good for. " * 6

    found = extract(page("".join(card(number, tag="div", prose=section) for number in range(4))))

    assert sum("one long article" in paragraph for paragraph in found.body) >= 1


def test_a_page_of_nothing_but_cards_is_read_as_it_is() -> None:
    cards = "".join(card(number) for number in range(6))

    assert extract(f"<h1>Latest</h1><main>{cards}</main>".encode()).body
