"""Kinds of blocks, pictures, links, tags, counts and fingerprints of an article."""

import re
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from services.normalizer.details import measures_of
from services.normalizer.extracting import extract
from services.normalizer.fields import Extraction, PageContext
from services.normalizer.records import extraction_record

PROSE = "The council of the town met on Monday and spoke for two hours about the new bridge over the river"
HEAD = (
    '<meta property="article:section" content="Town"><meta property="article:tag" content="Bridges">'
    '<meta property="article:tag" content="Rivers"><meta name="description" content="A bridge is built.">'
)
BODY = f"""<header><img src="/logo.png" width="40" height="40"></header>
<article><h1>A bridge</h1>
<figure><img src="/bridge.jpg" alt="A drawing"><figcaption>The bridge, drawn.</figcaption></figure>
<p>{PROSE}.</p><p>{PROSE}, as <a href="/report?id=1">the report</a> says.</p><h2>What it costs</h2>
<blockquote><p>{PROSE}, said the mayor.</p></blockquote>
<ul><li>{PROSE}, first.</li><li>{PROSE}, second.</li></ul>
<table><tr><td>Stone</td><td>Forty metres of it, and a little more for the steps</td></tr></table>
<p>{PROSE} and went home.</p></article>
<aside><img src="/advert.jpg"><p>Buy this.</p></aside>"""


def extraction() -> Extraction:
    page = f"<html><head><title>A bridge</title>{HEAD}</head><body>{BODY}</body></html>"
    return extract(page.encode(), PageContext(url="https://paper.example/news/1"))


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def near(text: str) -> str:
    prints = measures_of([text]).fingerprints
    assert prints is not None
    return prints.near


UNSPACED = r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"


def near_pair_by_pair(text: str) -> str:
    """Return the signature by its definition, one pair of words after the other."""
    words = re.sub(UNSPACED, r" \g<0> ", text.casefold()).encode("utf-8", "replace").split()
    hashes = [crc32(word) for word in words]
    least: dict[int, int] = {}
    for left, right in zip(hashes, hashes[1:] or hashes, strict=False):
        value = (left * 31 + right) * 0x9E37_79B1 % 2**32
        part = (value >> 8) % 64
        least[part] = min(value, least.get(part, value))
    signature, value = 0, least[min(least)]
    for part in reversed(range(64)):
        value = least.get(part, value)
        signature = signature << 1 | (value * 0x9E37_79B1 >> 17) & 1
    return f"{signature:016x}"


@given(st.lists(st.text(min_size=1), min_size=1).map("a ".join))
def test_all_pairs_at_once_give_the_signature_of_one_pair_after_the_other(text: str) -> None:
    assert near(f"a {text}") == near_pair_by_pair(f"a {text}")


def test_long_texts_of_every_kind_have_the_signature_of_the_definition() -> None:
    russian, chinese = "Совет города собрался в понедельник и говорил о мосте", "城市委员会星期一开会讨论新桥"
    for text in (PROSE * 40, f"{PROSE} " * 3, f"{russian} " * 30, chinese * 20, "word", "two words"):
        assert near(text) == near_pair_by_pair(text)


@given(st.text())
def test_every_character_of_a_script_without_spaces_is_a_word(text: str) -> None:
    words = len(re.findall(UNSPACED, text)) + len(re.sub(UNSPACED, " ", text).split())

    assert measures_of([text]).words == words


def test_every_paragraph_has_its_kind() -> None:
    found = extraction()

    assert tuple(block.text for block in found.blocks) == found.body
    assert [block.kind for block in found.blocks] == [
        "paragraph",
        "paragraph",
        "heading",
        "quote",
        "list_item",
        "list_item",
        "table_row",
        "paragraph",
    ]


def test_pictures_of_the_article_have_captions_and_others_are_none_of_it() -> None:
    found = extraction()

    assert [(one.url, one.caption, one.alternative) for one in found.images] == [
        ("https://paper.example/bridge.jpg", "The bridge, drawn.", "A drawing")
    ]


def test_links_section_tags_and_description_are_kept() -> None:
    found = extraction()

    assert [(link.url, link.text) for link in found.links] == [
        ("https://paper.example/report?id=1", "the report")
    ]
    assert (found.section, found.tags, found.description) == (
        "Town",
        ("Bridges", "Rivers"),
        "A bridge is built.",
    )


def test_words_and_characters_are_counted_also_where_words_have_no_spaces() -> None:
    assert measures_of(["Two words.", "And three more."]).words == 5
    assert measures_of(["新しい橋 new"]).words == 5
    assert measures_of(["abc", "de"]).characters == 5


def test_a_text_with_a_few_changed_words_has_nearly_the_same_signature() -> None:
    words = [f"word{number * number % 977}" for number in range(400)]
    changed = [*words[:100], "new", *words[101:300], "other", *words[301:]]
    foreign = [f"term{number * number % 983}" for number in range(400)]

    assert distance(near(" ".join(words)), near(" ".join(changed))) <= 6
    assert distance(near(" ".join(words)), near(" ".join(foreign))) >= 16


def test_a_signature_is_the_same_for_ever() -> None:
    prints = measures_of(["One line.", "Another line."]).fingerprints

    assert prints is not None
    assert prints.exact == "sha256:3da4df4f2521c2ea5aaab570a8690f8ba4d9d2e5975f58312c6f86e395dd7a44"
    assert prints.near == "fffffffffffe007f"


def test_a_text_without_words_has_no_fingerprint() -> None:
    assert measures_of([]).fingerprints is None


def test_a_record_says_all_of_it_in_plain_json() -> None:
    record = extraction_record(extraction())

    assert record["kinds"][3] == "quote"
    assert record["images"][0]["caption"] == "The bridge, drawn."
    assert record["links"][0]["url"] == "https://paper.example/report?id=1"
    assert (record["section"], record["tags"]) == ("Town", ["Bridges", "Rivers"])
    assert record["fingerprints"]["exact"].startswith("sha256:")
